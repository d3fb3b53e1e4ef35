"""The formulas of scoring.md as SQL expressions; times are microseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.kit.clock import plain_utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta

    from revops.definitions.scoring import Decay

DAY = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(duration: timedelta) -> int:
    """A duration in microseconds, exactly."""
    return (duration.days * 86_400 + duration.seconds) * 1_000_000 + duration.microseconds


def micros_at(instant: datetime) -> int:
    """An instant in microseconds since 1970 in UTC, exactly."""
    return micros(instant - _EPOCH)


def instant(moment: datetime) -> exp.Expr:
    """An instant as a time in UTC, as the facts hold times."""
    text = plain_utc(moment).isoformat(" ")
    return exp.cast(exp.Literal.string(text), "timestamp")


def number(value: float) -> exp.Expr:
    """A number as a double, to every engine."""
    text = repr(float(value))
    return exp.Literal.number(text if "e" in text else f"{text}e0")


def whole(value: int) -> exp.Expr:
    """A whole number."""
    return exp.Literal.number(value)


def column(name: str, table: str | None = None) -> exp.Column:
    """A column, quoted."""
    return exp.column(
        exp.to_identifier(name, quoted=True),
        exp.to_identifier(table, quoted=True) if table else None,
    )


def case(pairs: Iterable[tuple[exp.Expr, exp.Expr]], default: exp.Expr | None) -> exp.Expr:
    """The value of the first condition that holds, else the default."""
    tree = exp.Case(default=default)
    for condition, value in pairs:
        tree.append("ifs", exp.If(this=condition, true=value))
    return tree if tree.args.get("ifs") else (default or exp.null())


def holds(condition: exp.Expr) -> exp.Expr:
    """A condition, false where it is unknown."""
    return exp.Coalesce(this=exp.paren(condition), expressions=[exp.false()])


def total(parts: Sequence[exp.Expr]) -> exp.Expr:
    """The sum, from left to right; zero of nothing."""
    result = parts[0] if parts else number(0)
    for part in parts[1:]:
        result = exp.Add(this=result, expression=part)
    return exp.paren(result)


def clamp(value: exp.Expr, top: float | None) -> exp.Expr:
    """The value brought between 0 and `top`."""
    floor = greatest(value, number(0))
    return floor if top is None else least(floor, number(top))


def greatest(*values: exp.Expr) -> exp.Expr:
    """The greatest of the values that are known."""
    return exp.Greatest(this=values[0], expressions=list(values[1:]), ignore_nulls=True)


def least(*values: exp.Expr) -> exp.Expr:
    """The least of the values that are known."""
    return exp.Least(this=values[0], expressions=list(values[1:]), ignore_nulls=True)


def sub(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """A difference."""
    return exp.paren(exp.Sub(this=left, expression=right))


def mul(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """A product."""
    return exp.paren(exp.Mul(this=left, expression=right))


def periods(age: exp.Expr, length: timedelta) -> exp.Expr:
    """How many whole periods have passed; integer arithmetic, so exact."""
    return exp.paren(exp.IntDiv(this=age, expression=whole(micros(length))))


def decayed(points: float, decay: Decay | None, age: exp.Expr) -> exp.Expr:
    """What is left of points after `age` microseconds (scoring.md, Evaluation, 2)."""
    if decay is None:
        return number(points)
    if decay.half_life is not None:
        days = exp.paren(exp.IntDiv(this=age, expression=whole(DAY)))
        halvings = exp.Div(this=mul(days, number(DAY)), expression=number(micros(decay.half_life)))
        return mul(number(points), exp.Pow(this=number(0.5), expression=halvings))
    assert decay.every is not None  # noqa: S101 - the definition's own rule
    if decay.percent is not None:
        kept = number(1 - decay.percent / 100)
        return mul(number(points), exp.Pow(this=kept, expression=periods(age, decay.every)))
    if decay.after is not None:
        late = sub(age, whole(micros(decay.after)))
        age = greatest(late, whole(0))
    lost = mul(number(decay.points or 0), periods(age, decay.every))
    return greatest(sub(number(points), lost), number(0))


def next_step(at: exp.Expr, decay: Decay, now: int) -> exp.Expr:
    """When points given at a moment lose some next (scoring reference, Evaluation, 2)."""
    length = DAY if decay.half_life is not None else micros(decay.every) if decay.every else DAY
    start = whole(0)
    if decay.half_life is None and decay.percent is None and decay.after is not None:
        start = whole(micros(decay.after))
    age = sub(whole(now), at)
    late = greatest(sub(age, start), whole(0))
    steps = exp.paren(
        exp.Add(this=exp.IntDiv(this=late, expression=whole(length)), expression=whole(1))
    )
    lost_at = exp.Add(this=at.copy(), expression=start.copy())
    return exp.paren(
        exp.Add(this=lost_at, expression=exp.Mul(this=steps, expression=whole(length)))
    )
