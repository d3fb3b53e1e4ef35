"""Records beside the contact that set recipes off: what is new of them wakes their contacts.

A reason to look at a record is a row of `wakes` of the contact with whom it stands. It names the
record; what is known of it is asked of the facts when the contact is decided on.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from revops.definitions.triggers import PLURAL, RECORD_NAMES
from revops.engine.agenda import ENGINE, began_at, mark, marks_of, wake_at
from revops.engine.news import as_said
from revops.engine.record_facts import Asked, RecordFacts
from revops.leads.recipes import Happening
from revops.records import FieldType
from revops.store.column_types import Date
from revops.store.tables import CHANGES, RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from revops.definitions.automations import Automations
    from revops.engine.agenda import Wake
    from revops.engine.record_facts import Change, Place
    from revops.engine.world import World
    from revops.leads.recipes import Run
    from revops.store.facts import Facts

RECORD = "record:"
_MARK = "engine_seen_"
_CHANGES = "changes"
_WHEN = {"survey_response": "answered_at", "usage_record": "period_end"}
"""Which field says when a record came about, where it is not `created_at`."""


class Arrived(NamedTuple):
    """Something new of a record: that it is there, or one of its changes."""

    kind: str
    id: str
    seq: int | None
    at: datetime


@dataclass(frozen=True)
class News:
    """What is new of records, found before the transaction that makes reasons to look of it.

    Attributes:
        before: How far records had been read when this was found.
        latest: How far they have been read with it.
        wakes: The reasons to look, as rows of `wakes`.
    """

    before: Mapping[str, int]
    latest: Mapping[str, int]
    wakes: Sequence[Mapping[str, Any]]

    def keep(self, connection: sa.Connection) -> None:
        """Note the reasons, unless another worker has done so meanwhile.

        What lies before the first time is history.
        """
        if self.before == self.latest or marks_of(connection, _MARK, is_held=True) != self.before:
            return
        if self.before:
            wake_at(connection, self.wakes)
        for name, seq in self.latest.items():
            if self.before.get(name) != seq:
                mark(connection, _MARK + name, seq)


def news_of_records(world: World, now: datetime) -> News:
    """What arrived and was changed by others since the last time, of what recipes watch."""
    with world.store.read() as connection:
        before, latest = marks_of(connection, _MARK), _latest(connection)
        found = _arrived(connection, world.definitions.automations, before, latest, now)
    return News(before, latest, list(_wakes(world, found, now)) if found else ())


def _latest(connection: sa.Connection) -> dict[str, int]:
    tables = {plural: RECORD_TABLES[plural] for plural in map(PLURAL.__getitem__, RECORD_NAMES)}
    return {
        name: connection.execute(
            sa.select(sa.func.coalesce(sa.func.max(table.c.seq), 0))
        ).scalar_one()
        for name, table in {**tables, _CHANGES: CHANGES}.items()
    }


def _arrived(
    connection: sa.Connection,
    automations: Automations,
    before: Mapping[str, int],
    latest: Mapping[str, int],
    now: datetime,
) -> list[Arrived]:
    """What the engine itself makes or changes is not news, or it would set itself off.

    Nor is what is dated before the engine began.
    """
    found: list[Arrived] = []
    began = began_at(connection, now)
    for kind, fields in _watched(automations).items():
        plural = PLURAL[kind]
        table = RECORD_TABLES[plural]
        if _IS_NEW in fields and plural in before:
            rows = sa.select(table.c.id).where(
                table.c.seq > before[plural],
                table.c.seq <= latest[plural],
                table.c.origin != ENGINE,
                _is_since(table, kind, began),
            )
            new = connection.execute(rows).scalars()
            found += [Arrived(kind, record_id, None, now) for record_id in new]
        if fields - {_IS_NEW} and _CHANGES in before:
            changes = sa.select(CHANGES.c.record_id, CHANGES.c.seq, CHANGES.c.changed_at).where(
                CHANGES.c.seq > before[_CHANGES],
                CHANGES.c.seq <= latest[_CHANGES],
                CHANGES.c.object == plural,
                CHANGES.c.field.in_(fields),
                CHANGES.c.changed_at >= began,
                sa.func.coalesce(CHANGES.c.changed_by, CHANGES.c.source) != ENGINE,
            )
            found += [Arrived(kind, *row) for row in connection.execute(changes)]
    return found


def _is_since(table: sa.Table, kind: str, began: datetime) -> sa.ColumnElement[bool]:
    """Whether a record came about since the engine began, as far as that is known."""
    moment = table.c.get(_WHEN.get(kind, "created_at"))
    if moment is None:
        return sa.true()
    first = began.date() if isinstance(moment.type, Date) else began
    return sa.or_(moment.is_(None), moment >= first)


_IS_NEW = ""
"""Among the fields that are watched: that the record is new."""


def _watched(automations: Automations) -> dict[str, set[str]]:
    """By the kind of record what recipes in use watch: fields, and whether it is new."""
    found: dict[str, set[str]] = defaultdict(set)
    for recipe in automations.recipes:
        trigger = recipe.trigger
        if recipe.active and trigger.record in PLURAL:
            names = [name.rpartition(".")[2] for name in trigger.changed or ()]
            found[trigger.record] |= {*names, *([_IS_NEW] if trigger.created else [])}
    return found


def _wakes(world: World, found: Sequence[Arrived], now: datetime) -> Iterator[dict[str, Any]]:
    facts = world.facts()
    for kind in {each.kind for each in found}:
        mine = [each for each in found if each.kind == kind]
        places = RecordFacts(facts, world.vocabulary, kind).places([each.id for each in mine], now)
        for each in mine:
            if each.id in places:
                told = {"kind": "changed", "seq": each.seq} if each.seq else {"kind": "created"}
                due_at = max(each.at, now)
                yield _wake(places[each.id], f"{kind}:{each.id}", told, due_at)


def scheduled(
    places: Mapping[str, Place], kind: str, recipe: str, run: Run, now: datetime
) -> list[dict[str, Any]]:
    """The reasons to look at the records that a schedule is for, as rows of `wakes`."""
    told = {"kind": "schedule", "recipe": recipe, "at": run.at.isoformat(), "note": run.note}
    return [_wake(place, f"{kind}:{name}", told, now) for name, place in places.items()]


def _wake(place: Place, record: str, told: Mapping[str, Any], due_at: datetime) -> dict[str, Any]:
    why = RECORD + json.dumps({**told, "record": record}, sort_keys=True)
    return {"contact_id": place.contact_id, "why": why, "due_at": due_at}


# When the contact is decided on -------------------------------------------------------------------


def happenings_of_records(
    world: World, facts: Facts, wakes: Iterable[Wake], now: datetime
) -> dict[str, list[Happening]]:
    """What happened to the records that woke contacts, with all that is known of these, by contact.

    What the facts do not know yet is left out.
    """
    by_kind: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for wake in wakes:
        for row in wake.rows(RECORD):
            told = json.loads(row)
            by_kind[told["record"].partition(":")[0]].append((wake.contact_id, told))
    found: dict[str, list[Happening]] = defaultdict(list)
    for kind, rows in by_kind.items():
        of_kind = RecordFacts(facts, world.vocabulary, kind)
        for contact_id, happening in _happened(world, of_kind, rows, now):
            found[contact_id].append(happening)
    return found


def _happened(
    world: World, facts: RecordFacts, rows: Sequence[tuple[str, dict[str, Any]]], now: datetime
) -> Iterator[tuple[str, Happening]]:
    changes = facts.changes([told["seq"] for _, told in rows if "seq" in told])
    known = [row for row in rows if row[1].get("seq") is None or row[1]["seq"] in changes]
    asked = [_asked(told, changes, now) for _, told in known]
    conditions = {
        f"automations.{path}": text
        for kind, path, text in world.definitions.automations.record_conditions()
        if kind == facts.kind
    }
    for (contact_id, told), seen in zip(known, facts.told(asked, conditions), strict=True):
        if seen is not None:
            at, details = _details(facts, told, changes, seen.fields, now)
            given = (told["kind"], contact_id, at, details, told["record"])
            yield contact_id, Happening(*given, holds=seen.holds)


def _asked(told: Mapping[str, Any], changes: Mapping[int, Any], now: datetime) -> Asked:
    seq = told.get("seq")
    return Asked(told["record"].partition(":")[2], changes[seq].changed_at if seq else now, seq)


def _details(
    facts: RecordFacts,
    told: Mapping[str, Any],
    changes: Mapping[int, Any],
    fields: Mapping[str, Any],
    now: datetime,
) -> tuple[datetime, dict[str, Any]]:
    """When it happened, and what texts may name."""
    kind = facts.kind
    match told["kind"]:
        case "changed":
            change = changes[told["seq"]]
            return change.changed_at, {"change": _change(facts, change), kind: fields}
        case "schedule":
            schedule = {"recipe": told["recipe"], "note": told["note"]}
            return datetime.fromisoformat(told["at"]), {"schedule": schedule, kind: fields}
    return _came_about(fields.get(_WHEN.get(kind, "created_at")), now), {kind: fields}


def _change(facts: RecordFacts, change: Change) -> dict[str, Any]:
    types = facts.vocabulary.fields(PLURAL[facts.kind])
    kind = FieldType(types.get(change.field, "text"))
    return {
        "field": f"{facts.kind}.{change.field}",
        "from": as_said(change.old_value, kind),
        "to": as_said(change.new_value, kind),
    }


def _came_about(value: Any, now: datetime) -> datetime:
    """When a record came about: now if that is not known, or is yet to come."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    return min(value, now) if isinstance(value, datetime) else now
