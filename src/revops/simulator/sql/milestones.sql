-- What happens once or for a reason: requests, sellers' calls and meetings, trials, farewells.
CREATE OR REPLACE TEMP TABLE milestone AS
WITH trial AS (
    SELECT n, greatest(later(peak, -6 * u(n, 'trial day')), later(created_at, 0.5)) AS moment
    FROM contact WHERE tries
), happened AS (
    -- (contact, deal, type, at, by us, path, subject, properties)
    SELECT contact AS c, NULL::BIGINT AS deal, 'demo_request' AS type,
        later(opened_at, -2.9 * u(n, 'asked')) AS moment, FALSE AS ours, '/demo' AS path,
        NULL AS subject, '{"form":"demo"}' AS properties
    FROM deal WHERE type = 'new' AND u(n, 'asks') < 0.6
    UNION ALL
    SELECT contact, NULL, 'contact_sales', later(opened_at, -2.9 * u(n, 'wrote')), FALSE,
        '/contact', NULL, '{"form":"contact"}'
    FROM deal WHERE type = 'new' AND u(n, 'asks') BETWEEN 0.6 AND 0.8
    UNION ALL
    SELECT n, NULL, 'demo_request', later(mql_at, 0.01), FALSE, '/demo', NULL, '{"form":"demo"}'
    FROM qualifying WHERE deal IS NULL AND u(n, 'asks early') < 0.2
    UNION ALL  -- the first answer comes after hours, sometimes days
    SELECT n, NULL, 'call', later(mql_at, exp(1.3 * z(n, 'speed')) * 3 / 24), TRUE, NULL,
        'First call', NULL
    FROM qualifying WHERE u(n, 'called') < 0.85
    UNION ALL
    SELECT n, NULL, 'email_sent', later(mql_at, exp(1.2 * z(n, 'mail speed')) * 6 / 24), TRUE, NULL,
        'Your interest', '{"email":"sales"}'
    FROM qualifying WHERE u(n, 'mailed') < 0.8
    UNION ALL
    SELECT n, NULL, 'email_reply', later(mql_at, 2 + 3 * u(n, 'reply day')), FALSE, NULL,
        'Re: Your interest', '{"email":"sales"}'
    FROM qualifying WHERE u(n, 'replies') < CASE WHEN deal IS NULL THEN 0.12 ELSE 0.5 END
    UNION ALL
    SELECT contact, n, 'meeting_booked', later(opened_at, 0.2), FALSE, NULL, 'Discovery call', NULL
    FROM deal
    UNION ALL
    SELECT contact, n, 'meeting_no_show', later(opened_at, 2), TRUE, NULL, 'Discovery call', NULL
    FROM deal WHERE u(n, 'no show') < 0.15
    UNION ALL
    SELECT i.contact, s.deal, CASE WHEN u(s.deal * 8 + s.step, 'how') < 0.65 THEN 'meeting_held'
        ELSE 'call' END, s.moment, u(s.deal * 8 + s.step, 'how') >= 0.65, NULL, s.stage, NULL
    FROM step AS s JOIN involved AS i USING (deal)
    WHERE s.step BETWEEN 2 AND 5 AND u(s.deal * 64 + s.step * 4 + i.nth, 'comes') < 0.75
    UNION ALL
    SELECT n, NULL, 'trial_signup', moment, FALSE, '/signup', NULL, '{"plan":"trial"}' FROM trial
    UNION ALL
    SELECT n, NULL, 'account_created', later(moment, 0.002), FALSE, NULL, NULL, NULL FROM trial
    UNION ALL
    SELECT n, NULL, p.type, later(moment, 0.1 + p.days * u(n, p.type)), FALSE, NULL, NULL, NULL
    FROM trial, (VALUES ('onboarding_completed', 4, 0.6), ('member_invited', 12, 0.3),
        ('integration_connected', 15, 0.22), ('limit_reached', 40, 0.14),
        ('data_exported', 25, 0.12)
    ) AS p(type, days, chance)
    WHERE u(n, 'does ' || p.type) < p.chance
    UNION ALL
    SELECT n, NULL, 'referral', created_at, FALSE, NULL, NULL, NULL
    FROM contact WHERE source = 'referral' AND created_at >= start()
    UNION ALL
    SELECT n, NULL, 'event_attendance',
        later(begins, days_between(begins, until()) * u(n, 'event')), FALSE, NULL,
        'Annual conference', NULL
    FROM contact WHERE kind = 'usual' AND u(n, 'comes to event') < 0.035
    UNION ALL
    SELECT n, NULL, 'unsubscribe', farewell(n, begins), FALSE, NULL, NULL, '{"email":"newsletter"}'
    FROM contact WHERE leaves(n, kind)
    UNION ALL
    SELECT n, NULL, 'spam_complaint', later(farewell(n, begins), 0.0001), FALSE, NULL, NULL, NULL
    FROM contact WHERE leaves(n, kind) AND u(n, 'complains') < 0.06
)
SELECT
    h.* REPLACE (greatest(h.moment, c.begins) AS moment),
    row_number() OVER (PARTITION BY h.c ORDER BY h.moment, h.type, h.deal, h.subject) AS k
FROM happened AS h JOIN contact AS c ON c.n = h.c
WHERE h.moment < until() AND (h.deal IS NULL OR h.moment >= c.begins);
