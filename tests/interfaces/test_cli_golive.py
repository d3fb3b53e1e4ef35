"""Aligning, rolling out, piloting and monitoring, as a person and as a program do it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Revops

JSON = ("--format", "json")


@pytest.fixture(autouse=True)
def playbook(tmp_path: Path, revops: Revops, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "acme"
    revops("init", folder, "--motion", "playbook")
    monkeypatch.chdir(folder)
    return folder


def test_the_playbook_waits_for_signatures(revops: Revops) -> None:
    said = revops("run")
    assert said.code == 2
    assert "24 approvals are missing" in said.err
    assert "revops align override --reason" in said.err
    assert revops("run", "--dry-run").code == 0
    for who in ("vp_sales", "vp_marketing", "revops"):
        assert "approved ICP" in revops("align", "approve", "--all", "--as", who).out
    assert "14 criteria are ASSUMED" in revops("run").err
    assert "Overridden by ada: short of time" not in revops("align").out
    revops("align", "override", "--reason", "short of time", "--by", "ada")
    assert "Overridden by ada: short of time" in revops("align").out
    assert revops("run").code == 0
    assert "Taken back" in revops("align", "lift").out
    assert revops("run").code == 2


def test_approvals_are_told_to_programs(revops: Revops) -> None:
    revops("align", "approve", "MQL", "--as", "vp_sales", "--by", "ada")
    found = json.loads(revops("align", *JSON).out)
    assert len(found) == 24
    approved = [each for each in found if each["state"] == "approved"]
    assert [(each["term"], each["stakeholder"], each["by"]) for each in approved] == [
        ("MQL", "vp_sales", "ada")
    ]
    assert revops("align", "approve", "--as", "vp_sales").code == 2  # which terms?
    assert "did you mean 'vp_sales'" in revops("align", "approve", "--all", "--as", "vp_sale").err


def test_the_plan_shows_what_is_next_and_guards_its_gates(revops: Revops) -> None:
    said = revops("rollout").out
    assert "1. Strategy  0 of 17 done" in said
    assert "0 of 24 approvals given" in said
    revops("rollout", "done", "1a.homework", "--by", "ada", "--note", "in the wiki")
    assert "in the wiki" in revops("rollout").out
    refused = revops("rollout", "pass", "strategy")
    assert refused.code == 2
    assert "16 open, first 1a.access" in refused.err
    passed = revops("rollout", "pass", "strategy", "--override", "no time", "--by", "ada").out
    assert "Strategy is passed, with 16 items open" in passed
    assert "overridden" in revops("rollout").out
    items = json.loads(revops("rollout", *JSON).out)
    assert sum(each["is_done"] for each in items) == 2  # the definitions are sound besides
    assert "did you mean" in revops("rollout", "done", "1a.homwork").err


def test_a_pilot_without_leads_says_so(revops: Revops) -> None:
    assert "There is no pilot yet" in revops("pilot", "list").out
    sellers = json.loads(revops("pilot", "list", *JSON).out)
    assert sellers == []
    assert revops("pilot", "start", "spring", "--reps", "3").code == 0
    said = revops("pilot", "show", "spring").out
    assert "no leads yet" in said
    assert revops("pilot", "start", "other", "--for", "soon").code == 2
    assert "there is no pilot 'sprung'" in revops("pilot", "show", "sprung").err


def test_an_empty_company_is_monitored_without_a_verdict(revops: Revops) -> None:
    said = revops("monitor")
    assert said.code == 0
    assert "score inflation" in said.out
    checks = json.loads(revops("monitor", *JSON).out)
    assert {each["light"] for each in checks if each["name"] == "top band"} == {"unknown"}
    assert revops("monitor", "--fail-on", "red").code == 0
    assert revops("monitor", "--fail-on", "amber").code == 1  # it has never been validated
