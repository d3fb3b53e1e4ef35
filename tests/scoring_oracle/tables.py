"""A company as the engine reads it: tables with every canonical column, typed as in the facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from revops.records import RECORDS, FieldType
from scoring_oracle.definitions import CUSTOM

if TYPE_CHECKING:
    from pathlib import Path

    from scoring_oracle.company import Company

ARROW = {
    FieldType.INTEGER: pa.int64(),
    FieldType.DECIMAL: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.TIME: pa.timestamp("us"),
    FieldType.DATE: pa.date32(),
}
RECORD_TABLES = ("accounts", "contacts", "activities")
HISTORY_TABLES = {"contact_history": "contacts", "account_history": "accounts"}
HISTORY = pa.schema(
    {
        "record_id": pa.string(),
        "field": pa.string(),
        "changed_at": pa.timestamp("us"),
        "old_value": pa.string(),
        "new_value": pa.string(),
        "seq": pa.int64(),
    }
)


def schema(plural: str) -> pa.Schema:
    """The columns of a kind of record, custom fields last."""
    kinds = {each.name: each.type for each in RECORDS[plural].fields} | custom_fields(plural)
    return pa.schema({name: ARROW.get(kind, pa.string()) for name, kind in kinds.items()})


def custom_fields(plural: str) -> dict[str, FieldType]:
    """The custom fields that companies have."""
    return {name: FieldType(kind) for name, kind in CUSTOM.get(plural, {}).items()}


def tables(company: Company) -> dict[str, pa.Table]:
    """Every table by the name of its view."""
    records = {
        name: pa.Table.from_pylist(getattr(company, name), schema(name)) for name in RECORD_TABLES
    }
    histories = {
        name: pa.Table.from_pylist(getattr(company, name), HISTORY) for name in HISTORY_TABLES
    }
    return {**records, **histories}


def history_fields(company: Company) -> dict[str, frozenset[str]]:
    """Which fields of which kind of record have a history."""
    return {
        plural: frozenset(each["field"] for each in getattr(company, name))
        for name, plural in HISTORY_TABLES.items()
    }


def write_folder(company: Company, folder: Path) -> None:
    """Canonical Parquet files; a history names its record as the files do: `contact_id`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables(company).items():
        if name in HISTORY_TABLES:
            key = RECORDS[HISTORY_TABLES[name]].name + "_id"
            names = [key if each == "record_id" else each for each in table.column_names]
            table = table.rename_columns(names).drop_columns("seq")  # noqa: PLW2901 - the file's shape
        pq.write_table(table, folder / f"{name}.parquet")
