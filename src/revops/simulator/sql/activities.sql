-- The activities of contacts `first_contact` to `last_contact`. A contact's slots come in blocks of
-- eight; a block is cut into visits (a web session, a mail and what came of it, a spell in the
-- product), deeper ones where there is more interest; a visit's place in time follows interest.
WITH pattern(p, start, length) AS (VALUES
    (0, 0, 1), (0, 1, 1), (0, 2, 1), (0, 3, 1), (0, 4, 1), (0, 5, 1), (0, 6, 1), (0, 7, 1),
    (1, 0, 2), (1, 2, 1), (1, 3, 1), (1, 4, 1), (1, 5, 1), (1, 6, 2),
    (2, 0, 4), (2, 4, 1), (2, 5, 1), (2, 6, 1), (2, 7, 1),
    (3, 0, 3), (3, 3, 2), (3, 5, 1), (3, 6, 1), (3, 7, 1),
    (4, 0, 3), (4, 3, 3), (4, 6, 1), (4, 7, 1),
    (5, 0, 3), (5, 3, 2), (5, 5, 2), (5, 7, 1),
    (6, 0, 4), (6, 4, 3), (6, 7, 1),
    (7, 0, 5), (7, 5, 2), (7, 7, 1),
    (8, 0, 6), (8, 6, 2),
    (9, 0, 8)
), people AS (
    SELECT
        c.n, c.id, c.begins, c.peak, c.heat, c.base, c.bounces, c.source, v.slots,
        CASE WHEN is_linked(c.n, c.kind) THEN account_code(c.account) END AS account_id,
        c.kind = 'job_seeker' AS seeks_job, c.kind = 'student' AS studies,
        c.place[4]::INTEGER AS hours_from_utc,
        days_between(c.begins, until()) AS days,
        CASE WHEN leaves(c.n, c.kind) THEN farewell(c.n, c.begins) END AS left_at,
        least(t.moment, CASE WHEN j.is_customer THEN c.begins WHEN j.won THEN j.closed_at END)
            AS user_from
    FROM contact AS c
    JOIN volume AS v ON v.n = c.n
    LEFT JOIN journey AS j ON j.n = c.n
    LEFT JOIN (SELECT c, moment FROM milestone WHERE type = 'trial_signup') AS t ON t.c = c.n
    WHERE c.n BETWEEN getvariable('first_contact') AND getvariable('last_contact') AND v.slots > 0
), block AS (
    SELECT
        *,
        floor(10 * pow(u(n * 262144 + b, 'depth'), exp(-0.3 * (0.5 * base + 0.5 * heat)))) AS p
    FROM (SELECT *, unnest(range((slots + 7) // 8)) AS b FROM people)
), cut AS (
    SELECT
        * EXCLUDE (p, start),
        b * 8 + start AS slot,
        n * 2097152 + b * 8 + start AS e,
        least(length, slots - b * 8 - start) AS size
    FROM block JOIN pattern USING (p)
    WHERE b * 8 + start < slots
), placed AS (
    SELECT
        *,
        CASE WHEN u(e, 'near peak') < heat / (heat + 1.5)
                AND later(peak, 20 * z(e, 'day')) BETWEEN begins AND later(until(), -0.5)
            THEN later(peak, 20 * z(e, 'day')) ELSE later(begins, days * u(e, 'any day')) END AS day
    FROM cut
), felt AS (
    SELECT
        *,
        logistic(1.5 * (0.5 * base + heat * swell(peak, day) - 1.2)) AS hot,
        CASE WHEN u(e, 'at work') < 0.88
            THEN office_time(day) - to_hours(hours_from_utc) ELSE day END AS began_at,
        u(e, 'visit') AS r
    FROM placed
), visit AS (
    SELECT
        *,
        CASE
            WHEN seeks_job THEN 'web'
            WHEN day > user_from AND u(e, 'in product') < 0.2 + 0.35 * hot THEN 'product'
            WHEN r < CASE size WHEN 1 THEN 0.5 WHEN 2 THEN 0.42 WHEN 3 THEN 0.3 ELSE 0.15 END
                THEN CASE WHEN day > left_at THEN 'web' ELSE 'email' END
            WHEN size = 2 AND r < 0.5 THEN 'webinar'
            WHEN size > 1 OR r < 0.8 THEN 'web'
            WHEN r < 0.86 THEN 'social' WHEN r < 0.94 THEN 'ad_click'
            WHEN r < 0.97 THEN 'form_submit' WHEN r < 0.985 THEN 'chat' ELSE 'call' END AS kind,
        pick(e, 'topic', getvariable('topics')) AS topic,
        CASE WHEN u(e, 'channel') < 0.3 THEN source
            ELSE pick(e, 'visit source', getvariable('visit_sources')) END AS channel,
        20 + (draw(e, 'pace') % 140)::BIGINT AS pause,
        (exp(1.4 * z(e, 'reads after')) * 7200)::BIGINT % 250000 AS wait,
        size > 2 AND u(e, 'converts') < CASE WHEN studies THEN 0.4 ELSE 0.03 + 0.2 * hot END
            AS converts,
        CASE WHEN u(e, 'asset') < 0.08 + 0.3 * hot THEN 'roi-guide' ELSE topic END AS asset
    FROM felt
), act AS (
    SELECT *, e + i AS a, u(e + i, 'page') AS page, u(e + i, 'which') AS which
    FROM (SELECT *, unnest(range(size)) AS i FROM visit)
), typed AS (
    SELECT
        *,
        CASE kind
            WHEN 'web' THEN CASE
                WHEN NOT converts OR i < size - 1 OR seeks_job THEN 'page_view'
                WHEN studies OR page >= 0.35 * hot + 0.45 THEN 'content_download'
                WHEN page < 0.28 * hot THEN 'demo_request'
                WHEN page < 0.35 * hot THEN 'contact_sales'
                WHEN page < 0.35 * hot + 0.15 THEN 'form_submit'
                WHEN page < 0.35 * hot + 0.35 THEN 'webinar_registration' ELSE 'chat' END
            WHEN 'email' THEN CASE WHEN i = 0 THEN 'email_sent' WHEN bounces THEN 'email_bounce'
                WHEN i = 1 THEN 'email_open' WHEN i = 2 THEN 'email_click'
                WHEN i = 3 AND page < 0.1 THEN 'email_reply' ELSE 'page_view' END
            WHEN 'product' THEN CASE WHEN i = 0 THEN 'login'
                WHEN page < 0.03 THEN 'data_exported' WHEN page < 0.05 THEN 'member_invited'
                WHEN page < 0.07 THEN 'limit_reached' ELSE 'feature_used' END
            WHEN 'webinar' THEN CASE WHEN i = 0 THEN 'webinar_registration'
                WHEN which < 0.45 + 0.4 * hot THEN 'webinar_attendance' ELSE 'email_sent' END
            ELSE kind END AS type,
        CASE WHEN kind = 'email' AND i = 1 THEN wait
            WHEN kind = 'email' AND i > 1 THEN wait + i * pause
            WHEN kind = 'webinar' AND i = 1 THEN 259200 + wait ELSE i * pause END
            -- Clocks differ: some things are noted two minutes early, before their cause.
            - CASE WHEN i > 0 AND which < 0.01 THEN 120 ELSE 0 END AS seconds
    FROM act
), dated AS (
    SELECT
        *,
        least(greatest(began_at + to_seconds(seconds), begins + to_seconds(i)),
            until() - to_seconds(1 + (draw(a, 'last hour') % 3600)::BIGINT)) AS occurred_at
    FROM typed
)
SELECT
    'e' || substr(id, 2) || '-' || (slot + i + 1) AS id,
    id AS contact_id,
    account_id,
    NULL AS opportunity_id,
    type,
    occurred_at,
    CASE WHEN type IN ('email_sent', 'email_bounce', 'call') THEN 'outbound' ELSE 'inbound' END
        AS direction,
    CASE WHEN kind IN ('web', 'product') OR (kind = 'email' AND i > 2) THEN 's' || e END
        AS session_id,
    CASE
        WHEN type = 'demo_request' THEN '/demo' WHEN type = 'contact_sales' THEN '/contact'
        WHEN type = 'content_download' THEN '/resources/' || asset
        WHEN type <> 'page_view' THEN NULL
        WHEN seeks_job THEN '/careers' || CASE WHEN i > 0 THEN '/' || 1 + floor(which * 20)::INTEGER
            ELSE '' END
        WHEN page < 0.07 + 0.4 * hot THEN CASE
            WHEN which < 0.42 THEN '/pricing'
            WHEN which < 0.52 THEN '/compare/competitor-one'
            WHEN which < 0.6 THEN '/compare/competitor-two'
            WHEN which < 0.82 THEN '/case-studies/' || getvariable('customer_stories')[1 + a % 6]
            WHEN which < 0.93 THEN '/roi-calculator' ELSE '/demo' END
        WHEN which < 0.22 THEN '/' WHEN which < 0.66 THEN '/blog/' || topic
        WHEN which < 0.8 THEN '/product/' || getvariable('features')[1 + a % 7]
        WHEN which < 0.93 THEN '/docs/' || getvariable('features')[1 + a % 7]
        WHEN which < 0.985 THEN '/about' ELSE '/careers' END AS path,
    CASE WHEN kind = 'email' THEN 'email' WHEN kind = 'web' THEN channel
        WHEN kind = 'webinar' THEN 'webinar' WHEN kind = 'social' THEN 'social'
        WHEN kind = 'ad_click' THEN CASE WHEN r < 0.91 THEN 'paid_search' ELSE 'paid_social' END
        END AS source,
    CASE WHEN kind IN ('email', 'webinar', 'ad_click') OR channel IN ('paid_search', 'paid_social')
            AND kind = 'web' OR type = 'content_download'
        THEN campaign_code(occurred_at, CASE WHEN kind = 'email' THEN 1 WHEN kind = 'webinar' THEN 2
            WHEN type = 'content_download' THEN 5 WHEN channel = 'paid_social' THEN 4 ELSE 3 END)
        END AS campaign,
    CASE WHEN type = 'call' THEN seller(n) END AS owner,
    CASE WHEN kind = 'email' AND i < 4 THEN 'Newsletter: ' || replace(topic, '-', ' ')
        WHEN kind = 'webinar' THEN CASE WHEN r < 0.45 THEN 'Executive webinar: '
            ELSE 'Webinar: ' END || replace(topic, '-', ' ') END AS subject,
    CASE type
        WHEN 'content_download' THEN '{"asset":"' || asset || '"}'
        WHEN 'feature_used' THEN '{"feature":"' || getvariable('features')[1 + a % 7] || '"}'
        WHEN 'form_submit' THEN '{"form":"newsletter"}'
        WHEN 'email_click' THEN '{"email":"newsletter","link":"/blog/' || topic || '"}'
        WHEN 'email_bounce' THEN CASE WHEN i = 1 THEN '{"bounce_type":"soft"}'
            ELSE '{"bounce_type":"hard"}' END
        WHEN 'member_invited' THEN CASE WHEN which < 0.2 THEN '{"external":true}'
            ELSE '{"external":false}' END END AS properties
FROM dated
UNION ALL
SELECT
    'e' || substr(c.id, 2) || '-m' || m.k, c.id,
    CASE WHEN is_linked(c.n, c.kind) OR m.deal IS NOT NULL
        THEN account_code(c.account) END,
    CASE WHEN m.deal IS NOT NULL THEN deal_code(m.deal) END,
    m.type, m.moment, CASE WHEN m.ours THEN 'outbound' ELSE 'inbound' END,
    NULL, m.path,
    CASE m.type WHEN 'referral' THEN 'referral' WHEN 'event_attendance' THEN 'event' ELSE NULL END,
    CASE m.type WHEN 'event_attendance' THEN campaign_code(m.moment, 6) END,
    CASE WHEN m.ours THEN seller(c.n) END, m.subject, m.properties
FROM milestone AS m JOIN contact AS c ON c.n = m.c
WHERE m.c BETWEEN getvariable('first_contact') AND getvariable('last_contact')
ORDER BY contact_id, occurred_at, id
