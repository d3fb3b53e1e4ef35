-- The canonical records, as a company has them: with gaps, doubles and slips of the hand.
CREATE OR REPLACE TEMP TABLE out_teams AS
SELECT
    code('t', t.n, 2) AS id, t.name, code('u', t.n, 4) AS manager_id,
    CASE WHEN t.n > 1 THEN 't01' END AS parent_id, 'Worldwide' AS region
FROM (VALUES (1, 'Revenue'), (2, 'Sales Development'), (3, 'Sales'), (4, 'Customer Success')) AS t(n, name);

CREATE OR REPLACE TEMP TABLE out_users AS
WITH staff AS (
    SELECT
        n,
        CASE WHEN n <= 4 THEN 'manager' WHEN n < getvariable('first_ae') THEN 'sdr'
            WHEN n < getvariable('first_csm') THEN 'ae' ELSE 'csm' END AS role,
        pick(n, 'user first name', getvariable('first_names')) AS first_name,
        pick(n, 'user last name', getvariable('last_names')) AS last_name,
        pick(n, 'user home', [['America/New_York', 'US', 'en'], ['America/Los_Angeles', 'US', 'en;es'],
            ['Europe/London', 'GB', 'en'], ['Europe/Berlin', 'DE', 'de;en']]) AS home
    FROM range(1, getvariable('first_csm') + getvariable('csms')) AS r(n)
)
SELECT
    code('u', n, 4) AS id,
    first_name || ' ' || last_name AS name,
    lower(strip_accents(first_name || '.' || last_name)) || n || '@ourselves.example' AS email,
    role,
    CASE WHEN n <= 4 THEN code('t', n, 2) WHEN role = 'sdr' THEN 't02' WHEN role = 'ae' THEN 't03' ELSE 't04' END AS team_id,
    CASE WHEN n = 1 THEN NULL WHEN n <= 4 THEN 'u0001' WHEN role = 'sdr' THEN 'u0002'
        WHEN role = 'ae' THEN 'u0003' ELSE 'u0004' END AS manager_id,
    home[1] AS time_zone, home[2] AS country, home[3] AS languages,
    n <= 4 OR u(n, 'has left') > 0.06 AS is_active,
    later(getvariable('start'), -1200 * u(n, 'hired'))::DATE AS started_on,
    later(getvariable('start'), -1200 * u(n, 'hired')) AS created_at
FROM staff;

CREATE OR REPLACE TEMP TABLE out_accounts AS
WITH won AS (
    SELECT account, sum(amount) AS arr FROM deal
    WHERE n IN (SELECT deal FROM step WHERE stage = 'Closed Won' AND moment < getvariable('until'))
        OR type IN ('renewal', 'expansion')
    GROUP BY account
), met AS (SELECT account, min(created_at) AS moment FROM contact GROUP BY account)
SELECT
    a.id,
    sloppy(a.n, 'name slip', a.name || a.form) AS name,
    CASE WHEN u(a.n, 'no domain') < 0.04 THEN NULL WHEN u(a.n, 'www') < 0.02 THEN 'www.' || a.domain
        ELSE sloppy(a.n, 'domain slip', a.domain) END AS domain,
    CASE WHEN u(a.n, 'no industry') < 0.09 THEN NULL ELSE sloppy(a.n, 'industry slip', a.industry) END AS industry,
    CASE WHEN u(a.n, 'no employees') < 0.11 THEN NULL ELSE a.employees END AS employees,
    CASE WHEN u(a.n, 'no revenue') < 0.22 THEN NULL ELSE a.annual_revenue::DECIMAL(18, 2) END AS annual_revenue,
    CASE WHEN u(a.n, 'no country') < 0.05 THEN NULL WHEN u(a.n, 'country slip') < 0.14 THEN a.place[6]
        ELSE a.place[1] END AS country,
    CASE WHEN u(a.n, 'no state') < 0.15 THEN NULL ELSE a.place[2] END AS state,
    CASE WHEN u(a.n, 'no city') < 0.15 THEN NULL ELSE a.place[3] END AS city,
    CASE WHEN u(a.n, 'no tier') < 0.3 THEN NULL WHEN a.fit + 0.4 * z(a.n, 'tier') > 1.1 THEN 'A'
        WHEN a.fit + 0.4 * z(a.n, 'tier') > 0.3 THEN 'B' WHEN a.fit + 0.4 * z(a.n, 'tier') > -0.7 THEN 'C'
        ELSE 'D' END AS icp_tier,
    CASE WHEN won.arr IS NULL THEN NULL WHEN won.arr < 10000 THEN '1-10K' WHEN won.arr < 50000 THEN '10-50K'
        WHEN won.arr < 100000 THEN '50-100K' ELSE '100K+' END AS arr_band,
    CASE WHEN won.arr IS NOT NULL THEN round(least(100, greatest(5, 70 + 18 * z(a.n, 'health')))) END AS health_score,
    CASE WHEN u(a.n, 'no technologies') < 0.4 THEN NULL ELSE
        pick(a.company, 'technology', getvariable('technologies'))
        || CASE WHEN u(a.company, 'second technology') < 0.6
            THEN ';' || pick(a.company, 'other technology', getvariable('technologies')) ELSE '' END
        END AS technologies,
    CASE WHEN u(a.n, 'no funding') < 0.5 THEN NULL ELSE pick(a.company, 'funding', getvariable('funding_stages')) END AS funding_stage,
    CASE WHEN u(a.n, 'growth') < 0.12 + 0.1 * a.in_market::INTEGER
        THEN pick(a.company, 'growth signal', getvariable('growth_signals')) END AS growth_signals,
    code('u', getvariable('first_ae') + (draw(a.n, 'deal owner') % getvariable('aes'))::BIGINT, 4) AS owner,
    CASE WHEN a.place[4]::INTEGER < -2 THEN 'Americas' WHEN a.place[4]::INTEGER < 3 THEN 'EMEA' ELSE 'APAC' END AS territory,
    a.fit > 1.2 AND u(a.n, 'named') < 0.3 AS named,
    coalesce(later(met.moment, -0.01 - 2 * u(a.n, 'known before')),
        later(getvariable('start'), -400 * u(a.n, 'known before'))) AS created_at
