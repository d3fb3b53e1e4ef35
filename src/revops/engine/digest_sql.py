"""The figures of digests, as statements. Each `sheet` has a row for whatever has an `owner`.

Parameters: $since and $until bound the period, $today is its last day, and $ahead the day on which
the next digest comes, all in the digest's zone.
"""

from __future__ import annotations

from revops.engine.record_sql import figured

NAMES = "CREATE TEMP TABLE person (id VARCHAR, name VARCHAR)"
LEADS = "CREATE TEMP TABLE lead (contact_id VARCHAR, score DOUBLE, band VARCHAR)"
SPELLS = """
CREATE TEMP TABLE spell (
    contact_id VARCHAR, seq BIGINT, entered_at TIMESTAMP, is_asked BOOLEAN, owner VARCHAR,
    outcome VARCHAR, reason VARCHAR
)
"""
MOST_ITEMS = 100
"""Leads or deals that a digest lists; its figures count all."""

ACTIVE = """
CREATE TEMP TABLE active AS
SELECT contact_id, max(occurred_at) AS last_at,
       string_agg(DISTINCT path, ', ' ORDER BY path) FILTER (type = 'page_view') AS pages,
       string_agg(DISTINCT about, ', ' ORDER BY about) FILTER (type = 'content_download')
           AS downloads,
       count(*) FILTER (type = 'email_open') AS emails_opened,
       count(*) FILTER (type = 'email_click') AS emails_clicked
FROM (SELECT *, coalesce(subject, path, campaign, 'without a name') AS about FROM activities)
WHERE occurred_at >= $since AND occurred_at < $until AND coalesce(direction, 'inbound') = 'inbound'
    AND type NOT IN ('email_sent', 'email_bounce', 'unsubscribe', 'spam_complaint', 'note')
    AND contact_id IS NOT NULL
GROUP BY contact_id
HAVING count(*) > 1 OR any_value(type) <> 'page_view' OR coalesce(any_value(path), '') <> '/'
"""
"""Who was active: a single visit to the homepage is not."""
LEAD_ACTIVITY = """
CREATE TEMP TABLE sheet AS
SELECT active.*, lead.score, who.owner, who.lifecycle_stage AS stage, accounts.name AS account,
       coalesce(nullif(concat_ws(' ', who.first_name, who.last_name), ''), who.email, who.id)
           AS name, who.email
FROM active JOIN lead USING (contact_id) JOIN contacts AS who ON who.id = active.contact_id
LEFT JOIN accounts ON accounts.id = who.account_id
"""
ACTIVE_LEADS = """
SELECT name, account, stage, score, pages, downloads, emails_opened, emails_clicked, last_at,
       contact_id, email, count(*) OVER () AS count
FROM sheet WHERE {scope} ORDER BY score DESC NULLS LAST, last_at DESC, contact_id
"""

