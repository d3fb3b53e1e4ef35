"""Export a table: records, their histories, all changes, or the newest scores."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.kit.issue import did_you_mean
from revops.records import RECORDS, FieldType
from revops.services.export_formats import ExportFormat, write_rows
from revops.store.facts.as_of import records_as_of, until
from revops.store.facts.facts import connect
from revops.store.facts.shape import CHANGES, MOMENTS, literal_path, shapes
from revops.store.forms import name as quoted
from revops.store.forms import text
from revops.store.tables import SCORE_RUNS

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from revops.services.workspace import Workspace
    from revops.store.facts import Facts

_SCORE_FILES = {"scores": "scores.parquet", "score_lines": "lines.parquet"}
_HISTORIES = tuple(record.history_name for record in RECORDS.values())
_HISTORY_COLUMNS = "changed_at, field, old_value, new_value, changed_by, reason"
TABLES = (*RECORDS, *_HISTORIES, CHANGES, *_SCORE_FILES)
"""All that can be exported."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        table: Which table.
        rows: How many rows.
        output: The file, or None for stdout.
    """

    table: str
    rows: int
    output: Path | None


def export_table(
    workspace: Workspace,
    table: str,
    *,
    format_: ExportFormat | None = None,
    output: Path | None = None,
    as_of: datetime | None = None,
) -> Exported:
    """Write a table of a workspace, in bounded memory however large it is.

    Args:
        workspace: The open workspace.
        table: One of `TABLES`.
        format_: How to write it; by default what the output's name ends in, else CSV.
        output: The file, which appears only when it is complete; stdout by default.
        as_of: Show the table as it was at this instant (with a zone): records with the fields
            then in force, logs up to then, the newest scores that are of then or before.

    Raises:
        RevopsError: There is no such table (`unknown-table`), nothing was scored yet
            (`no-scores`), or it cannot be written so (`bad-output`, `too-large-for-excel`).
    """
    if table not in TABLES:
        mend = did_you_mean(table, TABLES) or f"one of {', '.join(TABLES)}"
        raise RevopsError("unknown-table", f"there is no table '{table}'", mend)
    kind = format_ or _format_of(output)
    if table in _SCORE_FILES:
        query, json_columns = _score_rows(workspace, table, as_of), frozenset[str]()
        con = connect(workspace.folder)
    else:
        facts = workspace.facts()
        query, json_columns = _fact_rows(facts, table, as_of)
        con = facts.connect()
    with closing(con):
        con.execute("SET preserve_insertion_order = true")  # as the files are: sorted
        return Exported(table, write_rows(con, query, kind, output, json_columns), output)


def _format_of(output: Path | None) -> ExportFormat:
    suffix = output.suffix.removeprefix(".").lower() if output else ""
    return ExportFormat(suffix) if suffix in set(ExportFormat) else ExportFormat.CSV


def _fact_rows(facts: Facts, table: str, as_of: datetime | None) -> tuple[str, frozenset[str]]:
    """What to export of a view of the facts, and which of its columns are JSON."""
    shape = shapes(facts.custom_fields).get(table)
    if shape is None:
        return _history_rows(table, as_of), frozenset()
    json_columns = frozenset(name for name, kind in shape.columns.items() if kind is FieldType.JSON)
    if as_of is None:
        return f"FROM {quoted(table)}", json_columns
    if shape.is_log:
        return f"FROM {quoted(table)} WHERE {until(MOMENTS[table], as_of)}", json_columns
    changed = {field for plural, field in facts.statistics().histories if plural == table}
    return records_as_of(shape, changed, as_of), json_columns


def _history_rows(table: str, as_of: datetime | None) -> str:
    """A history under the names that its canonical file has."""
    record = next(each for each in RECORDS.values() if each.history_name == table)
    key = quoted(f"{record.name}_id")
    rows = f"SELECT record_id AS {key}, {_HISTORY_COLUMNS} FROM {quoted(table)}"
    return f"{rows} WHERE {until('changed_at', as_of)}" if as_of else rows


def _score_rows(workspace: Workspace, table: str, as_of: datetime | None) -> str:
    """The newest scores that were kept."""
    newest = sa.select(SCORE_RUNS.c.folder).order_by(SCORE_RUNS.c.scored_at.desc()).limit(1)
    if as_of:
        newest = newest.where(SCORE_RUNS.c.as_of <= as_of)
    with workspace.store.read() as connection:
        folder = connection.execute(newest).scalar()
    path = workspace.folder / folder / _SCORE_FILES[table] if folder else None
    if path is None or not path.is_file():
        raise RevopsError("no-scores", "there are no scores to export", "run `revops score` first")
    return f"FROM read_parquet({text(literal_path(str(path)))})"
