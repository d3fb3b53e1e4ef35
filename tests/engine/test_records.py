"""Recipes set off by deals, tickets, renewals and other records, and the figures of these."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from engine_company import MONDAY, later
from records_company import Company, make_company

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECIPES = """
recipes:
  - name: stages
    trigger: {changed: opportunity.stage}
    reenroll: always
    steps:
      - branch:
          - where: stage = 'Proposal' AND amount > 25000
            steps:
              - {do: [{task: "Desk: {{ opportunity.name }}, {{ change.from }} to {{ change.to }}"}]}
          - where: stage = 'Closed Won'
            steps: [{do: [{task: "Hand over {{ opportunity.name }}"}]}]
        otherwise: [{do: [{task: "Other {{ opportunity.stage }}"}]}]
  - name: won
    trigger: {changed: opportunity.stage, to: Closed Won}
    steps: [{do: [{tag: customer}]}]
  - name: asks
    trigger: {created: ticket, where: priority = 'urgent'}
    reenroll: always
    steps:
      - do:
          - task: {subject: "{{ contact.first_name }}: {{ ticket.subject }}", owner: manager}
  - name: renew
    trigger:
      schedule: {every: day, at: "08:00"}
      each: renewal
      where: status = 'upcoming' AND days_left <= 30
    steps:
      - do:
          - email:
              subject: "{{ account.name }} in {{ renewal.days_left }}"
              body: "{{ owner.name }}, {{ manager.name }}"
  - name: more
    trigger: {created: task}
    reenroll: always
    steps: [{do: [{tag: busy}]}]
"""


@pytest.fixture
def company(store_url: str, tmp_path: Path) -> Iterator[Company]:
    made = make_company(tmp_path / "acme", store_url, RECIPES)
    made.add("accounts", {"id": "acme", "name": "Acme"}, {"id": "none", "name": "Nobody"})
    at_acme = {"account_id": "acme", "owner": "dina"}
    made.add(
        "contacts",
        {"id": "ann", "email": "ann@acme.com", "first_name": "Ann", **at_acme},
        {"id": "bob", "email": "bob@acme.com", "first_name": "Bob", **at_acme},
    )
    made.add(
        "opportunities",
        {
            "id": "d1", "name": "Deal", "account_id": "acme", "contact_ids": "gone; bob;ann",
            "stage": "Discovery", "amount": 30000, "created_at": later(days=-40), "owner": "carl",
        },
    )  # fmt: skip
    made.run(MONDAY)
    yield made
    made.workspace.close()


def tasks(company: Company) -> list[Any]:
    return company.rows("SELECT subject, contact_id, owner FROM tasks ORDER BY subject")


def test_a_stage_that_changes_sets_off_what_its_value_then_asks_for(company: Company) -> None:
    company.change("opportunities", "d1", "stage", "Proposal", later(minutes=1))
    company.change("opportunities", "d1", "amount", 20000, later(minutes=2))
    company.change("opportunities", "d1", "stage", "Closed Won", later(minutes=3))
    company.run(later(minutes=4))
    assert tasks(company) == [
        ("Desk: Deal, Discovery to Proposal", "bob", "carl"),
        ("Hand over Deal", "bob", "carl"),
    ]
    assert company.rows("SELECT contact_id, name FROM memberships") == [("bob", "customer")]
    company.run(later(minutes=5))
    assert len(tasks(company)) == 2


def test_what_is_not_watched_or_changed_by_the_engine_sets_off_nothing(company: Company) -> None:
    company.change("opportunities", "d1", "amount", 1, later(minutes=1))
    company.change("opportunities", "d1", "stage", "Proposal", later(minutes=1), source="revops")
    company.add("tasks", {"id": "t", "contact_id": "ann", "subject": "Own"}, origin="revops")
    company.run(later(minutes=2))
    assert company.rows("SELECT count(*) FROM enrolments") == [(0,)]


def test_a_new_ticket_wakes_who_asked(company: Company) -> None:
    company.add(
        "tickets",
        {"id": "1", "contact_id": "ann", "subject": "Down", "priority": "urgent"},
        {"id": "2", "contact_id": "ann", "subject": "Slow", "priority": "low"},
        {"id": "3", "account_id": "acme", "subject": "Odd", "priority": "urgent"},
        {"id": "4", "account_id": "none", "subject": "Lost", "priority": "urgent"},
    )
    company.run(later(minutes=1))
    assert tasks(company) == [("Ann: Down", "ann", "sam"), ("Bob: Odd", "bob", "sam")]


def test_what_was_there_before_is_history(company: Company) -> None:
    company.add("tickets", {"id": "1", "contact_id": "ann", "subject": "Old", "priority": "urgent",
                            "created_at": later(days=-9)})  # fmt: skip
    company.run(later(minutes=1))
    company.change("opportunities", "d1", "stage", "Proposal", later(minutes=-1))
    company.run(later(minutes=2))
    assert tasks(company) == []
    assert company.rows("SELECT count(*) FROM wakes WHERE why LIKE 'record:%'") == [(0,)]


def test_what_is_dated_in_the_future_waits(company: Company) -> None:
    company.change("opportunities", "d1", "stage", "Proposal", later(hours=1))
    company.run(later(minutes=1))
    assert tasks(company) == []
    company.run(later(hours=2))
    assert [subject for subject, *_ in tasks(company)] == ["Desk: Deal, Discovery to Proposal"]


def test_a_schedule_looks_at_each_record_once_a_record(company: Company) -> None:
    company.add("subscriptions", {"id": "s", "account_id": "acme", "monthly_price": 100,
                                  "started_on": date(2025, 4, 1)})  # fmt: skip
    near = {"subscription_id": "s", "status": "upcoming"}
    company.add(
        "renewals",
        {"id": "near", "renews_on": date(2026, 4, 1), "owner": "carl", **near},
        {"id": "far", "renews_on": date(2026, 4, 3), **near},
    )
    company.run(later(hours=1))
    assert company.texts("SELECT payload FROM outbox") == []
    company.run(later(days=1))
    (one,) = company.texts("SELECT payload FROM outbox")
    assert "in 29" in one
    assert "carl@example.com" in one
    assert "Carl, Cleo" in one
    company.run(later(days=2))
    assert len(company.texts("SELECT payload FROM outbox")) == 2
    company.run(later(days=9))
    assert len(company.texts("SELECT payload FROM outbox")) == 2
    assert company.rows("SELECT DISTINCT contact_id FROM enrolments") == [("bob",)]


def test_a_dry_run_tells_the_same_and_keeps_nothing(company: Company) -> None:
    company.change("opportunities", "d1", "stage", "Proposal", later(minutes=1))
    told = company.run(later(minutes=2), is_dry=True)
    assert [task.subject for each in told.outcomes for task in each.tasks]
    assert tasks(company) == []
    company.run(later(minutes=2))
    assert len(tasks(company)) == 1


def test_nothing_sets_itself_off(company: Company) -> None:
    company.add("tasks", {"id": "t", "contact_id": "ann", "subject": "Theirs"})
    company.run(later(minutes=1))
    assert company.rows("SELECT contact_id, name FROM memberships") == [("ann", "busy")]