FROM account AS a
LEFT JOIN won ON won.account = a.n
LEFT JOIN met ON met.account = a.n;

CREATE OR REPLACE TEMP TABLE out_contacts AS
WITH titled AS (SELECT *, job_title(person, seniority, department, kind) AS job FROM contact),
addressed AS (
    SELECT
        *,
        CASE kind
            WHEN 'student' THEN pick(person, 'school', getvariable('student_domains'))
            WHEN 'competitor' THEN pick(person, 'rival', getvariable('competitor_domains'))
            WHEN 'personal' THEN pick(person, 'mailbox', getvariable('personal_domains'))
            ELSE domain END AS mail_domain,
        lower(strip_accents(replace(first_name || '.' || last_name, 'Ł', 'L'))) AS local_part
    FROM titled
), unique_mail AS (
    SELECT
        *,
        local_part || CASE WHEN kind IN ('personal', 'student') OR dense_rank() OVER namesakes > 1
            THEN '.' || person ELSE '' END || '@' || mail_domain AS mail
    FROM addressed WINDOW namesakes AS (PARTITION BY local_part, mail_domain ORDER BY person)
), last_move AS (SELECT n, max_by(stage, moment) AS stage FROM move GROUP BY n)
SELECT
    c.id,
    CASE
        WHEN u(c.n, 'no mail') < 0.02 THEN NULL
        WHEN c.n <> c.person THEN CASE  -- a double: the same mail written otherwise, or another mail
            WHEN u(c.n, 'double mail') < 0.45 THEN upper(c.mail)
            WHEN u(c.n, 'double mail') < 0.6 THEN ' ' || c.mail
            WHEN u(c.n, 'double mail') < 0.7 THEN c.mail
            ELSE substr(c.local_part, 1, 1) || '.' || c.person || '@' || c.mail_domain END
        WHEN u(c.n, 'mail case') < 0.02 THEN upper(c.mail)
        WHEN u(c.n, 'mail case') < 0.03 THEN c.mail || ' '
        ELSE c.mail END AS email,
    CASE WHEN u(c.n, 'no first name') < 0.04 THEN NULL
        WHEN c.n <> c.person AND u(c.n, 'short name') < 0.3 THEN substr(c.first_name, 1, 1) || '.'
        ELSE sloppy(c.n, 'first name slip', c.first_name) END AS first_name,
    CASE WHEN u(c.n, 'no last name') < 0.03 THEN NULL
        WHEN c.n <> c.person AND u(c.n, 'misspelt') < 0.25
            THEN substr(c.last_name, 1, 2) || substr(c.last_name, 2)
        ELSE sloppy(c.n, 'last name slip', c.last_name) END AS last_name,
    CASE WHEN u(c.n, 'no title') < 0.13 THEN NULL ELSE sloppy(c.n, 'title slip', c.job) END AS title,
    CASE WHEN u(c.n, 'no seniority') < 0.18 THEN NULL ELSE c.seniority END AS seniority,
    CASE WHEN u(c.n, 'no department') < 0.2 OR c.kind = 'student' THEN NULL
        ELSE sloppy(c.n, 'department slip', c.department) END AS department,
    CASE WHEN u(c.n, 'no phone') < 0.45 THEN NULL
        ELSE '+1-555-01' || lpad((draw(c.person, 'phone') % 100)::VARCHAR, 2, '0') || ' x'
            || (1000 + draw(c.person, 'extension') % 9000)::VARCHAR END AS phone,
    CASE WHEN u(c.n, 'no phone') < 0.45 THEN NULL WHEN u(c.n, 'phone status') < 0.05 THEN 'invalid'
        WHEN u(c.n, 'phone status') < 0.5 THEN 'valid' END AS phone_status,
    CASE WHEN u(c.n, 'no country') < 0.12 THEN NULL WHEN u(c.n, 'country slip') < 0.15 THEN c.place[6]
        ELSE c.place[1] END AS country,
    CASE WHEN u(c.n, 'no state') < 0.25 THEN NULL ELSE c.place[2] END AS state,
    CASE WHEN u(c.n, 'no city') < 0.25 THEN NULL ELSE c.place[3] END AS city,
    CASE WHEN u(c.n, 'no language') < 0.3 THEN NULL ELSE c.place[5] END AS language,
    CASE WHEN is_linked(c.n, c.kind) THEN code('a', c.account, getvariable('width')) END AS account_id,
    coalesce(m.stage, CASE WHEN j.is_customer THEN 'Customer' WHEN c.kind = 'listed' THEN 'Lead'
        ELSE 'Subscriber' END) AS lifecycle_stage,
    CASE WHEN u(c.n, 'persona') < 0.4 THEN CASE
        WHEN c.department IN ('Sales', 'Revenue Operations') THEN 'Revenue leader'
        WHEN c.department = 'Marketing' THEN 'Demand generator' ELSE 'Evaluator' END END AS persona,
    CASE WHEN u(c.n, 'role known') < 0.3 THEN CASE
        WHEN c.seniority IN ('c_suite', 'vp') THEN 'decision_maker' WHEN c.seniority = 'director' THEN 'influencer'
        WHEN c.seniority = 'manager' THEN 'champion' ELSE 'end_user' END END AS buying_role,
    CASE WHEN u(c.n, 'budget known') < 0.2 THEN c.seniority IN ('c_suite', 'vp') END AS budget_authority,
    CASE WHEN c.kind = 'listed' THEN 'list_import' WHEN u(c.n, 'no source') < 0.04 THEN NULL ELSE c.source END AS source,
    pick(c.n, 'latest source', getvariable('sources')) AS latest_source,
    CASE WHEN u(c.n, 'no owner') < 0.25 AND m.stage IS DISTINCT FROM 'Opportunity' THEN NULL
        ELSE seller(c.n) END AS owner,
    CASE WHEN leaves(c.n, c.kind) AND farewell(c.n, c.begins) < getvariable('until') THEN FALSE
        WHEN u(c.n, 'opted in') < 0.75 THEN TRUE WHEN u(c.n, 'opted in') < 0.83 THEN FALSE END AS opted_in,
    back.moment AS recycled_at,
    c.created_at
