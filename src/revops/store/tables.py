"""The tables of the store: one for each kind of record, and those that keep the books.

A record's table has `seq` (its order of arrival), every canonical field, `custom`
(a JSON object of custom fields, each value a string in canonical text; NULL if there is none),
`origin` (the source that owns the record) and `import_id` (the import that brought it).

`seq` only grows, so who has read up to one goes on from there. Updating or deleting rows counts
one more in `meta` under `<plural>_rewritten`, and then that reader starts again: SQLite may give
the `seq` of a deleted last row once more (forbidding it would cost a third of the speed of a load).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.records import RECORDS, FieldType
from revops.store.column_types import COLUMN_TYPES, WHOLE, Time

if TYPE_CHECKING:
    from revops.records import RecordType

METADATA = sa.MetaData()


def _sequence(name: str) -> sa.Column[int]:
    return sa.Column(name, WHOLE, sa.Identity(), primary_key=True)


IMPORTS = sa.Table(
    "imports",
    METADATA,
    _sequence("id"),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("imported_at", Time, nullable=False),
    sa.Column("inserted", WHOLE, nullable=False),
    sa.Column("updated", WHOLE, nullable=False),
    sa.Column("unchanged", WHOLE, nullable=False),
    sa.Column("rejected", WHOLE, nullable=False),
)

CHANGES = sa.Table(
    "changes",
    METADATA,
    _sequence("seq"),
    sa.Column("object", sa.Text, nullable=False),
    sa.Column("record_id", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("old_value", sa.Text),
    sa.Column("new_value", sa.Text),
    sa.Column("changed_at", Time, nullable=False),
    sa.Column("changed_by", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("import_id", WHOLE),
    sa.Column("recorded_at", Time, nullable=False),
    sa.Index("changes_record", "object", "record_id"),
)

CUSTOM_FIELDS = sa.Table(
    "custom_fields",
    METADATA,
    sa.Column("object", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
)

SCORE_RUNS = sa.Table(
    "score_runs",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("as_of", Time, nullable=False),
    sa.Column("scored_at", Time, nullable=False),
    sa.Column("definitions_version", sa.Text, nullable=False),
    sa.Column("contacts", WHOLE, nullable=False),
    sa.Column("qualified", WHOLE, nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
)

META = sa.Table(
    "meta",
    METADATA,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


def _record_table(record: RecordType) -> sa.Table:
    return sa.Table(
        record.plural,
        METADATA,
        _sequence("seq"),
        *(
            sa.Column(each.name, COLUMN_TYPES[each.type], nullable=not each.required)
            for each in record.fields
        ),
        sa.Column("custom", COLUMN_TYPES[FieldType.JSON]),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("import_id", WHOLE, nullable=False),
        sa.Index(f"{record.plural}_id", "id", unique=True),
    )


RECORD_TABLES: dict[str, sa.Table] = {
    plural: _record_table(record) for plural, record in RECORDS.items()
}
sa.Index("tasks_contact", RECORD_TABLES["tasks"].c.contact_id)
