"""Loads records: new ones, and the fields that changed of those that the store has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.records import RECORDS, FieldType
from revops.store.batch import Batch, Loaded
from revops.store.existing import count, fetch_existing, refuse, set_aside
from revops.store.forms import (
    canonical_text,
    compared_form,
    custom_value,
    name,
    store_form,
    text,
)
from revops.store.tables import CHANGES, RECORD_TABLES

if TYPE_CHECKING:
    from revops.store.bulk import Bulk
    from revops.store.origin import Origin

# DuckDB tables: what the store has, whose fields differ, when each field last changed.
_EXISTING, _CHANGED, _LATEST = "_revops_existing", "_revops_changed", "_revops_latest"
_ASIDE = "revops_updates"
_TEXT = FieldType.TEXT


@dataclass(frozen=True)
class _Field:
    """A field of the batch: `b` is the batch, `e` what the store has."""

    name: str
    kind: FieldType
    is_custom: bool = False

    @property
    def differs(self) -> str:
        new = canonical_text if self.is_custom else compared_form
        return f"{new(name(self.name, 'b'), self.kind)} IS DISTINCT FROM {self._old}"

    @property
    def new_text(self) -> str:
        return canonical_text(name(self.name, "b"), self.kind)

    @property
    def old_text(self) -> str:
        is_text = self.is_custom or self.kind is FieldType.DECIMAL
        return self._old if is_text else canonical_text(self._old, self.kind)

    @property
    def _old(self) -> str:
        return custom_value("e.custom", self.name) if self.is_custom else name(self.name, "e")


def load_records(bulk: Bulk, batch: Batch, origin: Origin) -> Loaded:
    """Load a batch of records; its custom fields are registered already."""
    table, rows = RECORD_TABLES[batch.plural], name(batch.table)
    kinds = RECORDS[batch.plural].field_by_name
    fields = [_Field(each, kinds[each].type) for each in batch.columns if each != "id"]
    fields += [_Field(each, kind, is_custom=True) for each, kind in batch.custom.items()]
    kept = [each.name for each in fields if not each.is_custom]
    fetch_existing(
        bulk,
        table,
        f"SELECT CAST(id AS VARCHAR) AS id FROM {rows}",
        [*kept, "custom"] if batch.custom else kept,
        _EXISTING,
    )
    rejects = f"{batch.table}_refused"
    rejected = refuse(
        bulk,
        f"""SELECT b._line, {origin.refusal("e")} AS _reason
        FROM {rows} AS b JOIN {_EXISTING} AS e ON b.id = e.id
        WHERE NOT ({origin.may_write("e")})""",
        rejects,
    )
    updated = _update(bulk, batch, origin, fields)
    inserted = _insert(bulk, batch, origin, fields)
    unchanged = count(bulk, f"FROM {rows}") - inserted - updated - rejected
    for used in (_EXISTING, _CHANGED, _LATEST):
        bulk.con.execute(f"DROP TABLE IF EXISTS {used}")
    return Loaded(batch.plural, inserted, updated, unchanged, rejected, rejects)


def _insert(bulk: Bulk, batch: Batch, origin: Origin, fields: list[_Field]) -> int:
    table, rows = RECORD_TABLES[batch.plural], name(batch.table)
    new = f"FROM {rows} AS b ANTI JOIN {_EXISTING} AS e ON b.id = e.id"
    arriving = count(bulk, new)
    if not arriving:
        return 0
    columns = [f"{canonical_text('b.id', _TEXT)} AS id", *_stored(bulk, fields)]
    if batch.custom:
        columns.append(f"{_custom_json(fields, text('{}'))} AS custom")
    columns += [f"{text(origin.source)} AS origin", f"{origin.import_id}::BIGINT AS import_id"]
    with bulk.growing(table, arriving):
        return bulk.send(batch.plural, f"SELECT {', '.join(columns)} {new}")


def _update(bulk: Bulk, batch: Batch, origin: Origin, fields: list[_Field]) -> int:
    differences = [each.differs for each in fields]
    if origin.wins:
        differences.append(f"e.origin <> {text(origin.source)}")
    both = f"{name(batch.table)} AS b JOIN {_EXISTING} AS e ON b.id = e.id"
    bulk.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE {_CHANGED} AS SELECT e.id FROM {both}
        WHERE {origin.may_write("e")} AND ({" OR ".join(differences) or "FALSE"})"""
    )
    updated = count(bulk, f"FROM {_CHANGED}")
    if not updated:
        return 0
    changed = f"{both} SEMI JOIN {_CHANGED} AS c ON c.id = e.id"
    _send_changes(bulk, batch, origin, fields, changed)
    columns = _stored(bulk, fields)
    if batch.custom:
        columns.append(f"{_custom_json(fields, 'e.custom')} AS custom")
    columns.append(f"{text(origin.source)} AS origin")
    names = [each.name for each in fields if not each.is_custom]
    names += ["custom", "origin"] if batch.custom else ["origin"]
    bulk.send_aside(_ASIDE, f"SELECT e.seq, {', '.join(columns)} FROM {changed}")
    settings = ", ".join(f"{name(each)} = {name(each, 's')}" for each in names)
    bulk.execute(
        f"UPDATE {name(batch.plural)} AS t SET {settings} FROM {_ASIDE} AS s WHERE t.seq = s.seq"
    )
    bulk.drop_aside(_ASIDE)
    return updated


