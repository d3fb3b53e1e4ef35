-- People as they truly are. About 3% are a second record of an earlier person.
--   person: the person's own number, shared by duplicates
--   kind: usual, personal (writes from a private mailbox), student, competitor, job_seeker, listed
--         (came with a bought list and never did anything)
--   fit: how well person and company suit the product, about standard normal
--   base, heat, peak: steady interest, and the height and moment of a buying interest
--   intent: the greatest interest reached by the end; intent_now: interest at the end
CREATE OR REPLACE TEMP TABLE contact AS
WITH numbered AS (
    SELECT n, original(n, 'contact twice', 0.031) AS person
    FROM range(1, getvariable('contacts') + 1) AS r(n)
), drawn AS (
    SELECT
        n, person,
        1 + floor(getvariable('accounts') * pow(u(person, 'employer'), 1.7))::BIGINT AS rank,
        CASE
            WHEN u(person, 'kind') < 0.025 THEN 'student'
            WHEN u(person, 'kind') < 0.031 THEN 'competitor'
            WHEN u(person, 'kind') < 0.051 THEN 'job_seeker'
            WHEN u(person, 'kind') < 0.121 THEN 'personal'
            WHEN u(person, 'kind') < 0.22 THEN 'listed' ELSE 'usual' END AS kind,
        pick(person, 'seniority', getvariable('seniorities')) AS level,
        pick(person, 'department', getvariable('departments')) AS department,
        pick(person, 'first name', getvariable('first_names')) AS first_name,
        pick(person, 'last name', getvariable('last_names')) AS last_name,
        pick(n, 'source', getvariable('sources')) AS source,
        later(start(), CASE WHEN u(n, 'veteran') < 0.35 THEN -540 * u(n, 'age') - 1
            ELSE (getvariable('days') - 0.5) * pow(u(n, 'age'), 0.9) END) AS created_at
    FROM numbered
), employed AS (
    SELECT
        d.*,
        CASE WHEN kind = 'student' THEN 'student' ELSE level END AS seniority,
        a.n AS account, a.place, a.heat AS account_heat, a.peak AS account_peak, a.domain AS domain,
        0.75 * a.fit
        + CASE WHEN kind = 'student' THEN -2.5 WHEN level IN ('c_suite', 'vp') THEN 0.9
            WHEN level = 'director' THEN 0.6 WHEN level = 'manager' THEN 0.2
            WHEN level = 'individual' THEN -0.5 ELSE -1.5 END
        + CASE WHEN department IN ('Marketing', 'Sales', 'Revenue Operations') THEN 0.35
            WHEN department IN ('Operations', 'Customer Success', 'IT') THEN -0.1 ELSE -0.45 END
        + CASE kind WHEN 'competitor' THEN -2.5 WHEN 'job_seeker' THEN -1.5 ELSE 0 END
        + 0.35 * z(person, 'contact luck') AS fit,
        z(person, 'base interest') AS base
    FROM drawn AS d JOIN account AS a USING (rank)
), interested AS (
    SELECT
        * EXCLUDE (account_heat, account_peak, rank, level),
        CASE WHEN kind IN ('usual', 'personal') THEN
            (account_heat * (0.4 + 1.1 * u(person, 'share of heat'))
                + CASE WHEN u(person, 'own spark') < 0.03
                    THEN 1 + abs(z(person, 'spark')) ELSE 0 END)
            * CASE source WHEN 'referral' THEN 1.3 WHEN 'partner' THEN 1.2
                WHEN 'paid_social' THEN 0.75 WHEN 'social' THEN 0.85 ELSE 1 END
        ELSE 0 END AS heat,
        greatest(later(account_peak, 9 * z(person, 'peak shift')),
            later(created_at, 1.5 + 15 * u(n, 'first weeks'))) AS peak
    FROM employed
)
SELECT
    *,
    contact_code(n) AS id,
    greatest(created_at, start()) AS begins,
    0.5 * base + heat * swell(peak, least(peak, until())) AS intent,
    0.5 * base + heat * swell(peak, until()) AS intent_now,
    kind = 'usual' AND u(person, 'bad mailbox') < 0.035 AS bounces,
    kind = 'usual' AND u(n, 'trial') < logistic(-3.1 + 0.9 * heat + 0.3 * base)
        AND peak < later(until(), -1) AS tries
FROM interested;

