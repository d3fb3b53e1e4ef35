-- Who works here and what is spent: teams, users, campaigns, spend.
CREATE OR REPLACE TEMP TABLE out_teams AS
SELECT
    code('t', n, 2) AS id,
    name,
    user_code(n) AS manager_id,
    CASE WHEN n > 1 THEN 't01' END AS parent_id,
    'Worldwide' AS region
FROM (VALUES (1, 'Revenue'), (2, 'Sales Development'), (3, 'Sales'), (4, 'Customer Success'))
    AS t(n, name);

CREATE OR REPLACE TEMP TABLE out_users AS
WITH staff AS (
    SELECT
        n,
        -- Numbers 1 to 4 lead the teams of the same numbers.
        CASE WHEN n <= 4 THEN n WHEN n < getvariable('first_ae') THEN 2
            WHEN n < getvariable('first_csm') THEN 3 ELSE 4 END AS team,
        pick(n, 'user first name', getvariable('first_names')) AS first_name,
        pick(n, 'user last name', getvariable('last_names')) AS last_name,
        pick(n, 'user home', [
            ['America/New_York', 'US', 'en'], ['America/Los_Angeles', 'US', 'en;es'],
            ['Europe/London', 'GB', 'en'], ['Europe/Berlin', 'DE', 'de;en']]) AS home,
        later(start(), -1200 * u(n, 'hired')) AS hired_at
    FROM range(1, getvariable('first_csm') + getvariable('csms')) AS r(n)
)
SELECT
    user_code(n) AS id,
    first_name || ' ' || last_name AS name,
    lower(strip_accents(first_name || '.' || last_name)) || n || '@ourselves.example' AS email,
    CASE WHEN n <= 4 THEN 'manager' ELSE ['', 'sdr', 'ae', 'csm'][team] END AS role,
    code('t', team, 2) AS team_id,
    CASE WHEN n > 4 THEN user_code(team) WHEN n > 1 THEN user_code(1) END AS manager_id,
    home[1] AS time_zone,
    home[2] AS country,
    home[3] AS languages,
    n <= 4 OR u(n, 'has left') > 0.06 AS is_active,
    hired_at::DATE AS started_on,
    hired_at AS created_at
FROM staff;

CREATE OR REPLACE TEMP TABLE out_campaigns AS
WITH planned AS (
    SELECT
        month * 6 + kind AS n, kind,
        date_trunc('month', start()) + to_months(month::INTEGER) AS first_day
    FROM range(datediff('month', start(), later(until(), -0.00002)) + 1) AS m(month),
        range(1, 7) AS k(kind)
)
SELECT
    code('k', n, 4) AS id,
    strftime(first_day, '%Y-%m ') || replace(getvariable('campaign_types')[kind], '_', ' ') AS name,
    ['email', 'webinar', 'paid_search', 'paid_social', 'content', 'event'][kind] AS channel,
    getvariable('campaign_types')[kind] AS type,
    first_day::DATE AS started_on,
    (first_day + INTERVAL 1 MONTH - INTERVAL 1 DAY)::DATE AS ended_on,
    money(round(getvariable('contacts') * [0.1, 0.4, 1.3, 0.8, 0.5, 0.9][kind]
        * (0.8 + 0.4 * u(n, 'budget')), -1)) AS budget,
    'USD' AS currency,
    user_code(1) AS owner
FROM planned;

CREATE OR REPLACE TEMP TABLE out_spend AS
SELECT
    'p' || substr(id, 2) AS id, channel, id AS campaign_id, 'marketing' AS category,
    started_on AS period_start, (ended_on + INTERVAL 1 DAY)::DATE AS period_end,
    money(budget * (0.85 + 0.25 * u(substr(id, 2)::BIGINT, 'spent'))) AS amount, currency
FROM out_campaigns
UNION ALL
SELECT
    'ps' || substr(id, 2), 'sales_team', NULL, 'sales',
    started_on, (ended_on + INTERVAL 1 DAY)::DATE,
    money(9000 * (getvariable('sdrs') + getvariable('aes'))), currency
FROM out_campaigns WHERE type = 'newsletter';
