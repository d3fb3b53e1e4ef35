"""Which account a contact belongs to, by the domain of its e-mail address.

The domain must be an account's, or lie below one: of `mail.eu.acme.com`, the longest of
`mail.eu.acme.com`, `eu.acme.com` and `acme.com` that is an account's. Nothing is guessed: private
mailboxes say nothing of a company, and of two accounts with one domain neither is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from revops.definitions.lists import PRIVATE_LISTS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import duckdb
    import pyarrow as pa

TARGET = 0.95
"""Share of the contacts with a company address that should have an account."""

_SHARED = ("ac", "co", "com", "edu", "go", "gob", "gov", "mil", "ne", "net", "nom", "or", "org")
"""Before a country's two letters these are no company: `co.uk`, `com.au`, `or.jp`."""

_OF_ALL = "SELECT id AS contact_id, email FROM contacts WHERE account_id IS NULL"
_OF_SOME = f"{_OF_ALL} AND id IN (SELECT unnest($ids))"
_OF_EMAILS = "SELECT DISTINCT email AS contact_id, email FROM (SELECT unnest($emails) AS email)"

_MATCHED = """
WITH asked AS ({asked}),
addressed AS (  -- what follows the last @, without the dot that some write at its end
    SELECT contact_id,
        CASE WHEN email LIKE '%@%' THEN rtrim(lower(trim(split_part(email, '@', -1))), '.') END
            AS domain
    FROM asked
),
split AS (
    SELECT domain, string_split(domain, '.') AS labels
    FROM (SELECT DISTINCT domain FROM addressed WHERE domain <> '')
),
cut AS (  -- the domain itself first, then one label less at a time, never one label alone
    SELECT domain, labels, unnest(range(1, len(labels))) AS start FROM split
),
suffix AS (
    SELECT domain, start, array_to_string(labels[start:], '.') AS suffix FROM cut
    WHERE NOT (
        start = len(labels) - 1 AND length(labels[-1]) = 2 AND list_contains($shared, labels[-2])
    )
),
private AS (SELECT DISTINCT domain FROM suffix WHERE list_contains($private, suffix)),
owned AS (
    SELECT suffix, list(id ORDER BY id) AS accounts
    FROM (SELECT id, rtrim(lower(trim(domain)), '.') AS suffix FROM accounts) GROUP BY suffix
),
found AS (
    SELECT domain, arg_min(suffix, start) AS suffix, arg_min(accounts, start) AS accounts
    FROM suffix JOIN owned USING (suffix) GROUP BY domain
),
told AS (
    SELECT contact_id, a.domain, suffix, accounts,
        CASE
            WHEN a.domain IS NULL OR a.domain = '' THEN 'no address'
            WHEN p.domain IS NOT NULL THEN 'private'
            WHEN len(accounts) > 1 THEN 'ambiguous'
            WHEN suffix = a.domain THEN 'exact'
            WHEN suffix IS NOT NULL THEN 'below'
            ELSE 'none'
        END AS how
    FROM addressed AS a
    LEFT JOIN private AS p ON p.domain = a.domain
    LEFT JOIN found AS f ON f.domain = a.domain
)
SELECT contact_id,
    CASE WHEN how IN ('exact', 'below') THEN accounts[1] END AS account_id,
    how,
    CASE how
        WHEN 'no address' THEN 'it has no e-mail address'
        WHEN 'private' THEN domain || ' is for private mailboxes'
        WHEN 'ambiguous' THEN suffix || ' is the domain of ' || len(accounts) || ' accounts: '
            || array_to_string(accounts[:3], ', ') || if(len(accounts) > 3, ' ...', '')
        WHEN 'exact' THEN domain || ' is the domain of account ' || accounts[1]
        WHEN 'below'
            THEN domain || ' lies below ' || suffix || ', the domain of account ' || accounts[1]
        ELSE 'no account has the domain ' || domain
    END AS why
FROM told ORDER BY contact_id
"""

_RATE = """
SELECT count(*), count(*) FILTER (has_address), count(*) FILTER (has_account)
FROM (
    SELECT
        coalesce(c.account_id, m.account_id) IS NOT NULL AS has_account,
        has_account OR m.how NOT IN ('no address', 'private') AS has_address
    FROM contacts AS c LEFT JOIN ({matched}) AS m ON m.contact_id = c.id
)
"""


@dataclass(frozen=True, slots=True)
class MatchRate:
    """How many contacts belong to an account.

    Attributes:
        contacts: All of them.
        matchable: Those that have an account or a company's address.
        matched: Those that have an account, or get one by their address.
    """

    contacts: int
    matchable: int
    matched: int

    @property
    def rate(self) -> float | None:
        """Share of the matchable that are matched; None where there is none to match."""
        return self.matched / self.matchable if self.matchable else None

    @property
    def is_enough(self) -> bool:
        """Whether the rate reaches the target of 95%."""
        return self.rate is None or self.rate >= TARGET


def match_contacts(
    con: duckdb.DuckDBPyConnection,
    lists: Mapping[str, Collection[str]],
    contact_ids: Collection[str] | None = None,
) -> pa.Table:
    """The account of each contact that has none yet, where its address tells.

    Args:
        con: Facts with the views `contacts` and `accounts`.
        lists: The lists of the workspace; `personal_domains` and `disposable_domains` are asked.
        contact_ids: Whom to ask about; everyone by default.

    Returns:
        Columns contact_id, account_id (NULL for no match), how (exact, below, ambiguous, private,
        none, no address) and why, in words; ordered by contact_id.
    """
    if contact_ids is None:
        return con.sql(_MATCHED.format(asked=_OF_ALL), params=_known(lists)).to_arrow_table()
    given = {"ids": list(contact_ids), **_known(lists)}
    return con.sql(_MATCHED.format(asked=_OF_SOME), params=given).to_arrow_table()


def match_emails(
    con: duckdb.DuckDBPyConnection,
    lists: Mapping[str, Collection[str]],
    emails: Collection[str],
) -> pa.Table:
    """The same for addresses of people who are no contacts yet; contact_id is the address."""
    given = {"emails": list(emails), **_known(lists)}
    return con.sql(_MATCHED.format(asked=_OF_EMAILS), params=given).to_arrow_table()


def match_rate(con: duckdb.DuckDBPyConnection, lists: Mapping[str, Collection[str]]) -> MatchRate:
    """How many of all contacts belong to an account, with what their addresses tell."""
    query = _RATE.format(matched=_MATCHED.format(asked=_OF_ALL))
    ((contacts, matchable, matched),) = con.execute(query, _known(lists)).fetchall()
    return MatchRate(contacts, matchable, matched)


def _known(lists: Mapping[str, Collection[str]]) -> dict[str, Any]:
    private = {value.lower() for name in PRIVATE_LISTS for value in lists.get(name, ())}
    return {"shared": list(_SHARED), "private": sorted(private)}
