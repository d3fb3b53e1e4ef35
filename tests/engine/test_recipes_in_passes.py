"""Recipes set off by contacts, accounts and activities, as passes of the engine follow them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from engine_company import MONDAY, later
from records_company import Company, make_company
from revops.store.engine_tables import ENROLMENTS
from revops.store.tables import RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Found = Callable[..., Company]


NIGHTS = 'nights: {time_zone: UTC, hours: {mon: "20:00-24:00"}}\n'


def founder(folder: Path, store_url: str) -> Iterator[Found]:
    """Found a company with these recipes and people; what follows is no history."""
    made: list[Company] = []

    def make(recipes: str, *names: str, **fields: Any) -> Company:
        company = make_company(folder, store_url, f"recipes:\n{recipes}")
        made.append(company)
        with (folder / "definitions" / "calendars.yaml").open("a") as calendars:
            calendars.write(NIGHTS)
        company.add("accounts", {"id": "acme", "name": "Acme", "employees": 900})
        company.add("accounts", {"id": "other", "name": "Other"})
        people = [{"id": each, "email": f"{each}@example.com", **fields} for each in names]
        company.add("contacts", *({**each, "first_name": each["id"]} for each in people))
        company.run(MONDAY)
        return company

    yield make
    for company in made:
        company.workspace.close()


@pytest.fixture
def found(sqlite_template: Path, tmp_path: Path) -> Iterator[Found]:
    """What is decided from what the facts say, on the quicker database."""
    (tmp_path / "acme").mkdir()
    shutil.copy(sqlite_template, tmp_path / "acme" / "revops.db")
    yield from founder(tmp_path / "acme", "sqlite:///revops.db")


@pytest.fixture
def found_on_each(store_url: str, tmp_path: Path) -> Iterator[Found]:
    """What is asked of the store, on each database."""
    yield from founder(tmp_path / "acme", store_url)


def came_in(company: Company) -> list[tuple[str, str]]:
    """Who came into which recipe."""
    return company.rows("SELECT recipe, contact_id FROM enrolments ORDER BY entered_at, id")  # type: ignore[return-value]


class TestActivities:
    COUNTED = """
  - name: thrice
    trigger: {activity: [page_view, download], count: 3, within: 1 day}
    reenroll: always
    steps: [{do: [{tag: keen}]}]
"""

    def test_so_many_within_a_time_set_it_off(self, found: Found) -> None:
        company = found(self.COUNTED, "ann", "bob")
        for hours in (1, 2, 26):
            company.do("page_view", "ann", later(hours=hours))
        company.do("page_view", "bob", later(hours=26))
        company.run(later(hours=27))
        assert came_in(company) == []
        company.do("download", "ann", later(hours=28))
        company.do("call", "ann", later(hours=28, minutes=1))
        company.do("page_view", "ann", later(hours=29))
        company.run(later(hours=30))
        assert company.rows("SELECT entered_at FROM enrolments") != []
        assert came_in(company) == [("thrice", "ann")]

    def test_each_further_one_does_so_too(self, found: Found) -> None:
        company = found(self.COUNTED, "ann")
        for hours in range(1, 6):
            company.do("page_view", "ann", later(hours=hours))
        company.run(later(hours=6))
        assert came_in(company) == [("thrice", "ann")] * 3

    def test_what_is_yet_to_come_does_not_count(self, found: Found) -> None:
        company = found(self.COUNTED, "ann")
        for hours in (1, 2, 5):
            company.do("page_view", "ann", later(hours=hours))
        company.run(later(hours=3))
        assert came_in(company) == []
        company.run(later(hours=6))
        assert came_in(company) == [("thrice", "ann")]

    RETURNS = """
  - name: back
    trigger: {activity: page_view, after_silence: 30 days}
    reenroll: always
    steps: [{do: [{task: "{{ contact.first_name }} is back"}]}]
"""

    def test_the_first_after_a_silence_sets_it_off(self, found: Found) -> None:
        company = found(self.RETURNS, "ann", "new")
        company.do("page_view", "ann", later(hours=1))
        company.do("page_view", "ann", later(days=20))
        company.do("email_sent", "ann", later(days=45), "outbound")
        company.do("email_click", "ann", later(days=51))
        company.do("page_view", "ann", later(days=51, minutes=1))
        company.do("page_view", "new", later(days=51))
        company.do("page_view", "ann", later(days=51, minutes=5))
        company.do("page_view", "ann", later(days=52))
        company.run(later(days=53))
        assert company.rows("SELECT subject FROM tasks") == [("ann is back",)]
        (entered,) = company.texts("SELECT id FROM enrolments")
        assert later(days=51, minutes=1).isoformat() in entered


class TestLimits:
    PER_ACCOUNT = """
  - name: committee
    trigger: {activity: page_view}
    when: account.engaged_contacts >= 2
    per: account
    reenroll: {after: 90 days}
    steps:
      - do:
          - task: "{{ account.engaged_contacts }} of {{ account.employees }} at {{ account.name }}"
