"""Writes the rows of a DuckDB query to an Excel workbook, a row at a time."""

from __future__ import annotations

from datetime import date, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from revops.kit.errors import RevopsError
from revops.store.forms import name as quoted

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

ROWS = 1_048_575
"""Most rows of a sheet, below its header."""
_COLUMNS = 16_384
_ROWS_AT_ONCE = 10_000
_EXACT = 2**53
_FIRST_YEAR = 1900


def write_workbook(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    """Write a workbook of one sheet: text never as a formula, times in UTC; tell the rows.

    Raises:
        RevopsError: A sheet cannot hold it (`too-large-for-excel`).
    """
    import xlsxwriter

    types = column_types(con, query)
    names = list(types)
    count = con.execute(f"SELECT count(*) FROM ({query})").fetchone()
    if count and count[0] > ROWS:
        raise _too_large(f"{count[0]:,} rows: the most is {ROWS:,}")
    if len(names) > _COLUMNS:
        raise _too_large(f"{len(names):,} columns")
    columns = ", ".join(in_utc(quoted(name), own) for name, own in types.items())
    rows = con.execute(f"SELECT {columns} FROM ({query})")
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(names):
            sheet.write_string(0, place, name)
        line = 0
        while batch := rows.fetchmany(_ROWS_AT_ONCE):
            for row in batch:
                line += 1
                for place, value in enumerate(row):
                    if value is not None and not _write_cell(sheet, line, place, value, day, time):
                        raise _too_large(f"the text in column '{names[place]}', row {line}")
    return line


def column_types(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    """The columns of a query, with their DuckDB types."""
    rows = con.execute(f"DESCRIBE {query}").fetchall()
    return {name: own for name, own, *_ in rows}


def in_utc(value: str, own: str) -> str:
    """A column as it is, but times with a zone as times in UTC without one."""
    if own == "TIMESTAMP WITH TIME ZONE":
        return f"timezone('UTC', {value})"
    return f"CAST({value} AS TIMESTAMP)" if own.startswith("TIMESTAMP_") else value


def _write_cell(
    sheet: Worksheet, row: int, place: int, value: Any, day: Format, time: Format
) -> bool:
    """Write one cell; what Excel has no cell for is written as text. False if it is too long."""
    match value:
        case bool():
            done = sheet.write_boolean(row, place, value)
        case int() | float() if isfinite(value) and abs(value) <= _EXACT:
            done = sheet.write_number(row, place, value)
        case datetime() if value.year >= _FIRST_YEAR:
            done = sheet.write_datetime(row, place, value, time)
        case date() if value.year >= _FIRST_YEAR:
            done = sheet.write_datetime(row, place, value, day)
        case _:
            done = sheet.write_string(row, place, str(value))
    return bool(done == 0)


def _too_large(what: str) -> RevopsError:
    return RevopsError(
        "too-large-for-excel", f"an Excel sheet cannot hold {what}", "export it as csv or parquet"
    )
