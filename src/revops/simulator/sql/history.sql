-- Changes of fields, so that any record can be seen as it was.
CREATE OR REPLACE TEMP VIEW out_contact_history AS
WITH promoted AS (
    SELECT
        n, id, person, seniority, department, kind,
        later(begins, days_between(begins, getvariable('until')) * u(n, 'promoted at')) AS moment,
        CASE seniority WHEN 'c_suite' THEN 'vp' WHEN 'vp' THEN 'director' WHEN 'director' THEN 'manager'
            ELSE 'individual' END AS seniority_before
    FROM contact
    WHERE seniority IN ('c_suite', 'vp', 'director', 'manager') AND u(n, 'promoted') < 0.07 AND n = person
)
SELECT id AS contact_id, moment AS changed_at, 'lifecycle_stage' AS field, stage_before AS old_value,
    stage AS new_value, CASE WHEN stage IN ('Lead', 'MQL') AND reason NOT LIKE 'recycled%' THEN 'automation'
        ELSE seller(n) END AS changed_by, reason
FROM move WHERE stage <> stage_before
UNION ALL
SELECT p.id, p.moment, 'title', job_title(p.person, p.seniority_before, p.department, p.kind), c.title, 'enrichment', NULL
FROM promoted AS p JOIN out_contacts AS c ON c.id = p.id
WHERE c.title IS NOT NULL
UNION ALL
SELECT p.id, p.moment, 'seniority', p.seniority_before, c.seniority, 'enrichment', NULL
FROM promoted AS p JOIN out_contacts AS c ON c.id = p.id
WHERE c.seniority IS NOT NULL
ORDER BY contact_id, changed_at, field, new_value;

CREATE OR REPLACE TEMP VIEW out_account_history AS
SELECT
    a.id AS account_id,
    later(greatest(o.created_at, getvariable('start')), 0.5 + (days_between(
        greatest(o.created_at, getvariable('start')), getvariable('until')) - 1) * u(a.n, 'grew at')) AS changed_at,
    'employees' AS field,
    CASE WHEN u(a.n, 'first known') < 0.25 THEN NULL
        ELSE greatest(1, round(o.employees * (0.55 + 0.6 * u(a.n, 'grew by'))))::BIGINT::VARCHAR END AS old_value,
    o.employees::VARCHAR AS new_value,
    'enrichment' AS changed_by,
    'yearly refresh' AS reason
FROM account AS a JOIN out_accounts AS o ON o.id = a.id
WHERE u(a.n, 'grew') < 0.2 AND o.employees IS NOT NULL
    AND o.created_at < later(getvariable('until'), -2)
ORDER BY account_id, changed_at;

CREATE OR REPLACE TEMP VIEW out_opportunity_history AS
WITH stages AS (
    SELECT deal, moment, stage, lag(stage) OVER (PARTITION BY deal ORDER BY step) AS before
    FROM step WHERE moment < getvariable('until')
), ended AS (
    SELECT d.*, coalesce(o.closed_at, getvariable('until')) AS end_at, o.close_date, o.amount AS amount_now
    FROM deal AS d JOIN out_opportunities AS o ON o.id = d.id
), delayed AS (
    SELECT *, delays(n) AS times, unnest(range(1, delays(n) + 1)) AS i FROM ended
)
SELECT code('o', deal, getvariable('width')) AS opportunity_id, moment AS changed_at, 'stage' AS field,
    before AS old_value, stage AS new_value, code('u', d.owner, 4) AS changed_by, NULL AS reason
FROM stages AS s JOIN deal AS d ON d.n = s.deal
UNION ALL
SELECT id, later(opened_at, days_between(opened_at, end_at) * i / (times + 1)), 'close_date',
    (close_date - (14 * (times - i + 1))::INTEGER)::VARCHAR, (close_date - (14 * (times - i))::INTEGER)::VARCHAR,
    code('u', owner, 4), 'put off'
FROM delayed
UNION ALL
SELECT id, later(opened_at, 0.6 * days_between(opened_at, end_at)), 'amount',
    (amount_now * (1.05 + 0.2 * u(n, 'discount')))::DECIMAL(18, 2)::VARCHAR,
    amount_now::DECIMAL(18, 2)::VARCHAR, code('u', owner, 4), 'discount'
FROM ended WHERE u(n, 'discounted') < 0.25 AND amount_now IS NOT NULL
ORDER BY opportunity_id, changed_at, field;

CREATE OR REPLACE TEMP VIEW out_truth AS
SELECT
    c.id AS contact_id, code('c', c.person, getvariable('width')) AS person_id,
    code('a', c.account, getvariable('width')) AS account_id,
    code('a', a.company, getvariable('width')) AS company_id,
    c.kind, c.fit, c.intent, c.intent_now, c.peak AS peak_at, c.heat, v.slots,
    coalesce(j.won AND j.closed_at < getvariable('until') AND NOT j.is_customer, FALSE) AS won,
    coalesce(j.deal IS NOT NULL AND NOT j.is_customer, FALSE) AS has_opportunity
FROM contact AS c
JOIN account AS a ON a.n = c.account
JOIN volume AS v ON v.n = c.n
JOIN journey AS j ON j.n = c.n
ORDER BY contact_id;
