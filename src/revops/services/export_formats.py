"""Writes the rows of a DuckDB query in each format, whole or not at all, and safely.

A text that begins like a formula is never one: in CSV it gets an apostrophe in front, in Excel it
is a text cell. Times are UTC.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from revops.kit.errors import RevopsError
from revops.services.export_excel import column_types, write_workbook
from revops.store.facts.shape import column

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_NESTED = ("STRUCT", "MAP", "UNION", "JSON")
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
    query: exp.Query,
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
        shown = _shown(con, query, format_, json_columns).sql("duckdb")
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
    query: exp.Query,
    format_: ExportFormat,
    json_columns: Collection[str],
) -> exp.Select:
    """The query with each value as the format shows it."""
    is_csv = format_ is ExportFormat.CSV
    values = (
        exp.alias_(
            _value(column(name), own, format_, name in json_columns),
            _safe_header(name) if is_csv else name,
            quoted=True,
        )
        for name, own in column_types(con, query).items()
    )
    return exp.select(*values).from_(query.subquery("shown"))


def _value(value: exp.Expr, own: str, format_: ExportFormat, is_json: bool) -> exp.Expr:
    match format_:
        case ExportFormat.CSV:
            return _in_csv(value, own)
        case ExportFormat.JSON:
            return _in_json(value, own, is_json)
        case _:
            return _in_parquet(value, own)


def _in_csv(value: exp.Expr, own: str) -> exp.Expr:
    if own.startswith("TIMESTAMP"):
        return _iso(value)
    if own != "VARCHAR" and not own.endswith("]") and not own.startswith(_NESTED):
        return value
    text = value if own == "VARCHAR" else exp.cast(value, "varchar")
    formula = exp.Anonymous(this="regexp_matches", expressions=[text, exp.Literal.string(_FORMULA)])
    guarded = exp.DPipe(this=exp.Literal.string("'"), expression=text)
    return exp.case().when(formula, guarded).else_(text)


def _in_json(value: exp.Expr, own: str, is_json: bool) -> exp.Expr:
    if own.startswith("TIMESTAMP"):
        return _iso(value)
    if not is_json:
        return value
    valid = exp.Anonymous(this="json_valid", expressions=[value])
    quoted = exp.Anonymous(this="to_json", expressions=[value])
    return exp.case().when(valid, exp.cast(value, "json")).else_(quoted)


def _in_parquet(value: exp.Expr, own: str) -> exp.Expr:
    """Times are marked as UTC, so that no reader takes them for local ones."""
    return exp.cast(value, "timestamptz") if own == "TIMESTAMP" else value


def _iso(value: exp.Expr) -> exp.Expr:
    """A time as `2026-01-02T03:04:05Z`, with microseconds where it has any."""
    text = exp.cast(exp.cast(value, "timestamp"), "varchar")
    parts = [text, exp.Literal.string(" "), exp.Literal.string("T")]
    with_t = exp.Anonymous(this="replace", expressions=parts)
    return exp.DPipe(this=with_t, expression=exp.Literal.string("Z"))


def _safe_header(name: str) -> str:
    return f"'{name}" if name.lstrip("'")[:1] in set("=+-@\t\r") else name
