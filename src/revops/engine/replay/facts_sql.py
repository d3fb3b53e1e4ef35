"""The queries behind the facts of a replay."""

from __future__ import annotations

HISTORY = """
SELECT record_id, field, changed_at, old_value, new_value, changed_by, reason, seq
FROM memory.main.contact_history
"""
DECIDED = f"""
CREATE OR REPLACE TEMP TABLE decided AS {HISTORY}
WHERE field = 'lifecycle_stage' AND changed_at > $start
    AND changed_at <= $end AND new_value IN (SELECT UNNEST($followed))
    AND changed_by IS DISTINCT FROM $by
"""
# What held at the beginning, where only later changes tell; nothing, for who came later, and of a
# recycling that is later and of which no change tells.
ANCHORS = """
INSERT INTO decided
SELECT record_id, field, $start, NULL, MIN({'a': changed_at, 's': seq, 'v': old_value}).v, NULL,
    NULL, -1
FROM memory.main.contact_history WHERE list_contains($fields, field)
GROUP BY record_id, field HAVING MIN(changed_at) > $start
    AND NOT record_id IN (SELECT id FROM contacts WHERE created_at > $start)
UNION ALL
SELECT id, UNNEST($fields), $start, NULL, NULL, NULL, NULL, -1
FROM contacts WHERE created_at > $start
UNION ALL
SELECT id, 'recycled_at', $start, NULL, NULL, NULL, NULL, -1
FROM contacts WHERE recycled_at > $start AND (created_at IS NULL OR created_at <= $start)
    AND NOT id IN (SELECT record_id FROM memory.main.contact_history WHERE field = 'recycled_at')
"""
BEGINNING = """
CREATE OR REPLACE TEMP TABLE beginning AS
WITH past AS (
    SELECT record_id, field, MAX({'a': changed_at, 's': seq, 'v': new_value}) AS last
    FROM contact_history
    WHERE field IN ('lifecycle_stage', 'owner', 'recycled_at', 'account_id')
        AND changed_at <= $start
    GROUP BY record_id, field
),
since AS (
    SELECT record_id, MAX(changed_at) AS at FROM memory.main.contact_history
    WHERE field = 'lifecycle_stage' AND changed_at <= $start GROUP BY record_id
)
SELECT c.id AS contact_id, c.created_at AS came_at,
    CASE WHEN s.record_id IS NULL THEN c.lifecycle_stage ELSE s.last.v END AS stage,
    since.at AS stage_at,
    CASE WHEN o.record_id IS NULL THEN c.owner ELSE o.last.v END AS owner,
    CASE WHEN r.record_id IS NULL THEN c.recycled_at ELSE TRY_CAST(r.last.v AS TIMESTAMP) END
        AS recycled_at,
    CASE WHEN a.record_id IS NULL THEN c.account_id ELSE a.last.v END AS account_id
FROM contacts AS c
LEFT JOIN past AS s ON s.record_id = c.id AND s.field = 'lifecycle_stage'
LEFT JOIN past AS o ON o.record_id = c.id AND o.field = 'owner'
LEFT JOIN past AS r ON r.record_id = c.id AND r.field = 'recycled_at'
LEFT JOIN past AS a ON a.record_id = c.id AND a.field = 'account_id'
LEFT JOIN since ON since.record_id = c.id
"""
DEAL_PARTS = """
CREATE OR REPLACE TEMP TABLE named_deal AS
SELECT id, LIST(contact_id ORDER BY contact_id) AS contacts FROM (
    SELECT id, TRIM(UNNEST(STRING_SPLIT(contact_ids, ';'))) AS contact_id FROM opportunities
) JOIN {wanted} USING (contact_id) GROUP BY id
"""
DEALS = """
SELECT o.id, n.contacts, o.created_at, o.closed_at, o.is_won{told}
FROM opportunities AS o JOIN named_deal AS n USING (id) WHERE o.created_at <= $1
"""
DEAL_CHANGES = """
SELECT record_id, changed_at, field, old_value, new_value FROM opportunity_history
WHERE record_id IN (SELECT id FROM named_deal) AND field IN (SELECT UNNEST($1))
ORDER BY changed_at, seq
"""
SALES = """
WITH valued AS (
    SELECT record_id,
        MAX({'a': changed_at, 's': seq, 'v': new_value}) FILTER (changed_at <= $end) AS last,
        MIN({'a': changed_at, 's': seq, 'v': old_value}) AS first
    FROM opportunity_history WHERE field = 'amount' GROUP BY record_id
),
sale AS (
    SELECT id, account_id, contact_ids, created_at,
        CASE WHEN is_won IS NULL OR closed_at IS NULL OR closed_at > $end THEN 'open'
            WHEN is_won THEN 'won' ELSE 'lost' END AS state,
        COALESCE(CASE WHEN v.record_id IS NULL THEN amount
            WHEN v.last IS NULL THEN TRY_CAST(v.first.v AS DOUBLE)
            ELSE TRY_CAST(v.last.v AS DOUBLE) END, 0)
            * CAST(COALESCE(currency, $base) = $base AS INTEGER) AS amount
    FROM opportunities LEFT JOIN valued AS v ON v.record_id = id
    WHERE created_at > $start AND created_at <= $end AND COALESCE(type, 'new') = 'new'
)
SELECT contact_id, id, created_at, state, amount FROM (
    SELECT TRIM(UNNEST(STRING_SPLIT(contact_ids, ';'))) AS contact_id, * FROM sale
    WHERE NOT contact_ids IS NULL
    UNION ALL
    SELECT c.id, s.* FROM sale AS s JOIN contacts AS c ON c.account_id = s.account_id
    WHERE s.contact_ids IS NULL
) ORDER BY contact_id, created_at, id
"""
# Silences longer than $length of each contact, each from its last activity to the next one.
SILENCES = """
SELECT contact_id, MIN(since), LIST({{'since': since, 'until': until}} ORDER BY since)
    FILTER (until IS NULL OR until - since > $length)
FROM (
    SELECT contact_id, occurred_at AS since,
        LEAD(occurred_at) OVER (PARTITION BY contact_id ORDER BY occurred_at) AS until
    FROM activities
    WHERE contact_id IN (FROM {wanted}) AND direction IS DISTINCT FROM 'outbound'
        AND occurred_at <= $end
) GROUP BY contact_id
"""
# Contacts to whom the same happened in the same order, each with the first of them. Who is set
# apart, or to whom much happened, is like nobody else.
ALIKE = """
CREATE OR REPLACE TEMP TABLE alike AS
WITH begun AS (
    SELECT *, came_at IS NULL OR came_at <= $start AS is_there,
        EPOCH_US(GREATEST(COALESCE(came_at, $start), $start)) AS since
    FROM beginning WHERE came_at IS NULL OR came_at <= $end
),
told AS (
    SELECT contact_id, GREATEST(changed_at, since) AS known_at,
        ARG_MAX({tells}, changed_at) AS tells
    FROM answer JOIN begun USING (contact_id) GROUP BY contact_id, known_at
),
changed AS (
    SELECT * FROM told
    WINDOW w AS (PARTITION BY contact_id ORDER BY known_at)
    QUALIFY ROW_NUMBER() OVER w = 1 OR LAG(tells) OVER w IS DISTINCT FROM tells
),
path AS (
    SELECT contact_id, LIST(tells ORDER BY known_at) AS tells FROM changed GROUP BY contact_id
),
begins AS (
    SELECT contact_id, is_there, CASE WHEN is_there THEN stage END AS stage,
        is_there AND stage_at IS NULL AS is_dateless, tells,
        (is_there AND NOT recycled_at IS NULL) OR LEN(tells) > $most
            OR contact_id IN (SELECT UNNEST($apart)) AS is_apart
    FROM begun JOIN path USING (contact_id)
)
SELECT contact_id, MIN(contact_id) OVER (
    PARTITION BY is_there, stage, is_dateless, tells, CASE WHEN is_apart THEN contact_id END
) AS first FROM begins
"""