"""

    def test_leads_of_an_account_count_as_one(self, found_on_each: Found) -> None:
        company = found_on_each(self.PER_ACCOUNT, "ann", "bob", "cas", account_id="acme")
        company.do("page_view", "ann", later(minutes=1))
        company.run(later(minutes=2))
        assert came_in(company) == []
        company.do("page_view", "bob", later(minutes=3))
        company.do("page_view", "cas", later(minutes=4))
        company.run(later(minutes=5))
        assert [name for name, _ in came_in(company)] == ["committee"]
        assert company.texts("SELECT subject FROM tasks") == ["3 of 900 at Acme"]
        company.do("page_view", "ann", later(minutes=6))
        company.run(later(minutes=7))
        assert len(came_in(company)) == 1
        company.do("page_view", "ann", later(days=91))
        company.do("page_view", "bob", later(days=91))
        company.run(later(days=91, minutes=1))
        assert len(came_in(company)) == 2

    def test_leads_without_an_account_count_alone(self, found_on_each: Found) -> None:
        recipes = self.PER_ACCOUNT.replace("    when: account.engaged_contacts >= 2\n", "")
        company = found_on_each(recipes, "ann", "bob")
        company.do_all("page_view", ["ann", "bob"], later(minutes=1))
        company.run(later(minutes=2))
        assert came_in(company) == [("committee", "ann"), ("committee", "bob")]

    def test_so_many_a_day_come_in(self, found_on_each: Found) -> None:
        names = [f"p{n}" for n in range(5)]
        recipes = """
  - name: few
    trigger: {activity: page_view}
    max_per_day: 2
    reenroll: always
    steps: [{do: [{tag: chosen}]}]
"""
        company = found_on_each(recipes, *names)
        company.do_all("page_view", names[:1], later(minutes=1))
        company.run(later(minutes=2))
        company.do_all("page_view", names[1:], later(minutes=3))
        told = company.run(later(minutes=4))
        assert len(came_in(company)) == 2
        notes = [note for each in told.outcomes for note in each.notes]
        assert notes == ["few: 2 leads came in within 24 hours already"] * 3
        # What an import tells of a past day is let in today, and counts today.
        company.do_all("page_view", names, later(minutes=1, days=-2))
        company.do_all("page_view", names, later(days=1, minutes=3))
        company.run(later(days=1, minutes=3))
        assert len(came_in(company)) == 3
        company.do_all("page_view", names, later(days=3))
        company.run(later(days=3))
        assert len(came_in(company)) == 5


class TestWorkingTime:
    def test_the_calendar_of_the_recipe_comes_before_that_of_the_owner(self, found: Found) -> None:
        recipes = """
  - name: own
    trigger: {activity: page_view}
    calendar: nights
    steps: [{wait: {business: 1 hour}}, {do: [{tag: own}]}]
  - name: owners
    trigger: {activity: page_view}
    steps: [{wait: {business: 1 hour}}, {do: [{tag: owners}]}]
  - name: due
    trigger: {activity: page_view}
    calendar: nights
    steps: [{do: [{task: Call}], due: {business: 30 minutes}}]
"""
        company = found(recipes, "ann", owner="dina")
        company.do("page_view", "ann", later(minutes=1))
        company.run(later(minutes=1))
        with company.workspace.store.read() as connection:
            kept = connection.execute(sa.select(ENROLMENTS.c.recipe, ENROLMENTS.c.resume_at))
            resumes = {name: at for name, at in kept if at is not None}
            (due_at,) = connection.execute(sa.select(RECORD_TABLES["tasks"].c.due_at)).scalars()
        assert resumes == {"own": later(hours=7), "owners": later(hours=1, minutes=1)}
        assert due_at == later(hours=6, minutes=30)


class TestTexts:
    def test_what_a_text_may_name(self, found: Found, tmp_path: Path) -> None:
        places = "recipe", "link", "account.employees", "contact.title", "recent_activity"
        body = "|".join(f"{{{{ {place} }}}}" for place in places)
        recipes = f"""
  - name: tell
    trigger: {{activity: demo}}
    steps: [{{do: [{{email: {{to: ops@example.com, subject: S, body: "{body}"}}}}]}}]
