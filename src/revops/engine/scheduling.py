"""What runs by the clock on the wall: recipes of leads and of records, and digests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from revops.engine.agenda import HAPPENED, wake_all, wake_at
from revops.engine.digests import digest_messages
from revops.engine.record_facts import RecordFacts
from revops.engine.records import scheduled
from revops.leads.recipes import next_due, run_due, timetable
from revops.store.engine_tables import SCHEDULES
from revops.store.outbox import put
from revops.store.tables import RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from revops.definitions.automations import Recipe
    from revops.definitions.kinds import Definitions
    from revops.engine.record_facts import Place
    from revops.engine.world import World
    from revops.leads.recipes import Entry, Run
    from revops.store.facts import Facts
    from revops.store.outbox import Message

_CONTACTS = RECORD_TABLES["contacts"]


@dataclass(frozen=True)
class Ready:
    """What a schedule that is due makes, worked out before the transaction that keeps it.

    Attributes:
        due_at: When it was due: if that has changed meanwhile, another worker was quicker.
        wakes: Reasons to look at contacts, as rows of `wakes`.
        messages: Digests.
    """

    due_at: datetime
    wakes: Sequence[Mapping[str, Any]] = ()
    messages: Sequence[Message] = ()


def make_ready(world: World, now: datetime) -> dict[str, Ready]:
    """What recipes for each record of a kind, and digests, make whose time has come; by name."""
    definitions = world.definitions
    with world.store.read() as connection:
        kept = {row.name: row for row in connection.execute(sa.select(SCHEDULES))}
    due = [
        (entry, kept[entry.name], run)
        for entry in _entries(definitions)
        if entry.name in kept
        and not _is_of_leads(definitions, entry)
        and (run := run_due(entry.schedule, kept[entry.name].next_at, now, entry.zone))
    ]
    if not due:
        return {}
    facts = world.facts()
    ready: dict[str, Ready] = {}
    for entry, row, run in due:
        if entry.kind == "digest":
            messages = digest_messages(world, facts, entry, run, row.next_at, row.last_at, now)
            ready[entry.name] = Ready(row.next_at, messages=messages)
        else:
            ready[entry.name] = Ready(row.next_at, wakes=_of_records(world, facts, entry, run, now))
    return ready


def fall_due(
    connection: sa.Connection, definitions: Definitions, ready: Mapping[str, Ready], now: datetime
) -> int:
    """Run every schedule whose time has come, once however long it stood.

    A schedule that is new falls for the first time after now.

    Returns:
        How many digests were put into the outbox.
    """
    kept: dict[str, datetime] = {
        row.name: row.next_at for row in connection.execute(sa.select(SCHEDULES).with_for_update())
    }
    sent = 0
    for entry in _entries(definitions):
        if entry.name not in kept:
            first = next_due(entry.schedule, now, entry.zone)
            connection.execute(sa.insert(SCHEDULES).values(name=entry.name, next_at=first))
            continue
        run = run_due(entry.schedule, kept[entry.name], now, entry.zone)
        made = ready.get(entry.name)
        if run is None:
            continue
        if _is_of_leads(definitions, entry):
            wake_all(connection, _of(entry), _why(entry, run), now)
        elif made is not None and made.due_at == kept[entry.name]:
            wake_at(connection, made.wakes)
            sent += put(connection, made.messages, now)
        else:
            continue
        mine = SCHEDULES.c.name == entry.name
        values = {"next_at": run.next_at, "last_at": run.at}
        connection.execute(sa.update(SCHEDULES).where(mine).values(**values))
    return sent


def _entries(definitions: Definitions) -> Sequence[Entry]:
    return timetable(
        definitions.automations,
        definitions.people,
        definitions.calendars,
        ZoneInfo(definitions.settings.time_zone),
    )


def _is_of_leads(definitions: Definitions, entry: Entry) -> bool:
    return entry.kind == "recipe" and _recipe(definitions, entry).trigger.each is None


def _recipe(definitions: Definitions, entry: Entry) -> Recipe:
    return next(each for each in definitions.automations.recipes if each.name == entry.subject)


# Leads --------------------------------------------------------------------------------------------


def _of(entry: Entry) -> sa.Select[Any]:
    """The leads that an entry is for."""
    query = sa.select(_CONTACTS.c.id).where(_CONTACTS.c.seq > 0)
    if entry.owners is None:
        return query
    theirs: sa.ColumnElement[bool] = _CONTACTS.c.owner.in_(sorted(entry.owners))
    if entry.is_unowned:
        theirs = sa.or_(theirs, _CONTACTS.c.owner.is_(None))
    return query.where(theirs)


def _why(entry: Entry, run: Run) -> str:
    details = {"schedule": {"recipe": entry.subject, "note": run.note}}
    happened = {"kind": "schedule", "at": run.at.isoformat(), "details": details}
    return HAPPENED + json.dumps({**happened, "record": "", "chain": []}, sort_keys=True)


# Records ------------------------------------------------------------------------------------------


def _of_records(
    world: World, facts: Facts, entry: Entry, run: Run, now: datetime
) -> list[dict[str, Any]]:
    trigger = _recipe(world.definitions, entry).trigger
    kind = trigger.each or ""
    found = RecordFacts(facts, world.vocabulary, kind).where(trigger.where, now)
    places = {name: place for name, place in found.items() if _is_for(entry, place)}
    return scheduled(places, kind, entry.subject, run, now)


def _is_for(entry: Entry, place: Place) -> bool:
    if entry.owners is None or place.owner in entry.owners:
        return True
    return entry.is_unowned and place.owner is None
