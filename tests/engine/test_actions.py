"""What actions leave behind: fields that are cleared, tasks that say what they are about."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine_company import later
from records_company import make_company
from revops.services.task import list_tasks
from revops.store.tables import CUSTOM_FIELDS

if TYPE_CHECKING:
    from pathlib import Path

CLEARS = """
recipes:
  - name: leaver
    trigger: {activity: unsubscribe}
    steps: [{do: [{set: {persona: null, plan: null}}]}]
  - name: strangers
    trigger: {changed: persona}
    when: persona IS NULL AND plan IS NULL
    steps: [{do: [{task: "No {{ change.from }} any more"}]}]
"""


def test_an_action_that_sets_nothing_clears_a_field(store_url: str, tmp_path: Path) -> None:
    company = make_company(tmp_path / "acme", store_url, CLEARS)
    with company.workspace.store.write() as connection:
        met = [{"object": "contacts", "name": each, "type": "text"} for each in ("plan", "code")]
        connection.execute(sa.insert(CUSTOM_FIELDS), met)
    company.run(later())
    kept = {"plan": "pro", "code": "B"}
    ann = {"id": "ann", "email": "ann@acme.com", "persona": "buyer", "custom": json.dumps(kept)}
    company.add("contacts", ann)
    company.run(later(minutes=1))
    company.do("unsubscribe", "ann", later(minutes=2))
    company.run(later(minutes=2))
    ((persona, custom_then),) = company.rows("SELECT persona, custom FROM contacts")
    assert (persona, json.loads(custom_then)) == (None, {"code": "B"})
    told = company.rows(
        "SELECT field, old_value, new_value, reason FROM changes"
        " WHERE field IN ('persona', 'plan') ORDER BY field"
    )
    assert told == [
        ("persona", "buyer", None, "recipe leaver"),
        ("plan", "pro", None, "recipe leaver"),
    ]
    assert company.texts("SELECT subject FROM tasks") == ["No buyer any more"]
    company.workspace.close()


ABOUT = """
recipes:
  - name: deal
    trigger: {changed: opportunity.stage}
    steps: [{do: [{task: "Look at {{ opportunity.name }}"}]}]
  - name: price
    trigger: {changed: subscription.plan}
    steps: [{do: [{approve: "New plan"}]}]
  - name: help
    trigger: {created: ticket}
    steps: [{do: [{task: "Help"}]}]
  - name: renew
    trigger: {schedule: {every: hour}, each: renewal}
    steps: [{do: [{task: "Renew"}]}]
"""


def test_a_task_about_a_record_names_its_deal(store_url: str, tmp_path: Path) -> None:
    company = make_company(tmp_path / "acme", store_url, ABOUT)
    company.add("accounts", {"id": "acme", "name": "Acme"})
    ann = {"id": "ann", "email": "ann@acme.com", "first_name": "Ann", "account_id": "acme"}
    company.add("contacts", {**ann, "owner": "dina"})
    deal = {"id": "d1", "name": "Big", "stage": "A", "contact_ids": "ann", "account_id": "acme"}
    company.add("opportunities", deal)
    term = {"started_on": date(2025, 3, 2), "monthly_price": 10, "plan": "s"}
    company.add("subscriptions", {"id": "s1", "account_id": "acme", "opportunity_id": "d1", **term})
    renewal = {"id": "r1", "subscription_id": "s1", "account_id": "acme"}
    company.add("renewals", {**renewal, "renews_on": date(2026, 4, 1)})
    company.run(later())
    company.change("opportunities", "d1", "stage", "B", later(minutes=1))
    company.change("subscriptions", "s1", "plan", "m", later(minutes=1))
    company.add("tickets", {"id": "t1", "contact_id": "ann", "created_at": later(minutes=1)})
    company.run(later(minutes=1))
    company.run(later(hours=1, minutes=1))
    told = {each.subject: each for each in list_tasks(company.workspace)}
    deals = {subject: each.opportunity_id for subject, each in told.items()}
    assert deals == {
        "Look at Big": "d1", "Approve: New plan": "d1", "Renew": "d1", "Help": None
    }  # fmt: skip
    assert told["Renew"].about == "Big, Ann, Acme"
    assert told["Help"].about == "Ann, Acme"
    company.workspace.close()


NAMED = """
recipes:
  - name: named
    trigger: created
    steps: [{do: [{task: "Call {{ contact.name }}: soon"}]}]
"""


def test_a_person_is_called_by_what_is_known_of_the_name(store_url: str, tmp_path: Path) -> None:
    company = make_company(tmp_path / "acme", store_url, NAMED)
    company.run(later())
    people = (
        {"id": "ann", "first_name": "Ann", "last_name": "Ames", "email": "ann@acme.com"},
        {"id": "bob", "first_name": "Bob", "email": "bob@acme.com"},
        {"id": "cy", "email": "cy@acme.com"},
        {"id": "dee"},
    )
    for each in people:
        company.add("contacts", each)
    company.run(later(minutes=1))
    assert company.texts("SELECT subject FROM tasks ORDER BY contact_id") == [
        f"Call {name}: soon" for name in ("Ann Ames", "Bob", "cy@acme.com", "dee")
    ]
    company.workspace.close()
