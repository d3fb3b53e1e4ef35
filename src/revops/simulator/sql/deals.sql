-- Sales: who buys, when, how much, and how each sale went. Hot and fitting accounts buy first.
--   contact: the person it began with; quality: what decides whether it is won, besides luck
CREATE OR REPLACE TEMP TABLE deal AS
WITH prospects AS (
    SELECT account, max_by(c, intent) AS c
    FROM contact AS c
    WHERE kind IN ('usual', 'personal') AND person = n
    GROUP BY account
), chances AS (
    SELECT
        account, c,
        later(c.peak, 3 + 17 * u(account, 'time to deal')) AS decided_at,
        1.3 * c.intent + 1.1 * c.fit - ln(-ln(1e-12 + u(account, 'deal'))) AS pull
    FROM prospects
), fresh AS (
    SELECT account, c.n AS contact, c.fit, c.intent, 'new' AS type, decided_at
    FROM chances
    WHERE decided_at BETWEEN later(start(), 3) AND later(until(), -1)
    QUALIFY row_number() OVER (ORDER BY pull DESC, account) <= 0.8 * getvariable('deals')
), renewed AS (  -- accounts that were customers before
    SELECT
        account, c.n AS contact, c.fit, c.intent,
        CASE WHEN u(account, 'renewal') < 0.45 THEN 'renewal' ELSE 'expansion' END AS type,
        later(c.begins, 3 + (days_between(c.begins, until()) - 4)
            * u(account, 'renewal day')) AS decided_at
    FROM chances
    WHERE account NOT IN (SELECT account FROM fresh)
        AND c.begins < later(until(), -10)
    QUALIFY row_number() OVER (
        ORDER BY 0.8 * c.fit - ln(-ln(1e-12 + u(account, 'customer'))) DESC, account
    ) <= getvariable('deals') - (SELECT count(*) FROM fresh)
), numbered AS (
    SELECT
        row_number() OVER (ORDER BY decided_at, account) AS n,
        *, office_time(decided_at) AS opened_at
    FROM (FROM fresh UNION ALL FROM renewed)
), sized AS (
    SELECT
        d.*,
        a.name AS account_name,
        a.fit AS account_fit,
        executive(d.account) AS owner,
        100 * round(9 * pow(a.employees, 0.45) * exp(0.5 * z(d.n, 'amount'))
            * CASE type WHEN 'expansion' THEN 0.5 ELSE 1 END + 2) AS amount
    FROM numbered AS d JOIN account AS a ON a.n = d.account
)
SELECT
    *,
    deal_code(n) AS id,
    (20 + 12 * ln(amount / 1000 + 1)) * exp(0.35 * z(n, 'cycle')) AS cycle_days,
    CASE WHEN u(n, 'lost at') < 0.2 THEN 1 WHEN u(n, 'lost at') < 0.48 THEN 2
        WHEN u(n, 'lost at') < 0.75 THEN 3 WHEN u(n, 'lost at') < 0.92 THEN 4
        ELSE 5 END AS last_step
FROM sized;

-- The people in each sale: the one it began with and up to three more who were known by then.
CREATE OR REPLACE TEMP TABLE involved AS
SELECT
    d.n AS deal, c.n AS contact,
    row_number() OVER (PARTITION BY d.n ORDER BY c.n = d.contact DESC, c.intent DESC, c.n) AS nth
FROM deal AS d
JOIN contact AS c ON c.account = d.account
WHERE c.n = d.contact OR (
    c.created_at < later(d.opened_at, -2) AND c.person = c.n AND c.kind = 'usual'
    AND c.intent > 0.3)
QUALIFY nth <= 4;

-- Won is luck weighed by fit, interest, the number of people involved and the seller's skill.
CREATE OR REPLACE TEMP TABLE verdict AS
SELECT
    deal,
    u(deal, 'verdict') < logistic(
        CASE type WHEN 'renewal' THEN 1.7 WHEN 'expansion' THEN 0.4 ELSE -3.2 END
        + 0.85 * fit + 0.7 * intent + 0.25 * (people - 1) + 0.4 * z(owner, 'skill')) AS won
FROM (SELECT deal, count(*) AS people FROM involved GROUP BY deal)
JOIN deal ON deal.n = deal;

-- When each sale entered each stage; steps 1 to 5 are the stages, step 6 the close.
CREATE OR REPLACE TEMP TABLE step AS
WITH paced AS (
    SELECT
        d.*, v.won, s.step,
        ([0.12, 0.22, 0.25, 0.22, 0.19][s.step]) * (0.5 + u(d.n * 8 + s.step, 'pace')) AS pace
    FROM deal AS d JOIN verdict AS v ON v.deal = d.n, range(1, 6) AS s(step)
), timed AS (
    SELECT
        *,
        sum(pace) OVER (PARTITION BY n ORDER BY step) AS done,
        sum(pace) OVER (PARTITION BY n) AS whole
    FROM paced
), moments AS (
    SELECT
        n AS deal, step, won,
        office_time(later(decided_at, cycle_days * (done - pace) / whole)) AS moment
    FROM timed WHERE won OR step <= last_step
    UNION ALL
    SELECT n, 6, won, office_time(later(decided_at, cycle_days * done / whole))
    FROM timed WHERE step = CASE WHEN won THEN 5 ELSE last_step END
)
SELECT
    deal, step, won,
    CASE WHEN step < 6
        THEN ['Qualified', 'Discovery', 'Demo/Evaluation', 'Proposal', 'Negotiation'][step]
        WHEN won THEN 'Closed Won' ELSE 'Closed Lost' END AS stage,
    moment
FROM moments;
