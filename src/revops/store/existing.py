"""Fetches into DuckDB what the store has of the records that a batch speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from revops.store.bulk import Bulk

_ASIDE = "revops_ids"
_FEW = 4  # below a quarter of the table, looking records up by id beats reading all


def fetch_existing(
    bulk: Bulk, table: sa.Table, ids: str, columns: Sequence[str], into: str
) -> None:
    """Fetch `seq, id, origin` and these columns of the records with these ids (maybe of more).

    Args:
        bulk: The transaction.
        table: The table of the store.
        ids: A DuckDB query that finds the ids, each once, in a column `id`.
        columns: Further columns wanted.
        into: The DuckDB table to make.
    """
    wanted = ("seq", "id", "origin", *columns)
    rows = sa.select(*(table.columns[each] for each in wanted))
    size = bulk.size(table)
    if size and count(bulk, ids) * _FEW < size:
        rows = rows.where(table.columns["id"].in_(set_aside(bulk, ids)))
    bulk.fetch(into, rows)


def set_aside(bulk: Bulk, ids: str) -> sa.Select[Any]:
    """Put ids into a temporary table of the store; return the query that finds them there.

    Setting others aside replaces them.
    """
    bulk.send_aside(_ASIDE, ids)
    return sa.select(sa.table(_ASIDE, sa.column("id")).columns["id"])


def count(bulk: Bulk, query: str) -> int:
    """How many rows a DuckDB query finds."""
    ((rows,),) = bulk.con.execute(f"SELECT count(*) FROM ({query})").fetchall()
    return int(rows)
