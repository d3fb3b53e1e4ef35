"""From the activities to one row a contact: how often and when last each feature was completed.

One pass over the activities marks each row with a mask (a bit for every set of activities that
anybody asks about) and aggregates it; only features that ask for sessions or distinct values
need a pass of their own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlglot import exp, parse_one

from revops.kit.condition import bind, parse_condition
from revops.leads.scoring.expressions import (
    case,
    column,
    decayed,
    micros,
    micros_at,
    sub,
    whole,
)
from revops.leads.scoring.sequence import sequence_steps
from revops.leads.scoring.steps import Step, only_wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from revops.leads.scoring.behaviour import Behaviour, Feature, Match

BITS = 62


def at(number: int) -> str:
    """The column of the latest completion of a feature, in microseconds."""
    return f"f{number}_at"


def count(number: int) -> str:
    """The column of how often a feature was completed."""
    return f"f{number}_count"


def points(number: int) -> str:
    """The column of the decayed points of all completions of a feature."""
    return f"f{number}_points"


def matched_at(bit: int) -> str:
    """The column of the latest activity of a set of activities."""
    return f"b{bit}_at"


def matched_count(bit: int) -> str:
    """The column of the number of activities of a set of activities."""
    return f"b{bit}_count"


def behaviour_steps(
    behaviour: Behaviour,
    as_of: datetime,
    *,
    only_some: bool,
    has_recycles: bool,
) -> list[Step]:
    """Steps that end in `behaviour`: contact_id and the columns of every feature and match."""
    marked = _marked(behaviour, as_of, only_some=only_some, has_recycles=has_recycles)
    complex_ = {f: n for f, n in behaviour.features.items() if not (f.is_plain or f.is_windowed)}
    steps = [Step("activity", marked), Step("seen", _seen(behaviour, as_of))]
    query = exp.select(column("contact_id", "s")).from_(exp.alias_(exp.to_table("seen"), "s"))
    for bit in behaviour.matches.values():
        query = query.select(column(matched_at(bit), "s"), column(matched_count(bit), "s"))
    for feature, number in behaviour.features.items():
        if feature in complex_:
            steps += sequence_steps(
                feature,
                number,
                _rows(behaviour, feature, as_of, only_some=only_some, has_recycles=has_recycles),
                as_of,
            )
            name = f"f{number}"
            query = query.select(*(column(f(number), name) for f in (count, at)))
            if feature.points is not None:
                query = query.select(column(points(number), name))
            query = query.join(
                exp.to_table(name),
                on=column("contact_id", name).eq(column("contact_id", "s")),
                join_type="left",
            )
        else:
            query = query.select(*_known(feature, number, behaviour.matches[feature.match]))
    return [*steps, Step("behaviour", query, is_kept=True)]


def activity_field(name: str) -> exp.Expr:
    """The SQL of an activity's field as conditions name it."""
    if name.startswith("properties."):
        path = name.removeprefix("properties.").replace('"', "")
        extract = parse_one("json_extract_string(properties, '$.x')", dialect="duckdb")
        extract.find(exp.JSONPathKey).set("this", path)  # type: ignore[union-attr]
        return extract
    if name == "occurred_on":
        return exp.cast(column("occurred_at"), "date")
    return column(name)


def _marked(
    behaviour: Behaviour, as_of: datetime, *, only_some: bool, has_recycles: bool
) -> exp.Select:
    """The activities with the mask of what each of them matches."""
    query = exp.select(
        column("contact_id", "a"),
        exp.alias_(exp.UnixMicros(this=column("occurred_at", "a")), "t"),
        *(
            exp.alias_(mask, f"matched{word}")
            for word, mask in enumerate(_masks(behaviour, as_of, has_recycles=has_recycles))
        ),
    )
    return _from_activities(query, only_some=only_some, has_recycles=has_recycles)


