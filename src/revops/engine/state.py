"""What the engine knows of contacts beside their facts, read for a batch of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from revops.engine.deals import deals_of
from revops.leads.lifecycle import Deal, Override, Spell, Standing
from revops.leads.recipes import Enrolment, read_enrolment
from revops.leads.routing import Absence, Credit, Turns, day_starts, persons
from revops.leads.slas.clocks import State
from revops.leads.slas.review import Kept
from revops.leads.slas.timeline import Assignment
from revops.store.engine_tables import (
    ABSENCES,
    ASSIGNMENTS,
    CLOCKS,
    CREDITS,
    ENROLMENTS,
    MEMBERSHIPS,
    OVERRIDES,
    SPELLS,
)
from revops.store.tables import CHANGES, RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from revops.definitions.kinds import Definitions

_AT_ONCE = 500
_CONTACTS, _TASKS = RECORD_TABLES["contacts"], RECORD_TABLES["tasks"]


@dataclass
class ContactState:
    """Of one contact: where it stands, who owned it, its clocks, recipes, tags, tasks.

    `open_tasks` are the subject and owner of each.
    """

    spells: list[Spell] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    clocks: list[Kept] = field(default_factory=list)
    enrolments: list[Enrolment] = field(default_factory=list)
    override: Override | None = None
    memberships: set[tuple[str, str]] = field(default_factory=set)
    deals: list[Deal] = field(default_factory=list)
    open_tasks: set[tuple[str, str | None]] = field(default_factory=set)
    open_spell: int | None = None
    stage_changed_at: datetime | None = None


def states(connection: sa.Connection, contact_ids: Sequence[str]) -> dict[str, ContactState]:
    """The state of each of these contacts, those without any included."""
    found = {each: ContactState() for each in contact_ids}
    for row in _rows(connection, SPELLS, contact_ids, SPELLS.c.seq):
        found[row.contact_id].spells.append(
            Spell(
                row.stage, row.entered_at, row.left_at, row.outcome, row.rejection_code,
                row.returns_at,
                is_recycled=row.is_recycled,
            )
        )  # fmt: skip
        found[row.contact_id].open_spell = row.seq if row.left_at is None else None
    for row in _rows(connection, ASSIGNMENTS, contact_ids, ASSIGNMENTS.c.seq):
        given = Assignment(row.at, row.owner, row.sla, row.previous_owner)
        found[row.contact_id].assignments.append(given)
    for row in _rows(connection, CLOCKS, contact_ids, CLOCKS.c.started_at):
        found[row.contact_id].clocks.append(
            Kept(
                row.id, row.sla, row.owner, row.started_at, row.due_at, row.stopped_at,
                State(row.state), row.steps_fired, row.next_at, row.definitions_version,
            )
        )  # fmt: skip
    for row in _rows(connection, ENROLMENTS, contact_ids, ENROLMENTS.c.entered_at):
        found[row.contact_id].enrolments.append(read_row(row))
    for row in _rows(connection, OVERRIDES, contact_ids, OVERRIDES.c.seq):
        if row.field == "stage":
            found[row.contact_id].override = Override(
                row.value, row.reason, row.made_by, row.made_at, row.expires_at
            )
    for row in _rows(connection, MEMBERSHIPS, contact_ids, MEMBERSHIPS.c.since):
        found[row.contact_id].memberships.add((row.kind, row.name))
    for row in _rows(connection, _TASKS, contact_ids, _TASKS.c.seq):
        if row.status in {None, "open"} and row.subject is not None:
            found[row.contact_id].open_tasks.add((row.subject, row.owner))
    _add_deals(connection, found)
    _add_stage_changes(connection, found)
    return found


def read_row(row: Any) -> Enrolment:
    """An enrolment from its row."""
    return read_enrolment(
        row.id, row.recipe, row.contact_id, row.cause, row.entered_at, row.step,
        row.state, row.resume_at, row.note, row.account_id, row.came_in_at,
    )  # fmt: skip


def standing(
    state: ContactState, fields: Mapping[str, Any], last_active_at: datetime | None
) -> Standing:
    """Where a contact stands, for the lifecycle."""
    return Standing(
        tuple(state.spells),
        fields.get("lifecycle_stage"),
        state.stage_changed_at,
        fields.get("recycled_at"),
        state.override,
        last_active_at,
        tuple(state.deals),
    )


def turns(
    connection: sa.Connection, definitions: Definitions, zone: ZoneInfo, now: datetime
) -> tuple[Turns, list[Absence]]:
    """What routing must know: credits (held until the end), loads, owners of accounts, absences."""
    absences = [
        Absence(row.user_id, row.starts_at, row.ends_at, row.reason or "")
        for row in connection.execute(sa.select(ABSENCES).where(ABSENCES.c.ends_at > now))
    ]
    credit_rows = connection.execute(sa.select(CREDITS).with_for_update()).all()
    starts = day_starts(persons(definitions.people, definitions.calendars, zone, absences), now)
    earliest = min(starts.values(), default=now)
    today: dict[str, int] = defaultdict(int)
    since_then = sa.select(ASSIGNMENTS.c.owner, ASSIGNMENTS.c.at).where(
        ASSIGNMENTS.c.at >= earliest, ASSIGNMENTS.c.owner.is_not(None)
    )
    for owner, at in connection.execute(since_then):
        today[owner] += at >= starts.get(owner, now)
    stages = [stage.name for stage in definitions.lifecycle.stages if stage.qualifies]
    working = sa.select(_CONTACTS.c.owner, sa.func.count()).where(
        _CONTACTS.c.owner.in_(list(starts)), _CONTACTS.c.lifecycle_stage.in_(stages)
    )
    open_leads = _pairs(connection, working.group_by(_CONTACTS.c.owner))
    theirs = sa.select(_CONTACTS.c.account_id, sa.func.min(_CONTACTS.c.owner)).where(
        _CONTACTS.c.account_id.is_not(None), _CONTACTS.c.owner.in_(list(starts))
    )
    accounts = _pairs(connection, theirs.group_by(_CONTACTS.c.account_id))
    kept = [
        Credit(row.pool, row.member, row.period_start, row.share, row.taken) for row in credit_rows
    ]
    given = Turns(as_of=now, credits=kept, today=today, open_leads=open_leads, accounts=accounts)
    return given, absences


def _pairs(connection: sa.Connection, query: sa.Select[Any]) -> dict[str, Any]:
    return {row[0]: row[1] for row in connection.execute(query)}


def _rows(
    connection: sa.Connection, table: sa.Table, contact_ids: Sequence[str], order: Any
) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(contact_ids), _AT_ONCE):
        among = table.c.contact_id.in_(contact_ids[start : start + _AT_ONCE])
        found += connection.execute(sa.select(table).where(among).order_by(order)).all()
    return found


def _add_stage_changes(connection: sa.Connection, found: Mapping[str, ContactState]) -> None:
    """When the stage of each contact's record last changed, whoever changed it."""
    contact_ids = list(found)
    for start in range(0, len(contact_ids), _AT_ONCE):
        query = sa.select(CHANGES.c.record_id, sa.func.max(CHANGES.c.changed_at)).where(
            CHANGES.c.object == "contacts",
            CHANGES.c.field == "lifecycle_stage",
            CHANGES.c.record_id.in_(contact_ids[start : start + _AT_ONCE]),
        )
        for contact_id, changed_at in connection.execute(query.group_by(CHANGES.c.record_id)):
            found[contact_id].stage_changed_at = changed_at


def _add_deals(connection: sa.Connection, found: Mapping[str, ContactState]) -> None:
    """The deals that name each contact."""
    for row in deals_of(connection, list(found)):
        filled = frozenset(name for name, value in row.items() if value is not None)
        deal = Deal(
            row["id"], row["stage"], row["created_at"], row["closed_at"], row["is_won"], filled
        )
        found[row["contact"]].deals.append(deal)
