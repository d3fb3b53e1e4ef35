"""Who became an MQL when, and what sales made of it: from the history of stages alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.kit.clock import plain_utc
from revops.leads.lifecycle.stage_kind import stage_kind

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

    from revops.definitions.lifecycle import Lifecycle

MQLS = "mqls"


def find_mqls(con: duckdb.DuckDBPyConnection, lifecycle: Lifecycle, now: datetime) -> None:
    """Make the table `mqls`: one row for each time that a contact became an MQL up to `now`.

    Columns: contact_id, became_at, decided_at, is_accepted. A contact becomes an MQL when it enters
    a stage that qualifies, or a later one, from outside of these. It is accepted when it then
    enters the stage that acceptance leads to, or a later one; not accepted when it leaves without
    that (recycled, archived, back to an earlier stage). Where neither has happened, decided_at
    and is_accepted are NULL.
    Times are in UTC.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE stage_kinds (stage TEXT, kind TEXT)")
    recorded = con.execute(
        "SELECT DISTINCT new_value FROM contact_history WHERE field = 'lifecycle_stage'"
    ).fetchall()
    kinds = [[value, stage_kind(lifecycle, value)] for (value,) in recorded]
    if kinds:
        con.executemany("INSERT INTO stage_kinds VALUES (?, ?)", kinds)
    at = plain_utc(now)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {MQLS} AS {_MQLS}", {"now": at})


# From each entry on: the first stage that is not that of MQLs decides. An entry that skips it
# is accepted at once.
_MQLS = """
WITH moves AS (
    SELECT h.record_id AS contact_id, h.changed_at AS moved_at, h.seq, k.kind
    FROM contact_history h JOIN stage_kinds k ON k.stage IS NOT DISTINCT FROM h.new_value
    WHERE h.field = 'lifecycle_stage' AND h.changed_at <= $now
), placed AS (
    SELECT *,
        lag(kind, 1, 'out') OVER (PARTITION BY contact_id ORDER BY moved_at, seq) AS before,
        min({'moved_at': moved_at, 'seq': seq, 'kind': kind}) FILTER (kind <> 'mql') OVER (
            PARTITION BY contact_id ORDER BY moved_at, seq
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS decision
    FROM moves
)
SELECT contact_id, moved_at AS became_at, decision.moved_at AS decided_at,
    decision.kind = 'accepted' AS is_accepted
FROM placed WHERE kind <> 'out' AND before = 'out'
ORDER BY became_at, contact_id
"""