def _stored(bulk: Bulk, fields: list[_Field]) -> list[str]:
    return [
        f"{store_form(name(each.name, 'b'), each.kind, bulk.dialect)} AS {name(each.name)}"
        for each in fields
        if not each.is_custom
    ]


def _custom_json(fields: list[_Field], before: str) -> str:
    """The custom fields after the batch: a field that becomes empty goes."""
    pairs = ", ".join(f"{text(each.name)}, {each.new_text}" for each in fields if each.is_custom)
    merged = f"json_merge_patch(coalesce({before}, '{{}}'), json_object({pairs}))"
    return f"CAST(nullif(CAST({merged} AS VARCHAR), '{{}}') AS VARCHAR)"


def _send_changes(
    bulk: Bulk, batch: Batch, origin: Origin, fields: list[_Field], changed: str
) -> None:
    """Write a change for each field that differs, not before the last one known of that field."""
    latest = sa.select(
        CHANGES.c.record_id, CHANGES.c.field, sa.func.max(CHANGES.c.changed_at).label("changed_at")
    )
    ids = set_aside(bulk, f"FROM {_CHANGED}")
    latest = latest.where(CHANGES.c.object == batch.plural, CHANGES.c.record_id.in_(ids))
    bulk.fetch(_LATEST, latest.group_by(CHANGES.c.record_id, CHANGES.c.field))
    is_dated = "_changed_at" in bulk.con.table(batch.table).columns
    moment = f"coalesce(b._changed_at, {origin.moment})" if is_dated else origin.moment
    told = ", ".join(
        f"{{'field': {text(each.name)}, 'old': {each.old_text}, 'new': {each.new_text}}}"
        for each in fields
    )
    if not told:
        return
    bulk.send(
        "changes",
        f"""WITH told AS (
            SELECT e.id, {moment} AS moment, unnest([{told}]) AS c FROM {changed}
        ), dated AS (
            SELECT told.id, c, greatest(moment, latest.changed_at) AS changed_at
            FROM told LEFT JOIN {_LATEST} AS latest
            ON latest.record_id = told.id AND latest.field = c.field
            WHERE c.old IS DISTINCT FROM c.new
        )
        SELECT {text(batch.plural)} AS object, id AS record_id, c.field AS field,
            c.old AS old_value, c.new AS new_value,
            {store_form("changed_at", FieldType.TIME, bulk.dialect)} AS changed_at,
            {text(origin.who)} AS changed_by, {text(origin.source)} AS source,
            {origin.import_id}::BIGINT AS import_id,
            {store_form(origin.moment, FieldType.TIME, bulk.dialect)} AS recorded_at
        FROM dated""",
    )
