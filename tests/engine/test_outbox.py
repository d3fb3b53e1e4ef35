from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from letters import NOW
from revops.kit.errors import RevopsError
from revops.store.engine_tables import OUTBOX
from revops.store.outbox import (
    MOST_BYTES,
    Message,
    Verdict,
    claim,
    find_letter,
    give_up,
    key_of,
    list_letters,
    put,
    replay,
    settle,
    waiting,
)

if TYPE_CHECKING:
    from revops.store import Store
    from revops.store.outbox import Letter

LEASE = timedelta(minutes=5)
MANY = {"hook": 1000}


def message(number: int, destination: str = "hook", **payload: Any) -> Message:
    content = payload or {"number": number}
    return Message(key_of("test", number), "webhook", destination, content, f"c{number}", "why")


def add(store: Store, *messages: Message) -> int:
    with store.write() as connection:
        return put(connection, messages, NOW)


def take(
    store: Store, most: dict[str, int] = MANY, *, limit: int = 1000, after: timedelta = timedelta(0)
) -> list[Letter]:
    now = NOW + after
    with store.write() as connection:
        return claim(connection, now, now + LEASE, most, limit)


def say(store: Store, *verdicts: Verdict) -> None:
    with store.write() as connection:
        settle(connection, verdicts, NOW)


def found(store: Store, number: int) -> Letter:
    with store.read() as connection:
        return find_letter(connection, key_of("test", number))


def test_a_message_is_kept_with_its_decision_or_not_at_all(store: Store) -> None:
    class UndoneError(Exception):
        pass

    def decide() -> None:
        with store.write() as connection:
            assert put(connection, [message(1)], NOW) == 1
            raise UndoneError

    with pytest.raises(UndoneError):
        decide()
    assert take(store) == []
    assert add(store, message(1)) == 1
    (letter,) = take(store)
    assert letter == found(store, 1)
    assert (letter.content, letter.contact_id, letter.cause) == ({"number": 1}, "c1", "why")


def test_the_same_key_is_one_letter(store: Store) -> None:
    assert add(store, message(1), message(2), message(1)) == 2
    assert add(store, message(2), message(3)) == 1
    assert add(store) == 0
    assert len(take(store)) == 3


def test_the_order_of_keys_in_a_payload_says_nothing(store: Store) -> None:
    add(store, message(1, a=1, b=2))
    assert add(store, message(1, b=2, a=1)) == 0


def test_a_key_never_stands_for_something_else(store: Store) -> None:
    add(store, *(message(number) for number in range(3)))
    changed = [message(0, other=1), message(1), message(2, "elsewhere"), message(3)]
    with pytest.raises(RevopsError) as caught:
        add(store, *changed)
    assert [issue.code for issue in caught.value.issues] == ["message-conflict"] * 2
    with pytest.raises(RevopsError):
        add(store, message(4), message(4, other=1))
    assert len(take(store)) == 3


def test_what_cannot_be_sent_is_refused_all_at_once(store: Store) -> None:
    large = {"text": "x" * 2_000_000}
    wrong = [
        Message(key_of(1), "webhook", "hook", large),
        Message(key_of(2), "webhook", "hook", {"at": NOW}),
        Message(key_of(3), "webhook", "hook", {"nan": float("nan")}),
        Message(key_of(4), "webhook", "hook", {"half": "\ud800"}),
        Message("no key", "webhook", "hook", {}),
    ]
    with pytest.raises(RevopsError) as caught:
        add(store, *wrong)
    codes = [issue.code for issue in caught.value.issues]
    assert codes == ["message-size", *["message-payload"] * 3, "message-key"]
    assert "2,000,011 bytes, more than 262,144" in caught.value.issues[0].message


def test_the_largest_payload_and_any_text_fit(store: Store) -> None:
    room = MOST_BYTES - len('{"text":""}')
    add(store, message(1, text="x" * room), message(2, text="NUL \0, Zoë, \N{SNOWMAN}, 'quoted'"))
    assert [letter.content["text"][:4] for letter in take(store)] == ["xxxx", "NUL "]


def test_a_claim_holds_until_it_ends(store: Store) -> None:
    add(store, message(1), message(2))
    assert len(take(store, limit=1)) == 1
    assert len(take(store)) == 1
    assert take(store, after=LEASE - timedelta(seconds=1)) == []
    again = take(store, after=LEASE)
    assert [letter.attempts for letter in again] == [2, 2]


