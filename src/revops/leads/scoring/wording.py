"""What a line of a score means, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from revops.kit.condition import happenings_of
from revops.kit.duration import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from revops.definitions.scoring import Completion, Decay, Negative, Signal

_SIGNS: dict[type[exp.Expr], str] = {exp.GTE: "at least", exp.GT: "more than"}
_POINTS_NEAR = 0.005


def number(value: float) -> str:
    """A number of points with at most two decimals and no trailing zeros."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def value(known: object) -> str:
    """What a field holds: `empty`, `true`, `260399000`, `SaaS`."""
    if known is None:
        return "empty"
    if isinstance(known, bool):
        return str(known).lower()
    if isinstance(known, float) and known.is_integer():
        return f"{known:.0f}"
    return str(known)


def condition(tree: exp.Expr) -> str:
    """A checked condition as a person would have written it."""
    return tree.sql(dialect="duckdb", normalize_functions=False).replace('"', "")


def ago(then: datetime, now: datetime) -> str:
    """How long before `now` something was, in days or, within two days, hours."""
    hours = (now - then).total_seconds() / 3600
    if hours < 1:
        return "within the hour"
    if hours < 48:  # noqa: PLR2004 - two days
        return f"{hours:.0f} hour{'s' if round(hours) != 1 else ''} ago"
    return f"{hours / 24:.0f} days ago"


def of_completion(completion: Completion) -> str:
    """What has to happen: `page_view where path LIKE '/pricing%', 2 within 7 days`."""
    what = " or ".join(completion.events)
    parts = [f"{what} where {completion.where}" if completion.where else what]
    if completion.count > 1 or completion.distinct:
        many = f"different {completion.distinct}" if completion.distinct else "times"
        parts.append(f"{completion.count} {many}")
        if completion.within:
            parts[-1] += f" within {format_duration(completion.within)}"
        if completion.same:
            parts[-1] += f" in one {completion.same}"
    return ", ".join(parts)


def of_decay(decay: Decay) -> str:
    """How points fade: `5 points every week after 2 weeks`."""
    if decay.half_life is not None:
        return f"halves every {period(decay.half_life)}"
    lost = f"{number(decay.points or 0)} points" if decay.points else f"{decay.percent:g}%"
    text = f"loses {lost} every {period(decay.every) if decay.every else ''}"
    return f"{text} after {format_duration(decay.after)}" if decay.after else text


def period(duration: timedelta) -> str:
    """The length of a step after `every`: `week`, `30 days`."""
    return format_duration(duration).removeprefix("1 ")


def of_signal(signal: Signal, points: float, raw: float, count: int | None, last: str) -> str:
    """Why a signal gave its points, when last, and what fading or a cap took."""
    seen = f"{of_completion(signal)}; {count or 0} seen, last {last}"
    if abs(raw - points) < _POINTS_NEAR:
        return seen
    causes = []
    if signal.decay:
        causes.append(of_decay(signal.decay))
    if signal.max is not None and signal.max <= points + _POINTS_NEAR:
        causes.append(f"capped at {number(signal.max)}")
    return f"{seen}; {number(raw - points)} of {number(raw)} gone ({', '.join(causes)})"


def of_negative(negative: Negative, last: str) -> str:
    """Why a negative holds."""
    if negative.inactive_for is not None:
        what = negative.of or "inbound activity"
        return f"no {what} for {format_duration(negative.inactive_for)}; last {last or 'never'}"
    return f"{of_completion(negative)}; last {last}"


def of_need(tree: exp.Expr, scores: Mapping[str, float]) -> str:
    """What is missing, for a requirement that is not met."""
    if type(tree) in _SIGNS and isinstance(tree.this, exp.Column) and tree.this.name in scores:
        name, wanted = tree.this.name, tree.expression
        if isinstance(wanted, exp.Literal):
            has, least = scores[name], float(wanted.this)
            return (
                f"{number(least - has)} more {name} points "
                f"({number(has)} of {_SIGNS[type(tree)]} {number(least)})"
            )
    happenings = sorted(happenings_of(tree))
    if len(happenings) == 1 and isinstance(tree, exp.Anonymous):
        name, length = happenings[0]
        return f"{name} within {format_duration(length)}"
    return condition(tree)
