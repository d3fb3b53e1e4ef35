-- Companies as they truly are. About 1.5% are a second record of an earlier company.
--   n, rank: number, and place by number of people (drawn apart, so that codes tell nothing)
--   company: the company's own number, shared by its duplicates
--   fit: how well it suits the product, about standard normal
--   heat, peak: how strongly, and when, it is in the market
CREATE OR REPLACE TEMP TABLE account AS
WITH numbered AS (
    SELECT
        n,
        original(n, 'account twice', 0.015) AS company,
        row_number() OVER (ORDER BY draw(n, 'account rank'), n) AS rank
    FROM range(1, getvariable('accounts') + 1) AS r(n)
), drawn AS (
    SELECT
        n, company, rank,
        pick(company, 'stem', getvariable('stems'))
            || pick(company, 'ending', getvariable('endings')) AS stem,
        pick(company, 'company word', getvariable('company_words')) AS word,
        pick(n, 'company form', getvariable('company_forms')) AS form,
        pick(company, 'industry', getvariable('industries')) AS industry,
        -- Companies with many people among the contacts are larger.
        greatest(2, least(90000, round(exp(
            4.6 + 1.4 * z(company, 'employees') - 0.45 * ln((rank + 0.5) / getvariable('accounts'))
            - 0.45))))::BIGINT AS employees,
        string_split(pick(company, 'place', getvariable('places')), '|') AS place
    FROM numbered
), named AS (
    SELECT
        *,
        -- Companies that drew the same name are told apart by a number.
        dense_rank() OVER (PARTITION BY stem, word ORDER BY company) AS namesake,
        round(employees * 150000 * exp(0.5 * z(company, 'revenue')), -3) AS annual_revenue
    FROM drawn
), suited AS (
    SELECT
        *,
        (CASE
            WHEN employees < 10 THEN -1.3 WHEN employees < 50 THEN -0.6
            WHEN employees < 200 THEN 0.2 WHEN employees < 1000 THEN 0.9
            WHEN employees < 5000 THEN 1.1 ELSE 0.6 END
        + CASE
            WHEN industry IN ('SaaS', 'Software', 'IT Services', 'Fintech') THEN 0.8
            WHEN industry IN ('Financial Services', 'Professional Services', 'Healthcare') THEN 0.1
            ELSE -0.7 END
        + 0.3 * ln(annual_revenue / (employees * 150000))
        + CASE
            WHEN place[1] IN ('United States', 'Canada', 'United Kingdom', 'Germany') THEN 0.15
            WHEN place[1] IN ('India', 'Japan', 'Brazil') THEN -0.4 ELSE 0 END
        + 0.35 * z(company, 'account luck') - 0.3) / 1.1 AS fit
    FROM named
)
SELECT
    n, rank, company, industry, employees, annual_revenue, place, fit,
    account_code(n) AS id,
    stem || ' ' || word || CASE WHEN namesake > 1 THEN ' ' || namesake ELSE '' END AS name,
    form,
    lower(stem) || '-' || lower(word) || CASE WHEN namesake > 1 THEN '-' || namesake ELSE '' END
        || '.example' AS domain,
    u(company, 'in market') < logistic(-1.1 + 0.35 * fit) AS in_market,
    CASE WHEN u(company, 'in market') < logistic(-1.1 + 0.35 * fit)
        THEN 0.9 + 0.9 * abs(z(company, 'heat')) ELSE 0.25 * abs(z(company, 'heat')) END AS heat,
    later(start(), getvariable('days') * (1.2 * u(company, 'peak') - 0.08)) AS peak
FROM suited;
