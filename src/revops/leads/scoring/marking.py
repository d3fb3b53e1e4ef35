"""Which activities are meant: each row marked with a mask, a bit for every match it is of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlglot import exp, parse_one

from revops.kit.condition import bind, parse_condition
from revops.leads.scoring.behaviour import FOREVER
from revops.leads.scoring.expressions import case, column, micros, micros_at, whole
from revops.leads.scoring.steps import Step, only_wanted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from revops.leads.scoring.behaviour import Behaviour, Feature, Match

BITS = 60
"""Matches in one mask; a mask is a whole number of 64 bits with a sign."""
_BITS_OF_INT = 30


def mask_of(bit: int) -> exp.Column:
    """The mask that holds a bit."""
    return column(f"matched{bit // BITS}")


def place_in_mask(bit: int) -> int:
    """Where in its mask a bit is."""
    return bit % BITS


def has_bit(bit: int) -> exp.Expr:
    """Whether a mask has this bit."""
    mask = exp.BitwiseAnd(this=mask_of(bit), expression=whole(1 << place_in_mask(bit)))
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


def activity_steps(
    behaviour: Behaviour, as_of: datetime, *, only_some: bool, until: datetime | None = None
) -> list[Step]:
    """Steps that end in `activity`: the activities that may still matter, with what they match.

    Columns: contact_id, t in microseconds since 1970, and masks matched0, matched1, ...
    Those from `as_of` up to `until` are among them, if that is given.
    """
    words = _words(behaviour)
    near = exp.select("*", exp.alias_(_moment(), "t")).from_(exp.to_table("activities"))
    last = whole(micros_at(until or as_of))
    near = near.where(_moment() <= last, _moment() > _oldest(behaviour, as_of))
    if only_some:
        near = near.where(only_wanted(column("contact_id")))
    fresh = [exp.alias_(_fresh(word, behaviour, as_of), f"fresh{i}") for i, word in words.items()]
    masks = [exp.alias_(_mask(i, word, behaviour), f"matched{i}") for i, word in words.items()]
    return [
        Step("near", near),
        Step("fresh", exp.select("*", *fresh).from_(exp.to_table("near"))),
        Step(
            "activity",
            exp.select(column("contact_id"), column("t"), *masks).from_(exp.to_table("fresh")),
        ),
    ]


def _words(behaviour: Behaviour) -> dict[int, dict[Match, int]]:
    """The matches of each mask, with the number that has only their bit."""
    words: dict[int, dict[Match, int]] = {}
    for match, bit in behaviour.bits.items():
        words.setdefault(bit // BITS, {})[match] = 1 << place_in_mask(bit)
    return words


def _moment() -> exp.Expr:
    return exp.UnixMicros(this=column("occurred_at"))


def _oldest(behaviour: Behaviour, as_of: datetime) -> exp.Expr:
    """The moment up to which activities of a type matter to nobody."""
    reaches: dict[str | None, timedelta] = {None: timedelta()}
    for match in behaviour.bits:
        for event in match.events or (None,):
            reaches[event] = max(behaviour.reaches[match], reaches.get(event, timedelta()))
    general = reaches[None]
    return _by_type(
        {event: micros_at(as_of) - micros(max(reach, general)) for event, reach in reaches.items()}
    )


def _by_type(values: Mapping[str | None, int]) -> exp.Expr:
    """A number for each type of activity; that of None for all others.

    A map is looked up once for each type in a block of rows, a CASE for every row.
    """
    events = [event for event in values if event is not None]
    if not events:
        return whole(values[None])
    keys: list[exp.Expr] = [exp.Literal.string(event) for event in events]
    numbers = [whole(values[event]) for event in events]
    table = exp.Map(keys=exp.Array(expressions=keys), values=exp.Array(expressions=numbers))
    found = exp.Bracket(this=table, expressions=[column("type")])
    return exp.Coalesce(this=found, expressions=[whole(values[None])])


def _fresh(word: Mapping[Match, int], behaviour: Behaviour, as_of: datetime) -> exp.Expr:
    """The bits of the matches that ask for an activity's type and reach back to it."""
    general = sum(bit for match, bit in word.items() if not match.events)
    asked: dict[str | None, int] = {None: general}
    for match, bit in word.items():
        for event in match.events:
            asked[event] = asked.get(event, general) | bit
    reaches = sorted({behaviour.reaches[match] for match in word} - {FOREVER})
    reaching = [
        (
            column("t") > whole(micros_at(as_of) - micros(reach)),
            whole(sum(bit for match, bit in word.items() if behaviour.reaches[match] >= reach)),
        )
        for reach in reaches
    ]
    ever = whole(sum(bit for match, bit in word.items() if behaviour.reaches[match] >= FOREVER))
    return exp.BitwiseAnd(this=_by_type(asked), expression=exp.paren(case(reaching, ever)))


def _mask(place: int, word: Mapping[Match, int], behaviour: Behaviour) -> exp.Expr:
    """What is left of the bits after the matches' own conditions."""
    fresh = column(f"fresh{place}")
    plain = sum(bit for match, bit in word.items() if match.where is None)
    mask: exp.Expr = exp.BitwiseAnd(this=fresh, expression=whole(plain))
    for match, bit in word.items():
        if match.where is not None:
            has_bit_still = exp.BitwiseAnd(this=fresh.copy(), expression=whole(bit))
            is_asked = exp.NEQ(this=exp.paren(has_bit_still), expression=whole(0))
            holds = exp.and_(is_asked, exp.paren(_where(match, behaviour)))
            held = case([(holds, whole(bit))], whole(0))
            mask = exp.BitwiseOr(this=exp.paren(mask), expression=exp.paren(held))
    return exp.cast(mask, "bigint" if len(word) > _BITS_OF_INT else "int")


def _where(match: Match, behaviour: Behaviour) -> exp.Expr:
    tree = parse_condition(match.where or "TRUE", behaviour.vocabulary.activity())
    return bind(tree, activity_field)


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
