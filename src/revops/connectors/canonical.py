"""Canonical files: headers are the names of the fields, so the mapping is made from `records`."""

from __future__ import annotations

from revops.connectors.mapping import FileKind, Shape, Table, Vendor, plain
from revops.records import RECORDS, RecordType


def _records(record: RecordType) -> FileKind:
    return FileKind(
        record.plural,
        (Table(record.plural, {each.name: plain(each.name) for each in record.fields}),),
        stems=(plain(record.plural), plain(record.name)),
        marks=tuple(each.name for each in record.fields if each.required),
    )


def _history(record: RecordType) -> FileKind:
    key = f"{record.name}_id"
    fields = {
        "record_id": plain(key),
        **{
            name: plain(name)
            for name in ("changed_at", "field", "old_value", "new_value", "changed_by", "reason")
        },
    }
    return FileKind(
        record.history_name,
        (Table(record.plural, fields, shape=Shape.CHANGE, keeps_rest=False),),
        stems=(plain(record.history_name),),
        marks=(key, "changed_at", "field"),
    )


CANONICAL = Vendor(
    "",
    (
        *(_records(record) for record in RECORDS.values()),
        *(_history(record) for record in RECORDS.values()),
    ),
)
