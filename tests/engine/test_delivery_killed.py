from __future__ import annotations

import multiprocessing
import time
from collections import Counter, defaultdict
from contextlib import closing
from datetime import UTC, datetime
from random import SystemRandom
from typing import TYPE_CHECKING

from standardwebhooks import Webhook

from delivering import LEASE, deliver
from letters import SIGNING_SECRET
from receiver import Receiver, Says
from revops.store import open_store
from revops.store.outbox import Message, key_of, list_letters, put

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from receiver import Call
    from revops.store.outbox import Letter

KILLS = 25
LETTERS = 1500


def fill(store_url: str, folder: Path) -> None:
    with closing(open_store(store_url, folder)) as store, store.write() as connection:
        messages = (
            Message(key_of(number), "webhook", "hook", {"number": number, "to": "Zoë"})
            for number in range(LETTERS)
        )
        put(connection, messages, datetime.now(UTC))


def letters(store_url: str, folder: Path) -> list[Letter]:
    with closing(open_store(store_url, folder)) as store, store.read() as connection:
        return list_letters(connection, limit=LETTERS + 1)


class Moody:
    """Answers 503 when it first hears of some letters, and takes its time."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def __call__(self, call: Call) -> Says:
        key = call.headers["webhook-id"]
        self.seen[key] += 1
        time.sleep(0.008)
        return Says(503 if self.seen[key] == 1 and is_unlucky(key) else 200)


def is_unlucky(key: str) -> bool:
    return int(key[-2:], 16) % 10 == 0


def wait_for_a_call(receiver: Receiver, worker: BaseProcess) -> None:
    before = len(receiver.calls)
    until = time.monotonic() + 30
    while len(receiver.calls) == before and time.monotonic() < until:
        assert worker.is_alive()
        time.sleep(0.001)


def test_killed_at_any_moment_nothing_is_lost_and_nothing_changes(
    store_url: str, tmp_path: Path
) -> None:
    fill(store_url, tmp_path)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["revops.engine.delivery", "revops.connectors.webhook.push"])
    with Receiver(Moody()) as receiver:
        arguments = (store_url, str(tmp_path), receiver.url)
        for number in range(KILLS):
            worker = processes.Process(target=deliver, args=arguments)
            worker.start()
            if number % 5:  # the others are killed as they begin
                wait_for_a_call(receiver, worker)
            time.sleep(SystemRandom().uniform(0, 0.08))
            assert worker.is_alive()
            worker.kill()
            worker.join()
        time.sleep(LEASE.total_seconds())
        deliver(*arguments)
    told = defaultdict(set)
    for call in receiver.calls:
        told[call.headers["webhook-id"]].add(call.body)
        Webhook(SIGNING_SECRET).verify(call.body, dict(call.headers))
    held = letters(store_url, tmp_path)
    assert {letter.key: {letter.payload.encode()} for letter in held} == told
    assert {letter.state for letter in held} == {"delivered"}
    assert len(told) == LETTERS
    interrupted = [each for each in held if each.attempts > 1 + is_unlucky(each.key)]
    assert len(interrupted) > KILLS / 2  # they were in the hands of one that was killed
