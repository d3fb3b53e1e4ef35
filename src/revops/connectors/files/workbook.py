"""Excel and OpenDocument workbooks, one sheet of them, as rows of text."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, WorksheetNotFound

from revops.connectors.files.text import CELL_CHARACTERS, checked_header, refuse
from revops.kit.issue import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
_BYTES = 300_000_000


def read_workbook(path: Path, sheet: str | None) -> tuple[tuple[str, ...], pa.Table]:
    """The header and the rows of the first, or the named, sheet.

    Returns:
        The names of the columns, and a table of text: `_line` (the row in the sheet), `_fault`,
        `c0`, `c1`, ... Times are ISO 8601, whole numbers have no decimals.

    Raises:
        RevopsError: The workbook cannot be read, is empty or has no such sheet.
    """
    if path.stat().st_size > _BYTES:
        raise refuse(path, "too-large", "is larger than 300 MB", "save the sheet as CSV")
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        name = sheet or workbook.sheet_names[0]
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except WorksheetNotFound:
        names = workbook.sheet_names
        mend = did_you_mean(name, names) or f"its sheets are {', '.join(names)}"
        raise refuse(path, "no-sheet", f"has no sheet '{name}'", mend) from None
    except (CalamineError, IndexError, OSError) as error:
        raise refuse(
            path, "binary-file", f"is not a workbook that can be read ({error})", "save it again"
        ) from None
    start = next((at for at, row in enumerate(rows) if any(cell != "" for cell in row)), None)
    if start is None:
        raise refuse(path, "empty-file", "is empty", "export it again")
    header = [_text(cell) or "" for cell in rows[start]]
    while header and not header[-1]:
        header.pop()
    names_of_columns = checked_header(path, header)
    width = len(header)
    columns: list[list[str | None]] = [[] for _ in range(width)]
    lines: list[int] = []
    for line, row in enumerate(rows[start + 1 :], start + 2):
        cells = [_text(cell) for cell in row[:width]]
        if any(cells):
            lines.append(line)
            for column, cell in zip(columns, cells, strict=False):
                if cell and len(cell) > CELL_CHARACTERS:
                    raise refuse(
                        path,
                        "cell-too-long",
                        f"has too long a cell in row {line}",
                        "shorten it",
                        line,
                    )
                column.append(cell)
    arrays = [pa.array(lines, pa.int64()), pa.nulls(len(lines), pa.string())]
    arrays += [pa.array(column, pa.string()) for column in columns]
    return names_of_columns, pa.table(
        arrays, names=["_line", "_fault", *(f"c{at}" for at in range(width))]
    )


def _text(cell: object) -> str | None:
    if cell == "" or cell is None:
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, (dt.datetime, dt.date, dt.time)):
        return cell.isoformat()
    return str(cell)
