"""The commands for leads being worked, as a person and as a program use them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from worked_company import write_company

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Revops

NOON = ("--as-of", "2026-03-02T13:00")  # in Berlin: two of four hours are gone
LATE = ("--as-of", "2026-03-02T15:30")
JSON = ("--format", "json")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_company(tmp_path_factory.mktemp("worked"), "sqlite:///revops.db")


@pytest.fixture(autouse=True)
def inside(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(company)


class TestRoute:
    def test_preview_tells_every_rule_and_everybody_else(self, revops: Revops) -> None:
        said = revops("route", "preview", "c3", *NOON)
        assert said.code == 0
        assert "would go to ann" in said.out
        assert "does not hold: account.employees >= 1000" in said.out
        assert "the same credit and turns, and a later id" in said.out
        assert "CET" in said.out

    def test_preview_of_a_lead_that_is_not_there(self, revops: Revops) -> None:
        lead = ("--set", "title=VP = boss", "--set", "account.employees=5000")
        found = json.loads(revops("route", "preview", *lead, *NOON, *JSON).out)
        assert (found["owner"], found["rule"], found["at"]) == (
            "eve",
            "Big",
            "2026-03-02T12:00:00Z",
        )
        assert (found["lead"]["title"], found["not_tried"]) == ("VP = boss", ["Rest"])

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((), "there is no lead to route"),
            (("c9",), "there is no contact 'c9'"),
            (("--set", "title"), "there is no '='"),
            (("--set", "titel=VP"), "did you mean 'title'?"),
        ],
    )
    def test_wrong_use_is_told(self, revops: Revops, arguments: tuple[str], message: str) -> None:
        said = revops("route", "preview", *arguments)
        assert said.code == 2
        assert message in said.err
        assert "Traceback" not in said.err

    def test_the_log_has_the_promised_form(self, revops: Revops) -> None:
        (entry,) = json.loads(revops("route", "log", "c1", *JSON).out)
        assert {*entry} >= {
            "contact_id", "at", "rule", "owner", "queue", "reason", "definitions_version",
        }  # fmt: skip
        assert entry["at"] == "2026-03-02T10:00:00Z"
        assert [(each["rule"], each["matched"]) for each in entry["considered"]] == [
            ("Big", False), ("Rest", True),
        ]  # fmt: skip
        assert {*entry["considered"][0]} == {"rule", "matched", "why"}
        assert "Nothing of it was routed" in revops("route", "log", "--since", "2030-01-01").out

    def test_fairness_is_a_table_and_a_verdict(self, revops: Revops) -> None:
        said = revops("route", "fairness")
        assert said.code == 0
        assert "Nobody is further from its share" in said.out
        rows = list(csv.DictReader(io.StringIO(revops("route", "fairness", "--format", "csv").out)))
        assert [(row["member"], row["count"]) for row in rows] == [("ann", "2"), ("bob", "2")]


class TestLifecycle:
    def test_a_code_that_is_not_one(self, revops: Revops) -> None:
        said = revops("lifecycle", "reject", "c1", "--reason", "FIT01", *NOON)
        assert said.code == 2
        assert "did you mean 'FIT-01'?" in said.err

    def test_accepting_is_told_and_shown(self, revops: Revops) -> None:
        said = revops("lifecycle", "accept", "c1", "--by", "ann", *NOON)
        assert said.code == 0
        assert "MQL -> SQL: accepted by ann" in said.out
        way = json.loads(revops("lifecycle", "show", "una@one.example", *NOON, *JSON).out)
        assert [stay["stage"] for stay in way["stays"]] == ["Lead", "MQL", "SQL"]
        shown = revops("lifecycle", "show", "c1", *NOON).out
        assert "2026-03-02" in shown  # in a cell, which a narrow terminal breaks
        assert revops("lifecycle", "accept", "c1", *NOON).code == 2

    def test_an_override_needs_a_time_that_is_one(self, revops: Revops) -> None:
        given = ("--stage", "Lead", "--because", "why", "--until", "soon")
        said = revops("lifecycle", "override", "c2", *given)
        assert said.code == 2
        assert "--until: 'soon' is not a time" in said.err


class TestSla:
    def test_open_clocks_breaches_and_compliance(self, revops: Revops) -> None:
        said = revops("sla", "--contact", "c5", *LATE)
        assert said.code == 0
        assert "1 open clock as of 2026-03-02 15:30 CET: 1 breached" in said.out
        assert "overdue" in said.out
        assert "0.0%" in said.out
        report = json.loads(revops("sla", "--contact", "c5", *LATE, *JSON).out)
        assert report["running"][0]["level"] == "red"
        assert report["running"][0]["due_at"] == "2026-03-02T14:00:00Z"
        assert report["compliance"][0]["is_on_target"] is False
        listed = revops("sla", "--breached", "--contact", "c5", *LATE, "--format", "csv").out
        assert [row["contact_id"] for row in csv.DictReader(io.StringIO(listed))] == ["c5"]

    def test_nothing_is_told_in_words(self, revops: Revops) -> None:
        assert "No clock has run" in revops("sla", "--as-of", "2026-01-01").out
        assert "No promise was broken" in revops("sla", "--breached", "--owner", "eve").out
        assert revops("sla", "--breached", "--compliance").code == 2


class TestWork:
    def test_a_task_is_listed_and_done(self, revops: Revops) -> None:
        tasks = json.loads(revops("task", "list", *JSON).out)
        (task,) = [each for each in tasks if each["subject"] == "Call Two"]
        assert task["due_at"] == "2026-03-02T14:00:00Z"
        assert "2026-03-02 15:00" in revops("task", "list").out
        assert "Done: Call Two" in revops("task", "done", task["id"]).out
        assert "Was done already" in revops("task", "done", task["id"]).out
        assert revops("task", "done", "nothing").code == 2
        assert "There is nothing to do for eve." in revops("task", "list", "--owner", "eve").out

    def test_absences_are_added_told_and_removed(self, revops: Revops) -> None:
        assert "Nobody is away" in revops("pto", "list").out
        times = ("--from", "2099-03-01", "--until", "2099-03-02")
        said = revops("pto", "add", "bob", *times, "--reason", "vacation")
        assert "bob is away from 2099-03-01 00:00 CET until 2099-03-02 00:00 CET" in said.out
        again = revops("pto", "add", "bob", *times)
        assert (again.code, "It overlaps number" in again.err) == (0, True)
        listed = json.loads(revops("pto", "list", *JSON).out)
        assert [each["starts_at"] for each in listed] == ["2099-02-28T23:00:00Z"] * 2
        assert "did you mean 'bob'?" in revops("pto", "add", "bop", *times).err
        turned = revops("pto", "add", "bob", "--from", "2099-03-02", "--until", "2099-03-01")
        assert turned.code == 2
        assert revops("pto", "remove", listed[0]["id"]).code == 0

    def test_messages_are_listed_shown_and_replayed(self, revops: Revops) -> None:
        letters = json.loads(revops("outbox", "list", "--state", "pending", *JSON).out)
        key = letters[0]["key"]
        shown = json.loads(revops("outbox", "show", key, *JSON).out)
        assert shown["payload"]["type"] == "lead.qualified"
        assert "There are no dead messages." in revops("outbox", "list", "--state", "dead").out
        assert "No message is dead." in revops("outbox", "replay", "--all-dead").out
        assert revops("outbox", "replay", key).code == 2
        assert revops("outbox", "replay").code == 2
