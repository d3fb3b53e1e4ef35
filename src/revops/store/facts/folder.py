"""Canonical files straight as facts, without a store.

A folder holds any of `accounts`, `contacts`, `activities` and so on, and histories such as
`contact_history`: each as a `.parquet` file, a `.csv` file, or a folder of Parquet files.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, Level
from revops.records import RECORDS, Field, FieldType
from revops.store.facts.arriving import merged
from revops.store.facts.facts import HISTORY_COLUMNS, Facts, connect
from revops.store.facts.shape import CHANGES, column, shapes, sql_type
from revops.store.facts.source import find_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

    from revops.records import RecordType
    from revops.store.facts.shape import Shape
    from revops.store.facts.source import Source

_PROPERTIES = "properties"
_SHOWN = 40
_HISTORY_FIELDS = (
    Field("field", required=True),
    Field("changed_at", FieldType.TIME, required=True),
    Field("old_value"),
    Field("new_value"),
    Field("changed_by"),
    Field("reason"),
)


def facts_from_folder(folder: Path) -> Facts:
    """Open canonical files as facts.

    Canonical columns that a file does not have are NULL. Other columns are custom fields; those
    of activities go into `properties`. A time without a zone is in UTC.

    Raises:
        RevopsError: There is no canonical file (`no-facts`), a file cannot be read
            (`unreadable-file`), lacks a column that every row needs (`missing-column`), or holds
            values that are not what the column is for (`wrong-value`).
    """
    spill = Path(tempfile.gettempdir())
    with closing(connect(spill)) as con:
        records = _sources(con, folder, {name: name for name in RECORDS})
        past = _sources(con, folder, {name: each.history_name for name, each in RECORDS.items()})
        if not records:
            raise RevopsError(
                "no-facts",
                f"there is no canonical file in {folder}",
                f"expected some of {', '.join(RECORDS)}, each as .parquet or .csv",
            )
        issues = [
            *_problems(con, records, {name: each.fields for name, each in RECORDS.items()}),
            *_problems(con, past, {name: _history_fields(each) for name, each in RECORDS.items()}),
        ]
    if issues:
        raise RevopsError.of(issues)
    custom = {name: source.beyond(RECORDS[name].field_by_name) for name, source in records.items()}
    views: dict[str, exp.Query] = {
        name: _rows(records[name], shape, custom[name]) if name in records else shape.nothing()
        for name, shape in shapes(custom).items()
        if name != CHANGES
    }
    for name, record in RECORDS.items():
        views[record.history_name] = _history(past.get(name), record)
    views[CHANGES] = _all_changes()
    return Facts(views, custom, spill)


def _sources(
    con: duckdb.DuckDBPyConnection, folder: Path, names: Mapping[str, str]
) -> dict[str, Source]:
    """The files that are there, by plural."""
    found = {plural: find_source(con, folder, name) for plural, name in names.items()}
    return {plural: source for plural, source in found.items() if source}


def _problems(
    con: duckdb.DuckDBPyConnection,
    sources: Mapping[str, Source],
    fields: Mapping[str, Sequence[Field]],
) -> Iterator[Issue]:
    for plural, source in sources.items():
        for each in fields[plural]:
            if each.required and source.named(each.name) is None:
                message, mend = f"there is no column '{each.name}'", "add it: every row needs it"
                yield Issue(source.file, 1, each.name, "missing-column", Level.ERROR, message, mend)
        kinds = {each.name: each.type for each in fields[plural]}
        for name, example in source.misfits(con, kinds).items():
            message = f"'{example[:_SHOWN]}' in column '{name}' is not of type {kinds[name]}"
            mend = "mend such values, or import the file: that sets them aside"
            yield Issue(source.file, 0, name, "wrong-value", Level.ERROR, message, mend)


def _rows(source: Source, shape: Shape, custom: Mapping[str, FieldType]) -> exp.Select:
    values = {name: source.value(name, kind) for name, kind in shape.columns.items()}
    if shape.is_log and custom:
        values[_PROPERTIES] = merged(_as_object(source, custom), values[_PROPERTIES])
    return _named(values).from_(source.rows)


def _as_object(source: Source, custom: Mapping[str, FieldType]) -> exp.Expr:
    """Columns as one JSON object, without those that are empty."""
    pairs = [
        part
        for name, kind in custom.items()
        for part in (exp.Literal.string(name), source.value(name, kind))
    ]
    everything = exp.Anonymous(this="json_object", expressions=pairs)
    filled = exp.Anonymous(
        this="json_merge_patch", expressions=[exp.Literal.string("{}"), everything]
    )
    return exp.cast(filled, "varchar")


def _history_fields(record: RecordType) -> tuple[Field, ...]:
    return (Field(f"{record.name}_id", required=True), *_HISTORY_FIELDS)


def _history(source: Source | None, record: RecordType) -> exp.Select:
    fields = _history_fields(record)
    if source is None:
        kinds = [*(each.type for each in fields), FieldType.INTEGER]
        nothing = (exp.cast(exp.null(), sql_type(kind)) for kind in kinds)
        return _named(dict(zip(HISTORY_COLUMNS, nothing, strict=True))).where(exp.false())
    values = [*(source.value(each.name, each.type) for each in fields), source.position]
    return _named(dict(zip(HISTORY_COLUMNS, values, strict=True))).from_(source.rows)


def _all_changes() -> exp.Query:
    columns = [column(name) for name in HISTORY_COLUMNS]
    parts = [
        exp.select(exp.alias_(exp.Literal.string(plural), "object", quoted=True), *columns).from_(
            record.history_name
        )
        for plural, record in RECORDS.items()
    ]
    return exp.union(*parts, distinct=False)


def _named(values: Mapping[str, exp.Expr]) -> exp.Select:
    return exp.select(*(exp.alias_(each, name, quoted=True) for name, each in values.items()))