def _from_activities(query: exp.Select, *, only_some: bool, has_recycles: bool) -> exp.Select:
    query = query.from_(exp.alias_(exp.to_table("activities"), "a"))
    if only_some:
        query = query.where(only_wanted(column("contact_id", "a")))
    if has_recycles:
        query = query.join(
            exp.alias_(exp.to_table("recycle"), "r"),
            on=column("contact_id", "r").eq(column("contact_id", "a")),
            join_type="left",
        )
    return query


def _masks(behaviour: Behaviour, as_of: datetime, *, has_recycles: bool) -> list[exp.Expr]:
    """One mask for every 62 matches; a bit is set where the activity is of that match."""
    words = -(-len(behaviour.matches) // BITS) or 1
    masks: list[exp.Expr] = []
    for word in range(words):
        inside = {m: b % BITS for m, b in behaviour.matches.items() if b // BITS == word}
        later = {m: b for m, b in inside.items() if m.since_recycle}
        always = {m: b for m, b in inside.items() if not m.since_recycle}
        mask = _mask(inside, behaviour)
        if has_recycles and later:
            old = exp.UnixMicros(this=column("occurred_at", "a")) <= column("recycled", "r")
            mask = case([(old, _mask(always, behaviour))], mask)
        exists = exp.UnixMicros(this=column("occurred_at", "a")) <= whole(micros_at(as_of))
        kind = "bigint" if len(inside) > 30 else "int"  # noqa: PLR2004 - bits of an int
        masks.append(exp.cast(case([(exists, mask)], whole(0)), kind))
    return masks


def _mask(matches: Mapping[Match, int], behaviour: Behaviour) -> exp.Expr:
    by_type: dict[str, list[exp.Expr]] = {}
    for match, bit in matches.items():
        for event in match.events:
            by_type.setdefault(event, []).append(_bit(match, bit, behaviour))
    parts = [_bit(match, bit, behaviour) for match, bit in matches.items() if not match.events]
    if by_type:
        by_event = exp.Case(this=column("type", "a"), default=whole(0))
        for event, bits in by_type.items():
            by_event.append("ifs", exp.If(this=exp.Literal.string(event), true=_or(bits)))
        parts.insert(0, by_event)
    return _or(parts) if parts else whole(0)


def _bit(match: Match, bit: int, behaviour: Behaviour) -> exp.Expr:
    here = whole(1 << bit)
    if match.where is None:
        return here
    return case([(_where(match, behaviour), here)], whole(0))


def _where(match: Match, behaviour: Behaviour) -> exp.Expr:
    tree = parse_condition(match.where or "TRUE", behaviour.vocabulary.activity())
    return bind(tree, activity_field)


def _or(parts: Sequence[exp.Expr]) -> exp.Expr:
    result = parts[0]
    for part in parts[1:]:
        result = exp.BitwiseOr(this=exp.paren(result), expression=exp.paren(part))
    return exp.paren(result)


def _seen(behaviour: Behaviour, as_of: datetime) -> exp.Select:
    """One row a contact: latest, number and, where a window is asked for, list per match."""
    # A CASE for each match in an inner query lets every aggregate of it share the work.
    inner = exp.select(column("contact_id"))
    outer = exp.select(column("contact_id"))
    reach: dict[Match, timedelta] = {}
    for feature in behaviour.features:
        if feature.is_windowed:
            longest = max(behaviour.reach(feature), reach.get(feature.match, timedelta()))
            reach[feature.match] = longest
    sums = [(f, n) for f, n in behaviour.features.items() if f.is_plain and f.points is not None]
    for match, bit in behaviour.matches.items():
        mask = exp.BitwiseAnd(
            this=column(f"matched{bit // BITS}"), expression=whole(1 << (bit % BITS))
        )
        is_match = exp.NEQ(this=exp.paren(mask), expression=whole(0))
        inner = inner.select(exp.alias_(case([(is_match, column("t"))], None), f"t{bit}"))
        outer = outer.select(exp.alias_(exp.Max(this=column(f"t{bit}")), matched_at(bit)))
        outer = outer.select(exp.alias_(exp.Count(this=column(f"t{bit}")), matched_count(bit)))
        if match in reach:
            recent = column(f"t{bit}") > whole(micros_at(as_of) - micros(reach[match]))
            listed = exp.Filter(
                this=exp.ArrayAgg(this=column(f"t{bit}")), expression=exp.Where(this=recent)
            )
            outer = outer.select(exp.alias_(exp.ArraySort(this=listed), f"b{bit}_list"))
    for feature, number in sums:
        moment = column(f"t{behaviour.matches[feature.match]}")
        age = sub(whole(micros_at(as_of)), moment)
        left = decayed(feature.points or 0, feature.decay, age)
        some = exp.Not(this=exp.Is(this=moment.copy(), expression=exp.null()))
        outer = outer.select(exp.alias_(exp.Sum(this=case([(some, left)], None)), points(number)))
    return outer.from_(inner.from_(exp.to_table("activity")).subquery("marked")).group_by(
        column("contact_id")
    )


def _known(feature: Feature, number: int, bit: int) -> list[exp.Expr]:
    """The columns of a feature that the one pass already knows enough for."""
    seen, last = column(matched_count(bit), "s"), column(matched_at(bit), "s")
    if feature.is_windowed and feature.within is not None:
        return _windowed(feature, number, bit)
    if feature.count > 1:
        enough = seen >= whole(feature.count)
        completed = sub(seen.copy(), whole(feature.count - 1))
        return [
            exp.alias_(case([(enough, completed)], whole(0)), count(number)),
            exp.alias_(case([(enough.copy(), last)], None), at(number)),
        ]
    known = [exp.alias_(seen, count(number)), exp.alias_(last, at(number))]
    if feature.points is not None:
        known.append(column(points(number), "s"))
    return known


def _windowed(feature: Feature, number: int, bit: int) -> list[exp.Expr]:
    """Completions of `count` activities within a window, from the sorted list of moments.

    The i-th moment completes when the one `count - 1` before it is inside the window.
    """
    assert feature.within is not None  # noqa: S101 - told by is_windowed
    moments = column(f"b{bit}_list", "s")
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
        exp.alias_(case([(enough, how_many)], whole(0)), count(number)),
        exp.alias_(case([(enough.copy(), last)], None), at(number)),
    ]


def _rows(
    behaviour: Behaviour,
    feature: Feature,
    as_of: datetime,
    *,
    only_some: bool,
    has_recycles: bool,
) -> exp.Select:
    """The activities of one feature: contact_id, id, t, session, alone and value."""
    t = exp.UnixMicros(this=column("occurred_at", "a"))
    value = activity_field(feature.distinct) if feature.distinct else exp.null()
    # Activities without a session share one with nobody.
    has_none = exp.Is(this=column("session_id", "a"), expression=exp.null())
    alone = case([(has_none, column("id", "a"))], None)
    query = exp.select(
        column("contact_id", "a"),
        exp.alias_(column("id", "a"), "id"),
        exp.alias_(t, "t"),
        exp.alias_(column("session_id", "a"), "session"),
        exp.alias_(alone, "alone"),
        exp.alias_(exp.cast(value, "text"), "value"),
    )
    query = _from_activities(query, only_some=only_some, has_recycles=has_recycles)
    now = micros_at(as_of)
    query = query.where(t.copy() <= whole(now))
    query = query.where(t.copy() > whole(now - micros(behaviour.reach(feature))))
    if feature.match.events:
        events = [exp.Literal.string(event) for event in feature.match.events]
        query = query.where(exp.In(this=column("type", "a"), expressions=events))
    if feature.match.where:
        query = query.where(exp.paren(_where(feature.match, behaviour)))
    if has_recycles and feature.match.since_recycle:
        recycled = column("recycled", "r")
        never = exp.Is(this=recycled, expression=exp.null())
        query = query.where(exp.or_(never, t.copy() > recycled.copy()))
    return query
