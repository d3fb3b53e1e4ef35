"""Whom a prediction is learned from, and whom it is made for: the table `examples`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.kit.clock import plain_utc
from revops.leads.outcomes import OUTCOMES
from revops.leads.subject import Subject

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

EXAMPLES = "examples"


def learn_from(con: duckdb.DuckDBPyConnection, subject: Subject, now: datetime) -> None:
    """Make `examples` of those of which it is known what became.

    Columns: nr (from 0, by instant and id), id, as_of (what was known then counts), decided_at,
    is_won, is_dated (whether the instant is known; else it is `now`).

    Args:
        con: A connection to facts, for contacts with the table `outcomes`.
        subject: What they are.
        now: What was decided later is not known.
    """
    _make(con, _DECIDED[subject], now)


def predict_for(con: duckdb.DuckDBPyConnection, subject: Subject, at: datetime) -> None:
    """Make `examples` of those that are open at an instant; is_won is NULL.

    Args:
        con: A connection to facts, for contacts with the table `outcomes`.
        subject: What they are.
        at: What was known then counts.
    """
    _make(con, _OPEN[subject], at)


def _make(con: duckdb.DuckDBPyConnection, query: str, moment: datetime) -> None:
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {EXAMPLES} AS"
        f" SELECT row_number() OVER (ORDER BY as_of, id) - 1 AS nr, * FROM ({query})",
        {"now": plain_utc(moment)},
    )


_DECIDED = {
    Subject.CONTACTS: f"""
SELECT contact_id AS id, coalesce(judged_at, $now) AS as_of, decided_at, outcome = 'won' AS is_won,
    judged_at IS NOT NULL AS is_dated
FROM {OUTCOMES} WHERE existed
""",
    Subject.OPPORTUNITIES: """
SELECT id, coalesce(created_at, $now) AS as_of, coalesce(closed_at, close_date) AS decided_at,
    is_won, created_at IS NOT NULL AS is_dated
FROM opportunities
WHERE is_won IS NOT NULL AND coalesce(created_at <= $now, true)
    AND coalesce(coalesce(closed_at, close_date) <= $now, true)
""",
}
_OPEN = {
    Subject.CONTACTS: f"""
SELECT id, $now AS as_of, CAST(NULL AS TIMESTAMP) AS decided_at,
    CAST(NULL AS BOOLEAN) AS is_won, true AS is_dated
FROM contacts
WHERE id NOT IN (SELECT contact_id FROM {OUTCOMES}) AND coalesce(created_at <= $now, true)
""",
    Subject.OPPORTUNITIES: """
SELECT id, $now AS as_of, CAST(NULL AS TIMESTAMP) AS decided_at,
    CAST(NULL AS BOOLEAN) AS is_won, true AS is_dated
FROM opportunities
WHERE coalesce(created_at <= $now, true)
    AND (is_won IS NULL OR coalesce(closed_at, close_date) > $now)
""",
}
