"""What happened to one contact, as far as service levels look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.leads.lifecycle.standing import Spell

Key = tuple[str, str]
"""The kind of a happening (a key of `definitions.slas.Moment`), and the stage or type it is of."""
SENT_AWAY = ("sent_away", "")
"""What happens to a lead that nobody is to work any more."""
_SENT_AWAY = frozenset({"rejected", "recycled", "archived"})
_AT = attrgetter("at")
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Assignment:
    """A decision who owns the contact.

    Attributes:
        at: When.
        owner: Who from then on; None if it went to a queue.
        sla: The service level that the routing rule names.
        previous_owner: Who before.
    """

    at: datetime
    owner: str | None
    sla: str | None = None
    previous_owner: str | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """Something done by the contact, or towards it.

    Attributes:
        at: When it occurred, however late it became known.
        type: What it was.
        direction: `inbound` or `outbound`.
        holds: Of the conditions on activities (`ServiceLevels.activity_conditions`) those that
            it meets, each as `slas.PATH`.
    """

    at: datetime
    type: str
    direction: str = "inbound"
    holds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that happened to a contact, in any order."""

    contact_id: str
    spells: tuple[Spell, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    activities: tuple[Activity, ...] = ()


class Happening(NamedTuple):
    """One moment of a timeline, and what it is a moment of."""

    at: datetime
    key: Key
    of: Spell | Assignment | Activity

    def __str__(self) -> str:
        """In words, such as `call` or `stage SQL`."""
        kind, name = self.key
        said = {"activity": name, "stage": f"stage {name}", "left_stage": f"end of {name}"}
        return said.get(kind, kind.replace("_", " "))


Turns = list[tuple[datetime, str | None]]
"""Who owned the contact, each from when on, latest first; the last entry holds for ever before."""
Happenings = dict[Key, list[Happening]]
"""What happened, by kind, each list in order."""


class Facts(NamedTuple):
    """A timeline as it was known to be at an instant.

    Attributes:
        happened: What had happened.
        turns: Who had owned the contact.
        now: The instant.
    """

    happened: Happenings
    turns: Turns
    now: datetime


def facts(timeline: Timeline, owner: str | None, now: datetime, keys: frozenset[Key]) -> Facts:
    """What had happened by an instant; later things are left out.

    Args:
        timeline: What happened.
        owner: Who owns the contact if nobody was ever assigned.
        now: The instant.
        keys: The kinds of happenings that anybody asks for.
    """
    happened: Happenings = {}
    for each in _all(timeline):
        if each.at <= now and each.key in keys:
            happened.setdefault(each.key, []).append(each)
    for alike in happened.values():
        if len(alike) > 1:
            alike.sort(key=_AT)
    return Facts(happened, _turns(timeline, owner, now), now)


def owner_at(turns: Turns, instant: datetime) -> str | None:
    """Who owned the contact at an instant."""
    for since, owner in turns:
        if since <= instant:
            return owner
    raise AssertionError  # the last turn began before all time


def _all(timeline: Timeline) -> Iterator[Happening]:
    for spell in timeline.spells:
        yield Happening(spell.entered_at, ("stage", spell.stage), spell)
        if spell.left_at is not None:
            yield from _end(spell, spell.left_at)
    for each in timeline.assignments:
        if each.owner is not None:
            yield Happening(each.at, ("assigned", ""), each)
        if each.sla is not None:
            yield Happening(each.at, ("promised", each.sla), each)
    for activity in timeline.activities:
        yield Happening(activity.at, ("activity", activity.type), activity)


def _end(spell: Spell, at: datetime) -> Iterator[Happening]:
    yield Happening(at, ("left_stage", spell.stage), spell)
    if spell.outcome in {"accepted", "rejected"}:
        yield Happening(at, (spell.outcome, ""), spell)
    if spell.outcome == "rejected" and spell.rejection_code:
        yield Happening(at, ("rejected", "with_reason"), spell)
    if spell.outcome == "moved":
        yield Happening(at, ("moved", spell.stage), spell)
    if spell.outcome in _SENT_AWAY:
        yield Happening(at, SENT_AWAY, spell)


def _turns(timeline: Timeline, owner: str | None, now: datetime) -> Turns:
    known = sorted((each for each in timeline.assignments if each.at <= now), key=_AT)
    first = known[0].previous_owner if known else owner
    return [*((each.at, each.owner) for each in reversed(known)), (_EVER, first)]
