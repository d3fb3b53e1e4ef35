"""A pass over records and digests that is killed loses nothing, and does nothing twice."""

from __future__ import annotations

import multiprocessing
import random
import time
from typing import TYPE_CHECKING

from engine_company import MONDAY, later, open_leads
from records_company import make_company

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

KILLS = 10
LONGEST = 0.8
"""Seconds in which a pass is certainly through on a slow machine."""
AUTOMATIONS = """
recipes:
  - name: moves
    trigger: {changed: opportunity.stage}
    reenroll: always
    steps: [{do: [{task: "{{ opportunity.name }} {{ change.to }}"}]}]
  - name: asks
    trigger: {created: ticket}
    reenroll: always
    steps: [{do: [{email: {to: user:sam, subject: "{{ ticket.subject }}", body: "{{ now }}"}}]}]
  - name: hourly
    trigger: {schedule: {every: hour}, each: renewal}
    reenroll: always
    steps: [{do: [{slack: {to: "#renewals", text: "{{ renewal.renews_on }}"}}]}]
digests:
  - name: Deals
    schedule: {every: hour}
    to: "#deals"
    what: pipeline
    subject: Deals
    body: "{{ open_deals }}"
"""


def work(folder: Path, now: datetime) -> None:
    """What the killed process does."""
    leads = open_leads(folder)
    leads.run(now)
    leads.workspace.close()


def test_nothing_is_lost_or_done_twice(store_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    company = make_company(folder, store_url, AUTOMATIONS)
    company.add("accounts", {"id": "acme"})
    company.add("contacts", {"id": "ann", "email": "ann@acme.com", "account_id": "acme"})
    company.add("opportunities", {"id": "d", "name": "D", "stage": "0", "contact_ids": "ann"})
    date = later(days=30).date()
    company.add("renewals", {"id": "r", "subscription_id": "s", "account_id": "acme",
                             "renews_on": date})  # fmt: skip
    company.run(MONDAY)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["engine_company", "duckdb", "pyarrow", "revops.store.facts"])
    chance = random.Random(7)
    killed = 0
    for n in range(KILLS):
        at = later(hours=n + 1)
        company.change("opportunities", "d", "stage", str(n + 1), at)
        company.add("tickets", {"id": str(n), "contact_id": "ann", "subject": str(n)})
        process = processes.Process(target=work, args=(folder, at))
        process.start()
        time.sleep(chance.uniform(0, LONGEST))
        process.kill()
        process.join()
        killed += process.exitcode == -9
    company.run(later(hours=KILLS, minutes=1))
    assert killed >= KILLS // 2
    told = company.texts("SELECT subject FROM tasks")
    assert sorted(told) == sorted({*told})
    assert {name.split(" (")[0] for name in told} == {f"D {n + 1}" for n in range(KILLS)}
    asked = company.texts("SELECT record_id FROM changes WHERE field = 'stage'")
    assert len(asked) == KILLS
    counts = dict(company.rows("SELECT cause, count(*) FROM outbox GROUP BY cause"))
    assert counts["recipe asks"] == KILLS
    assert 1 <= counts["recipe hourly"] <= KILLS
    assert counts["recipe hourly"] == counts["digest Deals"]
    assert company.rows("SELECT count(*) FROM wakes WHERE why LIKE 'record:%'") == [(0,)]
    company.workspace.close()
