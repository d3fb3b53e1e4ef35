"""Loads records: new ones, and the fields that changed of those that the store has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.records import FieldType
from revops.store.batch import Batch, Loaded
from revops.store.batch_fields import BatchField, fields_of, stored
from revops.store.existing import count, fetch_existing, set_aside
from revops.store.forms import canonical_text, name, store_form, text
from revops.store.refusing import refuse
from revops.store.tables import CHANGES, RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from revops.store.bulk import Bulk
    from revops.store.origin import Origin

# DuckDB tables: what the store has, whose fields differ, when each field last changed.
_EXISTING, _CHANGED, _LATEST = "_revops_existing", "_revops_changed", "_revops_latest"
_ASIDE = "revops_updates"


@dataclass(frozen=True)
class _Work:
    """One batch on its way: `b` are its accepted rows, `e` what the store has of them."""

    bulk: Bulk
    batch: Batch
    origin: Origin
    fields: list[BatchField]
    accepted: str

    @property
    def both(self) -> str:
        return f"{self.accepted} AS b JOIN {_EXISTING} AS e ON b.id = e.id"


def load_records(bulk: Bulk, batch: Batch, origin: Origin) -> Loaded:
    """Load a batch of records; its custom fields are registered already."""
    fields, rows = fields_of(batch), name(batch.table)
    kept = [each.name for each in fields if not each.is_custom]
    fetch_existing(
        bulk,
        RECORD_TABLES[batch.plural],
        f"SELECT CAST(id AS VARCHAR) AS id FROM {rows}",
        [*kept, "custom"] if batch.custom else kept,
        _EXISTING,
    )
    rejected, rejects = refuse(bulk, batch, origin, _EXISTING)
    accepted = f"(FROM {rows} ANTI JOIN {name(rejects)} USING (_line))" if rejected else rows
    work = _Work(bulk, batch, origin, fields, accepted)
    updated = _update(work)
    inserted = _insert(work)
    unchanged = count(bulk, f"FROM {rows}") - inserted - updated - rejected
    for used in (_EXISTING, _CHANGED, _LATEST):
        bulk.con.execute(f"DROP TABLE IF EXISTS {used}")
    return Loaded(batch.plural, inserted, updated, unchanged, rejected, rejects)


def _insert(work: _Work) -> int:
    bulk, origin = work.bulk, work.origin
    new = f"FROM {work.accepted} AS b ANTI JOIN {_EXISTING} AS e ON b.id = e.id"
    arriving = count(bulk, new)
    if not arriving:
        return 0
    columns = {
        "id": canonical_text("b.id", FieldType.TEXT),
        **stored(work.fields, bulk.dialect, "NULL"),
        "origin": text(origin.source),
        "import_id": f"{origin.import_id}::BIGINT",
    }
    with bulk.growing(RECORD_TABLES[work.batch.plural], arriving):
        return bulk.send(work.batch.plural, f"SELECT {_listed(columns)} {new}")


def _update(work: _Work) -> int:
    bulk, source = work.bulk, text(work.origin.source)
    differences = [f"e.origin <> {source}", *(each.differs for each in work.fields)]
    bulk.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE {_CHANGED} AS
        SELECT e.id FROM {work.both} WHERE {" OR ".join(differences)}"""
    )
    updated = count(bulk, f"FROM {_CHANGED}")
    if not updated:
        return 0
    changed = f"{work.both} SEMI JOIN {_CHANGED} AS c ON c.id = e.id"
    if work.fields:
        _send_changes(work, changed)
    columns = stored(work.fields, bulk.dialect, "e.custom") | {"origin": source}
    bulk.send_aside(_ASIDE, f"SELECT e.seq, {_listed(columns)} FROM {changed}")
    settings = ", ".join(f"{name(each)} = {name(each, 's')}" for each in columns)
    table = name(work.batch.plural)
    bulk.execute(f"UPDATE {table} AS t SET {settings} FROM {_ASIDE} AS s WHERE t.seq = s.seq")
    bulk.drop_aside(_ASIDE)
    return updated


def _listed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{value} AS {name(column)}" for column, value in columns.items())


def _send_changes(work: _Work, changed: str) -> None:
    """Write a change for each field that differs, not before the last one known of that field."""
    bulk, batch, origin = work.bulk, work.batch, work.origin
    _fetch_latest(bulk, batch.plural)
    is_dated = "_changed_at" in bulk.con.table(batch.table).columns
    moment = f"coalesce(b._changed_at, {origin.moment})" if is_dated else origin.moment
    told = ", ".join(
        f"{{'field': {text(each.name)}, 'old': {each.old_text}, 'new': {each.new_text}}}"
        for each in work.fields
    )
    columns = {
        "object": text(batch.plural),
        "record_id": "told.id",
        "field": "c.field",
        "old_value": "c.old",
        "new_value": "c.new",
        "changed_at": store_form(
            "greatest(moment, latest.changed_at)", FieldType.TIME, bulk.dialect
        ),
        "changed_by": text(origin.who),
        **origin.stamp(bulk.dialect),
    }
    bulk.send(
        "changes",
        f"""WITH told AS (
            SELECT e.id, {moment} AS moment, unnest([{told}]) AS c FROM {changed}
        )
        SELECT {_listed(columns)} FROM told LEFT JOIN {_LATEST} AS latest
        ON latest.record_id = told.id AND latest.field = c.field
        WHERE c.old IS DISTINCT FROM c.new""",
    )


def _fetch_latest(bulk: Bulk, plural: str) -> None:
    """Fetch when each field of the changed records last changed, as far as is known."""
    last = sa.func.max(CHANGES.c.changed_at).label("changed_at")
    latest = sa.select(CHANGES.c.record_id, CHANGES.c.field, last)
    ids = set_aside(bulk, f"FROM {_CHANGED}")
    latest = latest.where(CHANGES.c.object == plural, CHANGES.c.record_id.in_(ids))
    bulk.fetch(_LATEST, latest.group_by(CHANGES.c.record_id, CHANGES.c.field))
