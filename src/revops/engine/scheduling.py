"""Recipes that run by the clock on the wall: when one falls due, it happens to its leads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from revops.engine.agenda import HAPPENED, wake_all
from revops.leads.recipes import next_due, run_due, timetable
from revops.store.engine_tables import SCHEDULES
from revops.store.tables import RECORD_TABLES

if TYPE_CHECKING:
    from datetime import datetime

    from revops.definitions.kinds import Definitions
    from revops.leads.recipes import Entry, Run

_CONTACTS = RECORD_TABLES["contacts"]


def fall_due(connection: sa.Connection, definitions: Definitions, now: datetime) -> None:
    """Wake the leads of every scheduled recipe whose time has come, once however long it stood.

    A schedule that is new falls for the first time after now. Recipes for each record of a kind,
    and digests, are left alone.
    """
    zone = ZoneInfo(definitions.settings.time_zone)
    kept: dict[str, datetime] = {
        row.name: row.next_at for row in connection.execute(sa.select(SCHEDULES).with_for_update())
    }
    for entry in timetable(
        definitions.automations, definitions.people, definitions.calendars, zone
    ):
        if not _is_of_leads(definitions, entry):
            continue
        if entry.name not in kept:
            first = next_due(entry.schedule, now, entry.zone)
            connection.execute(sa.insert(SCHEDULES).values(name=entry.name, next_at=first))
        elif (run := run_due(entry.schedule, kept[entry.name], now, entry.zone)) is not None:
            wake_all(connection, _of(entry), _why(entry, run), now)
            mine = SCHEDULES.c.name == entry.name
            values = {"next_at": run.next_at, "last_at": run.at}
            connection.execute(sa.update(SCHEDULES).where(mine).values(**values))


def _is_of_leads(definitions: Definitions, entry: Entry) -> bool:
    recipes = {recipe.name: recipe for recipe in definitions.automations.recipes}
    return entry.kind == "recipe" and recipes[entry.subject].trigger.each is None


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