def test_each_destination_gets_what_it_may(store: Store) -> None:
    add(store, *(message(number, name) for number, name in enumerate(["a", "b", "c"] * 5)))
    taken = take(store, {"a": 2, "b": 4, "x": 9}, limit=5)
    assert [letter.destination for letter in taken] == ["a", "a", "b", "b", "b"]
    assert [letter.seq for letter in taken[:2]] == sorted(letter.seq for letter in taken[:2])


def test_delivered_is_the_end(store: Store) -> None:
    add(store, message(1))
    say(store, Verdict(take(store)[0], "delivered"))
    letter = found(store, 1)
    assert (letter.state, letter.delivered_at, letter.next_at) == ("delivered", NOW, None)
    assert take(store, after=timedelta(days=1)) == []


def test_what_is_put_off_comes_back_when_it_is_due(store: Store) -> None:
    add(store, message(1))
    say(store, Verdict(take(store)[0], "pending", NOW + LEASE, "answered 503"))
    assert found(store, 1).last_error == "answered 503"
    assert take(store, after=LEASE - timedelta(seconds=1)) == []
    assert len(take(store, after=LEASE)) == 1


def test_a_late_worker_overrules_nobody_but_the_truth_counts(store: Store) -> None:
    add(store, message(1))
    (late,) = take(store)
    (current,) = take(store, after=LEASE)
    say(store, Verdict(late, "dead", error="too late to say"))
    assert found(store, 1).state == "pending"
    say(store, Verdict(current, "dead", error="answered 400"))
    assert found(store, 1).last_error == "answered 400"
    say(store, Verdict(late, "delivered"))
    assert found(store, 1).state == "delivered"


def test_a_hopeless_destination_loses_what_is_old_and_not_claimed(store: Store) -> None:
    add(store, *(message(number) for number in range(3)), message(9, "other"))
    (claimed,) = take(store, limit=1)
    with store.write() as connection:
        assert give_up(connection, "hook", NOW - timedelta(seconds=1), "gone", NOW) == 0
        assert give_up(connection, "hook", NOW, "gone", NOW) == 2
    assert found(store, 9).state == "pending"
    with store.read() as connection:
        assert find_letter(connection, claimed.key).state == "pending"
        assert [(each.destination, each.letters) for each in waiting(connection)] == [
            ("hook", 1),
            ("other", 1),
        ]


def test_dead_letters_are_listed_inspected_and_replayed(store: Store) -> None:
    add(store, *(message(number) for number in range(5)))
    taken = take(store)
    say(store, *(Verdict(letter, "dead", error="answered 404") for letter in taken[:3]))
    with store.read() as connection:
        dead = list_letters(connection, state="dead")
        assert [letter.content["number"] for letter in dead] == [2, 1, 0]
        assert list_letters(connection, state="dead", before=dead[0].seq, limit=1) == dead[1:2]
        assert list_letters(connection, contact_id="c1") == [find_letter(connection, dead[1].key)]
        assert list_letters(connection, destination="other") == []
    with store.write() as connection:
        assert replay(connection, NOW, keys=[dead[0].key]) == 1
        assert replay(connection, NOW, destination="other") == 0
        assert replay(connection, NOW, destination="hook") == 2
    again = take(store)
    assert [(letter.key, letter.payload) for letter in again] == [
        (letter.key, letter.payload) for letter in taken[:3]
    ]
    assert {letter.attempts for letter in again} == {1}


def test_only_dead_letters_can_be_replayed(store: Store) -> None:
    add(store, message(1))
    for key, code in {key_of("test", 1): "not-dead", "absent": "no-letter"}.items():
        with pytest.raises(RevopsError) as caught, store.write() as connection:
            replay(connection, NOW, keys=[key])
        assert caught.value.code == code


def test_workers_share_and_none_gets_what_another_has(store: Store) -> None:
    add(store, *(message(number) for number in range(200)))
    taken: list[int] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        while letters := take(store, limit=7):
            taken.extend(letter.seq for letter in letters)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(taken) == len(set(taken)) == 200


def test_a_worker_on_postgresql_skips_what_another_is_taking(postgresql_store: Store) -> None:
    add(postgresql_store, *(message(number) for number in range(4)))
    with postgresql_store.write() as connection:
        first = claim(connection, NOW, NOW + LEASE, MANY, 2)
        second = take(postgresql_store)  # does not wait for the one that has not committed
    assert len(first) == len(second) == 2
    assert {letter.seq for letter in first} & {letter.seq for letter in second} == set()


def test_a_large_batch_is_put_and_put_again(store: Store) -> None:
    assert add(store, *(message(number) for number in range(5000))) == 5000
    assert add(store, *(message(number) for number in range(5001))) == 1
    with store.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(OUTBOX)).scalar() == 5001
