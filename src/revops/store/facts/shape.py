"""What each table of the facts holds: its columns and types, its order, whether it only grows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from revops.records import RECORDS, FieldType
from revops.store.forms import name as quoted
from revops.store.forms import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CHANGES = "changes"
MOMENTS = {"activities": "occurred_at", CHANGES: "changed_at"}
"""Of each log, the column that says when its rows happened."""
HISTORY_COLUMNS = {
    "record_id": FieldType.TEXT,
    "field": FieldType.TEXT,
    "changed_at": FieldType.TIME,
    "old_value": FieldType.TEXT,
    "new_value": FieldType.TEXT,
    "changed_by": FieldType.TEXT,
    "reason": FieldType.TEXT,
    "seq": FieldType.INTEGER,
}
_SQL_TYPES = {
    FieldType.TEXT: "VARCHAR",
    FieldType.LIST: "VARCHAR",
    FieldType.JSON: "VARCHAR",
    FieldType.INTEGER: "BIGINT",
    FieldType.DECIMAL: "DOUBLE",
    FieldType.BOOLEAN: "BOOLEAN",
    FieldType.TIME: "TIMESTAMP",
    FieldType.DATE: "DATE",
}
_LOG_ORDER = {
    "activities": ("contact_id", "occurred_at", "id"),
    CHANGES: ("object", "record_id", "changed_at", "seq"),
}


@dataclass(frozen=True)
class Shape:
    """One table of the facts.

    Attributes:
        name: A plural of `records`, or `changes`.
        columns: Its columns in order, with what they hold.
        custom: Those of them that are custom fields.
        order: What its rows are sorted by, within each file.
        is_log: Whether rows only ever arrive, so that files are added rather than replaced.
    """

    name: str
    columns: Mapping[str, FieldType]
    custom: frozenset[str]
    order: tuple[str, ...]
    is_log: bool

    @property
    def order_by(self) -> str:
        """The order, as SQL."""
        return "ORDER BY " + ", ".join(map(quoted, self.order))

    def of_files(self, paths: Iterable[str]) -> str:
        """The query for the table as these Parquet files hold it."""
        files = ", ".join(text(literal_path(path)) for path in paths)
        if not files:
            return no_rows(tuple(self.columns.items()))
        columns = ", ".join(map(quoted, self.columns))
        return f"SELECT {columns} FROM read_parquet([{files}])"


def shapes(custom_fields: Mapping[str, Mapping[str, FieldType]]) -> dict[str, Shape]:
    """Every table of the facts; a log's custom fields stay inside its `properties`."""
    columns = {"object": FieldType.TEXT, **HISTORY_COLUMNS}
    order = _LOG_ORDER[CHANGES]
    found = {CHANGES: Shape(CHANGES, columns, custom=frozenset(), order=order, is_log=True)}
    for plural, record in RECORDS.items():
        own = {each.name: each.type for each in record.fields}
        custom = {} if record.is_log else _beside(own, custom_fields.get(plural, {}))
        order = _LOG_ORDER.get(plural, ("id",))
        found[plural] = Shape(plural, own | custom, frozenset(custom), order, record.is_log)
    return found


def _beside(own: Mapping[str, FieldType], custom: Mapping[str, FieldType]) -> dict[str, FieldType]:
    """The custom fields that can stand beside the canonical ones: SQL's names have no case."""
    taken = {name.casefold() for name in own}
    kept: dict[str, FieldType] = {}
    for name in sorted(custom):
        if name.casefold() not in taken:
            taken.add(name.casefold())
            kept[name] = custom[name]
    return kept


@cache
def no_rows(columns: tuple[tuple[str, FieldType], ...]) -> str:
    """The query for a table with these columns and no rows."""
    nothing = (f"CAST(NULL AS {sql_type(kind)}) AS {quoted(name)}" for name, kind in columns)
    return f"SELECT {', '.join(nothing)} WHERE false"


def sql_type(kind: FieldType) -> str:
    """The DuckDB type of a field."""
    return _SQL_TYPES[kind]


def from_text(value: str, kind: FieldType) -> str:
    """A field's value from its text, as SQL; NULL where the text is not one.

    A time without a zone is in UTC, as the connection's time zone is.
    """
    match sql_type(kind):
        case "VARCHAR":
            return value
        case "TIMESTAMP":
            return f"CAST(TRY_CAST({value} AS TIMESTAMPTZ) AS TIMESTAMP)"
        case own:
            return f"TRY_CAST({value} AS {own})"


def literal_path(path: str) -> str:
    """A path in which `*`, `?` and `[` mean themselves rather than a pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)
