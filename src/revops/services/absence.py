"""When people are away, so that no lead is given to them meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.services.contact import find_user
from revops.services.score import now as this_second
from revops.store.engine_tables import ABSENCES

if TYPE_CHECKING:
    from datetime import datetime

    from revops.services.workspace import Workspace


@dataclass(frozen=True)
class Away:
    """A time in which somebody is away: from `starts_at` up to but without `ends_at`."""

    id: int
    user_id: str
    starts_at: datetime
    ends_at: datetime
    reason: str | None


def add_absence(
    workspace: Workspace, user: str, starts_at: datetime, ends_at: datetime, reason: str = ""
) -> tuple[Away, list[Away]]:
    """Note that somebody will be away.

    Args:
        workspace: Whose.
        user: Who, by id or address.
        starts_at: From when.
        ends_at: When the person is back.
        reason: Why, if that is anybody's business.

    Returns:
        The absence, and the others of the person that it overlaps.

    Raises:
        RevopsError: There is no such user (`unknown-user`), or it would end before it begins
            (`bad-absence`).
    """
    who = find_user(workspace.catalog.people, user).id
    if ends_at <= starts_at:
        raise RevopsError(
            "bad-absence",
            "the absence would end before it begins",
            "--until is when the person is back; a day alone is its midnight",
        )
    overlaps = (ABSENCES.c.starts_at < ends_at, ABSENCES.c.ends_at > starts_at)
    with workspace.store.write() as connection:
        others = _absences(connection, ABSENCES.c.user_id == who, *overlaps)
        row = {"user_id": who, "starts_at": starts_at, "ends_at": ends_at, "reason": reason or None}
        insert = sa.insert(ABSENCES).values(row).returning(ABSENCES.c.seq)
        number = connection.execute(insert).scalar_one()
    return Away(number, who, starts_at, ends_at, reason or None), others


def list_absences(
    workspace: Workspace,
    *,
    user: str | None = None,
    everything: bool = False,
    now: datetime | None = None,
) -> list[Away]:
    """Who is away and will be, by when it begins.

    Args:
        workspace: Whose.
        user: Of this user only.
        everything: Whether absences that are over are listed too.
        now: When; by default now.

    Raises:
        RevopsError: There is no such user.
    """
    wanted = [] if everything else [ABSENCES.c.ends_at > (now or this_second())]
    if user is not None:
        wanted.append(ABSENCES.c.user_id == find_user(workspace.catalog.people, user).id)
    with workspace.store.read() as connection:
        return _absences(connection, *wanted)


def remove_absence(workspace: Workspace, number: int) -> Away:
    """Take an absence back.

    Raises:
        RevopsError: There is none with this number (`unknown-absence`).
    """
    with workspace.store.write() as connection:
        found = _absences(connection, ABSENCES.c.seq == number)
        if not found:
            mend = "revops pto list --all tells the numbers"
            raise RevopsError("unknown-absence", f"there is no absence {number}", mend)
        connection.execute(sa.delete(ABSENCES).where(ABSENCES.c.seq == number))
    return found[0]


def _absences(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Away]:
    columns = (ABSENCES.c[name] for name in ("seq", "user_id", "starts_at", "ends_at", "reason"))
    rows = sa.select(*columns).where(*where).order_by(ABSENCES.c.starts_at, ABSENCES.c.seq)
    return [Away(*row) for row in connection.execute(rows)]
