-- The opportunities as they stand at the end.
CREATE OR REPLACE TEMP TABLE out_opportunities AS
WITH reached AS (
    SELECT
        deal, max_by(stage, step) AS stage, max(step) AS step,
        CASE WHEN max(step) = 6 THEN max(moment) END AS closed_at,
        CASE WHEN max(step) = 6 THEN bool_and(won) END AS won
    FROM step WHERE moment < until() GROUP BY deal
), people AS (
    SELECT deal, string_agg(contact_code(contact), ';' ORDER BY nth) AS contact_ids
    FROM involved GROUP BY deal
)
SELECT
    d.id,
    d.account_name || ' - ' || CASE d.type WHEN 'new' THEN 'new business' ELSE d.type END AS name,
    account_code(d.account) AS account_id,
    p.contact_ids,
    user_code(d.owner) AS owner,
    CASE d.type WHEN 'new' THEN 'New business' ELSE 'Customers' END AS pipeline,
    r.stage,
    CASE WHEN r.step >= 3 THEN money(d.amount)
        ELSE gap(d.n, 'no amount', 0.06, money(d.amount)) END AS amount,
    'USD' AS currency,
    d.type,
    CASE WHEN d.amount < 8000 THEN 'Team' WHEN d.amount < 30000 THEN 'Business'
        ELSE 'Enterprise' END AS product,
    c.source,
    CASE WHEN u(d.n, 'campaign') < 0.5
        THEN campaign_code(greatest(later(d.opened_at, -20), start()),
            1 + (draw(d.n, 'which campaign') % 6)::INTEGER) END AS campaign,
    d.opened_at AS created_at,
    coalesce(r.closed_at, planned_close(d.n, d.opened_at, d.cycle_days))::DATE AS close_date,
    r.closed_at,
    r.won AS is_won,
    CASE WHEN NOT r.won THEN gap(d.n, 'no loss reason', 0.12,
        pick(d.n, 'loss reason', getvariable('loss_reasons'))) END AS loss_reason,
    CASE WHEN u(d.n, 'competitor') < 0.25
        THEN pick(d.n, 'which competitor', ['Competitor One', 'Competitor Two']) END AS competitor,
    CASE WHEN NOT r.won THEN 'omitted' WHEN r.step >= 5 THEN 'commit'
        WHEN r.step >= 3 THEN 'best_case' WHEN r.step = 2 THEN 'pipeline'
        ELSE 'upside' END AS forecast_category,
    CASE WHEN r.step < 6 AND u(d.n, 'next step') < 0.75
        THEN ['Qualify budget', 'Book demo', 'Send proposal', 'Review contract',
            'Get signature'][r.step] END AS next_step,
    gap(d.n, 'no meddpicc', 0.3,
        least(100, 12 * r.step + (draw(d.n, 'meddpicc') % 25)::BIGINT)) AS meddpicc_score
FROM deal AS d
JOIN reached AS r ON r.deal = d.n
JOIN people AS p ON p.deal = d.n
JOIN contact AS c ON c.n = d.contact;
