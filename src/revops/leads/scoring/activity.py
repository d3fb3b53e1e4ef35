"""From the activities to one row a contact: how often and when last each feature was completed.

One pass over the activities marks each row with a mask (a bit for every set of activities that
anybody asks about) and aggregates it; only features that ask for sessions or distinct values
need a pass of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.leads.scoring.expressions import (
    case,
    column,
    decayed,
    micros,
    micros_at,
    sub,
    total,
    whole,
)
from revops.leads.scoring.marking import has_bit, marked_steps, rows_of_feature, since_recycle
from revops.leads.scoring.sequence import sequence_steps
from revops.leads.scoring.steps import Role, Step

if TYPE_CHECKING:
    from datetime import datetime

    from revops.leads.scoring.behaviour import Behaviour, Feature

PACKED = 10
"""Bits beside a moment in a packed number: microseconds since 1970 take 51 of 63 until 2041."""


@dataclass(frozen=True)
class Seen:
    """How to see what contacts did.

    Attributes:
        steps: The steps to it, the last of which is `seen`.
        joins: The steps whose rows, by contact_id, hold the columns.
        columns: The columns of every match and feature.
    """

    steps: list[Step]
    joins: list[str]
    columns: list[exp.Expr]


def see(behaviour: Behaviour, as_of: datetime, *, only_some: bool, is_kept: bool) -> Seen:
    """Work out every match and feature.

    Args:
        behaviour: What is asked.
        as_of: The instant.
        only_some: Whether only the contacts in `wanted` are asked for.
        is_kept: Whether `seen` is read more than once.
    """
    # For a few contacts, planning one more statement takes longer than reading them twice.
    is_read_twice = behaviour.has_recycles and not only_some
    steps = marked_steps(behaviour, as_of, only_some=only_some, is_kept=is_read_twice)
    steps += _gathered_steps(behaviour, as_of)
    steps.append(Step("seen", _seen(behaviour), Role.KEPT if is_kept else Role.PART))
    joins = ["seen"]
    columns: list[exp.Expr] = []
    for match in behaviour.bits:
        columns.append(column(behaviour.matched_at(match), "seen"))
        columns.append(column(behaviour.matched_count(match), "seen"))
    for feature, number in behaviour.features.items():
        if not behaviour.has_own_pass(feature):
            columns += _known(behaviour, feature)
            continue
        rows = rows_of_feature(behaviour, feature, as_of, only_some=only_some)
        steps += sequence_steps(feature, number, rows, as_of)
        name = f"f{number}"
        joins.append(name)
        columns += [column(behaviour.count(feature), name), column(behaviour.at(feature), name)]
        if feature.points is not None:
            columns.append(column(behaviour.points(feature), name))
    return Seen(steps, joins, columns)


def _gathered_steps(behaviour: Behaviour, as_of: datetime) -> list[Step]:
    """Steps that end in `gathered`, in which recycled contacts have only what came after.

    They are gathered by themselves: a join of every activity with the few recycled contacts
    would take longer than all the rest.
    """
    if not behaviour.has_recycles:
        return [Step("gathered", _gathered(behaviour, as_of, "activity"))]
    others = (
        exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("e")))
        .from_(exp.alias_(exp.to_table("everyone"), "e"))
        .join(
            exp.alias_(exp.to_table("recycle"), "r"),
            on=column("contact_id", "r").eq(column("contact_id", "e")),
            join_type="left",
        )
        .where(exp.Is(this=column("contact_id", "r"), expression=exp.null()))
    )
    recycled = exp.select("*").from_(exp.to_table("recycled_ones"))
    return [
        Step("everyone", _gathered(behaviour, as_of, "activity")),
        Step("later_activity", since_recycle(behaviour)),
        Step("recycled_ones", _gathered(behaviour, as_of, "later_activity")),
        Step("gathered", exp.union(others, recycled, distinct=False)),
    ]


def _gathered(behaviour: Behaviour, as_of: datetime, source: str) -> exp.Select:
    """One row a contact: latest and number per match, and packed lists for the windows."""
    # A CASE for each match in an inner query lets every aggregate of it share the work.
    inner = [
        exp.alias_(case([(has_bit(bit), column("t"))], None), f"t{bit}")
        for bit in behaviour.bits.values()
    ]
    outer: list[exp.Expr] = []
    for match, bit in behaviour.bits.items():
        latest, number = exp.Max(this=column(f"t{bit}")), exp.Count(this=column(f"t{bit}"))
        outer.append(exp.alias_(latest, behaviour.matched_at(match)))
        outer.append(exp.alias_(number, behaviour.matched_count(match)))
    for place, reach in enumerate(_reach(behaviour)):
        inner.append(exp.alias_(_packed(reach, as_of), f"p{place}"))
        outer.append(exp.alias_(_sorted_list(f"p{place}"), _list(place)))
    outer += [
        exp.alias_(_points(behaviour, feature, as_of), behaviour.points(feature))
        for feature in behaviour.features
        if feature.is_each and feature.points is not None and not behaviour.has_own_pass(feature)
    ]
    marked = exp.select(column("contact_id"), *inner).from_(exp.to_table(source))
    return (
        exp.select(column("contact_id"), *outer)
        .from_(marked.subquery("marked"))
        .group_by(column("contact_id"))
    )


def _list(place: int) -> str:
    return f"list{place}"


def _reach(behaviour: Behaviour) -> list[dict[int, timedelta]]:
    """For the bits that have a window, how old an activity may be and still matter.

    In groups, of which each has room in one packed number.
    """
    reach: dict[int, timedelta] = {}
    for feature in behaviour.features:
        if feature.is_windowed and not behaviour.has_own_pass(feature):
            bit = behaviour.bits[feature.match]
            reach[bit] = max(behaviour.reach(feature), reach.get(bit, timedelta()))
    pairs = list(reach.items())
    return [dict(pairs[i : i + PACKED]) for i in range(0, len(pairs), PACKED)]


def _packed(reach: dict[int, timedelta], as_of: datetime) -> exp.Expr:
    """The moment of an activity and, in its lowest bits, which windows it matters to.

    One list of these is far quicker to gather than a list for each window.
    """
    flags = [
        case([(exp.and_(has_bit(bit), _is_younger(each, as_of)), whole(1 << place))], whole(0))
        for place, (bit, each) in enumerate(reach.items())
    ]
    moment = exp.Mul(this=column("t"), expression=whole(1 << PACKED))
    some = exp.or_(*(has_bit(bit) for bit in reach))
    matters = exp.and_(exp.paren(some), _is_younger(max(reach.values()), as_of))
    return case([(matters, total([moment, *flags]))], None)


def _is_younger(age: timedelta, as_of: datetime) -> exp.Expr:
    return column("t") > whole(micros_at(as_of) - micros(age))


def _sorted_list(name: str) -> exp.Expr:
    some = exp.Not(this=exp.Is(this=column(name), expression=exp.null()))
    listed = exp.Filter(this=exp.ArrayAgg(this=column(name)), expression=exp.Where(this=some))
    return exp.ArraySort(this=listed)


def _seen(behaviour: Behaviour) -> exp.Select:
    """What was gathered, with the list of moments for each match that has a window."""
    lists = [
        exp.alias_(_moments(column(_list(place)), flag), _moments_of(bit))
        for place, group in enumerate(_reach(behaviour))
        for flag, bit in enumerate(group)
    ]
    return exp.select(exp.column(exp.Star()), *lists).from_(exp.to_table("gathered"))


def _moments_of(bit: int) -> str:
    return f"b{bit}_moments"


def _moments(packed: exp.Expr, flag: int) -> exp.Expr:
    """The moments in a list of packed numbers that have this flag."""
    has_flag = exp.BitwiseAnd(this=exp.column("x"), expression=whole(1 << flag))
    is_mine = exp.NEQ(this=exp.paren(has_flag), expression=whole(0))
    moment = exp.IntDiv(this=exp.column("x"), expression=whole(1 << PACKED))
    return exp.Transform(
        this=exp.ArrayFilter(this=packed, expression=_lambda(is_mine)), expression=_lambda(moment)
    )


def _lambda(body: exp.Expr) -> exp.Lambda:
    return exp.Lambda(this=body, expressions=[exp.to_identifier("x")])


def _points(behaviour: Behaviour, feature: Feature, as_of: datetime) -> exp.Expr:
    """What is left of the points of every activity of a feature that each of them completes."""
    moment = column(f"t{behaviour.bits[feature.match]}")
    left = decayed(feature.points or 0, feature.decay, sub(whole(micros_at(as_of)), moment))
    some = exp.Not(this=exp.Is(this=moment.copy(), expression=exp.null()))
    return exp.Sum(this=case([(some, left)], None))


def _known(behaviour: Behaviour, feature: Feature) -> list[exp.Expr]:
    """The columns of a feature that the one pass already knows enough for."""
    if feature.is_each:
        return [column(behaviour.points(feature), "seen")] if feature.points is not None else []
    if feature.is_windowed:
        return _windowed(behaviour, feature)
    seen = column(behaviour.matched_count(feature.match), "seen")
    last = column(behaviour.matched_at(feature.match), "seen")
    enough = seen >= whole(feature.count)
    completed = sub(seen.copy(), whole(feature.count - 1))
    return [
        exp.alias_(case([(enough, completed)], whole(0)), behaviour.count(feature)),
        exp.alias_(case([(enough.copy(), last)], None), behaviour.at(feature)),
    ]


def _windowed(behaviour: Behaviour, feature: Feature) -> list[exp.Expr]:
    """Completions of `count` activities within a window, from the sorted list of moments.

    The i-th moment completes when the one `count - 1` before it is inside the window.
    """
    assert feature.within is not None  # noqa: S101 - told by is_windowed
    moments = column(_moments_of(behaviour.bits[feature.match]), "seen")
    size = exp.ArraySize(this=moments.copy())

    def moment(index: exp.Expr) -> exp.Expr:
        index.type = exp.DataType.build("bigint")
        return exp.Bracket(this=moments.copy(), expressions=[index], offset=1)

    i = exp.to_identifier("i")
    first = exp.Sub(this=exp.column("i"), expression=whole(feature.count - 1))
    inside = sub(moment(exp.column("i")), moment(first)) < whole(micros(feature.within))
    places = exp.GenerateSeries(start=whole(feature.count), end=size)
    found = exp.ArrayFilter(this=places, expression=exp.Lambda(this=inside, expressions=[i]))
    enough = size.copy() >= whole(feature.count)
    how_many = exp.ArraySize(this=found)
    last = moment(exp.ArrayMax(this=found.copy()))
    return [
        exp.alias_(case([(enough, how_many)], whole(0)), behaviour.count(feature)),
        exp.alias_(case([(enough.copy(), last)], None), behaviour.at(feature)),
    ]
