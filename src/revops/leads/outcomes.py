"""What became of leads: won, lost or disqualified, when, and as of when to ask for their scores.

A lead is won if a deal for new business that it is on was won; lost if its deals have closed and
none was won; disqualified if it is on none and was sent back from a stage in which sales works
it. A deal that names nobody counts for the contacts of its account. Of all others nothing is
known. Where there are no deals at all, a field of the contact can say it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from revops.kit.clock import plain_utc
from revops.store.forms import name as quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import duckdb

    from revops.definitions.lifecycle import Lifecycle

OUTCOMES = "outcomes"
WON, LOST, DISQUALIFIED = "won", "lost", "disqualified"
THE_DAY_BEFORE = timedelta(days=1)
"""How long before its first deal a lead is judged, unless asked otherwise."""
FIELDS = ("converted", "is_converted", "won", "is_won")
"""Custom fields of contacts that are known to say what became of a lead."""
_YES = ("1", "1.0", "true", "yes", "y", "won", "closed won", "converted", "customer")
_REFUSED = ("disqualified", "unqualified", "rejected", "junk")
_WORKED = ("mql", "pql", "sal", "sql")
_SENT_BACK = ("subscriber", "lead", "recycled", "nurture", "archived")


def find_outcomes(
    con: duckdb.DuckDBPyConnection,
    lifecycle: Lifecycle,
    *,
    known_by: datetime,
    before: timedelta = THE_DAY_BEFORE,
    field: str | None = None,
) -> None:
    """Make the table `outcomes`: one row a lead of which it is known what became.

    Columns: contact_id, outcome (won, lost, disqualified), decided_at, judged_at, opened_at,
    opportunity_id and amount (of the deal won, or of the first), existed (whether the contact
    was there when it is judged). Times are in UTC. judged_at is `before` the first deal began,
    or the lead was sent back; where that has no date, and with `field`, it is NULL.

    Args:
        con: A connection to facts, not to copies of them.
        lifecycle: Tells in which stages sales works a lead, and which are before them.
        known_by: What was decided later is not known.
        before: How long before the deal began.
        field: A field of contacts that says it instead: yes or won, disqualified, anything else.
    """
    values: dict[str, Any]
    if field is not None:
        values = {"yes": list(_YES), "refused": list(_REFUSED)}
        query = _BY_FIELD.format(value=f"lower(trim(CAST({quoted(field)} AS VARCHAR)))")
    else:
        known = plain_utc(known_by)
        values = {"known_by": known, "before": before, **_stages(lifecycle)}
        query = _BY_DEALS
    con.execute(f"CREATE OR REPLACE TEMP TABLE {OUTCOMES} AS {query}", values)


def outcome_field(custom_fields: Iterable[str]) -> str | None:
    """The custom field of contacts that is known to say what became of them, if there is one."""
    by_name = {each.casefold(): each for each in custom_fields}
    return next((by_name[name] for name in FIELDS if name in by_name), None)


def _stages(lifecycle: Lifecycle) -> Mapping[str, list[str]]:
    """Where sales works a lead, where it is sent back to, and where it is refused for good."""
    ways = {name.casefold(): place for place in lifecycle.places for name in (place,)}
    ways |= {stage.label.casefold(): stage.name for stage in lifecycle.stages if stage.label}
    worked = {stage.name for stage in lifecycle.stages if stage.qualifies}
    ahead = {stage.name for stage in lifecycle.stages[lifecycle.floor :]}
    return {
        "worked": [name for name, place in ways.items() if place in worked] or list(_WORKED),
        "sent_back": [
            *(name for name, place in ways.items() if worked and place not in ahead),
            *(() if worked else _SENT_BACK),
            *_REFUSED,
        ],
        "refused": list(_REFUSED),
    }


_BY_FIELD = f"""
SELECT id AS contact_id,
    CASE WHEN list_contains($yes, {{value}}) THEN '{WON}'
        WHEN list_contains($refused, {{value}}) THEN '{DISQUALIFIED}' ELSE '{LOST}' END AS outcome,
    CAST(NULL AS TIMESTAMP) AS decided_at, CAST(NULL AS TIMESTAMP) AS judged_at,
    CAST(NULL AS TIMESTAMP) AS opened_at, CAST(NULL AS VARCHAR) AS opportunity_id,
    CAST(NULL AS DOUBLE) AS amount, true AS existed
FROM contacts WHERE {{value}} IS NOT NULL
"""
_BY_DEALS = f"""
WITH deal AS (
    SELECT id, account_id, created_at, amount,
        list_filter(string_split(coalesce(contact_ids, ''), ';'), lambda x: trim(x) <> '')
            AS people,
        coalesce(closed_at, close_date) AS ended_at,
        CASE WHEN coalesce(ended_at <= $known_by, true) THEN is_won END AS is_won
    FROM opportunities
    WHERE coalesce(lower(type), 'new') NOT IN ('expansion', 'renewal')
        AND (created_at IS NULL OR created_at <= $known_by)
), involved AS (
    SELECT trim(unnest(people)) AS contact_id, * EXCLUDE (people) FROM deal
    UNION ALL
    SELECT c.id, d.* EXCLUDE (people)
    FROM deal AS d JOIN contacts AS c ON c.account_id = d.account_id
    WHERE len(d.people) = 0
), by_lead AS (
    SELECT contact_id,
        CASE WHEN bool_or(is_won) THEN '{WON}'
            WHEN count(*) = count(is_won) THEN '{LOST}' END AS outcome,
        CASE WHEN bool_or(is_won) THEN min(ended_at) FILTER (is_won) ELSE max(ended_at) END
            AS decided_at,
        min(created_at) AS opened_at,
        arg_min({{'id': id, 'amount': amount}}, (NOT coalesce(is_won, false), created_at, id)) AS of
    FROM involved GROUP BY contact_id
), change AS (
    SELECT record_id AS contact_id, changed_at,
        lower(trim(old_value)) AS stage_before, lower(trim(new_value)) AS stage
    FROM contact_history WHERE field = 'lifecycle_stage' AND changed_at <= $known_by
), sent_back AS (
    SELECT contact_id, min(changed_at) AS decided_at FROM (
        SELECT contact_id, changed_at FROM change
        WHERE (list_contains($worked, stage_before) AND list_contains($sent_back, stage))
            OR list_contains($refused, stage)
        UNION ALL
        SELECT id, recycled_at FROM contacts WHERE recycled_at <= $known_by
        UNION ALL
        SELECT id, NULL FROM contacts WHERE list_contains($refused, lower(trim(lifecycle_stage)))
    ) GROUP BY contact_id
), every AS (
    SELECT contact_id, outcome, decided_at, opened_at - $before AS judged_at, opened_at,
        of.id AS opportunity_id, of.amount AS amount
    FROM by_lead WHERE outcome IS NOT NULL
    UNION ALL
    SELECT contact_id, '{DISQUALIFIED}', decided_at, decided_at - $before, NULL, NULL, NULL
    FROM sent_back WHERE contact_id NOT IN (SELECT contact_id FROM by_lead)
)
SELECT e.*, coalesce(c.created_at <= e.judged_at, true) AS existed
FROM every AS e JOIN contacts AS c ON c.id = e.contact_id
"""
