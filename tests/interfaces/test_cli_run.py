"""`revops run` as a person meets it: the first look, accounts found, messages that cannot go."""

from __future__ import annotations

import json
import signal
from threading import Timer
from typing import TYPE_CHECKING

import pytest

from worked_company import bring, prepare_company

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Revops

FIRST = ("--as-of", "2026-03-02T10:00", "--no-deliver")
LATER = ("--as-of", "2026-03-02T11:00", "--no-deliver")
NEW = "id,email,title\nn1,nora@mail.tiny.example,VP Sales\n"


@pytest.fixture
def handlers_as_before() -> Iterator[None]:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.fixture(autouse=True)
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = prepare_company(tmp_path / "acme", "sqlite:///revops.db")
    bring(folder, {"contacts.csv": "id,title\nc1,VP Sales\n"})
    monkeypatch.chdir(folder)
    return folder


def test_the_first_look_says_what_it_does_and_what_not(revops: Revops) -> None:
    assert "nothing more for what lies before" in " ".join(revops("run", "--help").out.split())
    dry = " ".join(revops("run", "--dry-run", *FIRST).out.split())
    assert "c1 settled Lead -> MQL" in dry
    assert "--first-look act would do what the rules say" in dry
    said = " ".join(revops("run", *FIRST).out.split())
    assert "This is the first look: 6 contacts had a past here." in said
    assert json.loads(revops("task", "list", "--format", "json").out) == []
    assert "first look" not in revops("run", *LATER).out


def test_the_first_look_acts_if_it_is_told_to(revops: Revops) -> None:
    said = revops("run", "--first-look", "act", *FIRST).out
    assert "first look" not in said
    assert "1 assignments" in said
    assert [each["subject"] for each in json.loads(revops("task", "list", "--format", "json").out)]
    assert revops("run", "--first-look", "maybe", *FIRST).code == 2


def test_an_account_is_found_and_told_wherever_a_contact_is_looked_at(
    revops: Revops, company: Path
) -> None:
    revops("run", *FIRST)
    bring(company, {"contacts.csv": NEW})
    words = "mail.tiny.example lies below tiny.example, the domain of account a2"
    when = LATER[:2]
    assert f"Account: a2 from the next run on: {words}" in revops("lifecycle", "show", "n1").out
    assert words in revops("route", "preview", "n1", *when).out
    assert f"a2: {words}" in revops("run", "--dry-run", *LATER).out
    revops("run", *LATER)
    shown = json.loads(revops("lifecycle", "show", "n1", "--format", "json").out)
    assert shown["account"] == "a2 Tiny"


def rename_the_destination(company: Path) -> None:
    automations = company / "definitions" / "automations.yaml"
    automations.write_text(automations.read_text().replace("crm:", "sales_crm:"))
    lifecycle = company / "definitions" / "lifecycle.yaml"
    lifecycle.write_text(
        lifecycle.read_text().replace("destination: crm", "destination: sales_crm")
    )


def test_messages_to_a_destination_that_was_renamed_are_named(
    revops: Revops, company: Path
) -> None:
    revops("run", "--first-look", "act", *FIRST)
    rename_the_destination(company)
    said = " ".join(revops("run", *LATER[:2]).out.split())
    assert "1 message waits for 'crm', which is not defined any more" in said
    assert "call the destination 'crm' again in automations.yaml" in said
    assert "1 waiting" in said


@pytest.mark.usefixtures("handlers_as_before")
def test_a_worker_names_them_once(revops: Revops, company: Path) -> None:
    revops("run", "--first-look", "act", *FIRST)
    rename_the_destination(company)
    Timer(1.5, signal.raise_signal, (signal.SIGINT,)).start()
    said = " ".join(revops("serve", "--worker").out.split())
    assert said.count("for 'crm', which is not defined any more") == 1
    assert said.count("messages for 'sales_crm' wait: the environment variable CRM_SECRET") == 1
    assert "call the destination 'crm' again in automations.yaml" in said


def test_a_day_to_come_back_is_named_when_rejecting(revops: Revops) -> None:
    revops("run", "--first-look", "act", *FIRST)
    reject = ("lifecycle", "reject", "c1", "--reason", "ENG-01", *LATER[:2])
    assert "is past" in revops(*reject, "--returns", "2026-01-01").err
    assert "--returns: " in revops(*reject, "--returns", "soon").err
    assert revops(*reject, "--returns", "2026-04-01").code == 0
    shown = " ".join(revops("lifecycle", "show", "c1", "--as-of", "2026-03-03").out.split())
    assert "comes back on 2026-03-31 22:00 UTC" in shown
