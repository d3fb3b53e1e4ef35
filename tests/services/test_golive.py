"""Approvals, gates and pilots in the store: kept, taken back, and asked for before going live."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from revops.kit.errors import RevopsError
from revops.services.align import (
    alignment_of,
    approve,
    lift_override,
    override,
    require_go_live,
    withdraw,
)
from revops.services.monitor import monitor
from revops.services.pilot import compare_pilot, end_pilot, list_pilots, start_pilot
from revops.services.rollout import pass_gate, rollout_of, tick, untick
from revops.services.run import run
from revops.services.workspace import Workspace, open_workspace
from worked_company import BEGAN, NOW, bring, prepare_company

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DAY = timedelta(days=1)
_ALIGNMENT = """
go_live: signed_off
stakeholders: {sales: VP Sales, marketing: VP Marketing}
terms:
  MQL: {definition: Worth a call}
  SQL: {definition: Taken over, approved_by: [sales]}
"""
_ROLLOUT = """
phases:
  - name: strategy
    title: Strategy
    goal: Agree
    output: A signed paper
    gate: All agreed
    steps:
      1a: {title: Before, items: {talk: Talk, terms: {text: Terms approved, proof: terms}}}
  - name: handoff
    title: Handoff
    goal: Close
    output: Closed
    gate: Closed
    steps:
      4a: {title: Close, items: {done: Done}}
"""
_SCORING = """
models:
  - name: everyone
    fit:
      attributes:
        - {name: title, status: CONFIRMED, tiers: [{when: "title ILIKE 'vp%'", points: 20}]}
    engagement:
      signals:
        - {name: demo, event: demo_request, points: 20, status: CONFIRMED}
    thresholds: {mql: fit >= 20}
    bands: [{name: hot, from: 5}, {name: cold, from: 0}]
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspace]:
    url = "sqlite:///revops.db"
    if request.param == "postgresql":
        new: Callable[[str], str] = request.getfixturevalue("new_postgres")
        url = new(request.getfixturevalue("postgres_template"))
    prepare_company(tmp_path, url)
    for stem, text in (("alignment", _ALIGNMENT), ("rollout", _ROLLOUT), ("scoring", _SCORING)):
        (tmp_path / "definitions" / f"{stem}.yaml").write_text(text, "utf-8")
    with open_workspace(tmp_path) as opened:
        yield opened


def test_the_engine_waits_until_all_is_signed_off(workspace: Workspace) -> None:
    with pytest.raises(RevopsError) as told:
        run(workspace, now=NOW)
    assert told.value.code == "not-signed-off"
    assert "3 approvals are missing (MQL by sales" in str(told.value)
    assert run(workspace, now=NOW, is_dry=True).outcomes  # to look at is allowed
    assert approve(workspace, [], stakeholder="sales", by="ada", now=NOW) == ["MQL", "SQL"]
    assert approve(workspace, ["MQL"], stakeholder="sales", by="eve", now=NOW) == []
    approve(workspace, ["MQL"], stakeholder="marketing", by="ben", now=NOW)
    assert alignment_of(workspace, now=NOW).is_signed_off
    run(workspace, now=NOW)
    assert withdraw(workspace, ["MQL"], stakeholder="marketing", now=NOW + DAY) == 1
    require_go_live(workspace, NOW)  # then it was signed
    with pytest.raises(RevopsError):
        require_go_live(workspace, NOW + DAY)


def test_an_override_is_kept_with_its_reason_and_ends(workspace: Workspace) -> None:
    override(workspace, by="ada", reason="pilot first", until=NOW + DAY, now=NOW)
    require_go_live(workspace, NOW)
    found = alignment_of(workspace, now=NOW).override
    assert found is not None
    assert (found.made_by, found.note) == ("ada", "pilot first")
    with pytest.raises(RevopsError):
        require_go_live(workspace, NOW + DAY)
    assert lift_override(workspace, now=NOW)
    assert not lift_override(workspace, now=NOW)
    with pytest.raises(RevopsError):
        require_go_live(workspace, NOW)


@pytest.mark.parametrize(
    ("terms", "stakeholder", "code"),
    [
        (["MQL"], "sale", "unknown-stakeholder"),
        (["MQQL"], "sales", "unknown-term"),
        (["SQL"], "marketing", "not-asked"),
    ],
)
def test_what_is_not_asked_is_refused(
    workspace: Workspace, terms: list[str], stakeholder: str, code: str
) -> None:
    with pytest.raises(RevopsError) as told:
        approve(workspace, terms, stakeholder=stakeholder, by="ada")
    assert told.value.code == code
    assert not any(each.state == "approved" for each in alignment_of(workspace).approvals)