PIPELINE = f"""
CREATE TEMP TABLE sheet AS
SELECT deal.id, deal.name, deal.owner, deal.stage, deal.amount, deal.close_date, deal.is_won,
       accounts.name AS account, coalesce(nullif(person.name, ''), deal.owner) AS who,
       deal.closed_at IS NULL AND deal.is_won IS NULL AS is_open,
       deal.closed_at >= $since AND deal.closed_at < $until AS is_closed_now,
       deal.created_at >= $since AND deal.created_at < $until AS is_new,
       deal.close_date >= $today AND deal.close_date < $ahead AS is_closing,
       CASE WHEN coalesce(deal.currency, $base) = $base THEN deal.amount END AS worth,
       CASE coalesce(deal.forecast_category, 'pipeline')
           WHEN 'commit' THEN 0.9 WHEN 'best_case' THEN 0.6 WHEN 'pipeline' THEN 0.2 ELSE 0
       END AS chance,
       deal.days_in_stage > CASE deal.stage
           WHEN 'Discovery' THEN 14 WHEN 'Proposal' THEN 10 WHEN 'Negotiation' THEN 21
           ELSE 2 * deal.stage_average_days
       END AS is_stale
FROM ({figured("opportunity")}) AS deal
LEFT JOIN accounts ON accounts.id = deal.account_id
LEFT JOIN person ON person.id = deal.owner
"""
"""How sure a deal is, is the least that its forecast category says; how long it may stay in a
stage, is what the shipped recipe for stale deals says."""
PIPELINE_TOTALS = """
SELECT coalesce(sum(worth) FILTER (is_open), 0) AS total_value,
       coalesce(sum(worth * chance) FILTER (is_open), 0) AS weighted_value,
       count(*) FILTER (is_open) AS open_deals,
       count(*) FILTER (is_new) AS new_deals,
       coalesce(sum(worth) FILTER (is_new), 0) AS new_value,
       count(*) FILTER (is_open AND is_stale) AS stale_deals,
       coalesce(sum(worth) FILTER (is_open AND is_stale), 0) AS stale_value,
       count(*) FILTER (is_closed_now AND is_won) AS won_deals,
       coalesce(sum(worth) FILTER (is_closed_now AND is_won), 0) AS won_value,
       count(*) FILTER (is_closed_now AND NOT coalesce(is_won, false)) AS lost_deals,
       count(*) FILTER (is_open AND is_closing) AS closing_deals,
       coalesce(sum(worth) FILTER (is_open AND is_closing), 0) AS closing_value
FROM sheet WHERE {scope}
"""
CLOSING = """
SELECT name, account, who AS owner, stage, amount, close_date, id
FROM sheet WHERE is_open AND is_closing AND {scope} ORDER BY close_date, amount DESC NULLS LAST, id
"""

MQLS = """
CREATE TEMP TABLE sheet AS
WITH stays AS (
    SELECT *, count(*) FILTER (NOT is_asked) OVER (
        PARTITION BY contact_id ORDER BY entered_at, seq
    ) AS turn
    FROM spell
), mqls AS (
    SELECT contact_id, min(entered_at) AS entered_at, last(owner ORDER BY entered_at, seq) AS owner,
           last(outcome ORDER BY entered_at, seq) AS outcome,
           last(reason ORDER BY entered_at, seq) AS reason
    FROM stays WHERE is_asked GROUP BY contact_id, turn
    HAVING min(entered_at) >= $since AND min(entered_at) < $until
)
SELECT coalesce(mqls.owner, who.owner) AS owner, mqls.reason,
       coalesce(who.source, 'unknown') AS source, coalesce(lead.band, 'none') AS band,
       coalesce(accounts.icp_tier, 'none') AS tier,
       coalesce(mqls.outcome IN ('accepted', 'advanced'), false) AS is_accepted,
       coalesce(mqls.outcome = 'rejected', false) AS is_rejected
FROM mqls JOIN lead USING (contact_id) JOIN contacts AS who ON who.id = mqls.contact_id
LEFT JOIN accounts ON accounts.id = who.account_id
"""
"""Stays in stages where sales is asked that follow each other, such as PQL and MQL, are one MQL."""
_MQL_FIGURES = """
count(*) FILTER (is_accepted) AS accepted, count(*) FILTER (is_rejected) AS rejected,
round(100 * accepted / nullif(accepted + rejected, 0)) AS acceptance_percent
"""
MQL_TOTALS = f"""
SELECT count(*) AS count, {_MQL_FIGURES},
       count(*) FILTER (NOT is_accepted AND NOT is_rejected) AS undecided
FROM sheet WHERE {{scope}}
"""
MQL_ROWS = f"""
SELECT "by", name, count(*) AS mqls, {_MQL_FIGURES}
FROM (
    SELECT *, unnest(['source', 'score band', 'ICP tier', 'reason of rejection']) AS "by",
           unnest([source, band, tier, reason]) AS name, unnest([1, 2, 3, 4]) AS place
    FROM sheet WHERE {{scope}}
)
WHERE name IS NOT NULL GROUP BY "by", name, place ORDER BY place, mqls DESC, name
"""
