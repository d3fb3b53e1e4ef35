"""Canonical files straight as facts, without a store.

A folder holds any of `accounts`, `contacts`, `activities` and so on, and histories such as
`contact_history`: each as a `.parquet` file, a `.csv` file, or a folder of Parquet files.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, Level
from revops.records import RECORDS, Field, FieldType
from revops.store.facts.arriving import PROPERTIES, merged
from revops.store.facts.facts import Facts, connect
from revops.store.facts.shape import CHANGES, HISTORY_COLUMNS, no_rows, shapes
from revops.store.facts.source import find_source
from revops.store.forms import name as quoted
from revops.store.forms import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

    from revops.records import RecordType
    from revops.store.facts.shape import Shape
    from revops.store.facts.source import Source

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
    spill = Path(tempfile.gettempdir()) / f"revops-spill-{uuid4().hex}"
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
    views = {
        name: _rows(records[name], shape, custom[name]) if name in records else shape.of_files(())
        for name, shape in shapes(custom).items()
        if name != CHANGES
    }
    for name, record in RECORDS.items():
        views[record.history_name] = _history(past.get(name), record)
    views[CHANGES] = _all_changes(past)
    return Facts(views, {name: kinds for name, kinds in custom.items() if kinds}, spill)


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


def _rows(source: Source, shape: Shape, custom: Mapping[str, FieldType]) -> str:
    values = {name: source.value(name, kind) for name, kind in shape.columns.items()}
    if shape.is_log and custom:
        values[PROPERTIES] = merged(_as_object(source, custom), values[PROPERTIES])
    return _select(values, source)


def _as_object(source: Source, custom: Mapping[str, FieldType]) -> str:
    """Columns as one JSON object, as SQL, without those that are empty."""
    pairs = ", ".join(f"{text(name)}, {source.value(name, kind)}" for name, kind in custom.items())
    return f"CAST(json_merge_patch('{{}}', json_object({pairs})) AS VARCHAR)"


def _history_fields(record: RecordType) -> tuple[Field, ...]:
    return (Field(f"{record.name}_id", required=True), *_HISTORY_FIELDS)


def _history(source: Source | None, record: RecordType) -> str:
    if source is None:
        return no_rows(tuple(HISTORY_COLUMNS.items()))
    values = [source.value(each.name, each.type) for each in _history_fields(record)]
    return _select(dict(zip(HISTORY_COLUMNS, [*values, source.position], strict=True)), source)


def _select(values: Mapping[str, str], source: Source) -> str:
    columns = ", ".join(f"{value} AS {quoted(name)}" for name, value in values.items())
    return f"SELECT {columns} FROM {source.rows}"


def _all_changes(past: Mapping[str, Source]) -> str:
    if not past:
        return no_rows((("object", FieldType.TEXT), *HISTORY_COLUMNS.items()))
    return " UNION ALL ".join(
        f'SELECT {text(plural)} AS "object", * FROM ({_history(source, RECORDS[plural])})'
        for plural, source in past.items()
    )
