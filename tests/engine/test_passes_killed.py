"""A pass that is killed at any point leaves nothing half done, and loses nothing."""

from __future__ import annotations

import multiprocessing
import random
import time
from typing import TYPE_CHECKING

from engine_company import MONDAY, Leads, later, make_workspace, open_leads

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

KILLS = 20
LONGEST = 0.8
"""Seconds in which a pass over some leads is certainly through on a slow machine."""


def work(folder: Path, now: datetime) -> None:
    """What the killed process does."""
    leads = open_leads(folder)
    leads.run(now)
    leads.workspace.close()


def test_nothing_is_lost_or_done_twice(store_url: str, tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "acme", store_url)
    leads = open_leads(folder)
    leads.run(MONDAY)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["engine_company", "duckdb", "pyarrow", "revops.store.facts"])
    chance = random.Random(20)
    killed = 0
    for n in range(KILLS):
        names = [f"p{n}-{k}" for k in range(3)]
        leads.arrive(*names)
        for name in names:
            leads.do("demo_request", name, later(minutes=n))
        process = processes.Process(target=work, args=(folder, later(minutes=n, seconds=1)))
        process.start()
        time.sleep(chance.uniform(0, LONGEST))
        process.kill()
        process.join()
        killed += process.exitcode == -9
    leads.run(later(minutes=KILLS))
    assert killed >= KILLS // 2
    check(leads, KILLS * 3)
    leads.workspace.close()


def check(leads: Leads, contacts: int) -> None:
    owned = "SELECT count(*) FROM contacts WHERE owner IS NOT NULL AND lifecycle_stage = 'MQL'"
    assert leads.rows(owned) == [(contacts,)]
    for once in (
        "SELECT contact_id, count(*) FROM assignments GROUP BY contact_id",
        "SELECT contact_id, count(*) FROM clocks GROUP BY contact_id",
        "SELECT contact_id, count(*) FROM spells WHERE left_at IS NULL GROUP BY contact_id",
        "SELECT contact_id, count(*) FROM outbox GROUP BY contact_id",
        "SELECT contact_id, count(*) FROM enrolments WHERE recipe = 'thank' GROUP BY contact_id",
        "SELECT contact_id, count(*) FROM tasks WHERE subject LIKE 'Call%' GROUP BY contact_id",
    ):
        counts = leads.rows(once)
        assert len(counts) == contacts, once
        assert {count for _, count in counts} == {1}, once
    assert leads.rows("SELECT sum(credit) FROM credits") == [(0,)]
    assert leads.rows("SELECT sum(taken) FROM credits") == [(contacts,)]
