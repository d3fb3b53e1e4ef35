"""What each table of the facts holds: its columns and types, its order, whether it only grows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.records import RECORDS, FieldType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CHANGES = "changes"
MOMENTS = {"activities": "occurred_at", CHANGES: "changed_at"}
"""Of each log, the column that says when its rows happened."""
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
_CHANGE_COLUMNS = {
    "object": FieldType.TEXT,
    "record_id": FieldType.TEXT,
    "field": FieldType.TEXT,
    "changed_at": FieldType.TIME,
    "old_value": FieldType.TEXT,
    "new_value": FieldType.TEXT,
    "changed_by": FieldType.TEXT,
    "reason": FieldType.TEXT,
    "seq": FieldType.INTEGER,
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

    def nothing(self) -> exp.Select:
        """The table without rows."""
        columns = [
            exp.alias_(exp.cast(exp.null(), sql_type(kind)), name, quoted=True)
            for name, kind in self.columns.items()
        ]
        return exp.select(*columns).where(exp.false())

    def of_files(self, paths: Iterable[str]) -> exp.Select:
        """The table as these Parquet files hold it."""
        files = [exp.Literal.string(literal_path(path)) for path in paths]
        if not files:
            return self.nothing()
        rows = exp.Anonymous(this="read_parquet", expressions=[exp.Array(expressions=files)])
        return exp.select(*map(column, self.columns)).from_(rows)


def shapes(custom_fields: Mapping[str, Mapping[str, FieldType]]) -> dict[str, Shape]:
    """Every table of the facts; a log's custom fields stay inside its `properties`."""
    found = {
        CHANGES: Shape(
            CHANGES, _CHANGE_COLUMNS, custom=frozenset(), order=_LOG_ORDER[CHANGES], is_log=True
        )
    }
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


def column(name: str, table: str | None = None) -> exp.Column:
    """A column by its exact name."""
    return exp.column(name, table, quoted=True)


def sql_type(kind: FieldType) -> str:
    """The DuckDB type of a field."""
    return _SQL_TYPES[kind]


def from_text(value: exp.Expr, kind: FieldType) -> exp.Expr:
    """A field's value from its canonical text; NULL where the text is not one.

    A time without a zone is in UTC, as the connection's time zone is.
    """
    match sql_type(kind):
        case "VARCHAR":
            return value
        case "TIMESTAMP":
            return exp.cast(
                exp.TryCast(this=value, to=exp.DataType.build("timestamptz")), "timestamp"
            )
        case name:
            return exp.TryCast(this=value, to=exp.DataType.build(name, dialect="duckdb"))


def literal_path(path: str) -> str:
    """A path in which `*`, `?` and `[` mean themselves rather than a pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)
