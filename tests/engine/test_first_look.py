"""The first look at a store with a past: stages are settled, and nothing is done for history."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine_company import MONDAY, Leads, later, make_workspace, open_leads
from revops.engine.agenda import gather
from revops.services.run import decided, run
from revops.services.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OF_ACTIONS = "memberships WHERE kind <> 'score'"
DONE = ("assignments", "clocks", "tasks", "outbox", "enrolments", OF_ACTIONS)
WITH_A_LOSS = """
stages:
  - {name: Lead, entry: {when: email IS NOT NULL}}
  - name: MQL
    qualifies: true
    entry: {when: email IS NOT NULL}
    exit: {deal: lost, to: Lost}
    on_enter: [{task: Call}]
recycling: {stage: Lost, on_enter: [{task: Why lost}]}
"""
YESTERDAY = MONDAY - timedelta(days=1)


@pytest.fixture
def leads(store_url: str, tmp_path: Path) -> Iterator[Leads]:
    """A lead by the record, one that qualifies by what it did yesterday, a recorded MQL."""
    opened = open_leads(make_workspace(tmp_path / "acme", store_url))
    opened.arrive("ann", "bob")
    opened.add("contacts", {"id": "eve", "email": "eve@acme.com", "lifecycle_stage": "MQL"})
    opened.do("demo_request", "bob", YESTERDAY)
    opened.do("call", "eve", YESTERDAY, "outbound")
    yield opened
    opened.workspace.close()


def stages(leads: Leads) -> dict[str, str]:
    return dict(leads.rows("SELECT id, lifecycle_stage FROM contacts"))  # type: ignore[arg-type]


def done(leads: Leads) -> dict[str, int]:
    counts = {table: leads.rows(f"SELECT count(*) FROM {table}")[0][0] for table in DONE}
    return {table: count for table, count in counts.items() if count}


def test_it_settles_stages_and_does_nothing_more(leads: Leads) -> None:
    passed = leads.run(MONDAY)
    assert stages(leads) == {"ann": "Lead", "bob": "MQL", "eve": "MQL"}
    assert done(leads) == {}
    assert passed.counts["settled"] == 3
    kinds = {each.kind for outcome in passed.outcomes for each in decided(outcome)}
    assert kinds == {"settled"}
    assert not leads.run(later(minutes=1)).outcomes
    assert done(leads) == {}


def test_a_dry_run_tells_and_settles_nothing(leads: Leads) -> None:
    assert leads.run(MONDAY, is_dry=True).counts["settled"] == 3
    assert stages(leads)["bob"] is None
    leads.run(later(minutes=1))
    assert stages(leads)["bob"] == "MQL"


def test_whom_it_settled_is_worked_from_then_on(leads: Leads) -> None:
    leads.run(MONDAY)
    leads.do("demo_request", "ann", later(minutes=1))
    leads.run(later(minutes=2))
    assert leads.rows("SELECT id FROM contacts WHERE owner IS NOT NULL") == [("ann",)]
    assert leads.rows("SELECT contact_id, sla FROM clocks") == [("ann", "first_call")]
    leads.run(later(hours=8))
    assert leads.rows("SELECT DISTINCT contact_id FROM clocks") == [("ann",)]


def test_it_goes_on_settling_where_it_was_broken_off(leads: Leads) -> None:
    with leads.workspace.store.write() as connection:
        gather(connection, MONDAY)
    leads.run(later(minutes=5))
    leads.run(later(minutes=6))
    assert stages(leads) == {"ann": "Lead", "bob": "MQL", "eve": "MQL"}
    assert done(leads) == {}


def test_whom_it_recycles_is_settled_on(leads: Leads) -> None:
    lost = {"created_at": YESTERDAY, "closed_at": YESTERDAY, "is_won": False}
    leads.add("opportunities", {"id": "d1", "contact_ids": "eve", **lost})
    folder = leads.workspace.folder / "definitions"
    (folder / "lifecycle.yaml").write_text(WITH_A_LOSS)
    with open_workspace(leads.workspace.folder) as changed:
        run(changed, now=MONDAY)
    ((stage, recycled_at),) = leads.rows(
        "SELECT lifecycle_stage, recycled_at IS NOT NULL FROM contacts WHERE id = 'eve'"
    )
    assert (stage, bool(recycled_at)) == ("MQL", True)  # lost, and begun anew an instant later
    spells = leads.rows("SELECT stage FROM spells WHERE contact_id = 'eve' ORDER BY seq")
    assert [name for (name,) in spells] == ["MQL", "Lost", "MQL"]
    assert done(leads) == {}


def test_it_may_be_told_to_act_on_what_the_rules_say(leads: Leads) -> None:
    run(leads.workspace, now=MONDAY, acts_at_first=True)
    assert stages(leads) == {"ann": "Lead", "bob": "MQL", "eve": "MQL"}
    owned = leads.rows("SELECT id, owner FROM contacts WHERE owner IS NOT NULL")
    assert [name for name, _ in owned] == ["bob"]
    assert leads.rows("SELECT contact_id, sla FROM clocks") == [("bob", "first_call")]
    assert leads.rows("SELECT subject FROM tasks") == [("Call bob",)]
    assert leads.rows("SELECT recipe FROM enrolments") == []
    later_run = run(leads.workspace, now=later(minutes=1), acts_at_first=True)
    assert not later_run.outcomes


def test_what_arrives_late_and_was_before_sets_off_no_recipe(leads: Leads) -> None:
    leads.run(MONDAY)
    leads.do("demo_request", "ann", YESTERDAY)
    leads.do("unsubscribe", "ann", YESTERDAY)
    leads.run(later(minutes=1))
    assert stages(leads)["ann"] == "MQL"  # the rules hold, and that is now
    recipes = leads.rows("SELECT recipe FROM enrolments")
    assert recipes == []
