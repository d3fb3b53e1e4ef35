from __future__ import annotations

import asyncio
import email
import json
import multiprocessing
import shutil
import socket
import time
from collections import Counter, defaultdict
from contextlib import closing
from datetime import UTC, datetime
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from standardwebhooks import Webhook

from delivering import LEASE, deliver
from letters import SIGNING_SECRET
from receiver import Receiver, Says
from revops.connectors.email.push import email_payload
from revops.connectors.slack.push import slack_payload
from revops.store import open_store
from revops.store.outbox import Message, key_of, list_letters, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from aiosmtpd.smtp import SMTP, Envelope, Session

    from receiver import Call
    from revops.store.outbox import Letter

KILLS = 20
LETTERS = 1000
FEWER_KILLS = 6
FEWER = 200


def fill(store_url: str, folder: Path, channel: str, count: int) -> None:
    with closing(open_store(store_url, folder)) as store, store.write() as connection:
        messages = (
            Message(key_of(number), channel, channel, payload(channel, number))
            for number in range(count)
        )
        put(connection, messages, datetime.now(UTC))


def payload(channel: str, number: int) -> dict[str, Any]:
    match channel:
        case "slack":
            return slack_payload("#sales", f"Lead {number}: Zoë")
        case "email":
            return email_payload("zoe@example.com", f"Lead {number}", "Zoë\n\nhttps://example.com")
        case _:
            return {"number": number, "to": "Zoë"}


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


def wait_for_a_call(heard: Callable[[], int], worker: BaseProcess) -> None:
    before = heard()
    until = time.monotonic() + 30
    while heard() == before and time.monotonic() < until:
        assert worker.is_alive()
        time.sleep(0.001)


def kill_and_finish(
    arguments: tuple[str, str, int, str], kills: int, heard: Callable[[], int]
) -> None:
    """Workers that are killed at any moment, and one that is left to finish."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["delivering"])
    for number in range(kills):
        worker = processes.Process(target=deliver, args=arguments)
        worker.start()
        if number % 5:  # the others are killed as they begin
            wait_for_a_call(heard, worker)
        time.sleep(SystemRandom().uniform(0, 0.08))
        assert worker.is_alive()
        worker.kill()
        worker.join()
    time.sleep(LEASE.total_seconds())
    deliver(*arguments)


def test_killed_at_any_moment_nothing_is_lost_and_nothing_changes(
    store_url: str, tmp_path: Path
) -> None:
    fill(store_url, tmp_path, "webhook", LETTERS)
    with Receiver(Moody()) as receiver:
        arguments = (store_url, str(tmp_path), receiver.port, "webhook")
        kill_and_finish(arguments, KILLS, lambda: len(receiver.calls))
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


def slack_says(_call: Call) -> Says:
    time.sleep(0.008)
    return Says(200, b'{"ok": true}', {"content-type": "application/json"})


def test_slack_is_told_everything_and_nothing_in_two_ways(store_url: str, tmp_path: Path) -> None:
    fill(store_url, tmp_path, "slack", FEWER)
    with Receiver(slack_says) as receiver:
        arguments = (store_url, str(tmp_path), receiver.port, "slack")
        kill_and_finish(arguments, FEWER_KILLS, lambda: len(receiver.calls))
    told = defaultdict(set)
    for call in receiver.calls:
        told[json.loads(call.body)["metadata"]["event_payload"]["key"]].add(call.body)
    held = letters(store_url, tmp_path)
    assert {letter.key for letter in held} == told.keys()
    assert {len(bodies) for bodies in told.values()} == {1}
    assert {letter.state for letter in held} == {"delivered"}
    assert len(receiver.calls) > FEWER  # some were told twice, in the same words


class Inbox:
    """Takes its time over each e-mail, and keeps it."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.contents.append(bytes(envelope.content or b""))
        await asyncio.sleep(0.008)
        return "250 OK"


def test_an_e_mail_that_comes_twice_is_the_same(sqlite_url: str, tmp_path: Path) -> None:
    fill(sqlite_url, tmp_path, "email", FEWER)
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(inbox, "127.0.0.1", port)
    controller.start()
    try:
        arguments = (sqlite_url, str(tmp_path), port, "email")
        kill_and_finish(arguments, FEWER_KILLS, lambda: len(inbox.contents))
    finally:
        controller.stop()
    told = defaultdict(set)
    for content in inbox.contents:
        told[email.message_from_bytes(content)["Message-ID"]].add(content)
    held = letters(sqlite_url, tmp_path)
    assert {f"<{letter.key}@example.com>" for letter in held} == told.keys()
    assert {len(contents) for contents in told.values()} == {1}
    assert {letter.state for letter in held} == {"delivered"}
    assert len(inbox.contents) > FEWER  # some came twice


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "revops.db")
    return "sqlite:///revops.db"
