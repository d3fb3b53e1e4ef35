"""Writes the rows of a DuckDB query in each format, whole or not at all, and safely.

A text that begins like a formula is never one: in CSV it gets an apostrophe in front, in Excel it
is a text cell. Times are UTC.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from revops.kit.errors import RevopsError
from revops.services.export_excel import column_types, in_utc, write_workbook
from revops.store.forms import name as quoted
from revops.store.forms import text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_NESTED = ("STRUCT", "MAP", "UNION", "JSON")
_GUARD = "'"
_FORMULA = r"^'*[=+\-@\t\r]"


class ExportFormat(StrEnum):
    """What a table is written as."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    EXCEL = "xlsx"


_COPY_OPTIONS = {
    ExportFormat.CSV: "FORMAT csv, HEADER true",
    ExportFormat.JSON: "FORMAT json, ARRAY true",
    ExportFormat.PARQUET: "FORMAT parquet, COMPRESSION zstd",
}


def write_rows(
    con: duckdb.DuckDBPyConnection,
    query: str,
    format_: ExportFormat,
    output: Path | None,
    json_columns: Collection[str] = (),
) -> int:
    """Write what a query gives to a file, or to stdout if there is none.

    Args:
        con: The connection that can run the query.
        query: What to write.
        format_: How.
        output: The file; it appears, or takes the old one's place, only when it is complete.
        json_columns: Text columns whose values are JSON; in JSON they are not quoted again.

    Returns:
        The number of rows.

    Raises:
        RevopsError: The output cannot be written, or an Excel sheet cannot hold it.
    """
    with _target(output, format_) as path:
        if format_ is ExportFormat.EXCEL:
            return write_workbook(con, query, path)
        shown = _shown(con, query, format_, json_columns)
        row = con.execute(
            f"COPY ({shown}) TO $1 ({_COPY_OPTIONS[format_]})", [str(path)]
        ).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def _target(output: Path | None, format_: ExportFormat) -> Iterator[Path]:
    binary = format_ in {ExportFormat.PARQUET, ExportFormat.EXCEL}
    if output is None and binary and sys.stdout.isatty():
        raise RevopsError(
            "binary-output", f"{format_} is not for a terminal", "name a file with --output FILE"
        )
    if output is not None and output.is_dir():
        raise RevopsError("bad-output", f"'{output}' is a folder", "name a file in it")
    try:
        with tempfile.TemporaryDirectory(
            dir=output.parent if output else None, prefix=".revops-"
        ) as folder:
            path = Path(folder) / f"table.{format_}"
            yield path
            if output:
                path.replace(output)
            else:
                with path.open("rb") as file:
                    shutil.copyfileobj(file, sys.stdout.buffer)
                sys.stdout.flush()
    except BrokenPipeError:
        raise
    except (OSError, duckdb.IOException) as error:
        raise RevopsError(
            "bad-output",
            f"'{output or 'stdout'}' cannot be written: {str(error).splitlines()[0]}",
            "see that its folder is there, may be written to and has room",
        ) from error


def _shown(
    con: duckdb.DuckDBPyConnection,
    query: str,
    format_: ExportFormat,
    json_columns: Collection[str],
) -> str:
    """The query with each value as the format shows it."""
    is_csv = format_ is ExportFormat.CSV
    columns = ", ".join(
        f"{_value(quoted(name), own, format_, is_json=name in json_columns)}"
        f" AS {quoted(_safe_header(name) if is_csv else name)}"
        for name, own in column_types(con, query).items()
    )
    return f"SELECT {columns} FROM ({query})"


def _value(value: str, own: str, format_: ExportFormat, *, is_json: bool) -> str:
    match format_:
        case ExportFormat.CSV:
            return _in_csv(value, own)
        case ExportFormat.JSON:
            return _in_json(value, own, is_json=is_json)
        case _:  # a time is marked as UTC, so that no reader takes it for a local one
            return f"timezone('UTC', {value})" if own == "TIMESTAMP" else value


def _in_csv(value: str, own: str) -> str:
    if own.startswith("TIMESTAMP"):
        return _iso(value, own)
    if own != "VARCHAR" and not own.endswith("]") and not own.startswith(_NESTED):
        return value
    shown = f"CAST({value} AS VARCHAR)"
    risky = f"regexp_matches({shown}, {text(_FORMULA)})"
    return f"CASE WHEN {risky} THEN {text(_GUARD)} || {shown} ELSE {shown} END"


def _in_json(value: str, own: str, *, is_json: bool) -> str:
    if own.startswith("TIMESTAMP"):
        return _iso(value, own)
    if not is_json:
        return value
    return f"CASE WHEN json_valid({value}) THEN CAST({value} AS JSON) ELSE to_json({value}) END"


def _iso(value: str, own: str) -> str:
    """A time as `2026-01-02T03:04:05Z`, with microseconds where it has any."""
    return f"replace(CAST({in_utc(value, own)} AS VARCHAR), ' ', 'T') || 'Z'"


def _safe_header(name: str) -> str:
    return _GUARD + name if re.match(_FORMULA, name) else name
