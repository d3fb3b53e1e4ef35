"""Keeps the books of an import: its row, the custom fields it brought, what it rewrote."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.records import FieldType
from revops.store.forms import store_form, text
from revops.store.origin import Origin
from revops.store.tables import CUSTOM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from revops.store.batch import Batch, Loaded
    from revops.store.bulk import Bulk

_KNOWN = "_revops_custom_fields"


def begin_import(
    bulk: Bulk, source: str, file: str, who: str, at: datetime, system_of_record: str | None
) -> Origin:
    """Write the import's row, so far without counts."""
    origin = Origin(0, source, who, at, wins=source == system_of_record)
    started = store_form(origin.moment, FieldType.TIME, bulk.dialect)
    bulk.send(
        "imports",
        f"""SELECT {text(file)} AS file, {text(source)} AS source, {text(who)} AS who,
        {started} AS imported_at, 0::BIGINT AS inserted, 0::BIGINT AS updated,
        0::BIGINT AS unchanged, 0::BIGINT AS rejected""",
    )
    return replace(origin, import_id=bulk.number("SELECT max(id) FROM imports"))


def finish_import(bulk: Bulk, origin: Origin, loaded: Sequence[Loaded]) -> None:
    """Write the import's counts."""
    bulk.execute(
        f"""UPDATE imports SET inserted = {sum(each.inserted for each in loaded)},
        updated = {sum(each.updated for each in loaded)},
        unchanged = {sum(each.unchanged for each in loaded)},
        rejected = {sum(each.rejected for each in loaded)} WHERE id = {origin.import_id}"""
    )


def register_custom_fields(bulk: Bulk, batch: Batch) -> None:
    """Note the custom fields of a batch, each with a type that holds all it has ever held."""
    if not batch.custom:
        return
    rows = sa.select(CUSTOM_FIELDS.c.name, CUSTOM_FIELDS.c.type)
    bulk.fetch(_KNOWN, rows.where(CUSTOM_FIELDS.c.object == batch.plural))
    known = {row[0]: FieldType(row[1]) for row in bulk.con.table(_KNOWN).fetchall()}
    for field, kind in batch.custom.items():
        wide = wider(known.get(field, kind), kind)
        if wide != known.get(field):
            bulk.execute(
                "INSERT INTO custom_fields (object, name, type) VALUES ($1, $2, $3)"
                " ON CONFLICT (object, name) DO UPDATE SET type = excluded.type",
                (batch.plural, field, wide.value),
            )


def wider(one: FieldType, other: FieldType) -> FieldType:
    """The type that holds the values of both."""
    if one == other:
        return one
    return FieldType.DECIMAL if one.is_number and other.is_number else FieldType.TEXT


def count_rewritten(bulk: Bulk, plural: str) -> None:
    """Count one more rewriting of rows that had arrived: who read them by `seq` reads again."""
    bulk.execute(
        f"""INSERT INTO meta (key, value) VALUES ('{plural}_rewritten', '1')
        ON CONFLICT (key) DO UPDATE
        SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT)"""
    )
