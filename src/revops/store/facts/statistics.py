"""Sizes and spans of the facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - pydantic reads it when the manifest is read
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

VIEWS = ("activities", "contacts", "changes")
"""The views that they are taken from."""


@dataclass(frozen=True)
class Statistics:
    """What helps to plan a query.

    Attributes:
        activities: How many there are.
        first_at: When the first of them occurred, in UTC without a zone; None if there are none.
        last_at: When the last occurred.
        has_recycled: Whether any contact was ever sent back to nurture.
        histories: Which fields have a history, as pairs of plural and field.
    """

    activities: int
    first_at: datetime | None
    last_at: datetime | None
    has_recycled: bool
    histories: frozenset[tuple[str, str]]


def take(con: duckdb.DuckDBPyConnection) -> Statistics:
    """Ask for them: some milliseconds, for most is told by the files' footers."""
    span = "SELECT count(*), min(occurred_at), max(occurred_at) FROM activities"
    count, first_at, last_at = con.execute(span).fetchone() or (0, None, None)
    recycled = con.execute("SELECT count(recycled_at) > 0 FROM contacts").fetchone()
    pairs = con.execute('SELECT DISTINCT "object", field FROM changes').fetchall()
    return Statistics(count, first_at, last_at, recycled == (True,), frozenset(pairs))
