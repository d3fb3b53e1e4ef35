"""Claims letters and settles what became of them.

A pending letter has `next_at`, when it is due; a claim moves that to the end of the claim, so a
worker that is killed loses nothing: when its claims have ended, they are anyone's again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.store.engine_tables import OUTBOX
from revops.store.outbox.letter import Letter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from revops.store.outbox.letter import State

_PENDING = OUTBOX.c.state == "pending"


@dataclass(frozen=True)
class Verdict:
    """What became of a claimed letter.

    Attributes:
        letter: The letter as it was claimed.
        state: Where it stands now.
        next_at: When it is due again, if it is still pending.
        error: What went wrong, without secrets.
    """

    letter: Letter
    state: State
    next_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True)
class Waiting:
    """What is pending for one destination: how many letters, and when the first is due."""

    destination: str
    letters: int
    next_at: datetime


def claim(
    connection: sa.Connection,
    now: datetime,
    until: datetime,
    most: Mapping[str, int],
    limit: int,
) -> list[Letter]:
    """Take due letters, so that nobody else delivers them before `until`.

    Workers on PostgreSQL skip what another is taking; on SQLite the transaction is the only one.

    Args:
        connection: A transaction that writes; the claim stands when it is committed.
        now: Letters that are due at this moment are taken, the earliest first.
        until: When the claim ends by itself.
        most: How many of each destination; destinations that are not in it are left alone. Those
            that come first have the first choice.
        limit: How many in all.
    """
    taken: list[Letter] = []
    for destination, room in most.items():
        count = min(room, limit - len(taken))
        if count > 0:
            taken += _claim(connection, now, until, destination, count)
    return taken


def _claim(
    connection: sa.Connection, now: datetime, until: datetime, destination: str, count: int
) -> list[Letter]:
    due = (
        sa.select(OUTBOX.c.seq)
        .where(_PENDING, OUTBOX.c.destination == destination, OUTBOX.c.next_at <= now)
        .order_by(OUTBOX.c.next_at, OUTBOX.c.seq)
        .limit(count)
        .with_for_update(skip_locked=True)
        .cte("due")  # PostgreSQL runs one that locks exactly once
    )
    taking = (
        OUTBOX.update()
        .where(OUTBOX.c.seq.in_(sa.select(due.c.seq)))
        .values(claimed_until=until, next_at=until, attempts=OUTBOX.c.attempts + 1)
        .returning(OUTBOX)
    )
    letters = [Letter(**row) for row in connection.execute(taking).mappings()]
    return sorted(letters, key=lambda letter: letter.seq)


def settle(connection: sa.Connection, verdicts: Sequence[Verdict], now: datetime) -> None:
    """Write down what became of claimed letters.

    That a letter was delivered is true whoever says so. Any other verdict counts only while its
    claim does: if it ran out and another worker has the letter, that one decides.
    """
    delivered = [each for each in verdicts if each.state == "delivered"]
    failed = [each for each in verdicts if each.state != "delivered"]
    mine = OUTBOX.c.seq == sa.bindparam("letter")
    if delivered:
        connection.execute(
            OUTBOX.update()
            .where(mine)
            .values(state="delivered", delivered_at=now, next_at=None, claimed_until=None),
            [{"letter": each.letter.seq} for each in delivered],
        )
    if failed:
        connection.execute(
            OUTBOX.update()
            .where(mine, _PENDING, OUTBOX.c.claimed_until == sa.bindparam("claim"))
            .values(
                state=sa.bindparam("becomes"),
                next_at=sa.bindparam("due"),
                last_error=sa.bindparam("error"),
                claimed_until=None,
            ),
            [_failure(each) for each in failed],
        )


def _failure(verdict: Verdict) -> dict[str, object]:
    return {
        "letter": verdict.letter.seq,
        "claim": verdict.letter.claimed_until,
        "becomes": verdict.state,
        "due": verdict.next_at,
        "error": verdict.error,
    }


def give_up(
    connection: sa.Connection, destination: str, before: datetime, why: str, now: datetime
) -> int:
    """Let all unclaimed letters to a destination that were written before a moment be dead.

    Returns:
        How many they were.
    """
    hopeless = (
        OUTBOX.update()
        .where(_PENDING, OUTBOX.c.destination == destination, OUTBOX.c.created_at <= before)
        .where(sa.or_(OUTBOX.c.claimed_until.is_(None), OUTBOX.c.claimed_until <= now))
        .values(state="dead", next_at=None, claimed_until=None, last_error=why)
    )
    return connection.execute(hopeless).rowcount


def prune(connection: sa.Connection, before: datetime, most: int) -> int:
    """Drop letters that were delivered before a moment, the oldest first.

    Pending and dead ones stay. The decision that wrote a letter is kept elsewhere, so a letter that
    is dropped is not written again.

    Args:
        connection: A transaction that writes.
        before: The moment.
        most: At most so many.

    Returns:
        How many were dropped.
    """
    old = (
        sa.select(OUTBOX.c.seq)
        .where(OUTBOX.c.state == "delivered", OUTBOX.c.delivered_at < before)
        .order_by(OUTBOX.c.seq)
        .limit(most)
    )
    return connection.execute(sa.delete(OUTBOX).where(OUTBOX.c.seq.in_(old))).rowcount


def waiting(connection: sa.Connection) -> list[Waiting]:
    """What is pending, by destination."""
    found = connection.execute(
        sa.select(OUTBOX.c.destination, sa.func.count(), sa.func.min(OUTBOX.c.next_at))
        .where(_PENDING)
        .group_by(OUTBOX.c.destination)
        .order_by(OUTBOX.c.destination)
    )
    return [Waiting(*row) for row in found]
