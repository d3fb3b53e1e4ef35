"""One contact during a replay: what is known of it by a moment, and what was decided."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from revops.engine.replay.moments import EVER, INSTANT, moment_of
from revops.leads.lead import Lead
from revops.leads.lifecycle import Standing
from revops.leads.scoring.expressions import micros_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from revops.engine.replay.answers import Answers, Row
    from revops.engine.replay.deals import DealState
    from revops.engine.replay.facts import Overlay, Person, Silences
    from revops.leads.lifecycle import Deal, Move, Spell
    from revops.leads.routing import Decision
    from revops.leads.slas.review import Kept
    from revops.leads.slas.timeline import Activity, Assignment


class Values(Mapping[str, Any]):
    """The fields of a contact at a moment, read where they are: few are ever asked for.

    Args:
        own: What was decided.
        row: The answers.
        columns: The places of fields in it.
    """

    __slots__ = ("_columns", "_own", "_row")

    def __init__(self, own: Mapping[str, Any], row: Row, columns: Mapping[str, int]) -> None:
        self._own, self._row, self._columns = own, row, columns

    def __getitem__(self, name: str) -> Any:
        return self._own[name] if name in self._own else self._row[self._columns[name]]

    def __iter__(self) -> Iterator[str]:
        yield from {**self._columns, **self._own}

    def __len__(self) -> int:
        return len({*self._columns, *self._own})


class Turn(NamedTuple):
    """What was decided of the stage in one look.

    Attributes:
        at: When.
        moves: The moves, in order.
        silent: How many of them, the first ones, only settled what lay before.
        spells: The stages it had been in afterwards.
    """

    at: datetime
    moves: tuple[Move, ...]
    silent: int
    spells: tuple[Spell, ...]


@dataclass(slots=True)
class Track:
    """A contact.

    Attributes:
        person: What it was at first.
        rows: The answers about it, in order.
        set_by_people: The stages that people set, in order.
        deals: Its deals, as they went on.
        is_called: Whether it did anything at which a clock may start.
        silences: When it did nothing for long; None where it never did anything.
        is_silence_known: Whether these were asked for.
        activities: What service levels listen to.
        spells, recorded, recorded_at, recycled_at, owner, fields, account: Where it stands.
        moves: What was decided, in order; `silent` of them settled what lay before.
        turns: The same, look by look, as long as nothing but the stage was decided.
        overlay: What was decided of its fields, since when.
        assumed: Of what was decided, what its rows were asked with.
        is_plain: Whether nothing that was decided depended on how long anything lasted.
        assignments, decisions: Who was given it.
        clocks: Its clocks as they are kept.
        moments: When anything happens to it, in order.
        taken, turned: How many of the stages set by people, and of the turns, are followed.
        next_at: When time alone may change something.
        looked_at: When its clocks were last reviewed.
        applying: Which service levels applied then.
        is_unheard: Whether its owner changed since then.
    """

    person: Person
    rows: Sequence[Row] = ()
    set_by_people: Sequence[tuple[datetime, str]] = ()
    deals: Sequence[DealState] = ()
    is_called: bool = False
    silences: Silences | None = None
    is_silence_known: bool = False
    activities: Sequence[Activity] = ()
    spells: tuple[Spell, ...] = ()
    recorded: str | None = None
    recorded_at: datetime | None = None
    recycled_at: datetime | None = None
    owner: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    account: str | None = None
    moves: list[Move] = field(default_factory=list)
    silent: int = 0
    turns: list[Turn] = field(default_factory=list)
    overlay: list[Overlay] = field(default_factory=list)
    assumed: tuple[Overlay, ...] = ()
    is_plain: bool = True
    assignments: list[Assignment] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    clocks: dict[str, Kept] = field(default_factory=dict)
    moments: Sequence[datetime] = ()
    taken: int = 0
    turned: int = 0
    next_at: datetime | None = None
    looked_at: datetime = EVER
    applying: tuple[int, ...] = ()
    is_unheard: bool = False

    def begin(self) -> None:
        """Go back to the beginning."""
        person = self.person
        self.spells, self.moves, self.fields, self.overlay = (), [], {}, []
        self.assignments, self.decisions, self.clocks = [], [], {}
        self.recorded, self.recorded_at = person.stage, person.stage_at
        self.recycled_at, self.owner = person.recycled_at, person.owner
        if not person.is_there:
            self.recorded = self.recorded_at = self.recycled_at = self.owner = None
        self.account = person.account
        self.silent = self.taken = self.turned = 0
        self.next_at, self.looked_at, self.applying = None, person.came_at, ()
        self.is_plain, self.is_unheard = True, False

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

    # What is known by a moment

    def hear(self, now: datetime) -> bool:
        """Learn what people have set by now; whether they have set anything."""
        known = self.taken
        while self.taken < len(self.set_by_people):
            at, stage = self.set_by_people[self.taken]
            if at > now:
                break
            self.taken += 1
            if at > self.person.came_at or self.person.is_there:
                self.recorded, self.recorded_at = stage, at
                self.overlay.append((at, "lifecycle_stage", stage))
        return self.taken > known

    def row(self, now: datetime) -> Row:
        """The answers that hold."""
        return self.rows[bisect_right(self.rows, micros_at(now), key=_moment) - 1]

    def lead(self, answers: Answers, now: datetime) -> Lead:
        """It as decisions see it."""
        row = self.row(now)
        words = answers.words
        fit, engagement, total = row[3 + words : 6 + words]
        own = {
            **self.fields,
            "lifecycle_stage": self.recorded,
            "owner": self.owner,
            "recycled_at": self.recycled_at,
        }
        return Lead(
            self.person.contact_id, Values(own, row, answers.columns),
            fit, engagement, total, None, bool(row[1]),
            answers.reached(row[2]), answers.holds(row[3 : 3 + words]),
        )  # fmt: skip

    def standing(self, now: datetime) -> Standing:
        """Where it stands."""
        last = self.silences.last_at(now) if self.silences else None
        return Standing(
            self.spells, self.recorded, self.recorded_at, self.recycled_at, None, last,
            self.known_deals(now),
        )  # fmt: skip

    def known_deals(self, now: datetime) -> tuple[Deal, ...]:
        """Its deals as they are known to be."""
        if not self.deals:
            return ()
        known = {each.deal.id: each.deal for each in self.deals if each.since <= now}
        return tuple(known.values())

    # When to look

    def changes(self, tells: Sequence[Any]) -> list[datetime]:
        """When something of its rows changes after the first.

        Args:
            tells: What tells, of each row.
        """
        pairs = zip(self.rows[1:], tells, tells[1:], strict=False)
        return [moment_of(row[0]) for row, one, other in pairs if one != other]

    def following(self, now: datetime, end: datetime) -> datetime | None:
        """When it is to be looked at after a moment, if not after the end."""
        place = bisect_right(self.moments, now)
        found = self.moments[place] if place < len(self.moments) else None
        if self.next_at is not None and (found is None or self.next_at < found):
            found = self.next_at
        return None if found is None or found > end else found

    # What is decided

    def follow(self, turn: Turn, now: datetime) -> None:
        """Go where it was decided to go, and nothing else."""
        self.take(turn)
        fields = {name: value for step in turn.moves for name, value in step.fields.items()}
        if fields["lifecycle_stage"] != self.recorded:
            self.change("lifecycle_stage", fields["lifecycle_stage"], now)
        if "recycled_at" in fields and fields["recycled_at"] != self.recycled_at:
            self.change("recycled_at", fields["recycled_at"], now)

    def take(self, turn: Turn) -> None:
        """Note where it goes; its fields are another matter."""
        self.spells = turn.spells
        self.moves += turn.moves
        self.silent += turn.silent
        self.turned += 1

    def change(self, name: str, value: Any, now: datetime) -> None:
        """A field becomes something else; the next look sees it."""
        self.overlay.append((now + INSTANT, name, value))
        match name:
            case "lifecycle_stage":
                self.recorded, self.recorded_at = value, now
            case "owner":
                self.owner = value
            case "recycled_at":
                self.recycled_at = value
            case _:
                self.fields[name] = value


def _moment(row: Row) -> int:
    return row[0]  # type: ignore[no-any-return]
