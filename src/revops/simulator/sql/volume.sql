-- How many visits' worth of activities each contact has besides milestones: heavy-tailed, more
-- with interest and with time. Integers throughout, so that the sum is the same in any order.
CREATE OR REPLACE TEMP TABLE volume AS
WITH weighed AS (
    SELECT
        n,
        CASE WHEN kind = 'listed' THEN 0 ELSE floor(1e4
            * least(60, exp(z(n, 'liveliness') + 0.35 * base
                + 0.45 * heat * swell(peak, least(peak, until()))))
            * (0.1 + 0.9 * days_between(begins, until()) / getvariable('days')))
        END::BIGINT AS weight
    FROM contact
)
SELECT
    n,
    floor(weight / (SELECT greatest(sum(weight), 1)::DOUBLE FROM weighed)
        * greatest(0, getvariable('activities') - (SELECT count(*) FROM milestone))
        + u(n, 'rounding'))::BIGINT AS slots
FROM weighed;
