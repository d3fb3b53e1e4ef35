"""What the engine decided on the day of the demonstration, as it is kept in the store."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from revops.store.engine_tables import ASSIGNMENTS, CLOCKS, OUTBOX, SPELLS
from revops.store.tables import RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from revops.services.demo_day import Day
    from revops.services.workspace import Workspace

SHOWN = 4
"""Leads whose day is told."""
_EVENTS = 9
"""Most that is told of each."""
_CONTACTS, _ACCOUNTS = RECORD_TABLES["contacts"], RECORD_TABLES["accounts"]
_ACTIVITIES, _TASKS = RECORD_TABLES["activities"], RECORD_TABLES["tasks"]


@dataclass(frozen=True)
class Event:
    """One thing that happened to a lead: when, what kind, and in words."""

    at: datetime
    kind: str
    what: str


@dataclass(frozen=True)
class Story:
    """The day of one lead, in order."""

    contact_id: str
    name: str
    company: str
    events: tuple[Event, ...]


@dataclass(frozen=True)
class DayReport:
    """What became of the day.

    Attributes:
        day: When it was, and at which moments the engine looked.
        contacts: New contacts of the day.
        activities: Activities of the day.
        qualified: Leads that entered a stage that qualifies, by its name.
        assigned: Leads that were given to each person or queue, most first.
        kept: Promises of the day that were kept.
        broken: Promises that were broken by the end of it.
        running: Promises that were still running.
        tasks: Tasks for people.
        messages: Messages that were put into the outbox, by channel.
        delivered: How many of these were delivered.
        stories: Some of the leads.
    """

    day: Day
    contacts: int
    activities: int
    qualified: Mapping[str, int]
    assigned: Mapping[str, int]
    kept: int
    broken: int
    running: int
    tasks: int
    messages: Mapping[str, int]
    delivered: int
    stories: tuple[Story, ...]


def report_day(workspace: Workspace, day: Day) -> DayReport:
    """Read what was decided from the first to the last moment of the day."""
    people = {user.id: user.name or user.id for user in workspace.catalog.people.users}
    qualifying = [each.name for each in workspace.catalog.lifecycle.stages if each.qualifies]
    with workspace.store.read() as connection:
        look = _Look(connection, day, people)
        clocks = Counter(str(row.state) for row in look.rows(CLOCKS, CLOCKS.c.started_at))
        letters = look.rows(OUTBOX, OUTBOX.c.created_at)
        spells = look.rows(SPELLS, SPELLS.c.entered_at)
        given = look.rows(ASSIGNMENTS, ASSIGNMENTS.c.at)
        ids = dict.fromkeys(row.contact_id for row in given if row.owner)
        return DayReport(
            day,
            len(look.rows(_CONTACTS, _CONTACTS.c.created_at)),
            len(look.rows(_ACTIVITIES, _ACTIVITIES.c.occurred_at)),
            Counter(row.stage for row in spells if row.stage in qualifying),
            dict(Counter(look.whose(row) for row in given).most_common()),
            clocks["met"],
            clocks["breached"],
            clocks["running"] + clocks["paused"],
            len(look.rows(_TASKS, _TASKS.c.created_at)),
            Counter(row.channel for row in letters),
            sum(row.state == "delivered" for row in letters),
            _stories(look, list(ids)),
        )


def _stories(look: _Look, contact_ids: Sequence[str]) -> tuple[Story, ...]:
    """Those of the leads of whom there is most to tell, in the order of the day."""
    found = [look.story(each) for each in contact_ids]
    fullest = sorted(found, key=lambda story: -len({event.at for event in story.events}))[:SHOWN]
    return tuple(sorted(fullest, key=lambda story: story.events[0].at))


@dataclass(frozen=True)
class _Look:
    connection: sa.Connection
    day: Day
    people: Mapping[str, str]

    def rows(self, table: sa.Table, moment: sa.Column[Any], *where: Any) -> Sequence[Any]:
        """The rows of the day; what was settled at its first moment is not of it."""
        during = (moment > self.day.starts_at, moment <= self.day.ends_at, *where)
        return self.connection.execute(sa.select(table).where(*during).order_by(moment)).all()

    def whose(self, row: Any) -> str:
        """Who an assignment gave a lead to, in words."""
        return self.people.get(row.owner, row.owner) if row.owner else f"queue {row.queue}"

    def story(self, contact_id: str) -> Story:
        """The day of one lead."""
        query = (
            sa.select(_CONTACTS, _ACCOUNTS.c.name.label("company"))
            .outerjoin(_ACCOUNTS, _ACCOUNTS.c.id == _CONTACTS.c.account_id)
            .where(_CONTACTS.c.id == contact_id)
        )
        lead = self.connection.execute(query).one()
        name = " ".join(part.strip() for part in (lead.first_name, lead.last_name) if part)
        events = sorted(self._events(contact_id), key=lambda event: event.at)
        return Story(contact_id, name or contact_id, lead.company or "", tuple(events[:_EVENTS]))

    def _events(self, contact_id: str) -> Iterator[Event]:
        def mine(table: sa.Table, moment: sa.Column[Any]) -> Sequence[Any]:
            return self.rows(table, moment, table.c.contact_id == contact_id)

        spells = mine(SPELLS, SPELLS.c.entered_at)
        yield from self._causes(contact_id, spells)
        for row in spells:
            yield Event(row.entered_at, "stage", f"{row.stage}: {row.entered_because}")
        for row in mine(ASSIGNMENTS, ASSIGNMENTS.c.at):
            yield Event(row.at, "owner", f"{self.whose(row)}, by the rule '{row.rule}'")
        for row in mine(CLOCKS, CLOCKS.c.started_at):
            if row.state == "waived":
                continue
            due = f"{row.due_at:%a %H:%M}"
            yield Event(row.started_at, "clock", f"{row.sla.replace('_', ' ')}, due {due}")
            if row.state == "met":
                yield Event(row.stopped_at, "kept", row.sla.replace("_", " "))
        yield from _messages(mine(OUTBOX, OUTBOX.c.created_at))

    def _causes(self, contact_id: str, spells: Sequence[Any]) -> Iterator[Event]:
        """What it did last before it came into a stage."""
        if not spells:
            return
        did = sa.select(_ACTIVITIES).where(
            _ACTIVITIES.c.contact_id == contact_id,
            _ACTIVITIES.c.occurred_at <= spells[0].entered_at,
            sa.func.coalesce(_ACTIVITIES.c.direction, "inbound") != "outbound",
        )
        last = self.connection.execute(did.order_by(_ACTIVITIES.c.occurred_at.desc()).limit(1))
        for row in last:
            about = f" {row.path or row.subject or ''}".rstrip()
            yield Event(row.occurred_at, "does", f"{row.type.replace('_', ' ')}{about}")


def _messages(letters: Sequence[Any]) -> Iterator[Event]:
    """Each message once, with all who get it."""
    readers: dict[tuple[datetime, str, str], list[str]] = {}
    for row in letters:
        said = json.loads(row.payload)
        words = str(said.get("subject") or said.get("text") or said.get("type") or "")
        key = (row.created_at, row.channel, words.partition("\n")[0])
        readers.setdefault(key, []).append(str(said.get("to", row.destination)))
    for (at, channel, words), to in readers.items():
        yield Event(at, channel, f"to {', '.join(to)}: {words}")
