-- The contacts as a company has them: with gaps, doubles and slips of the hand.
CREATE OR REPLACE TEMP TABLE out_contacts AS
WITH addressed AS (
    SELECT
        *,
        job_title(person, seniority, department, kind) AS job,
        CASE kind
            WHEN 'student' THEN pick(person, 'school', getvariable('student_domains'))
            WHEN 'competitor' THEN pick(person, 'rival', getvariable('competitor_domains'))
            WHEN 'personal' THEN pick(person, 'mailbox', getvariable('personal_domains'))
            ELSE domain END AS mail_domain,
        lower(strip_accents(replace(first_name || '.' || last_name, 'Ł', 'L'))) AS local_part
    FROM contact
), unique_mail AS (
    SELECT
        *,
        -- People of the same name at one company are told apart by a number.
        local_part || CASE WHEN kind IN ('personal', 'student') OR dense_rank() OVER namesakes > 1
            THEN '.' || person ELSE '' END || '@' || mail_domain AS mail
    FROM addressed WINDOW namesakes AS (PARTITION BY local_part, mail_domain ORDER BY person)
), last_move AS (
    SELECT
        n, max_by(stage, moment) AS stage,
        max(moment) FILTER (reason LIKE 'recycled%' AND u(n, 'marked recycled') < 0.6)
            AS recycled_at
    FROM move GROUP BY n
)
SELECT
    c.id,
    gap(c.n, 'no mail', 0.02, CASE
        WHEN c.n <> c.person THEN CASE  -- a double: the same mail written otherwise, or another
            WHEN u(c.n, 'double mail') < 0.45 THEN upper(c.mail)
            WHEN u(c.n, 'double mail') < 0.6 THEN ' ' || c.mail
            WHEN u(c.n, 'double mail') < 0.7 THEN c.mail
            ELSE substr(c.local_part, 1, 1) || '.' || c.person || '@' || c.mail_domain END
        WHEN u(c.n, 'mail case') < 0.02 THEN upper(c.mail)
        WHEN u(c.n, 'mail case') < 0.03 THEN c.mail || ' '
        ELSE c.mail END) AS email,
    gap(c.n, 'no first name', 0.04, CASE WHEN c.n <> c.person AND u(c.n, 'short name') < 0.3
        THEN substr(c.first_name, 1, 1) || '.'
        ELSE sloppy(c.n, 'first name slip', c.first_name) END) AS first_name,
    gap(c.n, 'no last name', 0.03, CASE WHEN c.n <> c.person AND u(c.n, 'misspelt') < 0.25
        THEN substr(c.last_name, 1, 2) || substr(c.last_name, 2)
        ELSE sloppy(c.n, 'last name slip', c.last_name) END) AS last_name,
    gap(c.n, 'no title', 0.13, sloppy(c.n, 'title slip', c.job)) AS title,
    gap(c.n, 'no seniority', 0.18, c.seniority) AS seniority,
    CASE WHEN c.kind <> 'student'
        THEN gap(c.n, 'no department', 0.2, sloppy(c.n, 'department slip', c.department))
        END AS department,
    gap(c.n, 'no phone', 0.45,
        '+1-555-01' || lpad((draw(c.person, 'phone') % 100)::VARCHAR, 2, '0') || ' x'
            || (1000 + draw(c.person, 'extension') % 9000)::VARCHAR) AS phone,
    gap(c.n, 'no phone', 0.45, CASE WHEN u(c.n, 'phone status') < 0.05 THEN 'invalid'
        WHEN u(c.n, 'phone status') < 0.5 THEN 'valid' END) AS phone_status,
    gap(c.n, 'no country', 0.12, spelled(c.n, c.place)) AS country,
    gap(c.n, 'no state', 0.25, c.place[2]) AS state,
    gap(c.n, 'no city', 0.25, c.place[3]) AS city,
    gap(c.n, 'no language', 0.3, c.place[5]) AS language,
    CASE WHEN is_linked(c.n, c.kind) THEN account_code(c.account) END AS account_id,
    coalesce(m.stage, CASE WHEN j.is_customer THEN 'Customer' WHEN c.kind = 'listed' THEN 'Lead'
        ELSE 'Subscriber' END) AS lifecycle_stage,
    CASE WHEN u(c.n, 'persona') < 0.4 THEN CASE
        WHEN c.department IN ('Sales', 'Revenue Operations') THEN 'Revenue leader'
        WHEN c.department = 'Marketing' THEN 'Demand generator' ELSE 'Evaluator' END END AS persona,
    CASE WHEN u(c.n, 'role known') < 0.3 THEN CASE
        WHEN c.seniority IN ('c_suite', 'vp') THEN 'decision_maker'
        WHEN c.seniority = 'director' THEN 'influencer'
        WHEN c.seniority = 'manager' THEN 'champion' ELSE 'end_user' END END AS buying_role,
    CASE WHEN u(c.n, 'budget known') < 0.2 THEN c.seniority IN ('c_suite', 'vp') END
        AS budget_authority,
    CASE WHEN c.kind = 'listed' THEN 'list_import'
        ELSE gap(c.n, 'no source', 0.04, c.source) END AS source,
    pick(c.n, 'latest source', getvariable('sources')) AS latest_source,
    CASE WHEN m.stage = 'Opportunity' THEN seller(c.n)
        ELSE gap(c.n, 'no owner', 0.25, seller(c.n)) END AS owner,
    CASE WHEN leaves(c.n, c.kind) AND farewell(c.n, c.begins) < until() THEN FALSE
        WHEN u(c.n, 'opted in') < 0.75 THEN TRUE
        WHEN u(c.n, 'opted in') < 0.83 THEN FALSE END AS opted_in,
    m.recycled_at,
    c.created_at
FROM unique_mail AS c
LEFT JOIN journey AS j ON j.n = c.n
LEFT JOIN last_move AS m ON m.n = c.n;
