-- How each contact moved through the lifecycle, as moments in strict order of time.
CREATE OR REPLACE TEMP TABLE journey AS
SELECT
    c.n, c.id, c.kind, c.created_at, c.peak, c.fit, c.intent,
    d.n AS deal, d.type, d.opened_at, i.nth = 1 AS leads, s.moment AS closed_at, s.won,
    coalesce(d.type <> 'new', FALSE) AS is_customer,
    days_between(c.created_at, d.opened_at) AS span,
    d.n IS NULL AND c.kind IN ('usual', 'personal', 'student')
        AND 0.7 * c.fit + 0.9 * c.intent + 0.5 * z(c.n, 'looks good') > 1.55 AS looks_good
FROM contact AS c
LEFT JOIN involved AS i ON i.contact = c.n
LEFT JOIN deal AS d ON d.n = i.deal
LEFT JOIN step AS s ON s.deal = d.n AND s.step = 6;

CREATE OR REPLACE TEMP TABLE qualifying AS  -- MQL and SQL times of those who got so far
WITH mql AS (
    SELECT
        *,
        CASE WHEN deal IS NULL
            THEN greatest(later(peak, 5 * u(n, 'mql')), later(created_at, 1.5))
            ELSE later(opened_at, -least(0.6 * span, 4 + 16 * u(n, 'mql'))) END AS mql_at
    FROM journey WHERE type = 'new' AND (leads OR u(n, 'too') < 0.35) OR looks_good
)
SELECT
    *,
    CASE WHEN deal IS NOT NULL
        THEN later(mql_at, (0.3 + 0.4 * u(n, 'sql')) * days_between(mql_at, opened_at))
        WHEN u(n, 'accepted') < 0.3 THEN later(mql_at, 1 + 5 * u(n, 'sql')) END AS sql_at
FROM mql;

CREATE OR REPLACE TEMP TABLE move AS
WITH moves AS (
    SELECT n, id, 'Lead' AS stage, 'filled in a form' AS reason,
        later(created_at, CASE WHEN deal IS NULL THEN 0.1 + 1.2 * u(n, 'lead')
            ELSE 0.2 * span * u(n, 'lead') + 0.01 END) AS moment
    FROM journey
    WHERE NOT is_customer AND (deal IS NOT NULL OR looks_good OR u(n, 'stays subscriber') > 0.3)
        AND kind <> 'listed'
    UNION ALL
    SELECT n, id, 'MQL', 'score over threshold', mql_at FROM qualifying
    UNION ALL
    SELECT n, id, 'SQL', 'accepted by sales', sql_at FROM qualifying WHERE sql_at IS NOT NULL
    UNION ALL
    SELECT n, id, 'Opportunity', 'opportunity opened', opened_at FROM journey WHERE type = 'new'
    UNION ALL
    SELECT n, id, 'Customer', 'deal won', closed_at FROM journey WHERE type = 'new' AND won
    UNION ALL
    SELECT n, id, 'Lead', 'recycled: deal lost', closed_at
    FROM journey WHERE type = 'new' AND NOT won
    UNION ALL
    SELECT n, id, 'Lead', 'recycled: ' || pick(n, 'rejection', getvariable('rejections')),
        CASE WHEN sql_at IS NULL THEN later(mql_at, 0.1 + 6 * u(n, 'rejected at'))
            ELSE later(sql_at, 10 + 25 * u(n, 'rejected at')) END
    FROM qualifying WHERE deal IS NULL AND u(n, 'rejected') < 0.8
)
SELECT
    *,
    coalesce(lag(stage) OVER (PARTITION BY n ORDER BY moment), 'Subscriber') AS stage_before
FROM moves WHERE moment < until();