def test_a_gate_is_passed_when_all_is_done_or_on_record(workspace: Workspace) -> None:
    tick(workspace, ["1a.talk"], by="ada", note="by phone", now=NOW)
    with pytest.raises(RevopsError) as told:
        tick(workspace, ["1a.terms"], by="ada", now=NOW)
    assert told.value.code == "proven"
    with pytest.raises(RevopsError) as told:
        pass_gate(workspace, "strategy", by="ada", now=NOW)
    assert told.value.code == "gate-closed"
    for stakeholder in ("sales", "marketing"):
        approve(workspace, [], stakeholder=stakeholder, by="ada", now=NOW)
    with pytest.raises(RevopsError):
        pass_gate(workspace, "handoff", by="ada", now=NOW)  # an earlier gate is closed
    pass_gate(workspace, "strategy", by="ada", now=NOW)
    strategy, handoff = rollout_of(workspace, now=NOW)
    assert strategy.passed is not None
    assert strategy.overridden is None
    assert [each.note for each in strategy.items] == ["by phone", "3 of 3 approvals given"]
    assert handoff.is_open
    pass_gate(workspace, "handoff", by="eve", override="the rest is a formality", now=NOW)
    assert rollout_of(workspace, now=NOW)[1].overridden is not None
    assert untick(workspace, ["1a.talk"], now=NOW + DAY) == 1
    assert [each.is_done for each in rollout_of(workspace, now=NOW)[0].items] == [True, True]
    assert [each.is_done for each in rollout_of(workspace, now=NOW + DAY)[0].items] == [False, True]


def test_a_pilots_leads_are_compared_with_the_others(workspace: Workspace) -> None:
    override(workspace, by="ada", reason="test", now=BEGAN)
    made = start_pilot(workspace, "first", by="ada", members=["ann@acme.example"], starts_at=BEGAN)
    assert (made.members, made.others) == (("ann",), ("bob",))
    run(workspace, now=BEGAN)
    titles = "".join(f"c{number},VP {number}\n" for number in (1, 2, 4, 5))
    bring(workspace.folder, {"contacts.csv": f"id,title\n{titles}"})
    run(workspace, now=NOW)
    deal = (
        "id,name,contact_ids,created_at,is_won,closed_at\no1,Deal,{},2026-03-03,true,2026-03-04\n"
    )
    with workspace.facts().connect() as con:
        (hers,) = con.execute("SELECT min(id) FROM contacts WHERE owner = 'ann'").fetchall()[0]
    bring(workspace.folder, {"opportunities.csv": deal.format(hers)})
    _pilot, before = compare_pilot(workspace, "first", now=NOW)
    assert [(each.pilot.count, each.pilot.of) for each in before] == [(0, 0), (0, 2), (0, 2)]
    _pilot, after = compare_pilot(workspace, "first", now=NOW + 3 * DAY)
    assert [(each.what, each.pilot.count, each.others.count) for each in after] == [
        ("accepted", 0, 0),
        ("converted", 1, 0),
        ("won", 1, 0),
    ]
    assert end_pilot(workspace, "first", now=NOW).ends_at == NOW
    with pytest.raises(RevopsError) as told:
        start_pilot(workspace, "first", by="ada", members=["ann"])
    assert told.value.code == "pilot-exists"
    with pytest.raises(RevopsError) as told:
        start_pilot(workspace, "second", by="ada", size=2)
    assert told.value.code == "bad-size"
    assert [each.name for each in list_pilots(workspace)] == ["first"]


def test_a_model_is_monitored_as_of_then(workspace: Workspace) -> None:
    override(workspace, by="ada", reason="test", now=BEGAN)
    run(workspace, now=BEGAN)
    now = datetime(2026, 5, 2, tzinfo=UTC)
    figures, checks = monitor(workspace, now=now)
    assert figures.scored == 6
    assert {check.light for check in checks if check.name == "age of the model"} == {"amber"}
    bring(workspace.folder, {"contacts.csv": "id,title\nc1,VP\nc2,VP\nc3,VP\n"})
    assert monitor(workspace, now=BEGAN - DAY)[0].above == 0
