"""From texts to typed, checked rows, as sets: what fails says why and is set aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.connectors.files.quoting import literal, quoted
from revops.connectors.files.values import (
    EARLIEST,
    LATEST,
    MEANINGS,
    Convention,
    in_zone,
    value_sql,
)
from revops.records import FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from revops.connectors.files.columns import Column

_SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class Repeats:
    """Rows whose id comes again further down.

    Attributes:
        dropped: How many say the same as the last one.
        rejected: How many say something else.
        line: The first of these.
        reason: What is wrong with it.
    """

    dropped: int = 0
    rejected: int = 0
    line: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Staged:
    """Rows that were checked.

    Attributes:
        table: Typed columns, `_line`, and `_reason`, which is NULL in good rows.
        rows: How many there are.
        faulty: How many of them have a reason.
    """

    table: str
    rows: int
    faulty: int


def texts_sql(relation: str, columns: Sequence[Column], where: str) -> str:
    """The text of each column, or its value where the file has it typed, and where it stands."""
    listed = ", ".join(
        f"{column.native or column.text} AS {column.text_name}" for column in columns
    )
    return f"SELECT _line, _fault, {listed} FROM {relation}{f' WHERE {where}' if where else ''}"


def stage(
    con: duckdb.DuckDBPyConnection,
    texts: str,
    columns: Sequence[Column],
    conventions: Mapping[str, Convention],
    default: Convention,
    table: str,
) -> Staged:
    """Make typed rows of texts.

    Args:
        con: Where.
        texts: The relation of texts, as `texts_sql` makes it.
        columns: What it has.
        conventions: How some columns are written.
        default: How the others are.
        table: What to call the outcome.
    """
    values = ", ".join(
        f"{_value(column, conventions.get(column.name, default))} AS {quoted(column.name)}"
        for column in columns
    )
    checks = [check for column in columns for check in _checks(column)]
    bad = " OR ".join(["_fault <> ''", *(condition for condition, _reason in checks)])
    reasons = ", ".join(
        ["nullif(_fault, '')", *(f"CASE WHEN {c} THEN {reason} END" for c, reason in checks)]
    )
    listed = ", ".join(quoted(column.name) for column in columns)
    con.execute(
        f"CREATE TABLE {table} AS SELECT _line, {listed},"
        f" CASE WHEN {bad} THEN concat_ws('; ', {reasons}) END AS _reason"
        f" FROM (SELECT *, {values} FROM {texts})"
    )
    rows, faulty = con.execute(f"SELECT count(*), count(_reason) FROM {table}").fetchall()[0]
    return Staged(table, rows, faulty)


def _value(column: Column, convention: Convention) -> str:
    text = column.text_name
    if not column.native:
        return value_sql(column.kind, text, convention)
    is_local = column.kind is FieldType.TIME and column.is_local
    return in_zone(text, convention.zone) if is_local else text


def _checks(column: Column) -> list[tuple[str, str]]:
    """What makes a row faulty, each with SQL that tells it."""
    checks = []
    name, text = quoted(column.name), column.text_name
    if column.required:
        checks.append((f"{text} IS NULL", literal(f"{column.header or column.name} is missing")))
    where = "" if column.header in {"", column.name} else f" (column {column.header})"
    said = f"'''' || left(CAST({text} AS VARCHAR), {_SHOWN_CHARACTERS}) || ''''"
    told = f"{literal(f'{column.name}: ')} || {said} || "
    if column.kind in MEANINGS and not column.native:
        meaning = f" is not {MEANINGS[column.kind]}{where}"
        checks.append((f"({text} IS NOT NULL AND {name} IS NULL)", told + literal(meaning)))
    if column.kind in {FieldType.TIME, FieldType.DATE}:
        outside = f"{name} NOT BETWEEN TIMESTAMP '{EARLIEST}' AND TIMESTAMP '{LATEST}'"
        meaning = f" is not between {EARLIEST[:4]} and {LATEST[:4]}{where}"
        checks.append((outside, told + literal(meaning)))
    return checks


def set_aside(con: duckdb.DuckDBPyConnection, staged: Staged, rejects: str) -> None:
    """Move faulty rows to the rejects."""
    if staged.faulty:
        con.execute(
            f"INSERT INTO {rejects} SELECT _line, _reason FROM {staged.table}"
            " WHERE _reason IS NOT NULL"
        )
        con.execute(f"DELETE FROM {staged.table} WHERE _reason IS NOT NULL")


def count_ids(con: duckdb.DuckDBPyConnection, table: str) -> tuple[int, int]:
    """The rows of a table and their different ids."""
    rows, ids = con.execute(f"SELECT count(*), count(DISTINCT id) FROM {table}").fetchall()[0]
    return rows, ids


def keep_last(
    con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[Column], rejects: str
) -> Repeats:
    """Keep one row for each id: the last of the file.

    Earlier rows that say the same are dropped; those that say something else are rejected, with
    the line of the one that is kept.
    """
    rows, ids = count_ids(con, table)
    if rows == ids:
        return Repeats()
    said = ", ".join(quoted(column.name) for column in columns)
    con.execute(
        f"CREATE TABLE {table}_twice AS SELECT _line,"
        f" concat('the id ''', id[:{_SHOWN_CHARACTERS}], ''' is there again on line ', kept)"
        " AS reason, said IS NOT DISTINCT FROM kept_said AS same FROM ("
        f" SELECT _line, id, row({said}) AS said, last_value(_line) OVER w AS kept,"
        f" last_value(row({said})) OVER w AS kept_said FROM {table}"
        f" WHERE id IN (SELECT id FROM {table} GROUP BY id HAVING count(*) > 1)"
        " WINDOW w AS (PARTITION BY id ORDER BY _line"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) WHERE _line <> kept"
    )
    con.execute(f"INSERT INTO {rejects} SELECT _line, reason FROM {table}_twice WHERE NOT same")
    con.execute(f"DELETE FROM {table} WHERE _line IN (SELECT _line FROM {table}_twice)")
    found = con.execute(
        "SELECT count(*) FILTER (same), count(*) FILTER (NOT same),"
        " coalesce(min(_line) FILTER (NOT same), 0),"
        f" coalesce(arg_min(reason, _line) FILTER (NOT same), '') FROM {table}_twice"
    ).fetchall()[0]
    con.execute(f"DROP TABLE {table}_twice")
    return Repeats(*found)
