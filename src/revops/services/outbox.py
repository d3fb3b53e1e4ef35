"""What is to be told to the world: listed, inspected, and sent once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.kit.issue import did_you_mean
from revops.services.contact import find_contact
from revops.services.score import now as this_second
from revops.store.engine_tables import OUTBOX
from revops.store.outbox import find_letter, list_letters, replay

if TYPE_CHECKING:
    from datetime import datetime

    from revops.services.workspace import Workspace
    from revops.store.outbox import Letter, State

MOST = 100


@dataclass(frozen=True)
class Listed:
    """A letter in a list."""

    key: str
    state: str
    channel: str
    destination: str
    contact_id: str | None
    cause: str | None
    created_at: datetime
    next_at: datetime | None
    delivered_at: datetime | None
    attempts: int
    last_error: str | None


def list_outbox(
    workspace: Workspace,
    *,
    state: State | None = None,
    destination: str | None = None,
    contact: str | None = None,
    limit: int = MOST,
) -> list[Listed]:
    """Letters, the newest first.

    Args:
        workspace: Whose.
        state: Only those that stand there.
        destination: Only those to this one.
        contact: Only those about this contact, by id or address.
        limit: At most so many.

    Raises:
        RevopsError: There is no such contact or destination.
    """
    with workspace.store.read() as connection:
        _check(workspace, connection, destination)
        contact_id = find_contact(connection, contact).id if contact else None
        found = list_letters(
            connection, state=state, destination=destination, contact_id=contact_id, limit=limit
        )
    return [
        Listed(*(getattr(each, name) for name in Listed.__dataclass_fields__)) for each in found
    ]


def show_letter(workspace: Workspace, key: str) -> Letter:
    """The letter with this key.

    Raises:
        RevopsError: There is none (`no-letter`).
    """
    with workspace.store.read() as connection:
        return find_letter(connection, key)


def replay_letters(
    workspace: Workspace,
    key: str | None = None,
    *,
    destination: str | None = None,
    now: datetime | None = None,
) -> int:
    """Try a dead letter once more, or all of them.

    Args:
        workspace: Whose.
        key: Only this one.
        destination: Only those to this one.
        now: They are due at this moment; by default now.

    Returns:
        How many there were.

    Raises:
        RevopsError: There is no such letter or destination, or the letter is not dead.
    """
    with workspace.store.write() as connection:
        _check(workspace, connection, destination)
        keys = None if key is None else [key]
        return replay(connection, now or this_second(), keys=keys, destination=destination)


def _check(workspace: Workspace, connection: sa.Connection, destination: str | None) -> None:
    """See that there is a destination of this name, or letters to it."""
    if destination is None:
        return
    written = connection.execute(sa.select(OUTBOX.c.destination).distinct()).scalars()
    known = sorted({*workspace.catalog.automations.destinations, *written})
    if destination not in known:
        mend = did_you_mean(destination, known) or f"there are {', '.join(known) or 'none'}"
        raise RevopsError("unknown-destination", f"there is no destination '{destination}'", mend)