"""
        company = found(recipes, "ann", account_id="acme", title="VP")
        company.do("page_view", "ann", later(minutes=1))
        company.do("email_sent", "ann", later(minutes=2), "outbound")
        company.do("demo", "ann", later(minutes=3))
        company.do("page_view", "ann", later(hours=3))
        company.run(later(minutes=4))
        assert bodies(company) == [
            "tell|contact ann|900|VP|2026-03-02 09:03 EST: demo\n2026-03-02 09:01 EST: page view"
        ]
        settings = json.loads((tmp_path / "acme" / "revops.yaml").read_text())
        settings["lead_link"] = "https://crm.example.com/{{ contact.id | url }}?a=1"
        (tmp_path / "acme" / "revops.yaml").write_text(json.dumps(settings))
        company.reopen()
        company.add("contacts", {"id": "b b", "email": "b@example.com"})
        company.do("demo", "b b", later(minutes=5))
        company.run(later(minutes=6))
        assert bodies(company)[1].startswith("tell|https://crm.example.com/b%20b?a=1|||")

    def test_a_clock_says_since_when_it_runs(self, found: Found) -> None:
        recipes = """
  - name: broken
    trigger: {clock: first_call}
    steps: [{do: [{task: "{{ clock.sla }} since {{ clock.started_at }}, due {{ clock.due_at }}"}]}]
"""
        company = found(recipes, "ann")
        company.do("demo_request", "ann", later(minutes=1))
        company.run(later(minutes=1))
        company.run(later(hours=2))
        (said,) = company.texts("SELECT subject FROM tasks WHERE subject LIKE 'first%'")
        assert said == "first_call since 2026-03-02 09:01 EST, due 2026-03-02 10:01 EST"


class TestLate:
    RECIPES = """
  - name: remind
    trigger: {activity: demo}
    steps:
      - wait: 2 hours
      - do:
          - task: Remind
          - email: {to: contact, subject: Hello, body: Hello}
          - email: {to: ops@example.com, subject: Hello, body: Hello}
          - slack: {to: "#sales", text: Hello}
          - webhook: {destination: hook, event: e}
  - name: daily
    trigger: {schedule: {every: day, at: "08:00", time_zone: workspace}}
    reenroll: always
    steps: [{do: [{slack: {to: "#daily", text: Daily}}]}]
"""

    def test_what_comes_in_time_says_nothing(self, found: Found) -> None:
        company = found(self.RECIPES, "ann", owner="dina")
        company.do("demo", "ann", later(minutes=1))
        company.run(later(minutes=1))
        company.run(later(hours=2, minutes=3))
        assert company.texts("SELECT subject FROM tasks") == ["Remind"]
        assert not any("late" in str(payload) for payload in payloads(company))

    def test_what_comes_late_says_so_but_not_to_the_lead(self, found: Found) -> None:
        company = found(self.RECIPES, "ann", owner="dina")
        company.do("demo", "ann", later(minutes=1))
        company.run(later(minutes=1))
        company.run(later(days=3, hours=4, minutes=1))
        assert company.texts("SELECT subject FROM tasks") == ["Remind (3 days 2 hours late)"]
        missed = "2 earlier times were missed since 2026-03-03 13:00 UTC; this run stands for all"
        texts = [each.get("text") or each.get("data", {}).get("late") for each in payloads(company)]
        assert [each for each in texts if each] == [
            "Hello", "Hello\n\n(3 days 2 hours late)", "Hello (3 days 2 hours late)",
            "3 days 2 hours late",
            f"Daily (5 hours 1 minute late; {missed})",
        ]  # fmt: skip

    def test_a_step_of_a_service_level_says_so(self, found: Found) -> None:
        company = found(self.RECIPES, "ann")
        company.do("demo_request", "ann", later(minutes=1))
        company.run(later(minutes=1))
        company.run(later(hours=3, minutes=1))
        tasks = company.texts("SELECT subject FROM tasks ORDER BY subject")
        assert tasks == ["Call ann", "Hurry (2 hours 30 minutes late)", "Late (2 hours late)"]


class TestTasks:
    RECIPES = """
  - name: stage
    trigger: {entered: MQL}
    steps:
      - do:
          - task: "Call {{ contact.first_name }}"
          - task: {subject: Check, owner: manager}
  - name: again
    trigger: {activity: page_view}
    reenroll: always
    steps: [{do: [{task: "Call {{ contact.first_name }}"}]}]
