"""From the activities to one row a contact: how often and when last each feature was completed.

One pass over the activities marks each row with a mask (a bit for every set of activities that
anybody asks about) and gathers the few that matter into lists of moments, one contact a row;
everything else is asked of those lists. Only features that ask for sessions or distinct values
need a pass of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.leads.scoring.expressions import (
    case,
    column,
    decayed,
    micros,
    micros_at,
    next_step,
    number,
    sub,
    total,
    whole,
)
from revops.leads.scoring.marking import (
    activity_steps,
    has_bit,
    mask_of,
    place_in_mask,
    rows_of_feature,
)
from revops.leads.scoring.sequence import sequence_steps
from revops.leads.scoring.steps import Role, Step

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from revops.leads.scoring.behaviour import Behaviour, Feature, Match

PACKED = 11
"""Bits beside a moment in a packed number: microseconds since 1970 take 52 of 63 until 2112."""


@dataclass(frozen=True)
class Seen:
    """How to see what contacts did.

    Attributes:
        steps: The steps to it, the last of which is `moments`: the rows of `person`, each with a
            sorted list of moments for every match.
        joins: The steps whose rows, by contact_id, hold columns that `moments` has not.
        columns: The columns of every match and feature.
    """

    steps: list[Step]
    joins: list[str]
    columns: list[exp.Expr]


def see(
    behaviour: Behaviour, as_of: datetime, *, only_some: bool, kept: Collection[str] = ()
) -> Seen:
    """Work out every match and feature.

    Args:
        behaviour: What is asked.
        as_of: The instant.
        only_some: Whether only the contacts in `wanted` are asked for.
        kept: The steps that are worth keeping.
    """
    steps = activity_steps(behaviour, as_of, only_some=only_some)
    steps.append(Step("gathered", _gathered(behaviour)))
    steps = [replace(each, role=Role.KEPT) if each.name in kept else each for each in steps]
    joins: list[str] = []
    columns = [each for match in behaviour.bits for each in _of_match(behaviour, match)]
    for feature, place in behaviour.features.items():
        if not behaviour.has_own_pass(feature):
            columns += _of_feature(behaviour, feature, as_of)
            continue
        rows = rows_of_feature(behaviour, feature, as_of, only_some=only_some)
        steps += sequence_steps(feature, place, rows, as_of)
        name = f"f{place}"
        joins.append(name)
        columns += [column(behaviour.count(feature), name), column(behaviour.at(feature), name)]
        if feature.points is not None:
            columns.append(column(behaviour.points(feature), name))
            if behaviour.tells_next:
                columns.append(column(behaviour.next_loss(feature), name))
    steps.append(Step("moments", _moments(behaviour, as_of)))
    return Seen(steps, joins, columns)


# Lists of packed activities, eleven matches in each


def _gathered(behaviour: Behaviour) -> exp.Select:
    """One row a contact: what it matched at all, and its activities packed and sorted."""
    words = {mask_of(bit): exp.BitwiseOrAgg(this=mask_of(bit)) for bit in behaviour.bits.values()}
    columns = [exp.alias_(each, mask.name) for mask, each in words.items()]
    columns += [exp.alias_(_packed(first), _pack(first)) for first in _firsts(behaviour)]
    query = exp.select(column("contact_id"), *columns).from_(exp.to_table("activity"))
    return query.group_by(column("contact_id"))


def _firsts(behaviour: Behaviour) -> range:
    """The first bit of each list."""
    return range(0, len(behaviour.bits), PACKED)


def _pack(bit: int, *, is_recent: bool = False) -> str:
    """The list in which the activities with a bit are."""
    return f"{'recent' if is_recent else 'packed'}{bit // PACKED}"


def _packed(first: int) -> exp.Expr:
    """The activities with any of eleven bits: each its moment and, as lowest bits, which it has.

    One list of these is far quicker to gather than an aggregate for each match.
    """
    lowest = 1 << place_in_mask(first)
    marks = exp.BitwiseAnd(this=mask_of(first), expression=whole(((1 << PACKED) - 1) * lowest))
    moment = exp.Mul(this=column("t"), expression=whole(1 << PACKED))
    shifted = exp.IntDiv(this=exp.paren(marks), expression=whole(lowest))
    some = exp.NEQ(this=exp.paren(marks.copy()), expression=whole(0))
    each = exp.ArrayAgg(this=total([moment, exp.paren(shifted)]))
    return exp.ArraySort(this=exp.Filter(this=each, expression=exp.Where(this=some)))


# Moments of each match


def _moments(behaviour: Behaviour, as_of: datetime) -> exp.Select:
    """Every person, with the sorted moments of each match; NULL or empty where there are none."""
    lists = [
        exp.alias_(moments_of(behaviour, match), _moments_column(bit))
        for match, bit in behaviour.bits.items()
    ]
    return exp.select("*", *lists).from_(_packs_of_people(behaviour, as_of).subquery("packs"))


def moments_of(behaviour: Behaviour, match: Match) -> exp.Expr:
    """The sorted activities of a match, still packed, from a contact's lists."""
    bit = behaviour.bits[match]
    is_recent = match.since_recycle and behaviour.has_recycles
    mark = exp.BitwiseAnd(this=exp.column("x"), expression=whole(1 << (bit % PACKED)))
    is_mine = exp.NEQ(this=exp.paren(mark), expression=whole(0))
    mine = exp.ArrayFilter(this=column(_pack(bit, is_recent=is_recent)), expression=_each(is_mine))
    # Most contacts match little, and need not have their lists looked through.
    return case([(has_bit(bit), mine)], None)


