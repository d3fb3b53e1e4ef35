"""Features for which the order of a contact's activities matters: sessions, distinct values.

In the order of time, then id, an activity completes a feature when enough activities (or
distinct values) up to and including it lie in the window that ends at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from revops.leads.scoring.expressions import (
    case,
    column,
    decayed,
    micros,
    micros_at,
    next_step,
    sub,
    whole,
)
from revops.leads.scoring.steps import Step

if TYPE_CHECKING:
    from datetime import datetime

    from revops.leads.scoring.behaviour import Feature


def sequence_steps(feature: Feature, number: int, rows: exp.Select, as_of: datetime) -> list[Step]:
    """Steps that end in `f<number>`: contact_id, its count, latest moment and points.

    Args:
        feature: What is to be known.
        number: Its number.
        rows: Its activities, with contact_id, id, t, session and value.
        as_of: The instant.
    """
    name = f"f{number}"
    steps = completion_steps(feature, name, rows)
    done = exp.select(
        column("contact_id"),
        exp.alias_(exp.Count(this=exp.Star()), f"{name}_count"),
        exp.alias_(exp.Max(this=column("t")), f"{name}_at"),
    )
    if feature.points is not None:
        age = sub(whole(micros_at(as_of)), column("t"))
        left = exp.Sum(this=decayed(feature.points, feature.decay, age))
        done = done.select(
            exp.alias_(left, f"{name}_points"), exp.alias_(_next(feature, as_of), f"{name}_next")
        )
    done = done.from_(exp.to_table(f"{name}_place")).where(column("is_complete"))
    return [*steps, Step(name, done.group_by(column("contact_id")))]


def completion_steps(feature: Feature, name: str, rows: exp.Select) -> list[Step]:
    """Steps that end in `<name>_place`: contact_id, t, and whether that completes the feature."""
    steps = [Step(f"{name}_row", rows)]
    if feature.distinct is None:
        return [*steps, Step(f"{name}_place", _by_lag(feature, name))]
    return [
        *steps,
        Step(f"{name}_neighbour", _neighbours(feature, name)),
        Step(f"{name}_step", _entries_and_exits(feature, name)),
        Step(f"{name}_place", _running(feature, name)),
    ]


def _next(feature: Feature, as_of: datetime) -> exp.Expr:
    if feature.decay is None:
        return exp.cast(exp.null(), "bigint")
    return exp.Min(this=next_step(column("t"), feature.decay, micros_at(as_of)))


def _partition(feature: Feature) -> list[exp.Expr]:
    session = [column("session"), column("alone")] if feature.same_session else []
    return [column("contact_id"), *session]


def _ordered(*names: str) -> exp.Order:
    return exp.Order(expressions=[exp.Ordered(this=column(name)) for name in names])


def _shifted(
    function: type[exp.Lag | exp.Lead],
    by: int,
    partition: list[exp.Expr],
) -> exp.Expr:
    moved = function(this=column("t"), offset=whole(by))
    return exp.Window(this=moved, partition_by=partition, order=_ordered("t", "id"))


def _by_lag(feature: Feature, name: str) -> exp.Select:
    """Counting activities: the one `count - 1` before must exist, and be inside the window."""
    if feature.count == 1:
        return exp.select(
            column("contact_id"), column("t"), exp.alias_(exp.true(), "is_complete")
        ).from_(exp.to_table(f"{name}_row"))
    earlier = _shifted(exp.Lag, feature.count - 1, _partition(feature))
    inner = exp.select(column("contact_id"), column("t"), exp.alias_(earlier, "earlier")).from_(
        exp.to_table(f"{name}_row")
    )
    complete: exp.Expr = exp.Not(this=exp.Is(this=column("earlier"), expression=exp.null()))
    if feature.within is not None:
        opens = sub(column("t"), whole(micros(feature.within)))
        complete = exp.and_(complete, column("earlier") > opens)
    return exp.select(
        column("contact_id"), column("t"), exp.alias_(exp.paren(complete), "is_complete")
    ).from_(inner.subquery("placed"))


def _neighbours(feature: Feature, name: str) -> exp.Select:
    """Every activity with the moments of the same value's activities before and after it."""
    same_value = [*_partition(feature), column("value")]
    return exp.select(
        exp.column(exp.Star()),
        exp.alias_(_shifted(exp.Lag, 1, same_value), "before"),
        exp.alias_(_shifted(exp.Lead, 1, [each.copy() for each in same_value]), "after"),
    ).from_(exp.to_table(f"{name}_row"))


def _entries_and_exits(feature: Feature, name: str) -> exp.Query:
    """A value enters the window with an activity (+1) and leaves it when none is left in it (-1).

    An exit sorts before the activities of its moment, since the window is open at its start.
    """
    keys = [*_partition(feature), column("id")]
    is_new: exp.Expr = exp.Is(this=column("before"), expression=exp.null())
    if feature.within is not None:
        opens = sub(column("t"), whole(micros(feature.within)))
        is_new = exp.or_(is_new, column("before") <= opens)
    has_value = exp.Not(this=exp.Is(this=column("value"), expression=exp.null()))
    enters = case([(exp.and_(has_value, is_new), whole(1))], whole(0))
    entries = exp.select(
        *keys, column("t"), exp.alias_(whole(1), "kind"), exp.alias_(enters, "step")
    ).from_(exp.to_table(f"{name}_neighbour"))
    if feature.within is None:
        return entries
    leaves_at = exp.paren(exp.Add(this=column("t"), expression=whole(micros(feature.within))))
    is_last = exp.or_(
        exp.Is(this=column("after"), expression=exp.null()), column("after") >= leaves_at.copy()
    )
    exits = (
        exp.select(
            *(key.copy() for key in keys),
            exp.alias_(leaves_at, "t"),
            exp.alias_(whole(0), "kind"),
            exp.alias_(exp.Neg(this=whole(1)), "step"),
        )
        .from_(exp.to_table(f"{name}_neighbour"))
        .where(exp.and_(has_value.copy(), is_last))
    )
    return exp.union(entries, exits, distinct=False)


def _running(feature: Feature, name: str) -> exp.Select:
    """At each activity, how many distinct values are in the window that ends at it."""
    inside = exp.Window(
        this=exp.Sum(this=column("step")),
        partition_by=_partition(feature),
        order=_ordered("t", "kind", "id"),
        spec=exp.WindowSpec(
            kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
        ),
    )
    inner = exp.select(
        column("contact_id"), column("t"), column("kind"), exp.alias_(inside, "inside")
    ).from_(exp.to_table(f"{name}_step"))
    complete = exp.and_(column("kind").eq(whole(1)), column("inside") >= whole(feature.count))
    return exp.select(
        column("contact_id"), column("t"), exp.alias_(exp.paren(complete), "is_complete")
    ).from_(inner.subquery("counted"))
