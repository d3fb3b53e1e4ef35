"""Contacts as they were at many instants, each its own, scored by one statement.

Each asked pair of contact and instant becomes a contact of its own, with copies of its account,
its activities up to the instant and its history, and with its times moved so that its instant
falls on one that all pairs share. The statement as of that instant then scores them all, each as
it was at its own. Fields keep their values; only times that the statement compares with its
instant are moved, and conditions that name them are restated (see `restating`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from revops.leads.scoring.compile import ENGAGED_CONTACTS, compile_scoring
from revops.leads.scoring.restating import OF_CONTACT, STATED, restated, restated_vocabulary
from revops.leads.scoring.steps import Prepared

if TYPE_CHECKING:
    import duckdb

    from revops.definitions.scope import Vocabulary
    from revops.definitions.scoring import Scoring
    from revops.leads.scoring.people import Past

ASKED_AT = "asked_at"
"""A table with the columns contact_id and as_of (in UTC): whom to score, and as of when."""
SCORES_AT = "scores_at"
LINES_AT = "lines_at"


def score_at(
    con: duckdb.DuckDBPyConnection, scoring: Scoring, vocabulary: Vocabulary, past: Past
) -> None:
    """Score every pair in `asked_at`, as if each were scored alone as of its instant.

    Makes the tables `scores_at` and `lines_at`: the columns of `scores` and `lines` with
    contact_id and as_of of the pair, times as they were. Contacts that no model accepts have no
    row.

    Args:
        con: A connection to facts in memory, with a table `asked_at`. Afterwards its `contacts`,
            `accounts`, `activities` and histories are copies; `remove_copies` ends that.
        scoring: The definition; its conditions must have been checked.
        vocabulary: Lists, custom fields and zone of the workspace.
        past: What history there is.
    """
    at = copy_at(con, with_colleagues=ENGAGED_CONTACTS in scoring.model_dump_json())
    steps = compile_scoring(
        restated(scoring),
        restated_vocabulary(vocabulary),
        at,
        past=restated_past(past),
    )
    Prepared(con, steps)
    con.execute(_SCORES_AT)
    con.execute(_LINES_AT)


def copy_at(con: duckdb.DuckDBPyConnection, *, with_colleagues: bool = False) -> datetime:
    """Let copies stand for the facts: one contact for each pair in `asked_at`.

    The views hide the facts of the same names, which are in `memory.main`. The table `copied`
    tells of which pair a copy is: id, contact_id, as_of, moved (microseconds), is_asked.

    Args:
        con: A connection to facts in memory, with a table `asked_at`.
        with_colleagues: Whether to copy those who were ever at one of the contact's accounts too.

    Returns:
        The instant that all pairs share: the latest one asked for.
    """
    remove_copies(con)
    con.execute(_COPIED)
    con.execute(_SPELLS)
    if with_colleagues:
        con.execute(_COLLEAGUES)
    con.execute(_EMPLOYERS)
    for name, view in _VIEWS.items():
        con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {view}")
    (latest,) = con.execute(f"SELECT max(as_of) FROM {ASKED_AT}").fetchall()[0]
    return (latest or datetime(1970, 1, 1)).replace(tzinfo=UTC)  # noqa: DTZ001 - of no pair


def remove_copies(con: duckdb.DuckDBPyConnection) -> None:
    """Let the facts stand for themselves again; `scores_at` and `lines_at` stay."""
    for name in _VIEWS:
        con.execute(f"DROP VIEW IF EXISTS temp.main.{name}")


def restated_past(past: Past) -> Past:
    """What history copies have."""
    fields = set(past.history.get("contacts", ()))
    stated = {STATED + name for name in OF_CONTACT if name in fields}
    return replace(past, history={**past.history, "contacts": fields | stated})


_MOVED = "to_microseconds(p.moved)"
# Pairs are numbered, so that ids of copies are short and the same each time.
_COPIED = f"""
CREATE OR REPLACE TEMP TABLE copied AS
SELECT CAST(pair AS VARCHAR) AS id, CAST(pair AS VARCHAR) AS pair, contact_id, as_of,
    epoch_us(max(as_of) OVER ()) - epoch_us(as_of) AS moved, true AS is_asked
