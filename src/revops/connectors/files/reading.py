"""A file's rows in DuckDB, whatever it is: text, Parquet or a workbook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from revops.connectors.files.quoting import literal, quoted
from revops.connectors.files.regular import LINE_END, rewrite
from revops.connectors.files.text import (
    CELL_CHARACTERS,
    FILE_BYTES,
    TextFormat,
    checked_header,
    refuse,
    sniff,
)
from revops.connectors.files.workbook import SUFFIXES as WORKBOOKS
from revops.connectors.files.workbook import read_workbook

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

SUFFIXES = (".csv", ".tsv", ".parquet", *WORKBOOKS)
"""Files that are looked at when a folder is read."""
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Document:
    """A file whose header is known and whose rows are not read yet.

    Attributes:
        path: Where it is.
        header: The names of its columns.
        types: DuckDB's types of its columns; VARCHAR where they are text.
        form: How to read it, if it is text.
        sheet: Its rows, if it is a workbook.
    """

    path: Path
    header: tuple[str, ...]
    types: tuple[str, ...]
    form: TextFormat | None = None
    sheet: pa.Table | None = None

    @property
    def first_line(self) -> int:
        """The line of the first row of a text file."""
        skipped = self.form.skipped if self.form else 0
        return skipped + 2 + sum(name.count("\n") for name in self.header)


@dataclass(frozen=True)
class Rows:
    """A file's rows.

    Attributes:
        relation: What follows FROM; its columns are `_line`, `_fault`, `c0`, `c1`, ...
        header: The names of the columns.
        types: Their DuckDB types.
        is_quick: Whether it is read anew with each use, and without `_line`.
        is_text: Whether it comes from a text file, where an apostrophe may guard a formula sign.
    """

    relation: str
    header: tuple[str, ...]
    types: tuple[str, ...]
    is_quick: bool = False
    is_text: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """What the columns are called in `relation`."""
        return tuple(f"c{at}" for at in range(len(self.header)))


def look(con: duckdb.DuckDBPyConnection, path: Path, sheet: str | None = None) -> Document:
    """Look at a file's header.

    Raises:
        RevopsError: The file cannot be read, is empty, too large or not what its name says.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise refuse(path, "unreadable", f"cannot be read: {reason}", "see its path") from None
    if size > FILE_BYTES:
        limit = f"{FILE_BYTES // 10**9} GB"
        raise refuse(path, "too-large", f"has {size:,} bytes; the most is {limit}", "split it")
    if start == b"PAR1":
        return _look_at_parquet(con, path)
    if path.suffix.lower() in WORKBOOKS:
        header, table = read_workbook(path, sheet)
        return Document(path, header, ("VARCHAR",) * len(header), sheet=table)
    form = sniff(path)
    return Document(path, form.header, ("VARCHAR",) * len(form.header), form=form)


def _look_at_parquet(con: duckdb.DuckDBPyConnection, path: Path) -> Document:
    try:
        described = con.execute(
            f"DESCRIBE SELECT * FROM read_parquet({literal(_plain_path(path))})"
        ).fetchall()
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        raise refuse(
            path, "binary-file", f"is not Parquet that can be read ({reason})", "write it again"
        ) from None
    header = checked_header(path, [row[0] for row in described])
    return Document(path, header, tuple(str(row[1]) for row in described))


def _plain_path(path: Path) -> str:
    """The path for DuckDB, to which `*`, `?` and brackets are patterns."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))


def quick_rows(document: Document) -> Rows | None:
    """Rows that are read as they are used, for a file that can be trusted to be regular."""
    form = document.form
    if form is None or form.encoding not in {"utf-8", "utf-8-sig"}:
        return None
    cells = ", ".join(f"c{at}" for at in range(len(document.header)))
    relation = (
        f"(SELECT NULL::BIGINT AS _line, NULL::VARCHAR AS _fault, {cells}"
        f" FROM {_csv(document.path, form, len(document.header))})"
    )
    return Rows(relation, document.header, document.types, is_quick=True, is_text=True)


def _csv(path: Path, form: TextFormat, width: int) -> str:
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(width))
    quote = literal(form.quote)
    return (
        f"read_csv({literal(_plain_path(path))}, auto_detect = false, header = true,"
        f" skip = {form.skipped}, delim = {literal(form.delimiter)}, quote = {quote},"
        f" escape = {quote}, new_line = {_escaped(form.line_end)},"
        f" max_line_size = {CELL_CHARACTERS}, columns = {{{columns}}})"
    )


def _escaped(line_end: str) -> str:
    """A line's end the way DuckDB wants it told."""
    return literal(line_end.replace("\r", "\\r").replace("\n", "\\n"))


