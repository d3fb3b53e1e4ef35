-- Changes of fields, so that any record can be seen as it was.
CREATE OR REPLACE TEMP VIEW out_contact_history AS
WITH promoted AS (
    SELECT
        c.n, c.id, o.title, o.seniority,
        CASE c.seniority WHEN 'c_suite' THEN 'vp' WHEN 'vp' THEN 'director'
            WHEN 'director' THEN 'manager' ELSE 'individual' END AS seniority_before,
        job_title(c.person, seniority_before, c.department, c.kind) AS title_before,
        later(c.begins, days_between(c.begins, until()) * u(c.n, 'promoted at')) AS moment
    FROM contact AS c JOIN out_contacts AS o ON o.id = c.id
    WHERE c.seniority IN ('c_suite', 'vp', 'director', 'manager') AND c.n = c.person
        AND u(c.n, 'promoted') < 0.07
)
SELECT
    id AS contact_id, moment AS changed_at, 'lifecycle_stage' AS field,
    stage_before AS old_value, stage AS new_value,
    CASE WHEN stage = 'MQL' OR stage_before = 'Subscriber' THEN 'automation' ELSE seller(n) END
        AS changed_by,
    reason
FROM move
UNION ALL
SELECT id, moment, 'title', title_before, title, 'enrichment', NULL
FROM promoted WHERE title IS NOT NULL
UNION ALL
SELECT id, moment, 'seniority', seniority_before, seniority, 'enrichment', NULL
FROM promoted WHERE seniority IS NOT NULL
ORDER BY contact_id, changed_at, field, new_value;

CREATE OR REPLACE TEMP VIEW out_account_history AS
WITH known AS (
    SELECT a.n, a.id, o.employees, greatest(o.created_at, start()) AS since
    FROM account AS a JOIN out_accounts AS o ON o.id = a.id
    WHERE o.employees IS NOT NULL AND o.created_at < later(until(), -2) AND u(a.n, 'grew') < 0.2
)
SELECT
    id AS account_id,
    later(since, 0.5 + (days_between(since, until()) - 1) * u(n, 'grew at')) AS changed_at,
    'employees' AS field,
    gap(n, 'not known before', 0.25,
        greatest(1, round(employees * (0.55 + 0.6 * u(n, 'grew by'))))::BIGINT::VARCHAR)
        AS old_value,
    employees::VARCHAR AS new_value,
    'enrichment' AS changed_by,
    'yearly refresh' AS reason
FROM known
ORDER BY account_id, changed_at;

CREATE OR REPLACE TEMP VIEW out_opportunity_history AS
WITH stages AS (
    SELECT deal, moment, stage, lag(stage) OVER (PARTITION BY deal ORDER BY step) AS before
    FROM step WHERE moment < until()
), lasting AS (
    SELECT
        d.n, d.id, user_code(d.owner) AS owner, d.opened_at, o.close_date, o.amount,
        days_between(d.opened_at, coalesce(o.closed_at, until())) AS days
    FROM deal AS d JOIN out_opportunities AS o ON o.id = d.id
), delayed AS (
    SELECT *, delays(n) AS times, unnest(range(1, delays(n) + 1)) AS i FROM lasting
)
SELECT
    d.id AS opportunity_id, s.moment AS changed_at, 'stage' AS field, s.before AS old_value,
    s.stage AS new_value, user_code(d.owner) AS changed_by, NULL AS reason
FROM stages AS s JOIN deal AS d ON d.n = s.deal
UNION ALL
SELECT
    id, later(opened_at, days * i / (times + 1)), 'close_date',
    (close_date - (14 * (times - i + 1))::INTEGER)::VARCHAR,
    (close_date - (14 * (times - i))::INTEGER)::VARCHAR, owner, 'put off'
FROM delayed
UNION ALL
SELECT
    id, later(opened_at, 0.6 * days), 'amount',
    money(amount * (1.05 + 0.2 * u(n, 'discount')))::VARCHAR, amount::VARCHAR, owner, 'discount'
FROM lasting WHERE u(n, 'discounted') < 0.25 AND amount IS NOT NULL
ORDER BY opportunity_id, changed_at, field;
