"""The forms a value takes between a batch and the store, as DuckDB expressions.

A value has a batch form (DuckDB's own type), a store form (what the database keeps), and one
canonical text, in which changes are told and custom fields are kept: times as
`2026-01-02T03:04:05Z`, decimals without trailing zeros, booleans as `true` and `false`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.records import FieldType

if TYPE_CHECKING:
    from revops.store.store import Dialect

ZONED = "TIMESTAMP WITH TIME ZONE"
"""The DuckDB type of a time that knows its instant, as `DESCRIBE` tells it."""
_BATCH_TYPES = {
    FieldType.INTEGER: "BIGINT",
    FieldType.DECIMAL: "DECIMAL(20,6)",
    FieldType.BOOLEAN: "BOOLEAN",
    FieldType.TIME: "TIMESTAMP",
    FieldType.DATE: "DATE",
}


@lru_cache(maxsize=10_000)
def name(column: str, table: str = "") -> str:
    """A quoted name, whatever characters it has."""
    return exp.column(column, table or None, quoted=True).sql("duckdb")


def text(value: str) -> str:
    """A quoted text."""
    return exp.Literal.string(value).sql("duckdb")


def in_utc(moment: str) -> str:
    """A zoned time as a time in UTC without a zone, in a connection whose time zone is UTC.

    A cast alone asks a calendar for each row, which takes ten times as long.
    """
    return f"coalesce(make_timestamp(epoch_us({moment})), CAST({moment} AS TIMESTAMP))"


def batch_form(value: str, kind: FieldType) -> str:
    """The value in the DuckDB type of its kind."""
    return f"CAST({value} AS {_BATCH_TYPES.get(kind, 'VARCHAR')})"


def canonical_text(value: str, kind: FieldType) -> str:
    """The value in its one canonical text."""
    form = f"CAST({batch_form(value, kind)} AS VARCHAR)"
    match kind:
        case FieldType.TIME:
            return f"replace({form}, ' ', 'T') || 'Z'"
        case FieldType.DECIMAL:
            return f"rtrim(rtrim({form}, '0'), '.')"
        case _:
            return form


def compared_form(value: str, kind: FieldType) -> str:
    """The value in the form in which the store is read for comparison."""
    exact = kind is FieldType.DECIMAL
    return canonical_text(value, kind) if exact else batch_form(value, kind)


def store_form(value: str, kind: FieldType, dialect: Dialect) -> str:
    """The value as the database keeps it."""
    form = batch_form(value, kind)
    if dialect == "postgresql":
        return form
    match kind:
        case FieldType.TIME:
            return f"epoch_us({form})"
        case FieldType.DATE | FieldType.DECIMAL:
            return canonical_text(value, kind)
        case _:
            return form


def custom_value(json: str, field: str) -> str:
    """A custom field's canonical text, out of a `custom` column."""
    pointer = "/" + field.replace("~", "~0").replace("/", "~1")
    return f"json_extract_string({json}, {text(pointer)})"
