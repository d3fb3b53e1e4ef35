from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from letters import LOOPBACK, NOW, SIGNING_SECRET
from receiver import Receiver, Says
from revops.connectors.push import Delivered, Unavailable
from revops.connectors.webhook.push import WebhookAddress, WebhookPush
from revops.engine.delivery import Courier, Destination, Limits, Patience
from revops.store.outbox import Message, find_letter, key_of, list_letters, put, replay

if TYPE_CHECKING:
    from collections.abc import Callable

    from receiver import Call
    from revops.connectors.push import Answer
    from revops.engine.delivery import Deliveries
    from revops.store import Store
    from revops.store.outbox import Letter


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Wire:
    """A push that does as it is told, for what no server can be made to do."""

    do: Callable[[Letter], Answer]
    seen: Counter[str] = field(default_factory=Counter)

    def deliver(self, letter: Letter, now: datetime) -> Answer:
        del now
        self.seen[letter.key] += 1
        return self.do(letter)

    def close(self) -> None:
        """Nothing."""


def waited(event: threading.Event) -> Answer:
    event.wait(30)
    return Delivered()


def webhook(url: str, limits: Limits | None = None) -> Destination:
    address = WebhookAddress("S", url=url, allowed=LOOPBACK, timeout=timedelta(seconds=1))
    return Destination(WebhookPush(address, {"S": SIGNING_SECRET}), limits or Limits())


def add(store: Store, destination: str, count: int, start: int = 0, at: datetime = NOW) -> None:
    with store.write() as connection:
        messages = (
            Message(key_of(destination, number), "webhook", destination, {"number": number})
            for number in range(start, start + count)
        )
        put(connection, messages, at)


def courier(
    store: Store, clock: Callable[[], datetime], destinations: dict[str, Destination]
) -> Courier:
    return Courier(store, destinations, clock, Random(1))


def states(store: Store) -> Counter[tuple[str, str]]:
    with store.read() as connection:
        letters = list_letters(connection, limit=100_000)
    return Counter((letter.destination, letter.state) for letter in letters)


def test_everything_due_is_delivered_once(store: Store) -> None:
    add(store, "hook", 50)
    receiver = Receiver()
    with receiver, courier(store, Clock(), {"hook": webhook(receiver.url)}) as working:
        done = working.deliver_due()
        nothing = working.deliver_due()
    keys = [call.headers["webhook-id"] for call in receiver.calls]
    assert sorted(keys) == sorted(key_of("hook", number) for number in range(50))
    assert (done.delivered, done.postponed, done.dead, done.pending) == (50, 0, 0, {})
    assert (nothing.delivered, nothing.next_at) == (0, None)
    assert states(store) == {("hook", "delivered"): 50}


def test_no_more_attempts_than_asked_for(store: Store) -> None:
    add(store, "hook", 10)
    receiver = Receiver()
    with receiver, courier(store, Clock(), {"hook": webhook(receiver.url)}) as working:
        assert working.deliver_due(most=3).delivered == 3
    assert len(receiver.calls) == 3


def hour_of_failures(working: Courier, clock: Clock) -> list[Deliveries]:
    """What a worker does until nothing is left: sleep until the next time, deliver."""
    done = [working.deliver_due()]
    while done[-1].next_at is not None:
        clock.now = max(clock.now, done[-1].next_at)
        done.append(working.deliver_due())
    return done


def test_a_webhook_that_answers_500_for_an_hour_is_retried_then_dead(store: Store) -> None:
    add(store, "hook", 30)
    clock = Clock()
    receiver = Receiver(lambda _call: Says(500, b"oops"))
    with receiver, courier(store, clock, {"hook": webhook(receiver.url)}) as working:
        done = hour_of_failures(working, clock)
    assert states(store) == {("hook", "dead"): 30}
    assert timedelta(minutes=50) < clock.now - NOW < timedelta(minutes=75)
    assert sum(each.dead for each in done) == 30
    assert 10 < len(receiver.calls) < 60  # not hammered
    with store.read() as connection:
        errors = [letter.last_error or "" for letter in list_letters(connection)]
    assert all("given up" in error and "answered 500: oops" in error for error in errors)


def test_one_letter_that_always_fails_is_retried_then_dead(store: Store) -> None:
    add(store, "hook", 1)
    clock = Clock()
    receiver = Receiver(lambda _call: Says(500))
    with receiver, courier(store, clock, {"hook": webhook(receiver.url)}) as working:
        hour_of_failures(working, clock)
    assert states(store) == {("hook", "dead"): 1}
    assert 5 <= len(receiver.calls) <= 20


def test_what_comes_back_in_time_is_delivered_after_all(store: Store) -> None:
    add(store, "hook", 30)
    clock = Clock()
    back_at = NOW + timedelta(minutes=20)
    receiver = Receiver(lambda _call: Says(503 if clock.now < back_at else 200))
    with receiver, courier(store, clock, {"hook": webhook(receiver.url)}) as working:
        done = hour_of_failures(working, clock)
    assert states(store) == {("hook", "delivered"): 30}
    assert sum(each.delivered for each in done) == 30


def test_dead_letters_are_sent_again_as_they_were(store: Store) -> None:
    add(store, "hook", 3)
    clock = Clock()
    is_mended = threading.Event()
    receiver = Receiver(lambda _call: Says(200 if is_mended.is_set() else 404, b"no such hook"))
    with receiver, courier(store, clock, {"hook": webhook(receiver.url)}) as working:
        assert working.deliver_due().dead == 3
        is_mended.set()
        clock.now += timedelta(days=3)
        with store.write() as connection:
            assert replay(connection, clock.now) == 3
        assert working.deliver_due().delivered == 3
    bodies = Counter((call.headers["webhook-id"], call.body) for call in receiver.calls)
    assert set(bodies.values()) == {2}
    assert len(bodies) == 3


