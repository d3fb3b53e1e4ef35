"""Saves what a pass decided, in the transaction in which it was decided."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from revops.engine.agenda import ENGINE, wake_later
from revops.leads.recipes import cause_of
from revops.records import RECORDS
from revops.store.engine_tables import (
    ASSIGNMENTS,
    CLOCKS,
    CREDITS,
    ENROLMENTS,
    MEMBERSHIPS,
    PASSES,
    SPELLS,
)
from revops.store.history import canonical_text
from revops.store.outbox import put
from revops.store.tables import CHANGES, META, RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from revops.engine.outcome import Outcome
    from revops.engine.state import ContactState
    from revops.leads.routing import Credit, Decision
    from revops.leads.slas.review import Review

_CONTACTS, _TASKS = RECORD_TABLES["contacts"], RECORD_TABLES["tasks"]
_CANONICAL = {each.name for each in RECORDS["contacts"].fields}


class Saver:
    """Writes outcomes; `connection` is the pass's transaction."""

    def __init__(self, connection: sa.Connection, version: str, now: datetime) -> None:
        self._connection = connection
        self._version = version
        self._now = now
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        self._insert: Any = dialect.insert

    def save(
        self,
        outcomes: Sequence[Outcome],
        states: Mapping[str, ContactState],
        credit: Iterable[Credit],
    ) -> None:
        """Write everything that was decided."""
        for outcome in outcomes:
            state = states[outcome.lead.contact_id]
            self._fields(outcome)
            self._moves(outcome, state)
            self._reviews(outcome)
        self._rows(ASSIGNMENTS, [row for each in outcomes for row in self._assignments(each)])
        self._upsert(ENROLMENTS, [row for each in outcomes for row in self._enrolments(each)])
        self._memberships(outcomes)
        self._tasks(outcomes)
        self._upsert(CREDITS, [self._credit(each) for each in credit])
        put(
            self._connection, [each for outcome in outcomes for each in outcome.messages], self._now
        )
        moments = {each.lead.contact_id: each.next_at for each in outcomes}
        wake_later(self._connection, moments, [each for out in outcomes for each in out.happened])
        self._rewritten(outcomes)

    def log(self, counts: Mapping[str, int]) -> None:
        """Note that a pass did something."""
        row = {"at": self._now, "definitions_version": self._version, "counts": json.dumps(counts)}
        self._connection.execute(sa.insert(PASSES), [row])

    def _fields(self, outcome: Outcome) -> None:
        contact_id = outcome.lead.contact_id
        known = {name: each for name, each in outcome.fields.items() if name in _CANONICAL}
        if known:
            values = {name: value for name, (value, _) in known.items()}
            self._connection.execute(
                sa.update(_CONTACTS).where(_CONTACTS.c.id == contact_id).values(**values)
            )
        custom = {name: each for name, each in outcome.fields.items() if name not in _CANONICAL}
        if custom:
            self._custom(contact_id, {name: value for name, (value, _) in custom.items()})
        rows = [
            {
                "object": "contacts",
                "record_id": contact_id,
                "field": name,
                "old_value": canonical_text(outcome.lead.fields.get(name)),
                "new_value": canonical_text(value),
                "changed_at": self._now,
                "changed_by": ENGINE,
                "reason": reason,
                "source": ENGINE,
                "recorded_at": self._now,
            }
            for name, (value, reason) in outcome.fields.items()
            if canonical_text(outcome.lead.fields.get(name)) != canonical_text(value)
        ]
        self._rows(CHANGES, rows)

    def _custom(self, contact_id: str, values: Mapping[str, Any]) -> None:
        mine = _CONTACTS.c.id == contact_id
        text = self._connection.execute(sa.select(_CONTACTS.c.custom).where(mine)).scalar()
        merged = {**json.loads(text or "{}"), **{n: canonical_text(v) for n, v in values.items()}}
        kept = {name: value for name, value in merged.items() if value is not None}
        self._connection.execute(
            sa.update(_CONTACTS).where(mine).values(custom=json.dumps(kept) if kept else None)
        )

    def _moves(self, outcome: Outcome, state: ContactState) -> None:
        seq = state.open_spell
        for step in outcome.moves:
            if seq is not None:
                self._connection.execute(
                    sa.update(SPELLS)
                    .where(SPELLS.c.seq == seq)
                    .values(
                        left_at=step.at,
                        left_because=step.because,
                        outcome=step.outcome,
                        rejection_code=step.rejection_code,
                        returns_at=step.returns_at,
                    )
                )
            entered = sa.insert(SPELLS).values(
                contact_id=outcome.lead.contact_id,
                stage=step.to_stage,
                entered_at=step.at,
                entered_because=step.because,
                is_recycled=step.is_recycled,
                owner=outcome.owner,
                definitions_version=self._version,
            )
            seq = self._connection.execute(entered.returning(SPELLS.c.seq)).scalar_one()

    def _reviews(self, outcome: Outcome) -> None:
        for each in outcome.reviews:
            if each.kept is not None and (each.clock is None or each.clock.id != each.kept.id):
                gone = sa.update(CLOCKS).where(CLOCKS.c.id == each.kept.id)
                self._connection.execute(
                    gone.values(
                        state="cancelled",
                        next_at=None,
                        stopped_at=self._now,
                        corrected_at=self._now,
                        correction=each.correction,
                    )
                )
            if each.clock is not None:
                self._upsert(CLOCKS, [self._clock(outcome, each)])

    def _clock(self, outcome: Outcome, each: Review) -> dict[str, Any]:
        clock = each.clock
        assert clock is not None  # noqa: S101 - asked by the caller
        return {
            "id": clock.id,
            "sla": clock.sla,
            "contact_id": outcome.lead.contact_id,
            "owner": clock.owner,
            "started_at": clock.started_at,
            "due_at": clock.due_at,
            "stopped_at": clock.stopped_at,
            "state": str(clock.state),
            "steps_fired": each.steps_fired,
            "next_at": each.next_at,
            "corrected_at": self._now if each.correction else None,
            "correction": each.correction or None,
            "definitions_version": self._version,
        }

    def _assignments(self, outcome: Outcome) -> Iterable[dict[str, Any]]:
        previous = outcome.lead.fields.get("owner")
        for each in outcome.decisions:
            yield self._assignment(each, previous)
            previous = each.owner

    def _assignment(self, each: Decision, previous: str | None) -> dict[str, Any]:
        return {
            "contact_id": each.contact_id,
            "at": each.at,
            "rule": each.rule,
            "owner": each.owner,
            "queue": each.queue,
            "pool": each.pool,
            "sla": each.sla,
            "previous_owner": previous,
            "reason": each.reason,
            "considered": json.dumps([tried._asdict() for tried in each.considered]),
            "passed_over": json.dumps([other._asdict() for other in each.passed_over]),
            "definitions_version": self._version,
        }

    def _enrolments(self, outcome: Outcome) -> Iterable[dict[str, Any]]:
        for each in outcome.enrolments:
            yield {
                "id": each.id,
                "recipe": each.recipe,
                "contact_id": each.contact_id,
                "cause": cause_of(each),
                "step": each.step,
                "state": each.state,
                "entered_at": each.entered_at,
                "resume_at": each.resume_at,
                "note": each.note or None,
                "definitions_version": self._version,
            }

    def _memberships(self, outcomes: Sequence[Outcome]) -> None:
        rows = [
            {"contact_id": each.lead.contact_id, "kind": kind, "name": name, "since": self._now}
            for each in outcomes
            for (kind, name), is_in in each.memberships.items()
            if is_in
        ]
        if rows:
            self._connection.execute(self._insert(MEMBERSHIPS).on_conflict_do_nothing(), rows)
        for each in outcomes:
            for (kind, name), is_in in each.memberships.items():
                if not is_in:
                    key = (each.lead.contact_id, kind, name)
                    pairs = zip(MEMBERSHIPS.primary_key.columns, key, strict=True)
                    gone = sa.delete(MEMBERSHIPS).where(*(column == part for column, part in pairs))
                    self._connection.execute(gone)

    def _tasks(self, outcomes: Sequence[Outcome]) -> None:
        rows = [
            {
                "id": task.key,
                "subject": task.subject,
                "contact_id": each.lead.contact_id,
                "account_id": each.value("account_id"),
                "owner": task.owner,
                "priority": task.priority,
                "status": "open",
                "due_at": task.due_at,
                "created_at": self._now,
                "origin": ENGINE,
                "import_id": 0,
            }
            for each in outcomes
            for task in each.tasks
        ]
        if rows:
            self._connection.execute(self._insert(_TASKS).on_conflict_do_nothing(), rows)

    def _credit(self, each: Credit) -> dict[str, Any]:
        return {
            "pool": each.pool,
            "member": each.member,
            "period_start": each.period_start,
            "credit": each.credit,
            "share": each.share,
            "taken": each.taken,
        }

    def _rewritten(self, outcomes: Sequence[Outcome]) -> None:
        """Tell whoever reads contacts by `seq` that some of them changed."""
        if not any(each.fields for each in outcomes):
            return
        one_more = sa.cast(sa.cast(META.c.value, sa.BigInteger) + 1, sa.Text)
        insert = self._insert(META).values(key="contacts_rewritten", value="1")
        self._connection.execute(
            insert.on_conflict_do_update(index_elements=["key"], set_={"value": one_more})
        )

    def _rows(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._connection.execute(sa.insert(table), rows)

    def _upsert(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        insert = self._insert(table)
        keys = [column.name for column in table.primary_key.columns]
        others = {name: insert.excluded[name] for name in rows[0] if name not in keys}
        self._connection.execute(
            insert.on_conflict_do_update(index_elements=keys, set_=others), rows
        )
