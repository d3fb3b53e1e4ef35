"""Which activities are meant: each row marked with a mask, a bit for every match it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp, parse_one

from revops.kit.condition import bind, parse_condition
from revops.leads.scoring.behaviour import FOREVER
from revops.leads.scoring.expressions import case, column, micros, micros_at, whole
from revops.leads.scoring.steps import Role, Step, only_wanted

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


def marked_steps(
    behaviour: Behaviour, as_of: datetime, *, only_some: bool, is_kept: bool
) -> list[Step]:
    """Steps that end in `activity`: the activities that still matter, with what they match.

    Columns: contact_id, t in microseconds since 1970, and masks matched0, matched1, ...
    """
    masks = _masks(behaviour, as_of)
    marked = exp.select(
        column("contact_id", "a"),
        exp.alias_(exp.UnixMicros(this=column("occurred_at", "a")), "t"),
        *(exp.alias_(mask, name) for name, mask in masks.items()),
    ).from_(exp.alias_(exp.to_table("activities"), "a"))
    if only_some:
        marked = marked.where(only_wanted(column("contact_id", "a")))
    matters = [exp.NEQ(this=column(name), expression=whole(0)) for name in masks]
    activity = exp.select("*").from_(exp.to_table("marked")).where(exp.or_(*matters))
    role = Role.KEPT if is_kept else Role.PART
    return [Step("marked", marked), Step("activity", activity, role)]


def _words(behaviour: Behaviour) -> int:
    return -(-len(behaviour.bits) // BITS) or 1


def _masks(behaviour: Behaviour, as_of: datetime) -> dict[str, exp.Expr]:
    """One mask for every 62 matches; a bit is set where the activity is of that match."""
    masks: dict[str, exp.Expr] = {}
    bits = behaviour.bits
    for word in range(_words(behaviour)):
        inside = {match: bit % BITS for match, bit in bits.items() if bit // BITS == word}
        mask = _mask(inside, behaviour, as_of)
        exists = exp.UnixMicros(this=column("occurred_at", "a")) <= whole(micros_at(as_of))
        kind = "bigint" if len(inside) > _BITS_OF_INT else "int"
        masks[f"matched{word}"] = exp.cast(case([(exists, mask)], whole(0)), kind)
    return masks


def _mask(matches: Mapping[Match, int], behaviour: Behaviour, as_of: datetime) -> exp.Expr:
    by_type: dict[str, list[exp.Expr]] = {}
    for match, bit in matches.items():
        for event in match.events:
            by_type.setdefault(event, []).append(_bit(match, bit, behaviour, as_of))
    parts = [
        _bit(match, bit, behaviour, as_of) for match, bit in matches.items() if not match.events
    ]
    if by_type:
        by_event = exp.Case(this=column("type", "a"), default=whole(0))
        for event, bits in by_type.items():
            by_event.append("ifs", exp.If(this=exp.Literal.string(event), true=_or(bits)))
        parts.insert(0, by_event)
    return _or(parts) if parts else whole(0)


def _bit(match: Match, bit: int, behaviour: Behaviour, as_of: datetime) -> exp.Expr:
    """The bit of a match where an activity is of it and recent enough to matter."""
    conditions: list[exp.Expr] = []
    reach = behaviour.reaches[match]
    if reach < FOREVER:
        since = whole(micros_at(as_of) - micros(reach))
        conditions.append(exp.UnixMicros(this=column("occurred_at", "a")) > since)
    if match.where is not None:
        conditions.append(exp.paren(_where(match, behaviour)))
    if not conditions:
        return whole(1 << bit)
    return case([(exp.and_(*conditions), whole(1 << bit))], whole(0))


def _where(match: Match, behaviour: Behaviour) -> exp.Expr:
    tree = parse_condition(match.where or "TRUE", behaviour.vocabulary.activity())
    return bind(tree, activity_field)


def _or(parts: Sequence[exp.Expr]) -> exp.Expr:
    result = parts[0]
    for part in parts[1:]:
        result = exp.BitwiseOr(this=exp.paren(result), expression=exp.paren(part))
    return exp.paren(result)


def since_recycle(behaviour: Behaviour) -> exp.Select:
    """The marked activities of recycled contacts, without what recycling made forget."""
    masks = [
        exp.alias_(_remaining(word, behaviour), f"matched{word}")
        for word in range(_words(behaviour))
    ]
    query = exp.select(column("contact_id", "a"), column("t", "a"), *masks)
    return query.from_(exp.alias_(exp.to_table("activity"), "a")).join(
        exp.alias_(exp.to_table("recycle"), "r"),
        on=column("contact_id", "r").eq(column("contact_id", "a")),
    )


def _remaining(word: int, behaviour: Behaviour) -> exp.Expr:
    """A mask without the matches that recycling made forget the activity."""
    kept = sum(
        1 << (bit % BITS)
        for match, bit in behaviour.bits.items()
        if bit // BITS == word and not match.since_recycle
    )
    mask = column(f"matched{word}", "a")
    is_old = column("t", "a") <= column("recycled", "r")
    remaining = exp.BitwiseAnd(this=mask, expression=whole(kept))
    return case([(is_old, exp.paren(remaining))], mask.copy())


def rows_of_feature(
    behaviour: Behaviour, feature: Feature, as_of: datetime, *, only_some: bool
) -> exp.Select:
    """The activities of one feature: contact_id, id, t, session, alone and value."""
    query = _rows_of_facts(behaviour, feature, as_of, only_some=only_some)
    if not (behaviour.has_recycles and feature.match.since_recycle):
        return query
    recycled = column("recycled", "r")
    never = exp.Is(this=recycled, expression=exp.null())
    is_later = exp.UnixMicros(this=column("occurred_at", "a")) > recycled.copy()
    return query.join(
        exp.alias_(exp.to_table("recycle"), "r"),
        on=column("contact_id", "r").eq(column("contact_id", "a")),
        join_type="left",
    ).where(exp.or_(never, is_later))


def _rows_of_facts(
    behaviour: Behaviour, feature: Feature, as_of: datetime, *, only_some: bool
) -> exp.Select:
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
    ).from_(exp.alias_(exp.to_table("activities"), "a"))
    now = micros_at(as_of)
    query = query.where(t.copy() <= whole(now))
    if only_some:
        query = query.where(only_wanted(column("contact_id", "a")))
    if behaviour.reach(feature) < FOREVER:
        query = query.where(t.copy() > whole(now - micros(behaviour.reach(feature))))
    if feature.match.events:
        events = [exp.Literal.string(event) for event in feature.match.events]
        query = query.where(exp.In(this=column("type", "a"), expressions=events))
    if feature.match.where:
        query = query.where(exp.paren(_where(feature.match, behaviour)))
    return query
