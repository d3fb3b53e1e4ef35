"""The file of refused rows: what was in them, where, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.connectors.files.quoting import literal, quoted

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from revops.connectors.files.reading import Rows


def write_rejects(con: duckdb.DuckDBPyConnection, rows: Rows, rejects: str, path: Path) -> None:
    """Write the rejected rows as CSV: the file's own columns, `_line` and `_reason`.

    A row that was refused for several reasons has them all. Cells that a spreadsheet would take
    for a formula get an apostrophe before them.

    Args:
        con: Where the rows are.
        rows: The file's rows.
        rejects: The relation of `_line` and `_reason`.
        path: The file to write; its folder is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = ", ".join(
        f"{_harmless(f'CAST({cell} AS VARCHAR)')} AS {quoted(header or cell)}"
        for cell, header in zip(rows.columns, rows.header, strict=True)
    )
    con.execute(
        f"COPY (SELECT {cells}, r._line AS _line, {_harmless('r._reason')} AS _reason"
        f" FROM (SELECT _line, string_agg(DISTINCT _reason, '; ' ORDER BY _reason) AS _reason"
        f" FROM {rejects} GROUP BY _line) r JOIN {rows.relation} f ON r._line = f._line"
        f" ORDER BY r._line) TO {literal(str(path))} (HEADER, DELIMITER ',')"
    )


def _harmless(text: str) -> str:
    risky = f"regexp_matches({text}, '^[=+\\-@\\t\\r]') AND TRY_CAST({text} AS DOUBLE) IS NULL"
    return f"CASE WHEN {risky} THEN '''' || {text} ELSE {text} END"
