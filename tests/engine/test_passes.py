"""The engine's passes: from a raw lead to an owned, clocked and followed one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engine_company import MONDAY, Leads, later, make_workspace, open_leads
from revops.services.run import decided

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def leads(store_url: str, tmp_path: Path) -> Iterator[Leads]:
    opened = open_leads(make_workspace(tmp_path / "acme", store_url))
    opened.run(MONDAY)  # from here on it is not history
    yield opened
    opened.workspace.close()


def test_a_demo_request_becomes_an_owned_and_clocked_lead(leads: Leads) -> None:
    leads.arrive("ann")
    leads.do("demo_request", "ann", later(minutes=1))
    leads.run(later(minutes=2))
    assert leads.rows("SELECT lifecycle_stage, owner FROM contacts") == [("MQL", "dina")]
    assert leads.rows("SELECT rule, owner, queue, sla FROM assignments") == [
        ("Turns", "dina", None, "first_call")
    ]
    assert leads.rows("SELECT sla, state FROM clocks") == [("first_call", "running")]
    assert leads.rows("SELECT subject, owner, priority FROM tasks") == [
        ("Call ann", "dina", "high")
    ]
    assert leads.rows("SELECT destination, state FROM outbox") == [("hook", "pending")]
    [(payload,)] = leads.rows("SELECT payload FROM outbox")
    told = json.loads(payload)["data"]
    assert (told["owner"], told["score"], told["title"]) == ("dina", 40.0, None)
    assert leads.rows("SELECT kind, name FROM memberships ORDER BY kind") == [
        ("score", "qualified"),
        ("tag", "asked"),
    ]
    why = leads.rows("SELECT field, new_value, reason FROM changes ORDER BY seq")
    assert {(field, value) for field, value, _ in why} == {
        ("lifecycle_stage", "MQL"),
        ("owner", "dina"),
    }
    assert all(reason for *_, reason in why)


def test_without_news_nothing_more_happens(leads: Leads) -> None:
    leads.arrive("ann", "bob")
    leads.do("demo_request", "ann", later(minutes=1))
    leads.run(later(minutes=2))
    before = everything(leads)
    assert not leads.run(later(minutes=3)).outcomes
    assert everything(leads) == before


def test_a_dry_run_tells_the_same_and_saves_nothing(leads: Leads) -> None:
    leads.arrive("ann")
    leads.do("demo_request", "ann", later(minutes=1))
    before = everything(leads)
    told = leads.run(later(minutes=2), is_dry=True)
    assert everything(leads) == before
    assert [move.to_stage for each in told.outcomes for move in each.moves] == ["MQL"]
    done = leads.run(later(minutes=2))
    assert list(decided(done.outcomes[0])) == list(decided(told.outcomes[0]))


def test_leads_take_turns(leads: Leads) -> None:
    names = [f"p{n}" for n in range(7)]
    leads.arrive(*names)
    for name in names:
        leads.do("demo_request", name, later(minutes=1))
    leads.run(later(minutes=2))
    counts = leads.rows("SELECT owner, count(*) FROM contacts GROUP BY owner ORDER BY owner")
    assert sorted(count for _, count in counts) == [3, 4]
    assert leads.rows("SELECT sum(credit) FROM credits") == [(0,)]


def test_an_unanswered_lead_is_escalated_step_by_step(leads: Leads) -> None:
    leads.arrive("ann")
    leads.do("demo_request", "ann", later(minutes=1))
    leads.run(later(minutes=2))
    leads.run(later(minutes=20))
    assert subjects(leads) == ["Call ann"]
    leads.run(later(minutes=34))
    assert subjects(leads) == ["Call ann", "Hurry"]
    leads.run(later(minutes=50))
    assert subjects(leads) == ["Call ann", "Hurry"]
    leads.run(later(minutes=64))
    assert subjects(leads) == ["Call ann", "Hurry", "Late"]
    assert leads.rows("SELECT state, steps_fired FROM clocks") == [("breached", 2)]
    assert leads.rows("SELECT owner FROM tasks WHERE subject = 'Late'") == [("sam",)]


def test_a_call_that_arrives_late_corrects_the_record(leads: Leads) -> None:
    leads.arrive("ann")
    leads.do("demo_request", "ann", later(minutes=1))
    leads.run(later(minutes=2))
    leads.run(later(minutes=90))
    assert leads.rows("SELECT state FROM clocks") == [("breached",)]
    leads.do("call", "ann", later(minutes=30), "outbound")
    leads.run(later(minutes=91))
    ((state, correction),) = leads.rows("SELECT state, correction FROM clocks")
    assert state == "met"
    assert "was breached" in correction


def test_a_start_that_became_known_late_is_told(leads: Leads) -> None:
    leads.arrive("ann", "bob")
    leads.run(later(minutes=2))
    leads.run(later(minutes=30))
    leads.run(later(minutes=60))
    leads.set_stage("ann", "MQL", later(minutes=40))
    leads.set_stage("bob", "MQL", later(minutes=61))
    leads.run(later(minutes=63))
    told = dict(leads.rows("SELECT contact_id, correction FROM clocks"))  # type: ignore[arg-type]
    assert told["ann"].endswith("14:40 UTC became known 23 minutes later")
    assert told["bob"] is None


def test_a_recipe_waits_and_sets_off_another(leads: Leads) -> None:
    leads.arrive("ann")
    leads.do("demo_request", "ann", later(minutes=1))
    leads.run(later(minutes=2))
    assert leads.rows("SELECT recipe, state FROM enrolments") == [("thank", "waiting")]
    leads.run(later(hours=2))
    assert leads.rows("SELECT persona FROM contacts") == [(None,)]
    leads.run(later(hours=3))
    assert leads.rows("SELECT persona FROM contacts") == [("buyer",)]
    assert leads.rows("SELECT recipe, state FROM enrolments ORDER BY recipe") == [
        ("follow", "done"),
        ("thank", "done"),
    ]
    assert leads.rows("SELECT name FROM memberships WHERE kind = 'tag' ORDER BY name") == [
        ("asked",),
        ("followed",),
    ]


def test_decay_alone_wakes_the_engine(leads: Leads) -> None:
    leads.arrive("ann")
    leads.do("demo_request", "ann", later(minutes=1))
    leads.run(later(minutes=2))
    ((due_at,),) = leads.rows("SELECT min(due_at) FROM wakes")
    assert due_at is not None
    assert not leads.run(later(minutes=3)).outcomes


def test_contacts_of_an_account_go_to_one_owner(leads: Leads) -> None:
    leads.arrive("ann", "bob", account="a1")
    for name in ("ann", "bob"):
        leads.do("demo_request", name, later(minutes=1))
    leads.run(later(minutes=2))
    assert len(leads.rows("SELECT DISTINCT owner FROM contacts")) == 1


def subjects(leads: Leads) -> list[str]:
    return [row[0] for row in leads.rows("SELECT subject FROM tasks ORDER BY subject")]


def everything(leads: Leads) -> list[object]:
    tables = ("contacts", "changes", "spells", "assignments", "clocks", "enrolments", "outbox")
    return [sorted(map(str, leads.rows(f"SELECT * FROM {table}"))) for table in tables]


def test_what_is_dated_later_is_looked_at_when_it_happens(leads: Leads) -> None:
    leads.arrive("ann")
    leads.do("demo_request", "ann", later(minutes=10))
    leads.run(later(minutes=5))
    assert leads.rows("SELECT lifecycle_stage FROM contacts") == [("Lead",)]
    leads.run(later(minutes=10))
    assert leads.rows("SELECT lifecycle_stage FROM contacts") == [("MQL",)]


def test_a_schedule_falls_once_also_after_a_standstill(leads: Leads) -> None:
    leads.arrive("ann", "bob")
    leads.do("demo_request", "ann", later(minutes=1))
    leads.run(later(minutes=2))
    leads.run(later(days=6))
    assert not leads.rows("SELECT 1 FROM memberships WHERE name = 'weekly'")
    leads.run(later(days=15))
    weekly = "SELECT contact_id FROM memberships WHERE name = 'weekly'"
    assert leads.rows(weekly) == [("ann",)]
    runs = leads.rows("SELECT state FROM enrolments WHERE recipe = 'monday'")
    assert runs == [("done",)]
    leads.run(later(days=15, minutes=1))
    assert leads.rows("SELECT state FROM enrolments WHERE recipe = 'monday'") == runs


def test_a_filled_text_becomes_the_type_of_its_field(leads: Leads) -> None:
    leads.arrive("ann")
    leads.do("unsubscribe", "ann", later(minutes=1))
    told = leads.run(later(minutes=2))
    assert leads.rows("SELECT opted_in FROM contacts WHERE recycled_at IS NOT NULL") == [(False,)]
    assert any(
        "is not of the type of 'budget_authority'" in n for o in told.outcomes for n in o.notes
    )


def test_a_stage_that_the_crm_changes_is_followed(leads: Leads) -> None:
    leads.arrive("ann")
    leads.run(later(minutes=2))
    assert leads.rows("SELECT stage FROM spells WHERE left_at IS NULL") == [("Lead",)]
    leads.set_stage("ann", "SQL", later(minutes=10))
    leads.run(later(minutes=11))
    assert leads.rows("SELECT stage FROM spells WHERE left_at IS NULL") == [("SQL",)]
    assert leads.rows("SELECT lifecycle_stage FROM contacts") == [("SQL",)]
