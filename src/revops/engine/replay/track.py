"""One contact during a replay: what is known of it by a moment, and what was decided."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from revops.leads.lead import Lead
from revops.leads.lifecycle import Standing
from revops.leads.scoring.expressions import micros_at

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from revops.engine.replay.answers import Answers, Row
    from revops.engine.replay.facts import DealState, Overlay, Person
    from revops.leads.lifecycle import Deal, Move, Spell
    from revops.leads.routing import Decision
    from revops.leads.slas.review import Kept
    from revops.leads.slas.timeline import Activity, Assignment

INSTANT = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Track:
    """A contact.

    Attributes:
        person: What it was at first.
        rows: The answers about it, in order.
        set_by_people: The stages that people set, in order.
        deals: Its deals, as they went on.
        activities: What service levels listen to.
        own_ats: When it did anything itself; None where nobody asks.
        spells, recorded, recorded_at, recycled_at, owner: Where it stands.
        fields: Fields that actions set.
        assignments, clocks: What follows from owners.
        moves: What was decided, in order; `silent` of them settled what lay before.
        decisions: Who was given it.
        account: Of which account it was when it was last looked at.
        assumed: Of what was decided, what its rows were asked with.
        overlay: What was decided of its fields, since when.
        still: How it stood before without a move; that holds up to `still_until`.
        looked_at: When its clocks were last reviewed.
        applying: Which service levels applied then.
        is_unheard: Whether its owner changed since then.
        taken: How many of the stages set by people are followed.
        next_at: When time alone may change something.
    """

    person: Person
    rows: Sequence[Row] = ()
    set_by_people: Sequence[tuple[datetime, str]] = ()
    deals: Sequence[DealState] = ()
    activities: Sequence[Activity] = ()
    own_ats: Sequence[datetime] | None = None
    spells: tuple[Spell, ...] = ()
    recorded: str | None = None
    recorded_at: datetime | None = None
    recycled_at: datetime | None = None
    owner: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    assignments: list[Assignment] = field(default_factory=list)
    clocks: dict[str, Kept] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    silent: int = 0
    decisions: list[Decision] = field(default_factory=list)
    overlay: list[Overlay] = field(default_factory=list)
    account: str | None = None
    assumed: tuple[Overlay, ...] = ()
    taken: int = 0
    next_at: datetime | None = None
    still: set[Hashable] = field(default_factory=set)
    still_until: datetime | None = None
    looked_at: datetime = _EPOCH
    applying: tuple[int, ...] = ()
    is_unheard: bool = False
    given_ats: Sequence[datetime] = ()

    def begin(self, starts: frozenset[str], tells: Callable[[Row], Hashable] | None) -> None:
        """Go back to the beginning.

        Args:
            starts: The activities at which a clock may start.
            tells: What of a row decisions depend on; all, without it.
        """
        person = self.person
        self.spells, self.fields, self.assignments = (), {}, []
        self.recorded, self.recorded_at = person.stage, person.stage_at
        self.recycled_at, self.owner = person.recycled_at, person.owner
        if not person.is_there:
            self.recorded = self.recorded_at = self.recycled_at = self.owner = None
        self.account = person.account
        self.clocks, self.moves, self.decisions, self.overlay = {}, [], [], []
        self.silent = self.taken = 0
        self.still = set()
        self.applying = ()
        self.next_at, self.looked_at, self.is_unheard = None, person.came_at, False
        rows = self.rows
        if tells is not None:
            told = [None, *(tells(row) for row in rows)]
            rows = [
                row for row, one, other in zip(rows, told, told[1:], strict=False) if one != other
            ]
        moments = {moment_of(row[0]) for row in rows}
        moments |= {at for at, _ in self.set_by_people}
        moments |= {each.since for each in self.deals}
        moments |= {each.at for each in self.activities if each.type in starts}
        self.given_ats = sorted(each for each in moments if each > person.came_at)

    def beginning(self) -> dict[str, Any]:
        """The decided fields as they were before anything was decided."""
        person = self.person
        if not person.is_there:
            return {}
        return {
            "lifecycle_stage": person.stage,
            "owner": person.owner,
            "recycled_at": person.recycled_at,
        }

    def after(self, now: datetime, end: datetime) -> datetime | None:
        """When it is to be looked at after a moment."""
        place = bisect_right(self.given_ats, now)
        given = self.given_ats[place] if place < len(self.given_ats) else None
        found = min((each for each in (given, self.next_at) if each is not None), default=None)
        return None if found is None or found > end else found

    def next_clock(self, now: datetime, among: frozenset[str]) -> datetime | None:
        """When a clock of one of these service levels is to be looked at."""
        if not self.clocks:
            return None
        moments = (each.next_at for each in self.clocks.values() if each.sla in among)
        return min((each for each in moments if each is not None and each > now), default=None)

    def place(self, now: datetime, tells: Hashable) -> Hashable:
        """What its moves depend on while it is in one stage, but for the time."""
        known = sum(each.since <= now for each in self.deals)
        return (len(self.spells), known, self.recorded, self.recorded_at, self.recycled_at, tells)

    # What is known by a moment

    def hear(self, now: datetime) -> None:
        """Learn what people have set by now."""
        while self.taken < len(self.set_by_people):
            at, stage = self.set_by_people[self.taken]
            if at > now:
                break
            self.taken += 1
            if at > self.person.came_at or self.person.is_there:
                self.recorded, self.recorded_at = stage, at
                self.overlay.append((at, "lifecycle_stage", stage))

    def row(self, now: datetime) -> Row:
        """The answers that hold."""
        place = bisect_right(self.rows, micros_at(now), key=_moment) - 1
        return self.rows[place]

    def lead(self, answers: Answers, held: dict[Any, frozenset[str]], now: datetime) -> Lead:
        """It as decisions see it."""
        row = self.row(now)
        words = row[3 : 3 + answers.words]
        holds = held.get(words)
        if holds is None:
            holds = held[words] = answers.holds(words)
        reached = held.get(row[2])
        if reached is None:
            names = enumerate(answers.thresholds)
            reached = held[row[2]] = frozenset(name for i, name in names if row[2] >> i & 1)
        fit, engagement, total = row[3 + answers.words : 6 + answers.words]
        values = {
            **dict(zip(answers.fields, row[6 + answers.words :], strict=True)),
            **self.fields,
            "lifecycle_stage": self.recorded,
            "owner": self.owner,
            "recycled_at": self.recycled_at,
        }
        self.account = values["account_id"]
        return Lead(
            self.person.contact_id, values, fit, engagement, total, None, bool(row[1]),
            reached, holds,
        )  # fmt: skip

    def standing(self, now: datetime) -> Standing:
        """Where it stands."""
        own = self.own_ats or ()
        place = bisect_right(own, now)
        last = own[place - 1] if place else None
        return Standing(
            self.spells, self.recorded, self.recorded_at, self.recycled_at, None, last,
            self.known_deals(now),
        )  # fmt: skip

    def known_deals(self, now: datetime) -> tuple[Deal, ...]:
        """Its deals as they are known to be."""
        known = {each.deal.id: each.deal for each in self.deals if each.since <= now}
        return tuple(known.values())


def moment_of(micros: int) -> datetime:
    """An instant from microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micros)


def _moment(row: Row) -> int:
    return row[0]  # type: ignore[no-any-return]