def is_regular(document: Document, rows: int, newlines_inside: int = 0) -> bool:
    """Whether each line is a row, but for newlines inside cells: then lines can be counted."""
    return _lines(document.path) == document.first_line - 1 + rows + newlines_inside


def _lines(path: Path) -> int:
    """The lines of a file up to the last that is not blank."""
    count, tail = 0, b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            count += block.count(b"\n")
            tail = (tail + block)[-_BLOCK:]
    rest = tail[len(tail.rstrip(b"\r\n")) :]
    return count - rest.count(b"\n") + 1


def load_rows(
    con: duckdb.DuckDBPyConnection, document: Document, table: str, scratch: Path
) -> Rows:
    """Read a file into a DuckDB table, each row with its line.

    Args:
        con: Where to.
        document: The file.
        table: What to call the table.
        scratch: A folder for a rewritten copy, if one is needed.

    Raises:
        RevopsError: A cell is too long, or the file's encoding is unknown.
    """
    if document.sheet is not None:
        con.register(f"{table}_sheet", document.sheet)
        con.execute(f"CREATE TABLE {table} AS SELECT * FROM {table}_sheet")
        con.unregister(f"{table}_sheet")
        return Rows(table, document.header, document.types)
    if document.form is None:
        cells = ", ".join(f"{quoted(name)} AS c{at}" for at, name in enumerate(document.header))
        relation = (
            f"(SELECT file_row_number + 1 AS _line, NULL::VARCHAR AS _fault, {cells} FROM"
            f" read_parquet({literal(_plain_path(document.path))}, file_row_number = true))"
        )
        return Rows(relation, document.header, document.types)
    if quick_rows(document) is not None and _load_regular(con, document, table):
        return Rows(table, document.header, document.types, is_text=True)
    copy = scratch / f"{table}.csv"
    rewrite(document.path, document.form, copy)
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in Rows("", document.header, ()).columns)
    con.execute(
        f"CREATE TABLE {table} AS SELECT * FROM read_csv({literal(_plain_path(copy))},"
        " auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"',"
        f" max_line_size = {64 * CELL_CHARACTERS}, new_line = {_escaped(LINE_END)},"
        f" columns = {{'_line': 'BIGINT', '_fault': 'VARCHAR', {columns}}})"
    )
    copy.unlink()
    return Rows(table, document.header, document.types, is_text=True)


def _load_regular(con: duckdb.DuckDBPyConnection, document: Document, table: str) -> bool:
    """Load a regular file; False, and nothing loaded, if it turns out not to be one."""
    form = document.form
    if form is None:
        return False
    width = len(document.header)
    cells = [f"c{at}" for at in range(width)]
    try:
        con.execute(
            f"CREATE TABLE {table}_cells AS SELECT * FROM {_csv(document.path, form, width)}"
        )
    except duckdb.Error:
        return False
    return _number_lines(con, document, table, cells)


def _number_lines(
    con: duckdb.DuckDBPyConnection, document: Document, table: str, cells: list[str]
) -> bool:
    """Give each row its line, counting the newlines inside the cells before it."""
    ((rows,),) = con.execute(f"SELECT count(*) FROM {table}_cells").fetchall()
    line = f"rowid + {document.first_line}"
    is_straight = is_regular(document, rows)
    if not is_straight:
        together = f"concat({', '.join(cells)})"
        inside = f"length({together}) - length(replace({together}, chr(10), ''))"
        ((newlines,),) = con.execute(f"SELECT sum({inside}) FROM {table}_cells").fetchall()
        if not is_regular(document, rows, int(newlines or 0)):
            con.execute(f"DROP TABLE {table}_cells")
            return False
        line += f" + coalesce(sum({inside}) OVER (ORDER BY rowid ROWS BETWEEN UNBOUNDED PRECEDING"
        line += " AND 1 PRECEDING), 0)"
    con.execute(
        f"CREATE {'VIEW' if is_straight else 'TABLE'} {table} AS SELECT ({line})::BIGINT AS _line,"
        f" NULL::VARCHAR AS _fault, {', '.join(cells)} FROM {table}_cells"
    )
    return True
