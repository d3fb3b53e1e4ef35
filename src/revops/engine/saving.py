"""Saves what a pass decided, in the transaction in which it was decided."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import zip_longest
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
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from revops.engine.outcome import Outcome
    from revops.engine.state import ContactState
    from revops.leads.lifecycle import Move
    from revops.leads.routing import Credit, Decision
    from revops.leads.slas.review import Review

_CONTACTS, _TASKS = RECORD_TABLES["contacts"], RECORD_TABLES["tasks"]
_KEY = "_key"
_AT_ONCE = 500
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
        self._fields(outcomes)
        self._moves(outcomes, states)
        self._reviews(outcomes)
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

    def _fields(self, outcomes: Sequence[Outcome]) -> None:
        """Set what changed, in one statement for all whose same fields do."""
        alike: dict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
        for each in outcomes:
            values = {name: value for name, value in _values(each) if name in _CANONICAL}
            if values:
                alike[frozenset(values)].append({_KEY: each.lead.contact_id, **values})
        for rows in alike.values():
            self._update(_CONTACTS, _CONTACTS.c.id, rows)
        self._custom(outcomes)
        self._rows(CHANGES, [row for each in outcomes for row in self._changes(each)])

    def _custom(self, outcomes: Sequence[Outcome]) -> None:
        changed: dict[str, dict[str, Any]] = {}
        for each in outcomes:
            values = {n: canonical_text(value) for n, value in _values(each) if n not in _CANONICAL}
            if values:
                changed[each.lead.contact_id] = values
        known = self._known_custom(list(changed))
        rows = []
        for contact_id, values in changed.items():
            merged = {**json.loads(known.get(contact_id) or "{}"), **values}
            kept = {name: value for name, value in merged.items() if value is not None}
            rows.append({_KEY: contact_id, "custom": json.dumps(kept) if kept else None})
        self._update(_CONTACTS, _CONTACTS.c.id, rows)

    def _known_custom(self, contact_ids: Sequence[str]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for start in range(0, len(contact_ids), _AT_ONCE):
            among = _CONTACTS.c.id.in_(contact_ids[start : start + _AT_ONCE])
            query = sa.select(_CONTACTS.c.id, _CONTACTS.c.custom).where(among)
            found |= {row.id: row.custom for row in self._connection.execute(query)}
        return found

    def _changes(self, outcome: Outcome) -> Iterable[dict[str, Any]]:
        for name, (value, reason) in outcome.fields.items():
            before, after = canonical_text(outcome.lead.fields.get(name)), canonical_text(value)
            if before != after:
                yield {
                    "object": "contacts",
                    "record_id": outcome.lead.contact_id,
                    "field": name,
                    "old_value": before,
                    "new_value": after,
                    "changed_at": self._now,
                    "changed_by": outcome.by or ENGINE,
                    "reason": reason,
                    "source": ENGINE,
                    "recorded_at": self._now,
                }

    def _moves(self, outcomes: Sequence[Outcome], states: Mapping[str, ContactState]) -> None:
        left = [
            {_KEY: seq, **_end(each.moves[0])}
            for each in outcomes
            if each.moves and (seq := states[each.lead.contact_id].open_spell) is not None
        ]
        self._update(SPELLS, SPELLS.c.seq, left)
        self._rows(SPELLS, [row for each in outcomes for row in self._spells(each)])

    def _spells(self, outcome: Outcome) -> Iterable[dict[str, Any]]:
        """The stays that begin; all but the last one are over already."""
        for step, after in zip_longest(outcome.moves, outcome.moves[1:]):
            yield {
                "contact_id": outcome.lead.contact_id,
                "stage": step.to_stage,
                "entered_at": step.at,
                "entered_because": step.because,
                "is_recycled": step.is_recycled,
                "owner": outcome.owner,
                "definitions_version": self._version,
                **_end(after),
            }

    def _reviews(self, outcomes: Sequence[Outcome]) -> None:
        pairs = [(outcome, each) for outcome in outcomes for each in outcome.reviews]
        gone = [
            {_KEY: each.kept.id, "correction": each.correction, **self._cancelled()}
            for _, each in pairs
            if each.kept is not None and (each.clock is None or each.clock.id != each.kept.id)
        ]
        self._update(CLOCKS, CLOCKS.c.id, gone)
        self._upsert(CLOCKS, [self._clock(*pair) for pair in pairs if pair[1].clock is not None])

    def _cancelled(self) -> dict[str, Any]:
        ended = {"stopped_at": self._now, "corrected_at": self._now}
        return {"state": "cancelled", "next_at": None, **ended}

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
                "account_id": each.account_id,
                "came_in_at": each.came_in_at,
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
        gone = [
            {"c": each.lead.contact_id, "k": kind, "n": name}
            for each in outcomes
            for (kind, name), is_in in each.memberships.items()
            if not is_in
        ]
        if gone:
            pairs = zip(MEMBERSHIPS.primary_key.columns, ("c", "k", "n"), strict=True)
            named = (column == sa.bindparam(name) for column, name in pairs)
            self._connection.execute(sa.delete(MEMBERSHIPS).where(*named), gone)

    def _tasks(self, outcomes: Sequence[Outcome]) -> None:
        rows = [
            {
                "id": task.key,
                "subject": task.subject,
                "contact_id": each.lead.contact_id,
                "account_id": each.value("account_id"),
                "opportunity_id": task.opportunity_id,
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

    def _update(
        self, table: sa.Table, key: sa.Column[Any], rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Update the row of each key; every one of `rows` names the same columns."""
        if rows:
            mine = key == sa.bindparam(_KEY)
            self._connection.execute(sa.update(table).where(mine), rows)

    def _upsert(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        insert = self._insert(table)
        keys = [column.name for column in table.primary_key.columns]
        others = {name: insert.excluded[name] for name in rows[0] if name not in keys}
        self._connection.execute(
            insert.on_conflict_do_update(index_elements=keys, set_=others), rows
        )


def _values(outcome: Outcome) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, (value, _) in outcome.fields.items())


def _end(step: Move | None) -> dict[str, Any]:
    """How a stay ended by the step after it, as columns; nothing yet without one."""
    return {
        "left_at": step and step.at,
        "left_because": step and step.because,
        "outcome": step and step.outcome,
        "rejection_code": step and step.rejection_code,
        "returns_at": step and step.returns_at,
    }