def test_one_dead_destination_does_not_hold_up_the_others(store: Store) -> None:
    add(store, "silent", 500)
    add(store, "hook", 500)
    is_over = threading.Event()
    silent = Destination(Wire(lambda _letter: waited(is_over)))
    taken: list[float] = []

    def answer(_call: Call) -> Says:
        taken.append(time.monotonic())
        if len(taken) == 500:
            is_over.set()
        return Says()

    with Receiver(answer) as receiver:
        destinations = {"silent": silent, "hook": webhook(receiver.url)}
        with courier(store, Clock(), destinations) as working:
            working.deliver_due(most=1000)
    assert states(store)["hook", "delivered"] == 500
    assert taken[-1] - taken[0] < 20


def test_a_destination_that_asks_for_time_gets_it(store: Store) -> None:
    add(store, "hook", 20)
    clock = Clock()
    busy = Says(429, b"", {"retry-after": "90"})
    receiver = Receiver(lambda _call: busy)
    with (
        receiver,
        courier(store, clock, {"hook": webhook(receiver.url, Limits(at_once=1))}) as working,
    ):
        done = working.deliver_due()
        clock.now = NOW + timedelta(seconds=89)
        working.deliver_due()
    assert len(receiver.calls) == 1
    assert done.shut == {"hook": NOW + timedelta(seconds=90)}
    assert done.next_at == NOW + timedelta(seconds=90)


def test_a_rate_is_kept_and_the_rest_is_told(store: Store) -> None:
    add(store, "hook", 20)
    clock = Clock()
    limits = Limits(at_once=2, per_minute=60)
    receiver = Receiver()
    with receiver, courier(store, clock, {"hook": webhook(receiver.url, limits)}) as working:
        done = working.deliver_due()
        assert (done.delivered, done.pending) == (2, {"hook": 18})
        assert done.next_at == NOW + timedelta(seconds=1)
        clock.now = NOW + timedelta(seconds=10)
        assert working.deliver_due().delivered == 2
    assert len(receiver.calls) == 4


def test_a_destination_that_is_not_defined_keeps_its_letters(store: Store) -> None:
    add(store, "renamed", 3)
    with courier(store, Clock(), {}) as working:
        done = working.deliver_due()
    assert (done.unknown, done.pending, done.next_at) == ({"renamed": 3}, {}, None)
    assert states(store) == {("renamed", "pending"): 3}


def test_a_fault_of_ours_stops_one_letter_and_tells_no_secret(store: Store) -> None:
    def fail(letter: Letter) -> Answer:
        if letter.content["number"] == 1:
            raise KeyError("t0ps3cret")
        return Delivered()

    add(store, "hook", 3)
    with courier(store, Clock(), {"hook": Destination(Wire(fail))}) as working:
        done = working.deliver_due()
    assert (done.delivered, done.postponed) == (2, 1)
    with store.read() as connection:
        error = find_letter(connection, key_of("hook", 1)).last_error
    assert error is not None
    assert error.startswith("KeyError in test_delivery.py:")


def test_a_letter_that_ends_its_worker_each_time_is_given_up(sqlite_store: Store) -> None:
    add(sqlite_store, "hook", 1)
    clock = Clock()
    wire = Wire(lambda _letter: Unavailable("never told"))
    patience = Patience(attempts=2)
    for _ in range(3):
        with sqlite_store.write() as connection:  # a worker that claims and is heard of no more
            working = courier(sqlite_store, clock, {"hook": Destination(wire, Limits(), patience)})
            working._claim(connection, 1)
            working.close()
        clock.now += timedelta(minutes=10)
    with courier(sqlite_store, clock, {"hook": Destination(wire, Limits(), patience)}) as working:
        assert working.deliver_due().dead == 1
    assert not wire.seen


def test_an_answer_that_never_ends_does_not_keep_the_worker(sqlite_store: Store) -> None:
    add(sqlite_store, "hook", 1)
    is_over = threading.Event()
    stuck = Destination(Wire(lambda _letter: waited(is_over)))
    working = courier(sqlite_store, lambda: datetime.now(UTC), {"hook": stuck})
    working.lease = timedelta(seconds=0.1)
    assert working.deliver_due().pending == {"hook": 1}
    is_over.set()
    assert working.deliver_due().pending == {}
    working.close()
    assert states(sqlite_store) == {("hook", "delivered"): 1}


def test_a_worker_that_is_asked_to_stop_settles_what_is_on_its_way(sqlite_store: Store) -> None:
    add(sqlite_store, "hook", 8)
    times = iter([NOW] * 5)  # to begin, to claim, to send; then someone presses Ctrl-C

    def clock() -> datetime:
        if (now := next(times, None)) is None and not is_stopping.is_set():
            is_stopping.set()
            raise KeyboardInterrupt
        return now or NOW

    is_stopping = threading.Event()
    with Receiver() as receiver:
        working = courier(sqlite_store, clock, {"hook": webhook(receiver.url)})
        with pytest.raises(KeyboardInterrupt), working:
            working.deliver_due()
    assert len(receiver.calls) == 4
    assert states(sqlite_store) == {("hook", "delivered"): 4, ("hook", "pending"): 4}


def test_workers_together_deliver_each_letter_once(store: Store) -> None:
    add(store, "hook", 200)
    with Receiver() as receiver:
        workers = [courier(store, Clock(), {"hook": webhook(receiver.url)}) for _ in range(3)]
        threads = [threading.Thread(target=worker.deliver_due) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for worker in workers:
            worker.close()
    seen = Counter(call.headers["webhook-id"] for call in receiver.calls)
    assert len(seen) == 200
    assert set(seen.values()) == {1}