FROM unique_mail AS c
LEFT JOIN journey AS j ON j.n = c.n
LEFT JOIN last_move AS m ON m.n = c.n
LEFT JOIN (SELECT n, max(moment) AS moment FROM move WHERE reason LIKE 'recycled%' GROUP BY n) AS back
    ON back.n = c.n AND u(c.n, 'marked recycled') < 0.6;

CREATE OR REPLACE TEMP TABLE out_opportunities AS
WITH reached AS (
    SELECT deal, max_by(stage, step) AS stage, max(step) AS step, max(moment) AS moment, any_value(won) AS won
    FROM step WHERE moment < getvariable('until') GROUP BY deal
), people AS (
    SELECT deal, string_agg(code('c', contact, getvariable('width')), ';' ORDER BY nth) AS contact_ids
    FROM involved GROUP BY deal
)
SELECT
    d.id,
    d.account_name || CASE d.type WHEN 'new' THEN ' - new business' ELSE ' - ' || d.type END AS name,
    code('a', d.account, getvariable('width')) AS account_id,
    p.contact_ids,
    code('u', d.owner, 4) AS owner,
    CASE d.type WHEN 'new' THEN 'New business' ELSE 'Customers' END AS pipeline,
    r.stage,
    CASE WHEN r.step < 3 AND u(d.n, 'no amount') < 0.06 THEN NULL ELSE d.amount::DECIMAL(18, 2) END AS amount,
    'USD' AS currency,
    d.type,
    CASE WHEN d.amount < 8000 THEN 'Team' WHEN d.amount < 30000 THEN 'Business' ELSE 'Enterprise' END AS product,
    c.source,
    CASE WHEN u(d.n, 'campaign') < 0.5 THEN campaign_code(greatest(later(d.opened_at, -20), getvariable('start')),
        1 + (draw(d.n, 'which campaign') % 6)::INTEGER) END AS campaign,
    d.opened_at AS created_at,
    CASE WHEN r.step = 6 THEN r.moment::DATE ELSE planned_close(d.n, d.opened_at, d.cycle_days)::DATE END AS close_date,
    CASE WHEN r.step = 6 THEN r.moment END AS closed_at,
    CASE WHEN r.step = 6 THEN r.won END AS is_won,
    CASE WHEN r.step = 6 AND NOT r.won AND u(d.n, 'no loss reason') > 0.12
        THEN pick(d.n, 'loss reason', getvariable('loss_reasons')) END AS loss_reason,
    CASE WHEN u(d.n, 'competitor') < 0.25 THEN pick(d.n, 'which competitor', ['Competitor One', 'Competitor Two']) END AS competitor,
    CASE WHEN r.step = 6 AND NOT r.won THEN 'omitted' WHEN r.step >= 5 THEN 'commit' WHEN r.step >= 3 THEN 'best_case'
        WHEN r.step = 2 THEN 'pipeline' ELSE 'upside' END AS forecast_category,
    CASE WHEN r.step < 6 AND u(d.n, 'next step') < 0.75 THEN
        ['Qualify budget', 'Book demo', 'Send proposal', 'Review contract', 'Get signature'][r.step] END AS next_step,
    CASE WHEN u(d.n, 'no meddpicc') > 0.3 THEN least(100, 12 * r.step
        + (draw(d.n, 'meddpicc') % 25)::BIGINT) END AS meddpicc_score
