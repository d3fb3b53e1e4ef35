-- The accounts as a company has them: with gaps, doubles and slips of the hand.
CREATE OR REPLACE TEMP TABLE out_accounts AS
WITH won AS (
    SELECT account, sum(amount) AS arr FROM deal
    WHERE type <> 'new'
        OR n IN (SELECT deal FROM step WHERE stage = 'Closed Won' AND moment < until())
    GROUP BY account
), met AS (
    SELECT account, min(created_at) AS moment FROM contact GROUP BY account
)
SELECT
    a.id,
    sloppy(a.n, 'name slip', a.name || a.form) AS name,
    gap(a.n, 'no domain', 0.04, CASE WHEN u(a.n, 'www') < 0.02 THEN 'www.' || a.domain
        ELSE sloppy(a.n, 'domain slip', a.domain) END) AS domain,
    gap(a.n, 'no industry', 0.09, sloppy(a.n, 'industry slip', a.industry)) AS industry,
    gap(a.n, 'no employees', 0.11, a.employees) AS employees,
    gap(a.n, 'no revenue', 0.22, money(a.annual_revenue)) AS annual_revenue,
    gap(a.n, 'no country', 0.05, spelled(a.n, a.place)) AS country,
    gap(a.n, 'no state', 0.15, a.place[2]) AS state,
    gap(a.n, 'no city', 0.15, a.place[3]) AS city,
    gap(a.n, 'no tier', 0.3, CASE
        WHEN a.fit + 0.4 * z(a.n, 'tier') > 1.1 THEN 'A'
        WHEN a.fit + 0.4 * z(a.n, 'tier') > 0.3 THEN 'B'
        WHEN a.fit + 0.4 * z(a.n, 'tier') > -0.7 THEN 'C' ELSE 'D' END) AS icp_tier,
    CASE WHEN won.arr < 10000 THEN '1-10K' WHEN won.arr < 50000 THEN '10-50K'
        WHEN won.arr < 100000 THEN '50-100K' WHEN won.arr IS NOT NULL THEN '100K+' END AS arr_band,
    CASE WHEN won.arr IS NOT NULL
        THEN round(least(100, greatest(5, 70 + 18 * z(a.n, 'health')))) END AS health_score,
    gap(a.n, 'no technologies', 0.4,
        pick(a.company, 'technology', getvariable('technologies'))
        || CASE WHEN u(a.company, 'second technology') < 0.6
            THEN ';' || pick(a.company, 'other technology', getvariable('technologies'))
            ELSE '' END) AS technologies,
    gap(a.n, 'no funding', 0.5, pick(a.company, 'funding', getvariable('funding_stages')))
        AS funding_stage,
    CASE WHEN u(a.n, 'growth') < 0.12 + 0.1 * a.in_market::INTEGER
        THEN pick(a.company, 'growth signal', getvariable('growth_signals')) END AS growth_signals,
    user_code(executive(a.n)) AS owner,
    CASE WHEN a.place[4]::INTEGER < -2 THEN 'Americas' WHEN a.place[4]::INTEGER < 3 THEN 'EMEA'
        ELSE 'APAC' END AS territory,
    a.fit > 1.2 AND u(a.n, 'named') < 0.3 AS named,
    coalesce(later(met.moment, -0.01 - 2 * u(a.n, 'known before')),
        later(start(), -400 * u(a.n, 'known before'))) AS created_at
FROM account AS a
LEFT JOIN won ON won.account = a.n
LEFT JOIN met ON met.account = a.n;
