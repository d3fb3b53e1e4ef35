"""The letters of the outbox as a person sees them: listed, inspected, and sent once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.store.engine_tables import OUTBOX
from revops.store.outbox.letter import Letter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from revops.store.outbox.letter import State

PAGE = 100


def list_letters(
    connection: sa.Connection,
    *,
    state: State | None = None,
    destination: str | None = None,
    contact_id: str | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Letter]:
    """Letters, the newest first.

    Args:
        connection: Any.
        state: Only those that stand there; `dead` are those that were given up.
        destination: Only those to this one.
        contact_id: Only those about this contact.
        before: Only those with a smaller `seq`: the last one of the page before.
        limit: At most so many.
    """
    asked = {"state": state, "destination": destination, "contact_id": contact_id}
    wanted = [OUTBOX.c[name] == value for name, value in asked.items() if value is not None]
    if before is not None:
        wanted.append(OUTBOX.c.seq < before)
    rows = sa.select(OUTBOX).where(*wanted).order_by(OUTBOX.c.seq.desc()).limit(limit)
    return [Letter(**row) for row in connection.execute(rows).mappings()]


def find_letter(connection: sa.Connection, key: str) -> Letter:
    """The letter with this key.

    Raises:
        RevopsError: There is none (`no-letter`).
    """
    row = connection.execute(sa.select(OUTBOX).where(OUTBOX.c.key == key)).mappings().one_or_none()
    if row is None:
        raise RevopsError("no-letter", f"the outbox has no letter with the key '{key}'")
    return Letter(**row)


def replay(
    connection: sa.Connection,
    now: datetime,
    *,
    keys: Sequence[str] | None = None,
    destination: str | None = None,
) -> int:
    """Try dead letters once more, with the same key and content and as many attempts as ever.

    Args:
        connection: A transaction that writes.
        now: They are due at this moment.
        keys: Only these; None for all.
        destination: Only those to this one; None for all.

    Returns:
        How many there were.

    Raises:
        RevopsError: One of the keys is not that of a dead letter (`not-dead`, `no-letter`).
    """
    for key in keys or ():
        if (found := find_letter(connection, key)).state != "dead":
            raise RevopsError(
                "not-dead",
                f"the letter '{key}' is {found.state}, not dead",
                "only dead letters can be sent once more",
            )
    wanted = [OUTBOX.c.state == "dead"]
    if keys is not None:
        wanted.append(OUTBOX.c.key.in_(keys))
    if destination is not None:
        wanted.append(OUTBOX.c.destination == destination)
    again = OUTBOX.update().where(*wanted).values(state="pending", next_at=now, attempts=0)
    return connection.execute(again).rowcount
