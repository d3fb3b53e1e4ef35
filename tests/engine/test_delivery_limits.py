from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters import NOW, letter
from revops.connectors.push import Delivered, Refused, Unavailable
from revops.engine.delivery import Limits, Patience
from revops.engine.delivery.gate import Gate

FAILED = Unavailable("answered 500")
MINUTE = timedelta(minutes=1)


@given(st.integers(1, 60), st.integers())
def test_the_wait_is_spread_below_a_bound_that_doubles(failures: int, seed: int) -> None:
    patience = Patience()
    wait = patience.wait(failures, Random(seed))
    bound = min(patience.longest, patience.first * 2 ** min(failures - 1, 20))
    assert timedelta(0) <= wait <= bound


def test_the_wait_uses_all_of_its_range() -> None:
    random, patience = Random(1), Patience()
    waits = [patience.wait(5, random) / (patience.first * 16) for _ in range(2000)]
    assert min(waits) < 0.05
    assert max(waits) > 0.95
    assert sum(waits) / len(waits) == pytest.approx(0.5, abs=0.03)


def test_an_answer_becomes_a_verdict() -> None:
    patience, random = Patience(), Random(1)
    sent = letter({})
    assert patience.verdict(sent, Delivered(), NOW, random).state == "delivered"
    dead = patience.verdict(sent, Refused("answered 404"), NOW, random)
    assert (dead.state, dead.error, dead.next_at) == ("dead", "answered 404", None)
    again = patience.verdict(sent, Unavailable("busy", timedelta(minutes=7)), NOW, random)
    assert (again.state, again.next_at) == ("pending", NOW + timedelta(minutes=7))


@pytest.mark.parametrize(
    ("attempts", "age", "is_over"),
    [
        (19, timedelta(minutes=59), False),
        (20, timedelta(minutes=1), True),
        (2, timedelta(hours=5), False),
        (3, timedelta(hours=5), True),
        (3, timedelta(minutes=59), False),
    ],
)
def test_patience_has_an_end(attempts: int, age: timedelta, *, is_over: bool) -> None:
    assert Patience().is_over(letter({}, attempts=attempts), NOW + age) is is_over


@given(
    st.integers(1, 8),
    st.integers(1, 600),
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 10)), max_size=60),
)
def test_no_minute_has_more_than_its_share_and_one_burst(
    at_once: int, per_minute: int, asked: list[tuple[int, int]]
) -> None:
    gate = Gate(Limits(at_once, per_minute))
    sent, now = [], NOW
    for milliseconds, wanted in asked:
        now += timedelta(milliseconds=milliseconds)
        count = min(wanted, gate.room(now, 0))
        gate.take(now, count)
        sent += [now] * count
    for start in sent:
        assert sum(start <= each < start + MINUTE for each in sent) <= per_minute + at_once


def test_a_limited_gate_opens_when_it_says() -> None:
    gate = Gate(Limits(at_once=1, per_minute=30))
    assert gate.room(NOW, 0) == 1
    gate.take(NOW, 1)
    assert gate.opens_at == NOW + timedelta(seconds=2)
    assert gate.room(gate.opens_at - timedelta(microseconds=1), 0) == 0
    assert gate.room(gate.opens_at, 0) == 1


def test_what_is_on_its_way_takes_room() -> None:
    gate = Gate(Limits(at_once=3))
    assert [gate.room(NOW, busy) for busy in range(5)] == [3, 2, 1, 0, 0]


def test_after_failures_in_a_row_it_is_left_alone_then_asked_with_one_letter() -> None:
    gate, patience, random = Gate(Limits(at_once=4, failures=3)), Patience(), Random(7)
    for _ in range(2):
        gate.failed(FAILED, NOW, patience, random)
    assert gate.room(NOW, 0) == 4
    gate.failed(FAILED, NOW, patience, random)
    assert gate.room(NOW, 0) == 0
    assert gate.room(gate.opens_at, 0) == 1
    assert gate.room(gate.opens_at, 1) == 0
    gate.answered()
    assert gate.room(gate.opens_at, 0) == 4


def test_a_destination_that_asks_is_left_alone_at_once() -> None:
    gate = Gate(Limits())
    gate.failed(Unavailable("answered 429", 3 * MINUTE), NOW, Patience(), Random(1))
    assert gate.room(NOW + 3 * MINUTE - timedelta(seconds=1), 0) == 0
    assert gate.room(NOW + 3 * MINUTE, 0) == 4


def test_it_is_hopeless_when_it_failed_as_long_as_letters_are_kept() -> None:
    gate, patience = Gate(Limits()), Patience(age=timedelta(hours=1))
    gate.failed(FAILED, NOW, patience, Random(1))
    gate.failed(FAILED, NOW + 30 * MINUTE, patience, Random(1))
    assert not gate.is_hopeless(NOW + 59 * MINUTE, patience)
    assert gate.is_hopeless(NOW + 60 * MINUTE, patience)
    gate.answered()
    assert not gate.is_hopeless(NOW + 60 * MINUTE, patience)
