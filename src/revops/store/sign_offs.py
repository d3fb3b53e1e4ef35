"""Signatures in the store: added, read in their order, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.store.engine_tables import SIGN_OFFS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any


def add_sign_offs(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add signatures: kind, subject, role, content, made_by, made_at, until, note."""
    if rows:
        connection.execute(sa.insert(SIGN_OFFS), rows)


def read_sign_offs(connection: sa.Connection) -> Sequence[sa.Row[Any]]:
    """Every signature, the oldest first, in the order of the table's columns."""
    return connection.execute(sa.select(SIGN_OFFS).order_by(SIGN_OFFS.c.seq)).all()


def withdraw_sign_offs(
    connection: sa.Connection,
    kind: str,
    subjects: Sequence[str],
    role: str | None,
    now: datetime,
) -> int:
    """Take back those that stand for these subjects; how many there were."""
    standing = (
        SIGN_OFFS.c.kind == kind,
        SIGN_OFFS.c.subject.in_(subjects),
        SIGN_OFFS.c.role.is_not_distinct_from(role),
        SIGN_OFFS.c.withdrawn_at.is_(None),
    )
    return connection.execute(
        sa.update(SIGN_OFFS).where(*standing).values(withdrawn_at=now)
    ).rowcount
