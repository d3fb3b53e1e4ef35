"""What is particular to activities: their types, and properties instead of custom fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.connectors.files.columns import Bound, Column
from revops.connectors.files.quoting import literal, literals
from revops.connectors.files.values import truth
from revops.kit.issue import nearest
from revops.kit.number import how_many
from revops.records import ACTIVITY_TYPES, FieldType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb

_TYPES_TOLD = 20


def unknown_types(con: duckdb.DuckDBPyConnection, table: str) -> Iterator[tuple[str, str]]:
    """A note and a mend for each type of activity that is not a known one, the first twenty."""
    found = con.execute(
        f"SELECT type, count(*) FROM {table} WHERE type NOT IN ({literals(ACTIVITY_TYPES)})"
        f" GROUP BY type ORDER BY type LIMIT {_TYPES_TOLD}"
    ).fetchall()
    for kind, rows in found:
        near = nearest(kind, ACTIVITY_TYPES)
        mend = f"the nearest known one is '{near[0]}'" if near else ""
        yield f"has the type '{kind[:60]}' in {how_many(rows, 'row')}", mend


def with_properties(bound: Bound, types: Mapping[str, FieldType]) -> tuple[Column, ...]:
    """The columns of activities, those that nothing named put into `properties`."""
    if not types:
        return bound.columns
    pairs = ", ".join(
        f"{literal(name)}, {_json_value(bound.rest[name], kind)}" for name, kind in types.items()
    )
    given = next((c.text for c in bound.columns if c.name == "properties"), "NULL")
    is_object = f"json_valid({given}) AND starts_with({given}, '{{')"
    merged = (
        f"CASE WHEN {given} IS NULL OR ({is_object}) THEN nullif(CAST(json_merge_patch("
        f"coalesce({given}, '{{}}'), json_object({pairs})) AS VARCHAR), '{{}}') ELSE {given} END"
    )
    others = tuple(column for column in bound.columns if column.name != "properties")
    return (*others, Column("properties", FieldType.JSON, merged, "properties"))


def _json_value(text: str, kind: FieldType) -> str:
    if kind in {FieldType.INTEGER, FieldType.DECIMAL}:
        return f"TRY_CAST({text} AS {'BIGINT' if kind is FieldType.INTEGER else 'DOUBLE'})"
    return truth(text) if kind is FieldType.BOOLEAN else text
