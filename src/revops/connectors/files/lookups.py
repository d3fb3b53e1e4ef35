"""Columns that a file takes over from other files of its folder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from revops.connectors.files.columns import Cells
from revops.connectors.files.quoting import literal
from revops.connectors.files.reading import Document, Rows, load_rows
from revops.connectors.files.shaping import long_id, renamed
from revops.connectors.files.text import refuse
from revops.connectors.mapping import FileKind, Lookup, Many, Vendor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import duckdb


def with_lookups(
    con: duckdb.DuckDBPyConnection,
    rows: Rows,
    document: Document,
    kind: FileKind,
    vendor: Vendor,
    sibling: Callable[[tuple[str, ...]], Document | None],
    scratch: Path,
) -> Rows:
    """The rows with the columns that other files add; a file that is not there adds nothing.

    Args:
        con: Where the rows are.
        rows: The file's rows.
        document: The file.
        kind: What its lookups are.
        vendor: Where it comes from.
        sibling: Finds another file of the folder by what it may be called.
        scratch: A folder for rewritten copies.

    Raises:
        RevopsError: A file is not there without which this one cannot be understood.
    """
    for number, lookup in enumerate(kind.lookups):
        other = sibling(lookup.stems)
        if other is not None:
            there = load_rows(con, other, f"lookup{number}", scratch)
            rows = _joined(con, rows, there, kind, vendor, lookup, f"joined{number}")
        elif lookup.needed:
            raise refuse(
                document.path,
                "needs-file",
                f"cannot be read alone: {lookup.needed}",
                f"put {lookup.stems[0]} into the same folder and import the folder",
            )
    return rows


def _joined(
    con: duckdb.DuckDBPyConnection,
    rows: Rows,
    there: Rows,
    kind: FileKind,
    vendor: Vendor,
    lookup: Lookup,
    name: str,
) -> Rows:
    here, other = Cells(rows, kind), Cells(there, FileKind("lookup", blank=kind.blank))
    on, key = here.text(lookup.on), other.source(lookup.key)
    taken = {name: text for column, name in lookup.take.items() if (text := other.source(column))}
    if not on or not key or not taken:
        return rows
    on = renamed(on, lookup.values)
    base = len(rows.header)
    found = ", ".join(
        f"{_gathered(text, lookup.many)} AS c{base + at}" for at, text in enumerate(taken.values())
    )
    group = "" if lookup.many is Many.SPREAD else " GROUP BY k"
    con.execute(
        f"CREATE TABLE {name} AS SELECT r.* EXCLUDE (j), o.* EXCLUDE (k)"
        f" FROM (SELECT *, {_key(on, vendor, lookup)} AS j FROM {rows.relation}) r LEFT JOIN"
        f" (SELECT {_key(key, vendor, lookup)} AS k, {found} FROM {other.relation}{group}) o"
        " ON r.j = o.k ORDER BY r._line"
    )
    return replace(
        rows,
        relation=name,
        header=rows.header + tuple(taken),
        types=rows.types + ("VARCHAR",) * len(taken),
        is_quick=False,
    )


def _key(text: str, vendor: Vendor, lookup: Lookup) -> str:
    if vendor.long_ids:
        return long_id(text)
    return f"lower({text})" if lookup.ignores_case else text


def _gathered(text: str, many: Many) -> str:
    match many:
        case Many.GATHER:
            return f"string_agg(DISTINCT {text}, {literal(';')} ORDER BY {text})"
        case Many.FIRST:
            return f"min({text})"
    return text
