"""The clocks as they stand at any moment, whether or not a run has looked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from revops.kit.errors import RevopsError
from revops.services.run import run
from revops.services.sla import sla_report
from revops.services.workspace import open_workspace
from worked_company import NOW, bring, write_company

if TYPE_CHECKING:
    from revops.services.workspace import Workspace

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DUE = NOW + 4 * HOUR


@pytest.mark.parametrize(
    ("after", "level", "words"),
    [
        (2 * HOUR, "green", "2 hours left"),
        (3 * HOUR + 30 * MINUTE, "amber", "30 minutes left"),
        (4 * HOUR + 5 * MINUTE, "red", "5 minutes overdue"),
    ],
)
def test_a_clock_runs_by_the_time_that_is_left(
    worked: Workspace, after: timedelta, level: str, words: str
) -> None:
    (clock,) = sla_report(worked, contact="c5", now=NOW + after).running
    assert (clock.level, clock.left, clock.due_at) == (level, words, DUE)
    assert clock.left_seconds == (DUE - NOW - after).total_seconds()


def test_what_fell_due_since_the_last_run_is_broken(worked: Workspace) -> None:
    before = sla_report(worked, contact="c5", now=DUE - MINUTE)
    assert before.breaches == []
    assert [(each.met, each.running, each.percent) for each in before.compliance] == [(0, 1, None)]
    after = sla_report(worked, contact="c5", now=DUE)
    assert [(each.sla, each.stopped_at) for each in after.breaches] == [("first_call", None)]
    (kept,) = after.compliance
    assert (kept.breached, kept.percent, kept.target, kept.is_on_target) == (1, 0.0, 90.0, False)


def test_clocks_of_one_owner_and_by_owner_and_day(worked: Workspace) -> None:
    report = sla_report(worked, by_owner=True, period="day", now=DUE)
    assert {each.owner for each in report.compliance} <= {"ann", "bob"}
    assert {each.period for each in report.compliance} == {"2026-03-02"}
    mine = sla_report(worked, owner="ann@acme.example", now=DUE)
    assert {each.owner for each in mine.running} <= {"ann"}
    assert sla_report(worked, owner="eve", now=DUE).running == []
    with pytest.raises(RevopsError) as told:
        sla_report(worked, owner="anne", now=DUE)
    assert told.value.issues[0].mend == "did you mean 'ann'?"


def test_a_clock_that_stands_still_tells_what_is_left_and_why(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = write_company(tmp_path_factory.mktemp("still"), "sqlite:///revops.db")
    slas = folder / "definitions" / "slas.yaml"
    pause = "    pauses: [{from: {activity: out_of_office}, to: {activity: email_reply}}]\n"
    slas.write_text(slas.read_text().replace("    within:", f"{pause}    within:"))
    away = (NOW + HOUR).isoformat()
    rows = f"id,contact_id,type,occurred_at\nx1,c5,out_of_office,{away}\n"
    bring(folder, {"activities.csv": rows})
    with open_workspace(folder) as workspace:
        run(workspace, now=NOW + 90 * MINUTE)
        for after in (2 * HOUR, 9 * HOUR):
            (clock,) = sla_report(workspace, contact="c5", now=NOW + after).running
            assert (clock.level, clock.state, clock.left_seconds) == ("grey", "paused", 3 * 3600)
            assert clock.left == "stands still, 3 hours left"
            assert clock.why == "out_of_office since 2026-03-02 11:00 UTC"
