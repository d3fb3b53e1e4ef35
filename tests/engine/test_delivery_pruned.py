"""Letters that were delivered long ago are dropped; all others are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from revops.engine.delivery import Courier
from revops.engine.delivery.courier import KEPT, PRUNED_AT_ONCE, PRUNED_EVERY
from revops.store.outbox import Message, Verdict, claim, key_of, list_letters, prune, put, settle

if TYPE_CHECKING:
    from revops.store import Store
    from revops.store.outbox import State

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LONG_AGO = NOW - KEPT - timedelta(seconds=1)


def deliver(store: Store, count: int, at: datetime, state: State = "delivered") -> None:
    """Letters, and what became of them."""
    keys = [key_of(state, at.isoformat(), number) for number in range(count)]
    with store.write() as connection:
        put(connection, [Message(key, "webhook", "hook", {}) for key in keys], at)
        taken = claim(connection, at, at + timedelta(minutes=5), {"hook": count}, count)
        if state != "pending":
            settle(connection, [Verdict(each, state) for each in taken], at)


def left(store: Store) -> list[tuple[str, datetime]]:
    with store.read() as connection:
        return [(each.state, each.created_at) for each in list_letters(connection)]


def test_only_what_was_delivered_long_ago_is_dropped(store: Store) -> None:
    just_now = NOW - KEPT
    deliver(store, 2, LONG_AGO)
    deliver(store, 1, just_now)
    deliver(store, 1, LONG_AGO, "dead")
    deliver(store, 1, LONG_AGO, "pending")
    with Courier(store, {}, lambda: NOW, Random(1)) as courier:
        assert courier.prune() == 2
    assert sorted(left(store)) == [
        ("dead", LONG_AGO), ("delivered", just_now), ("pending", LONG_AGO),
    ]  # fmt: skip


def test_the_oldest_go_first_and_no_more_than_asked(store: Store) -> None:
    for days in (1, 3, 2):
        deliver(store, 1, LONG_AGO - timedelta(days=days))
    with store.write() as connection:
        assert prune(connection, NOW - KEPT, 2) == 2
    assert len(left(store)) == 1


@pytest.mark.parametrize("count", [PRUNED_AT_ONCE - 1, PRUNED_AT_ONCE + 1])
def test_many_go_in_small_transactions_once_a_day(sqlite_store: Store, count: int) -> None:
    deliver(sqlite_store, count, LONG_AGO)
    times = iter([NOW, NOW + PRUNED_EVERY / 2, NOW + PRUNED_EVERY])
    with Courier(sqlite_store, {}, lambda: next(times), Random(1)) as courier:
        assert courier.prune() == count
        deliver(sqlite_store, 1, LONG_AGO)
        assert courier.prune() == 0
        assert courier.prune() == 1