"""

    def test_an_open_task_is_not_asked_for_twice(self, found_on_each: Found) -> None:
        company = found_on_each(self.RECIPES, "ann")
        company.do("demo_request", "ann", later(minutes=1))
        company.run(later(minutes=1))
        made = company.rows("SELECT subject, owner FROM tasks ORDER BY subject")
        assert made == [("Call ann", "dina"), ("Check", "sam")]
        company.do("page_view", "ann", later(minutes=3))
        told = company.run(later(minutes=4))
        assert [note for each in told.outcomes for note in each.notes] == [
            "dina has an open task 'Call ann' already"
        ]
        company.change("tasks", _id_of(company, "Call ann"), "status", "done", later(minutes=5))
        company.do("page_view", "ann", later(minutes=6))
        company.run(later(minutes=7))
        assert company.texts("SELECT status FROM tasks WHERE subject = 'Call ann'") in (
            ["done", "open"], ["open", "done"],
        )  # fmt: skip

    def test_one_that_came_late_is_the_same(self, found: Found) -> None:
        recipes = """
  - name: wait
    trigger: {activity: page_view}
    reenroll: always
    steps: [{wait: 1 hour}, {do: [{task: Remind}]}]
"""
        company = found(recipes, "ann", owner="dina")
        company.do("page_view", "ann", later(minutes=1))
        company.do("page_view", "ann", later(hours=3))
        company.run(later(minutes=2))
        company.run(later(hours=3))
        company.run(later(hours=4))
        assert company.texts("SELECT subject FROM tasks") == ["Remind (1 hour 58 minutes late)"]


def test_who_is_kept_out_of_a_sequence_does_not_come_in_again(found: Found) -> None:
    recipes = """
  - name: out
    trigger: {activity: unsubscribe}
    steps: [{do: [{suppress: nurture}]}]
  - name: in
    trigger: {activity: page_view}
    steps: [{do: [{enroll: nurture}]}]
"""
    company = found(recipes, "ann", "bob")
    company.do("unsubscribe", "ann", later(minutes=1))
    company.run(later(minutes=1))
    company.do_all("page_view", ["ann", "bob"], later(minutes=2))
    company.run(later(minutes=2))
    assert company.rows("SELECT contact_id FROM memberships WHERE kind = 'sequence'") == [("bob",)]


class TestChanges:
    RECIPES = """
  - name: owner
    trigger: {changed: account.owner}
    reenroll: always
    steps:
      - do:
          - task: "{{ change.field }}: {{ change.from }} to {{ change.to }}, {{ account.owner }}"
  - name: contact
    trigger: {changed: owner}
    steps: [{do: [{tag: wrong}]}]
  - name: big
    trigger: {changed: account.employees, to: 1000}
    steps: [{do: [{tag: big}]}]
  - name: out
    trigger: {changed: opted_in, to: false}
    steps: [{do: [{tag: out}]}]
"""

    def test_a_change_of_an_account_reaches_each_of_its_leads_once(self, found: Found) -> None:
        company = found(self.RECIPES, "ann", "bob", account_id="acme")
        company.add("contacts", {"id": "cas", "email": "c@o.com", "account_id": "other"})
        company.run(later(minutes=1))
        company.change("accounts", "acme", "owner", "dina", later(minutes=2))
        company.change("accounts", "acme", "name", "New", later(minutes=2))
        company.run(later(minutes=3))
        assert came_in(company) == [("owner", "ann"), ("owner", "bob")]
        told = company.rows("SELECT subject, contact_id FROM tasks ORDER BY contact_id")
        assert told == [("account.owner: to dina, dina", each) for each in ("ann", "bob")]
        company.change("accounts", "acme", "owner", "dirk", later(minutes=4))
        company.run(later(minutes=5))
        company.run(later(minutes=6))
        assert len(came_in(company)) == 4

    def test_a_value_is_of_the_type_of_its_field(self, found: Found) -> None:
        company = found(self.RECIPES, "ann", account_id="acme")
        company.change("accounts", "acme", "employees", 1000, later(minutes=1))
        company.change("contacts", "ann", "opted_in", False, later(minutes=1))  # noqa: FBT003
        company.run(later(minutes=2))
        assert sorted(came_in(company)) == [("big", "ann"), ("out", "ann")]


def payloads(company: Company) -> list[dict[str, Any]]:
    return [json.loads(text) for text in company.texts("SELECT payload FROM outbox ORDER BY seq")]


def bodies(company: Company) -> list[str]:
    return [each["text"] for each in payloads(company)]


def _id_of(company: Company, subject: str) -> str:
    return str(company.texts(f"SELECT id FROM tasks WHERE subject = '{subject}'")[0])
