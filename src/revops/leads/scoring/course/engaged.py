"""How many contacts of each account were active of late, as it went up and down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.leads.scoring.course.pieces import query
from revops.leads.scoring.expressions import DAY
from revops.leads.scoring.steps import Role, Step

if TYPE_CHECKING:
    from revops.leads.scoring.people import Past

ENGAGED = 30 * DAY


def engaged_steps(past: Past, start: int, end: int) -> list[Step]:
    """Steps that end in `engaged_course`: account_id, at, contacts (from then on).

    Moments are in microseconds since 1970, from `start` to `end`; of all contacts there are.
    """
    has_moves = "account_id" in past.history.get("contacts", ())
    return [
        Step("staff", query(_STAFF_EVER if has_moves else _STAFF.format(end=end + 1))),
        Step("seen", query(_SEEN.format(since=start - ENGAGED, end=end))),
        Step("edge", query(_EDGE.format(length=ENGAGED))),
        Step("busy", query(_BUSY.format(length=ENGAGED))),
        Step("busy_there", query(_BUSY_THERE.format(start=start))),
        Step("turn", query(_TURN.format(end=end))),
        Step("engaged_course", query(_COURSE), Role.KEPT),
    ]


_STAFF = """
SELECT id AS contact_id, account_id, CAST(-4611686018427387904 AS BIGINT) AS since, {end} AS until
FROM contacts WHERE NOT account_id IS NULL
"""
_STAFF_EVER = """
SELECT contact_id, account_id, since,
    COALESCE(LEAD(since) OVER (PARTITION BY contact_id ORDER BY since), 4611686018427387904)
        AS until
FROM (
    SELECT c.id AS contact_id, c.account_id, CAST(-4611686018427387904 AS BIGINT) AS since
    FROM contacts AS c
    WHERE NOT c.id IN (SELECT record_id FROM contact_history WHERE field = 'account_id')
    UNION ALL
    SELECT record_id, MAX({'s': seq, 'v': new_value}).v, EPOCH_US(changed_at)
    FROM contact_history WHERE field = 'account_id' GROUP BY record_id, EPOCH_US(changed_at)
    UNION ALL
    SELECT record_id, MIN({'a': changed_at, 's': seq, 'v': old_value}).v,
        CAST(-4611686018427387904 AS BIGINT)
    FROM contact_history WHERE field = 'account_id' GROUP BY record_id
)
"""
_SEEN = """
SELECT contact_id, t, LAG(t) OVER (PARTITION BY contact_id ORDER BY t) AS prev,
    LEAD(t) OVER (PARTITION BY contact_id ORDER BY t) AS next
FROM (
    SELECT DISTINCT contact_id, EPOCH_US(occurred_at) AS t FROM activities
    WHERE COALESCE(direction, 'inbound') = 'inbound'
        AND EPOCH_US(occurred_at) > {since} AND EPOCH_US(occurred_at) <= {end}
)
"""
_EDGE = """
SELECT contact_id, t, prev IS NULL OR prev + {length} <= t AS opens,
    next IS NULL OR next >= t + {length} AS shuts
FROM seen
WHERE prev IS NULL OR prev + {length} <= t OR next IS NULL OR next >= t + {length}
"""
_BUSY = """
SELECT contact_id, since, until FROM (
    SELECT contact_id, t AS since, opens,
        CASE WHEN shuts THEN t ELSE LEAD(t) OVER (PARTITION BY contact_id ORDER BY t) END
            + {length} AS until
    FROM edge
) WHERE opens
"""
_BUSY_THERE = """
SELECT s.account_id, GREATEST(b.since, s.since, {start}) AS since,
    LEAST(b.until, s.until) AS until
FROM busy AS b JOIN staff AS s ON s.contact_id = b.contact_id
WHERE b.since < s.until AND s.since < b.until AND NOT s.account_id IS NULL
    AND LEAST(b.until, s.until) > {start}
"""
_TURN = """
SELECT account_id, at, SUM(d) AS d FROM (
    SELECT account_id, since AS at, 1 AS d FROM busy_there
    UNION ALL SELECT account_id, until, -1 FROM busy_there WHERE until <= {end}
) GROUP BY account_id, at
"""
_COURSE = """
SELECT account_id, at,
    CAST(SUM(d) OVER (PARTITION BY account_id ORDER BY at ROWS UNBOUNDED PRECEDING) AS BIGINT)
        AS contacts
FROM turn
"""
