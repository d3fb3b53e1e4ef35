"""Which contacts a statement for a few of them looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.leads.scoring.steps import WANTED

if TYPE_CHECKING:
    from collections.abc import Collection

    import duckdb


def want(
    con: duckdb.DuckDBPyConnection,
    contact_ids: Collection[str],
    *,
    with_colleagues: bool = False,
    ever: bool = False,
) -> None:
    """Fill the table `wanted` with contacts that there are.

    Args:
        con: A connection with facts.
        contact_ids: Whom.
        with_colleagues: Whether to add those of the same accounts, because their activity counts.
        ever: Whether to add those who were ever at an account at which one of them ever was.
    """
    wanted = "SELECT id AS contact_id FROM contacts WHERE id IN (SELECT unnest($asked))"
    if with_colleagues:
        wanted = f"{wanted} UNION {_COLLEAGUES_EVER if ever else _COLLEAGUES}"
    making = f"CREATE OR REPLACE TEMP TABLE {WANTED} AS {wanted}"
    con.execute(making, {"asked": list(contact_ids)})


_COLLEAGUES = """
SELECT id FROM contacts WHERE account_id IN
    (SELECT account_id FROM contacts WHERE id IN (SELECT unnest($asked)))
"""
_COLLEAGUES_EVER = """
SELECT person FROM (
    WITH spells AS (
        SELECT id AS person, account_id AS employer FROM contacts UNION
        SELECT record_id, unnest([old_value, new_value]) FROM contact_history
        WHERE field = 'account_id'
    )
    SELECT DISTINCT person FROM spells WHERE employer IN
        (SELECT employer FROM spells WHERE person IN (SELECT unnest($asked)))
) WHERE person IN (SELECT id FROM contacts)
"""