FROM (
    SELECT contact_id, as_of, row_number() OVER (ORDER BY contact_id, as_of) AS pair
    FROM (SELECT DISTINCT contact_id, as_of FROM {ASKED_AT} WHERE as_of IS NOT NULL)
)
"""
_SPELLS = """
CREATE OR REPLACE TEMP TABLE spells AS
SELECT id AS contact_id, account_id FROM memory.main.contacts WHERE account_id IS NOT NULL
UNION
SELECT record_id, unnest([old_value, new_value]) FROM memory.main.contact_history
WHERE field = 'account_id'
"""
_COLLEAGUES = """
INSERT INTO copied
SELECT DISTINCT p.pair || '/' || other.contact_id, p.pair, other.contact_id, p.as_of, p.moved, false
FROM copied AS p
JOIN spells AS own ON own.contact_id = p.contact_id
JOIN spells AS other ON other.account_id = own.account_id
WHERE other.contact_id <> p.contact_id
"""
_EMPLOYERS = """
CREATE OR REPLACE TEMP TABLE employers AS
SELECT DISTINCT p.pair, p.moved, s.account_id
FROM copied AS p JOIN spells AS s ON s.contact_id = p.contact_id
WHERE p.is_asked AND s.account_id IS NOT NULL
"""
_VALUE = f"""
CASE WHEN h.field = 'account_id' THEN p.pair || '/' || {{value}}
    WHEN h.field IN ('created_at', 'recycled_at')
        THEN CAST(TRY_CAST({{value}} AS TIMESTAMP) + {_MOVED} AS VARCHAR)
    ELSE {{value}} END
"""
_STATED_HISTORY = ", ".join(f"'{name}'" for name in OF_CONTACT)
_VIEWS = {
    "contacts": f"""
SELECT r.* REPLACE (
        p.id AS id,
        p.pair || '/' || r.account_id AS account_id,
        r.created_at + {_MOVED} AS created_at,
        r.recycled_at + {_MOVED} AS recycled_at
    ),
    {", ".join(f"r.{name} AS {STATED}{name}" for name in OF_CONTACT)}
FROM copied AS p JOIN memory.main.contacts AS r ON r.id = p.contact_id
""",
    "accounts": f"""
SELECT r.* REPLACE (p.pair || '/' || r.id AS id), r.id AS {STATED}id
FROM employers AS p JOIN memory.main.accounts AS r ON r.id = p.account_id
""",
    "activities": f"""
SELECT r.* REPLACE (p.id AS contact_id, r.occurred_at + {_MOVED} AS occurred_at),
    r.contact_id AS {STATED}contact_id,
    r.occurred_at AS {STATED}occurred_at,
    CAST(r.occurred_at AS DATE) AS {STATED}occurred_on
FROM copied AS p
JOIN memory.main.activities AS r ON r.contact_id = p.contact_id AND r.occurred_at <= p.as_of
""",
    "contact_history": f"""
SELECT p.id AS record_id, h.field, h.changed_at + {_MOVED} AS changed_at,
    {_VALUE.format(value="h.old_value")} AS old_value,
    {_VALUE.format(value="h.new_value")} AS new_value, h.seq
FROM copied AS p JOIN memory.main.contact_history AS h ON h.record_id = p.contact_id
UNION ALL
SELECT p.id, '{STATED}' || h.field, h.changed_at + {_MOVED}, h.old_value, h.new_value, h.seq
FROM copied AS p JOIN memory.main.contact_history AS h ON h.record_id = p.contact_id
WHERE h.field IN ({_STATED_HISTORY})
""",
    "account_history": f"""
SELECT p.pair || '/' || h.record_id AS record_id, h.field, h.changed_at + {_MOVED} AS changed_at,
    h.old_value, h.new_value, h.seq
FROM employers AS p JOIN memory.main.account_history AS h ON h.record_id = p.account_id
""",
}
_SCORES_AT = f"""
CREATE OR REPLACE TEMP TABLE {SCORES_AT} AS
SELECT s.* EXCLUDE (contact_id, account_id) REPLACE (
        s.last_activity_at - {_MOVED} AS last_activity_at
    ),
    p.contact_id, p.as_of, substr(s.account_id, length(p.pair) + 2) AS account_id
FROM scores AS s JOIN copied AS p ON p.id = s.contact_id
WHERE p.is_asked
"""
_LINES_AT = f"""
CREATE OR REPLACE TEMP TABLE {LINES_AT} AS
SELECT l.* EXCLUDE (contact_id) REPLACE (l.last_at - {_MOVED} AS last_at), p.contact_id, p.as_of
FROM lines AS l JOIN copied AS p ON p.id = l.contact_id
WHERE p.is_asked
"""
