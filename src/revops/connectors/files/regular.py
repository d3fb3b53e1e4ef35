"""Files that are not quite regular, written again as regular ones.

DuckDB reads a regular UTF-8 file many times faster than this module; it is for other encodings,
blank lines, rows with too few or too many cells, mixed line ends and broken quotes.
"""

from __future__ import annotations

import csv
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from revops.connectors.files.text import CELL_CHARACTERS, TextFormat, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINE_END = "\r\n"
"""Of rewritten files; with it, cells that hold either sign are quoted."""
_PARSED_CHARACTERS = 64 * CELL_CHARACTERS
"""A cell up to here is measured, so that its column can be named."""


def rewrite(path: Path, form: TextFormat, target: Path) -> None:
    """Write a file again in UTF-8, each row with its line and, if it is not whole, its fault.

    The columns of `target` are `_line`, `_fault` and those of the file; it has no header. A row
    with too few cells is filled up; surplus cells are joined to the last one.

    Raises:
        RevopsError: A cell is too long, or the text is in no encoding known here.
    """
    encodings = [form.encoding] + (["cp1252"] if form.encoding.startswith("utf-8") else [])
    for encoding in encodings:
        try:
            _rewrite(path, form, encoding, target)
        except UnicodeDecodeError:
            continue
        return
    raise refuse(
        path,
        "unknown-encoding",
        "is not text in UTF-8, UTF-16 or Windows-1252",
        "save it as UTF-8",
    )


def _rewrite(path: Path, form: TextFormat, encoding: str, target: Path) -> None:
    width = len(form.header)
    with (
        path.open(encoding=encoding, newline="") as file,
        target.open("w", encoding="utf-8", newline="") as out,
        _field_size(_PARSED_CHARACTERS),
    ):
        for _ in range(form.skipped):
            file.readline()
        reader = csv.reader(file, delimiter=form.delimiter, quotechar=form.quote)
        writer = csv.writer(out, lineterminator=LINE_END)
        first = True
        for line, row, fault in _rows(path, form, reader):
            if first:
                first = False
            elif fault or len(row) != width:
                writer.writerow([line, *_fitted(row, fault, form)])
            else:
                writer.writerow([line, "", *row])


def _rows(path: Path, form: TextFormat, reader: Any) -> Iterator[tuple[int, list[str], str]]:
    """Each row that is not blank, with its line and what is wrong with its quotes."""
    while True:
        line = form.skipped + reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field larger" in str(error):
                raise _too_long(path, line, "") from None
            yield line, [], f"the row cannot be read: {error}"
            continue
        if row:
            longest = max(row, key=len)
            if len(longest) > CELL_CHARACTERS:
                at = row.index(longest)
                name = form.header[at] if at < len(form.header) else str(at + 1)
                raise _too_long(path, line, f" in column '{name}'")
            yield line, row, ""


def _too_long(path: Path, line: int, where: str) -> Exception:
    return refuse(
        path,
        "cell-too-long",
        f"has a cell of more than {CELL_CHARACTERS:,} characters on line {line}{where}",
        "shorten it, or close the quote that opens it",
        line,
    )


def _fitted(row: list[str], fault: str, form: TextFormat) -> list[str]:
    """The fault and exactly as many cells as the header has."""
    width = len(form.header)
    if len(row) > width:
        surplus = row[width:]
        if not any(cell.strip() for cell in surplus):
            return [fault, *row[:width]]
        fault = fault or f"the row has {len(row)} cells, the header {width}"
        return [fault, *row[: width - 1], form.delimiter.join(row[width - 1 :])]
    fault = fault or f"the row has {len(row)} of {width} cells"
    return [fault, *row, *[""] * (width - len(row))]


@contextmanager
def _field_size(characters: int) -> Iterator[None]:
    before = csv.field_size_limit(characters)
    try:
        yield
    finally:
        csv.field_size_limit(before)