def _moments_column(bit: int) -> str:
    return f"b{bit}_moments"


def _packs_of_people(behaviour: Behaviour, as_of: datetime) -> exp.Select:
    """Every person with the packed lists and, where recycled, those without what is forgotten."""
    words = dict.fromkeys(mask_of(bit).name for bit in behaviour.bits.values())
    packs = [_pack(first) for first in _firsts(behaviour)]
    query = exp.select(
        exp.Column(this=exp.Star(), table=exp.to_identifier("p")),
        *(column(name, "g") for name in [*words, *packs]),
    )
    if behaviour.has_recycles:
        recent = [_recent(first, as_of) for first in _firsts(behaviour)]
        query = query.select(*recent)
    gathered = exp.alias_(exp.to_table("gathered"), "g")
    same = column("contact_id", "g").eq(column("contact_id", "p"))
    query = query.from_(exp.alias_(exp.to_table("person"), "p"))
    return query.join(gathered, on=same, join_type="left")


def _recent(first: int, as_of: datetime) -> exp.Expr:
    """A packed list without the activities that recycling made forget."""
    recycled = exp.UnixMicros(this=column("contact.recycled_at", "p"))
    is_later = moment_of(exp.column("x")) > recycled
    later = exp.ArrayFilter(this=column(_pack(first), "g"), expression=_each(is_later))
    was_recycled = recycled.copy() <= whole(micros_at(as_of))
    return exp.alias_(
        case([(was_recycled, later)], column(_pack(first), "g")), _pack(first, is_recent=True)
    )


def moment_of(packed: exp.Expr) -> exp.Expr:
    """The moment in a packed number."""
    return exp.paren(exp.IntDiv(this=packed, expression=whole(1 << PACKED)))


def _each(body: exp.Expr, *names: str) -> exp.Lambda:
    """A function of a list's elements, `x` unless named otherwise."""
    return exp.Lambda(this=body, expressions=[exp.to_identifier(name) for name in names or ("x",)])


# Matches and features, from the moments


