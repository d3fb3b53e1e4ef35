"""Which activities are meant: each row marked with a mask, a bit for every match it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp, parse_one

from revops.kit.condition import bind, parse_condition
from revops.leads.scoring.expressions import case, column, micros, micros_at, whole
from revops.leads.scoring.steps import only_wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from revops.leads.scoring.behaviour import Behaviour, Feature, Match

BITS = 62
"""Matches in one mask; a mask is a whole number of 64 bits with a sign."""
_BITS_OF_INT = 30


def has_bit(bit: int) -> exp.Expr:
    """Whether a marked activity is of the match with this bit."""
    mask = exp.BitwiseAnd(this=column(f"matched{bit // BITS}"), expression=whole(1 << (bit % BITS)))
    return exp.NEQ(this=exp.paren(mask), expression=whole(0))


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


def marked_activities(
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
        kind = "bigint" if len(inside) > _BITS_OF_INT else "int"
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


def rows_of_feature(
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
