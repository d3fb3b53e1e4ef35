"""The statements about records: as they were at a moment, their figures, and whose they are.

Each works on `asked` ("#", id, moment, seq, today): which records, and when; `today` is the day in
the workspace's zone. The tables `record` and `figured` have "#" and the fields of the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.definitions.record_figures import RECORD_FIGURES
from revops.definitions.triggers import PLURAL
from revops.records import RECORDS
from revops.store.facts.shape import from_text
from revops.store.forms import name as quoted
from revops.store.forms import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from revops.records import FieldType

ASKED = """
CREATE TEMP TABLE asked ("#" BIGINT, id VARCHAR, moment TIMESTAMP, seq BIGINT, today DATE)
"""
FILL = "INSERT INTO asked SELECT unnest($1), unnest($2), unnest($3), unnest($4), unnest($5)"
_CURRENT = {
    "usage_record": """
period_start <= $today AND $today - period_end < period_end - period_start AND NOT EXISTS (
    FROM usage AS next WHERE next.account_id = record.account_id AND next.metric = record.metric
        AND next.period_start >= record.period_end AND next.period_end <= $today
)
"""
}
"""Which records a schedule looks at, where it is not all: of usage the period that runs, and the
last that ended, unless that is longer ago than it lasted."""

_OPPORTUNITY = """
WITH moved AS (
    SELECT record_id, old_value AS stage, changed_at, seq,
           lag(changed_at) OVER (PARTITION BY record_id ORDER BY changed_at, seq) AS entered_at
    FROM opportunity_history WHERE field = 'stage'
), stay AS (
    SELECT coalesce(deal.pipeline, '') AS pipeline, moved.stage, moved.changed_at AS left_at,
           coalesce(moved.entered_at, deal.created_at) AS entered_at
    FROM moved JOIN opportunities AS deal ON deal.id = moved.record_id
), average AS (
    SELECT pipeline, stage, left_at,
           avg(greatest(epoch_us(left_at) - epoch_us(entered_at), 0) / 86_400_000_000)
               OVER (PARTITION BY pipeline, stage ORDER BY left_at) AS days
    FROM stay WHERE stage IS NOT NULL AND entered_at IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY pipeline, stage, left_at) = 1
), entered AS (
    SELECT asked."#", max(moved.changed_at) AS entered_at
    FROM asked JOIN moved ON moved.record_id = asked.id
    WHERE moved.changed_at < asked.moment
        OR (moved.changed_at = asked.moment AND moved.seq <= coalesce(asked.seq, moved.seq))
    GROUP BY asked."#"
), staying AS (
    SELECT "#", asked.moment, record.stage, coalesce(record.pipeline, '') AS pipeline,
           date_sub('day', coalesce(entered.entered_at, record.created_at), asked.moment) AS days
    FROM asked JOIN record USING ("#") LEFT JOIN entered USING ("#")
)
SELECT "#", staying.days AS days_in_stage, average.days AS stage_average_days
FROM staying ASOF LEFT JOIN average
    ON average.pipeline = staying.pipeline AND average.stage = staying.stage
        AND average.left_at <= staying.moment
"""
_RENEWAL = """
WITH answer AS (
    SELECT coalesce(survey.account_id, contacts.account_id) AS account_id, survey.answered_at,
           arg_max(survey.score, survey.id) AS score
    FROM surveys AS survey LEFT JOIN contacts ON contacts.id = survey.contact_id
    WHERE survey.type = 'nps' GROUP BY ALL
), mine AS (
    SELECT "#", asked.moment, record.renews_on - asked.today AS days_left,
           coalesce(record.account_id, subscriptions.account_id) AS account_id,
           subscriptions.opportunity_id
    FROM asked JOIN record USING ("#")
    LEFT JOIN subscriptions ON subscriptions.id = record.subscription_id
)
SELECT "#", mine.days_left, answer.score AS last_nps, mine.opportunity_id
FROM mine ASOF LEFT JOIN answer
    ON answer.account_id = mine.account_id AND answer.answered_at <= mine.moment
"""
_USAGE = """
WITH whole AS (
    SELECT account_id, metric, period_start, period_end, sum(quantity) AS quantity
    FROM usage GROUP BY ALL
), pair AS (
    SELECT record."#", now.quantity, arg_min(before.quantity, abs(
        (before.period_end - before.period_start) - (now.period_end - now.period_start)
    )) AS before
    FROM record JOIN whole AS now USING (account_id, metric, period_start, period_end)
    JOIN whole AS before ON before.account_id = now.account_id AND before.metric = now.metric
        AND before.period_end = now.period_start
    GROUP BY ALL
)
SELECT "#", 100 * quantity / nullif(before, 0) - 100 AS growth_percent FROM pair
"""
_SUBSCRIPTION = """
WITH rise AS (
    SELECT asked."#", max(change.changed_at) AS rose_at
    FROM asked JOIN subscription_history AS change ON change.record_id = asked.id
    WHERE change.field = 'monthly_price' AND change.changed_at <= asked.moment
        AND TRY_CAST(change.new_value AS DOUBLE) > TRY_CAST(change.old_value AS DOUBLE)
    GROUP BY asked."#"
)
SELECT "#", coalesce(
    date_sub('day', rise.rose_at, asked.moment), asked.today - record.started_on
) AS days_at_price
FROM asked JOIN record USING ("#") LEFT JOIN rise USING ("#")
"""
_TASK = """
SELECT "#", (epoch_us(asked.moment) - epoch_us(record.due_at)) / 3_600_000_000 AS hours_overdue
FROM asked JOIN record USING ("#")
WHERE record.due_at < asked.moment AND record.done_at IS NULL
    AND coalesce(record.status, 'open') = 'open'
