"""What the facts hold at all, so that a query need not reckon with what they do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

VIEWS = ("contacts", "changes")
"""The views that they are taken from."""


@dataclass(frozen=True)
class Statistics:
    """What helps to plan a query.

    Attributes:
        has_recycled: Whether any contact was ever sent back to nurture.
        histories: Which fields have a history, as pairs of plural and field.
    """

    has_recycled: bool
    histories: frozenset[tuple[str, str]]


def take(con: duckdb.DuckDBPyConnection) -> Statistics:
    """Ask for them: some milliseconds."""
    recycled = con.execute("SELECT count(recycled_at) > 0 FROM contacts").fetchone()
    pairs = con.execute('SELECT DISTINCT "object", field FROM changes').fetchall()
    return Statistics(recycled == (True,), frozenset(pairs))
