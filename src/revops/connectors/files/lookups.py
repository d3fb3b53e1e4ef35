"""Columns that a file takes over from other files of its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.connectors.files.columns import Cells
from revops.connectors.files.quoting import literal
from revops.connectors.files.reading import Document, Rows, load_rows
from revops.connectors.files.text import refuse
from revops.connectors.mapping import FileKind, Lookup, Many

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import duckdb

Siblings = "Callable[[tuple[str, ...]], Document | None]"


def with_lookups(
    con: duckdb.DuckDBPyConnection,
    rows: Rows,
    document: Document,
    kind: FileKind,
    sibling: Callable[[tuple[str, ...]], Document | None],
    scratch: Path,
) -> Rows:
    """The rows with the columns that other files add; a file that is not there adds nothing.

    Args:
        con: Where the rows are.
        rows: The file's rows.
        document: The file.
        kind: What its lookups are.
        sibling: Finds another file of the folder by what it may be called.
        scratch: A folder for rewritten copies.

    Raises:
        RevopsError: A file is not there without which this one cannot be understood.
    """
    for number, lookup in enumerate(kind.lookups):
        other = sibling(lookup.stems)
        if other is None:
            if lookup.needed:
                raise refuse(
                    document.path,
                    "needs-file",
                    f"cannot be read alone: {lookup.needed}",
                    f"put {lookup.stems[0]} into the same folder and import the folder",
                )
            continue
        there = load_rows(con, other, f"{kind_table(rows)}_l{number}", scratch)
        rows = _joined(con, rows, kind, lookup, there, number)
    return rows


def kind_table(rows: Rows) -> str:
    """The name from which names of further tables are made."""
    return rows.relation.split("_with")[0] if rows.relation.isidentifier() else "rows"


def _joined(
    con: duckdb.DuckDBPyConnection,
    rows: Rows,
    kind: FileKind,
    lookup: Lookup,
    there: Rows,
    number: int,
) -> Rows:
    here = Cells(rows, kind)
    other = Cells(there, FileKind("lookup"))
    on, key = here.source(lookup.on), other.source(lookup.key)
    taken = {name: text for column, name in lookup.take.items() if (text := other.source(column))}
    if not on or not key or not taken:
        return rows
    found = ", ".join(
        f"{_gathered(text, lookup.many)} AS v{at}" for at, text in enumerate(taken.values())
    )
    group = "" if lookup.many is Many.SPREAD else " GROUP BY k"
    base = len(rows.header)
    columns = ", ".join(f"v{at} AS c{base + at}" for at in range(len(taken)))
    name = f"{kind_table(rows)}_with{number}"
    con.execute(
        f"CREATE TABLE {name} AS SELECT r.*, {columns} FROM (SELECT *, {on} AS j FROM"
        f" {rows.relation}) r LEFT JOIN (SELECT {key} AS k, {found} FROM {there.relation}"
        f"{group}) o ON r.j = o.k ORDER BY r._line"
    )
    con.execute(f"ALTER TABLE {name} DROP COLUMN j")
    names = tuple(taken)
    return Rows(name, rows.header + names, rows.types + ("VARCHAR",) * len(names))


def _gathered(text: str, many: Many) -> str:
    match many:
        case Many.GATHER:
            return f"string_agg(DISTINCT {text}, {literal(';')} ORDER BY {text})"
        case Many.FIRST:
            return f"min({text})"
    return text