"""
_FIGURES = {
    "opportunity": _OPPORTUNITY,
    "renewal": _RENEWAL,
    "usage_record": _USAGE,
    "subscription": _SUBSCRIPTION,
    "task": _TASK,
}
_PLACING = """
WITH named AS (
    SELECT id, unnest(string_split(contact_ids, ';')) AS person,
           generate_subscripts(string_split(contact_ids, ';'), 1) AS place
    FROM opportunities
), deal AS (
    SELECT named.id, arg_min(contacts.id, named.place) AS contact_id
    FROM named JOIN contacts ON contacts.id = trim(named.person) GROUP BY named.id
), last AS (
    SELECT sale.account_id, arg_max(
        deal.contact_id, (coalesce(sale.created_at, TIMESTAMP '0001-01-01'), sale.id)
    ) AS contact_id
    FROM opportunities AS sale JOIN deal ON deal.id = sale.id GROUP BY sale.account_id
), oldest AS (
    SELECT account_id,
           arg_min(id, (coalesce(created_at, TIMESTAMP '9999-12-31'), id)) AS contact_id
    FROM contacts GROUP BY account_id
), placed AS (
    SELECT record.id, record.owner,
           coalesce(own.id, deal.contact_id, last.contact_id, oldest.contact_id) AS contact_id
    FROM (SELECT {columns} FROM asked JOIN {records} AS record USING (id)) AS record
    LEFT JOIN subscriptions ON subscriptions.id = record.subscription_id
    LEFT JOIN contacts AS own ON own.id = record.contact_id
    LEFT JOIN deal ON deal.id = record.deal_id
    LEFT JOIN last ON last.account_id = coalesce(record.account_id, subscriptions.account_id)
    LEFT JOIN oldest ON oldest.account_id = coalesce(record.account_id, subscriptions.account_id)
)
SELECT DISTINCT placed.id, placed.contact_id, coalesce(placed.owner, contacts.owner)
FROM placed JOIN contacts ON contacts.id = placed.contact_id ORDER BY placed.id
"""
_DEAL = {"opportunity": "id", "task": "opportunity_id"}


def placing(kind: str) -> str:
    """The query for the id, contact and owner of each asked record that stands with a contact.

    The contact that it names, of a deal or the deal of a task the first that is known; else that
    of the account's last deal with one; else the account's oldest.
    """
    fields = RECORDS[PLURAL[kind]].field_by_name

    def field(name: str) -> str:
        return f"record.{name}" if name in fields else f"CAST(NULL AS VARCHAR) AS {name}"

    names = ("owner", "contact_id", "account_id", "subscription_id")
    deal = f"record.{_DEAL[kind]} AS deal_id" if kind in _DEAL else field("deal_id")
    columns = ", ".join(["record.id", *map(field, names), deal])
    return _PLACING.format(columns=columns, records=quoted(PLURAL[kind]))


def every(kind: str) -> str:
    """The statement that asks for all records that a schedule looks at, $today, at $moment."""
    return (
        "INSERT INTO asked SELECT row_number() OVER (), id, $moment, NULL, $today"
        f" FROM {quoted(PLURAL[kind])} AS record WHERE {_CURRENT.get(kind, '$today IS NOT NULL')}"
    )


def record(kind: str, columns: Mapping[str, FieldType], changed: frozenset[str]) -> str:
    """The query for the asked records: "#" and their fields, as after the change that is asked for.

    Args:
        kind: Of record.
        columns: Its fields and what they hold.
        changed: Those of them that have a history.
    """
    figures = {each.name for each in RECORD_FIGURES.get(kind, ())}
    known = {name: each for name, each in columns.items() if name not in figures}
    past = [name for name in known if name in changed]
    values = ", ".join(_value(name, each, name in past) for name, each in known.items())
    records = quoted(PLURAL[kind])
    query = f'SELECT asked."#", {values} FROM asked JOIN {records} AS record USING (id)'
    return f'{query} LEFT JOIN ({_past(kind, past)}) AS past USING ("#")' if past else query


def _value(name: str, kind: FieldType, is_changed: bool) -> str:
    now, past = quoted(name, "record"), quoted(name, "past")
    if not is_changed:
        return now
    then = from_text(f"{past}.value", kind)
    return f"CASE WHEN {past} IS NULL THEN {now} ELSE {then} END AS {quoted(name)}"


def _past(kind: str, fields: list[str]) -> str:
    """Of each asked record and field the value then; within a struct, so that NULL is one too."""
    at, then = "(changed_at, change.seq)", "(moment, asked.seq)"
    values = ", ".join(
        f"coalesce(arg_max({{'value': new_value}}, {at})"
        f" FILTER (field = {text(each)} AND {at} <= {then}),"
        f" arg_min({{'value': old_value}}, {at}) FILTER (field = {text(each)} AND {at} > {then}))"
        f" AS {quoted(each)}"
        for each in fields
    )
    history = quoted(RECORDS[PLURAL[kind]].history_name)
    return (
        f'SELECT "#", {values} FROM asked JOIN {history} AS change ON change.record_id = asked.id'
        f' WHERE asked.seq IS NOT NULL GROUP BY "#"'
    )


def figured(kind: str) -> str:
    """The query for the fields of `record` with the figures beside them."""
    query = "SELECT * FROM record"
    if kind not in _FIGURES:
        return query
    return f'{query} LEFT JOIN ({_FIGURES[kind]}) AS figures USING ("#")'
