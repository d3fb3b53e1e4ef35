"""Accounts for contacts that have none, found before anything is asked about them.

What is asked of a contact is then answered as if the account were written already, so that it is
scored and routed by its account in the same pass; the pass writes it with the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.leads.matching import match_contacts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import duckdb

_WITHOUT = """
SELECT id FROM contacts WHERE account_id IS NULL AND id IN (SELECT unnest($ids)) ORDER BY id
"""
_TAKEN_AWAY = """
SELECT record_id FROM contact_history
WHERE field = 'account_id' AND new_value IS NULL AND record_id IN (SELECT unnest($ids))
"""
"""From whom somebody has taken their account: they are left without."""
_AS_MATCHED = """
CREATE TEMP VIEW contacts AS
SELECT c.* REPLACE (coalesce(c.account_id, m.account_id) AS account_id)
FROM contacts_as_they_are AS c LEFT JOIN matched AS m ON m.contact_id = c.id
"""


@dataclass(frozen=True, slots=True)
class Match:
    """What the address of a contact without an account says.

    Attributes:
        account_id: Whose it is; None if that is not known for certain.
        how: exact, below, ambiguous, private, none or no address.
        why: The same in words.
    """

    account_id: str | None
    how: str
    why: str


def match(
    con: duckdb.DuckDBPyConnection,
    lists: Mapping[str, Collection[str]],
    contact_ids: Collection[str],
) -> dict[str, Match]:
    """Find accounts, and let the view `contacts` have them as if they were written.

    Args:
        con: Facts.
        lists: The lists of the workspace.
        contact_ids: Those that are looked at; only those without an account are asked about.

    Returns:
        What the address of each that has no account says, by its id.
    """
    without = _ids(con, _WITHOUT, list(contact_ids))
    taken_away = {*_ids(con, _TAKEN_AWAY, without)} if without else set()
    ids = [each for each in without if each not in taken_away]
    if not ids:
        return {}
    matched = match_contacts(con, lists, ids)
    found = {
        row["contact_id"]: Match(row["account_id"], row["how"], row["why"])
        for row in matched.to_pylist()
    }
    if any(each.account_id for each in found.values()):
        con.register("found", matched)
        con.execute("CREATE TEMP TABLE matched AS SELECT contact_id, account_id FROM found")
        con.execute("ALTER VIEW contacts RENAME TO contacts_as_they_are")
        con.execute(_AS_MATCHED)
    return found


def _ids(con: duckdb.DuckDBPyConnection, query: str, ids: list[str]) -> list[str]:
    return [row[0] for row in con.execute(query, {"ids": ids}).fetchall()]