def _of_match(behaviour: Behaviour, match: Match) -> list[exp.Expr]:
    """The columns of a match: how many activities, and the latest."""
    moments = column(_moments_column(behaviour.bits[match]))
    return [
        exp.alias_(latest(moments), behaviour.matched_at(match)),
        exp.alias_(exp.cast(_size(moments), "int"), behaviour.matched_count(match)),
    ]


def _size(moments: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=exp.ArraySize(this=moments.copy()), expressions=[whole(0)])


def _at(moments: exp.Expr, index: exp.Expr) -> exp.Expr:
    """The moment at a place, counted from 1."""
    index.type = exp.DataType.build("bigint")
    return moment_of(exp.Bracket(this=moments.copy(), expressions=[index], offset=1))


def latest(moments: exp.Expr) -> exp.Expr:
    """The last of a match's moments, NULL if there is none."""
    size = exp.ArraySize(this=moments.copy())
    return case([(size >= whole(1), _at(moments, size.copy()))], None)


def _of_feature(behaviour: Behaviour, feature: Feature, as_of: datetime) -> list[exp.Expr]:
    """The columns of a feature, other than those that its match already has."""
    moments = column(_moments_column(behaviour.bits[feature.match]))
    if feature.is_each:
        if feature.points is None:
            return []
        columns = [exp.alias_(_points(feature, moments, as_of), behaviour.points(feature))]
        if behaviour.tells_next:
            columns.append(
                exp.alias_(_next_loss(feature, moments, as_of), behaviour.next_loss(feature))
            )
        return columns
    if feature.is_windowed:
        return _windowed(behaviour, feature, moments)
    enough = _size(moments) >= whole(feature.count)
    completed = sub(_size(moments), whole(feature.count - 1))
    return [
        exp.alias_(case([(enough, completed)], whole(0)), behaviour.count(feature)),
        exp.alias_(case([(enough.copy(), latest(moments))], None), behaviour.at(feature)),
    ]


def _points(feature: Feature, moments: exp.Expr, as_of: datetime) -> exp.Expr:
    """What is left of the points of every activity of a feature that each of them completes."""
    age = sub(whole(micros_at(as_of)), moment_of(exp.column("x")))
    left = exp.Transform(
        this=moments, expression=_each(decayed(feature.points or 0, feature.decay, age))
    )
    plus = exp.Add(this=exp.column("sum"), expression=exp.column("x"))
    return exp.Reduce(this=left, initial=number(0), merge=_each(plus, "sum", "x"))


def _next_loss(feature: Feature, moments: exp.Expr, as_of: datetime) -> exp.Expr:
    """When the first of all activities of a feature loses points next."""
    if feature.decay is None:
        return exp.cast(exp.null(), "bigint")
    at = moment_of(exp.column("x"))
    steps = exp.Transform(
        this=moments.copy(), expression=_each(next_step(at, feature.decay, micros_at(as_of)))
    )
    return exp.ArrayMin(this=steps)


def _windowed(behaviour: Behaviour, feature: Feature, moments: exp.Expr) -> list[exp.Expr]:
    """Completions of `count` activities within a window, from the sorted list of moments.

    The i-th moment completes when the one `count - 1` before it is inside the window.
    """
    assert feature.within is not None  # noqa: S101 - told by is_windowed
    size = exp.ArraySize(this=moments.copy())
    first = exp.Sub(this=exp.column("i"), expression=whole(feature.count - 1))
    lasted = sub(_at(moments, exp.column("i")), _at(moments, first))
    inside = lasted < whole(micros(feature.within))
    places = exp.GenerateSeries(start=whole(feature.count), end=size)
    found = exp.ArrayFilter(this=places, expression=_each(inside, "i"))
    enough = size.copy() >= whole(feature.count)
    last = _at(moments, exp.ArrayMax(this=found.copy()))
    return [
        exp.alias_(case([(enough, exp.ArraySize(this=found))], whole(0)), behaviour.count(feature)),
        exp.alias_(case([(enough.copy(), last)], None), behaviour.at(feature)),
    ]
