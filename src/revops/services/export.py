"""Export a table: records, their histories, all changes, or the newest scores."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlglot import exp

from revops.kit.errors import RevopsError
from revops.kit.issue import did_you_mean
from revops.records import RECORDS, FieldType
from revops.services.export_formats import ExportFormat, write_rows
from revops.store.facts.as_of import records_as_of, until
from revops.store.facts.facts import connect
from revops.store.facts.shape import CHANGES, MOMENTS, column, literal_path, shapes
from revops.store.tables import SCORE_RUNS

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from revops.services.workspace import Workspace
    from revops.store.facts import Facts
    from revops.store.facts.shape import Shape

_SCORE_FILES = {"scores": "scores.parquet", "score_lines": "lines.parquet"}
_HISTORIES = tuple(record.history_name for record in RECORDS.values())
_HISTORY_COLUMNS = ("changed_at", "field", "old_value", "new_value", "changed_by", "reason")
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
        query: exp.Query = _score_rows(workspace, table, as_of)
        json_columns: frozenset[str] = frozenset()
        con = connect(workspace.folder)
    else:
        facts = workspace.facts()
        con = facts.connect()
        query, json_columns = _fact_rows(facts, table, as_of)
    with closing(con):
        con.execute("SET preserve_insertion_order = true")  # as the files are: sorted
        return Exported(table, write_rows(con, query, kind, output, json_columns), output)


def _format_of(output: Path | None) -> ExportFormat:
    suffix = output.suffix.removeprefix(".").lower() if output else ""
    return ExportFormat(suffix) if suffix in set(ExportFormat) else ExportFormat.CSV


def _fact_rows(
    facts: Facts, table: str, as_of: datetime | None
) -> tuple[exp.Query, frozenset[str]]:
    """What to export of a view of the facts, and which of its columns are JSON."""
    shape = shapes(facts.custom_fields).get(table)
    if shape is None:
        rows = _history_rows(table)
        return (rows.where(until("changed_at", as_of)) if as_of else rows), frozenset()
    json_columns = (name for name, kind in shape.columns.items() if kind is FieldType.JSON)
    return _record_rows(facts, shape, as_of), frozenset(json_columns)


def _record_rows(facts: Facts, shape: Shape, as_of: datetime | None) -> exp.Query:
    rows = exp.select(*map(column, shape.columns)).from_(exp.table_(shape.name, quoted=True))
    if as_of is None:
        return rows
    if shape.is_log:
        return rows.where(until(MOMENTS[shape.name], as_of))
    changed = {field for plural, field in facts.statistics().histories if plural == shape.name}
    return records_as_of(shape, changed, as_of)


def _history_rows(table: str) -> exp.Select:
    """A history under the names that its canonical file has."""
    record = next(each for each in RECORDS.values() if each.history_name == table)
    key = exp.alias_(column("record_id"), f"{record.name}_id", quoted=True)
    return exp.select(key, *map(column, _HISTORY_COLUMNS)).from_(exp.table_(table, quoted=True))


def _score_rows(workspace: Workspace, table: str, as_of: datetime | None) -> exp.Select:
    """The newest scores that were kept."""
    newest = sa.select(SCORE_RUNS.c.folder).order_by(SCORE_RUNS.c.scored_at.desc()).limit(1)
    if as_of:
        newest = newest.where(SCORE_RUNS.c.as_of <= as_of)
    with workspace.store.read() as connection:
        folder = connection.execute(newest).scalar()
    path = workspace.folder / folder / _SCORE_FILES[table] if folder else None
    if path is None or not path.is_file():
        raise RevopsError("no-scores", "there are no scores to export", "run `revops score` first")
    literal = exp.Literal.string(literal_path(str(path)))
    return exp.select("*").from_(exp.Anonymous(this="read_parquet", expressions=[literal]))
