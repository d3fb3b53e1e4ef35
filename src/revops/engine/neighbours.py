"""Contacts that are to be looked at because an account or a deal of theirs arrived or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.engine.deals import named_in
from revops.store.tables import CHANGES, RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

READ = {
    "contacts": RECORD_TABLES["contacts"],
    "activities": RECORD_TABLES["activities"],
    "accounts": RECORD_TABLES["accounts"],
    "opportunities": RECORD_TABLES["opportunities"],
    "changes": CHANGES,
}
"""What is read by `seq` as it arrives."""
_CONTACTS, _ACCOUNTS, _DEALS = READ["contacts"], READ["accounts"], READ["opportunities"]


def of_accounts(
    connection: sa.Connection, since: Mapping[str, int], latest: Mapping[str, int]
) -> Iterator[sa.Select[tuple[str]]]:
    """Contacts of accounts that are new or have another domain, and those who may become theirs.

    Args:
        connection: Of the store.
        since: Up to where each table of `READ` was read before, by `seq`.
        latest: How far each goes.
    """
    if not _goes_on("accounts", since, latest):
        return
    moved = _changed("accounts", since).where(CHANGES.c.field == "domain")
    is_new = sa.or_(_ACCOUNTS.c.seq > since["accounts"], _ACCOUNTS.c.id.in_(moved))
    accounts = sa.select(_ACCOUNTS.c.id).where(is_new)
    domains = sa.select(sa.func.lower(sa.func.trim(_ACCOUNTS.c.domain))).where(is_new)
    yield sa.select(_CONTACTS.c.id).where(_CONTACTS.c.account_id.in_(accounts))
    yield sa.select(_CONTACTS.c.id).where(
        _CONTACTS.c.account_id.is_(None), _domain(connection).in_(domains)
    )


def of_deals(
    connection: sa.Connection, since: Mapping[str, int], latest: Mapping[str, int]
) -> Iterator[sa.Select[tuple[str]]]:
    """Contacts that a deal names which is new or changed, and those it named before.

    Args:
        connection: Of the store.
        since: Up to where each table of `READ` was read before, by `seq`.
        latest: How far each goes.
    """
    if not _goes_on("opportunities", since, latest):
        return
    changed = _changed("opportunities", since)
    is_new = sa.or_(_DEALS.c.seq > since["opportunities"], _DEALS.c.id.in_(changed))
    named = named_in(connection, _DEALS, _DEALS.c.contact_ids).where(is_new)
    before = named_in(connection, CHANGES, CHANGES.c.old_value).where(
        CHANGES.c.seq > since["changes"],
        CHANGES.c.object == "opportunities",
        CHANGES.c.field == "contact_ids",
    )
    for people in (named, before):
        yield sa.select(_CONTACTS.c.id).where(_CONTACTS.c.id.in_(people))


def _goes_on(name: str, since: Mapping[str, int], latest: Mapping[str, int]) -> bool:
    return any(since[each] < latest[each] for each in (name, "changes"))


def _changed(plural: str, since: Mapping[str, int]) -> sa.Select[tuple[str]]:
    of_kind = (CHANGES.c.seq > since["changes"], CHANGES.c.object == plural)
    return sa.select(CHANGES.c.record_id).where(*of_kind)


def _domain(connection: sa.Connection) -> sa.ColumnElement[str]:
    """What follows the @ of a contact's address, in lower case."""
    email, at = _CONTACTS.c.email, sa.literal("@")
    if connection.dialect.name == "postgresql":
        return sa.func.lower(sa.func.split_part(email, at, 2))
    return sa.func.lower(sa.func.substr(email, sa.func.instr(email, at) + 1))
