"""Whom a command means: a contact by its id or address, a user by its id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.kit.issue import did_you_mean
from revops.store.tables import RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Collection

    from revops.definitions.people import People, User

_CONTACTS = RECORD_TABLES["contacts"]
_MOST_TOLD = 10


@dataclass(frozen=True)
class Person:
    """A contact, as a person recognises it."""

    id: str
    name: str
    email: str
    title: str
    stage: str | None
    owner: str | None


def find_contact(connection: sa.Connection, contact: str) -> Person:
    """The contact with this id or e-mail address.

    Raises:
        RevopsError: There is none (`unknown-contact`), or several have the address
            (`several-contacts`).
    """
    found = _people(connection, _CONTACTS.c.id == contact)
    if not found and "@" in contact:
        found = _people(connection, sa.func.lower(_CONTACTS.c.email) == contact.lower())
    if not found:
        raise RevopsError(
            "unknown-contact",
            f"there is no contact '{contact}'",
            "give its id or its e-mail address; revops export contacts lists them",
        )
    if len(found) > 1:
        ids = ", ".join(each.id for each in found[:_MOST_TOLD])
        message = f"{len(found)} contacts have the address '{contact}'"
        raise RevopsError("several-contacts", message, f"name one: {ids}")
    return found[0]


def find_user(people: People, user: str) -> User:
    """The user with this id or e-mail address.

    Raises:
        RevopsError: There is none (`unknown-user`).
    """
    for each in people.users:
        if user in {each.id, each.email}:
            return each
    ids = [each.id for each in people.users]
    mend = did_you_mean(user, ids) or f"people.yaml has {', '.join(ids) or 'nobody'}"
    raise RevopsError("unknown-user", f"there is no user '{user}'", mend)


def owner_id(people: People, owner: str, owning: Collection[str | None]) -> str:
    """The id of somebody who owns records: of `owning`, who need not work here, or a user.

    Raises:
        RevopsError: It is neither (`unknown-user`).
    """
    return owner if owner in owning else find_user(people, owner).id


def _people(connection: sa.Connection, where: sa.ColumnElement[bool]) -> list[Person]:
    rows = connection.execute(sa.select(_CONTACTS).where(where).order_by(_CONTACTS.c.id))
    return [
        Person(
            row.id,
            " ".join(name for name in (row.first_name, row.last_name) if name),
            row.email or "",
            row.title or "",
            row.lifecycle_stage,
            row.owner,
        )
        for row in rows
    ]