FROM deal AS d
JOIN reached AS r ON r.deal = d.n
JOIN people AS p ON p.deal = d.n
JOIN contact AS c ON c.n = d.contact;

CREATE OR REPLACE TEMP TABLE out_campaigns AS
SELECT
    code('k', month * 6 + kind, 4) AS id,
    strftime(first_day, '%Y-%m ') || replace(getvariable('campaign_types')[kind], '_', ' ') AS name,
    ['email', 'webinar', 'paid_search', 'paid_social', 'content', 'event'][kind] AS channel,
    getvariable('campaign_types')[kind] AS type,
    first_day::DATE AS started_on,
    (first_day + INTERVAL 1 MONTH - INTERVAL 1 DAY)::DATE AS ended_on,
    round(getvariable('contacts') * [0.1, 0.4, 1.3, 0.8, 0.5, 0.9][kind]
        * (0.8 + 0.4 * u(month * 6 + kind, 'budget')), -1)::DECIMAL(18, 2) AS budget,
    'USD' AS currency, 'u0001' AS owner
FROM (SELECT month, kind, date_trunc('month', getvariable('start')) + to_months(month::INTEGER) AS first_day
    FROM range(datediff('month', getvariable('start'), later(getvariable('until'), -0.00002)) + 1) AS m(month),
        range(1, 7) AS k(kind));

CREATE OR REPLACE TEMP TABLE out_spend AS
SELECT
    'p' || substr(id, 2) AS id, channel, id AS campaign_id, 'marketing' AS category,
    started_on AS period_start, (ended_on + INTERVAL 1 DAY)::DATE AS period_end,
    (budget * (0.85 + 0.25 * u(substr(id, 2)::BIGINT, 'spent')))::DECIMAL(18, 2) AS amount, currency
FROM out_campaigns
UNION ALL
SELECT
    'ps' || substr(id, 2), 'sales_team', NULL, 'sales', started_on, (ended_on + INTERVAL 1 DAY)::DATE,
    (9000 * (getvariable('sdrs') + getvariable('aes')))::DECIMAL(18, 2), 'USD'
FROM out_campaigns WHERE type = 'newsletter';
