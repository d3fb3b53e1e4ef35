-- What no company knows of its contacts: for checking what was made of the records.
CREATE OR REPLACE TEMP VIEW out_truth AS
SELECT
    c.id AS contact_id,
    contact_code(c.person) AS person_id,
    account_code(c.account) AS account_id,
    account_code(a.company) AS company_id,
    c.kind, c.fit, c.intent, c.intent_now, c.peak AS peak_at, c.heat, v.slots,
    coalesce(j.type = 'new', FALSE) AS has_opportunity,
    coalesce(j.type = 'new' AND j.won AND j.closed_at < until(), FALSE) AS won
FROM contact AS c
JOIN account AS a ON a.n = c.account
JOIN volume AS v ON v.n = c.n
JOIN journey AS j ON j.n = c.n
ORDER BY contact_id;
