from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import duckdb
import pytest
import sqlalchemy as sa
from pyarrow import parquet

from revops.kit.errors import RevopsError
from revops.services.demo import DemoReport, canonical_files, run_demo, write_company
from revops.services.demo_day import STEPS, STORIES, day_before
from revops.services.demo_folder import MARK, replaced
from revops.services.demo_stories import SHOWN
from revops.services.explain import explain
from revops.services.importing import import_paths
from revops.services.workspace import open_workspace
from revops.store.engine_tables import ASSIGNMENTS, CLOCKS, OUTBOX
from revops.store.facts import facts_from_folder
from revops.store.tables import RECORD_TABLES

if TYPE_CHECKING:
    from pathlib import Path

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)
FRIDAY = datetime(2026, 2, 27, tzinfo=UTC)
TIMED = (
    "SELECT id, occurred_at FROM activities",
    "SELECT id, created_at FROM contacts",
    "SELECT record_id || field, changed_at FROM contact_history",
    "SELECT record_id || field, changed_at FROM opportunity_history",
)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> DemoReport:
    folder = tmp_path_factory.mktemp("parent") / "demo"
    return run_demo(folder, contacts=1_000, activities=20_000, motion="universal", until=UNTIL)


def test_the_funnel_narrows(report: DemoReport) -> None:
    counts = [step.contacts for step in report.funnel]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 1_000
    assert counts[-1] > 10
    assert [step.stage for step in report.funnel][-2:] == ["Opportunity", "Customer"]


def test_every_contact_is_in_one_bar_and_one_band(report: DemoReport) -> None:
    assert [bar.least for bar in report.histogram] == list(range(0, 100, 10))
    assert sum(bar.contacts for bar in report.histogram) == 1_000
    assert sum(band.contacts for band in report.bands) == 1_000
    assert all(band.action for band in report.bands)


def test_the_hottest_leads_come_with_reasons(report: DemoReport) -> None:
    scores = [lead.score for lead in report.hottest]
    assert len(scores) == 10
    assert scores == sorted(scores, reverse=True)
    assert report.qualified >= 10
    assert all(1 <= len(lead.reasons) <= 3 for lead in report.hottest)
    assert all(" +" in reason for lead in report.hottest for reason in lead.reasons)


def test_the_hottest_score_is_the_one_that_is_explained(report: DemoReport) -> None:
    best = report.hottest[0]
    with open_workspace(report.folder) as workspace:
        explained = explain(workspace, best.contact_id, as_of=report.until)
    assert explained.score.total == pytest.approx(best.score)
    assert explained.score.definitions_version == report.definitions_version
    reasons = {reason.name.replace("_", " ") for reason in explained.score.reasons}
    assert {reason.partition(" +")[0] for reason in best.reasons} <= reasons


def test_gaps_are_told_with_their_share(report: DemoReport) -> None:
    gaps = {gap.what: gap for gap in report.gaps}
    assert 0.08 < gaps["contacts without title"].share < 0.19
    assert gaps["contacts without an account"].of == 1_000
    assert "activities whose contact is not known" not in gaps


def test_all_that_was_simulated_is_in_the_store(report: DemoReport) -> None:
    with open_workspace(report.folder) as workspace, workspace.facts().connect() as con:
        for plural in ("contacts", "accounts", "activities", "opportunities", "users", "spend"):
            count = con.execute(f"SELECT count(*) FROM {plural}").fetchall()
            assert count == [(report.rows[plural],)], plural
        others = "SELECT count(*) FROM changes WHERE coalesce(changed_by, '') <> 'revops'"
        changes = con.execute(others).fetchall()[0][0]
    history = f"FROM read_parquet('{report.folder}/data/contact_history.parquet')"
    decided_anew = f"field = 'lifecycle_stage' AND changed_at >= '{report.day.day.starts_at}'"
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        left_out = con.execute(f"SELECT count(*) {history} WHERE {decided_anew}").fetchall()[0][0]
    simulated = sum(rows for name, rows in report.rows.items() if name.endswith("history"))
    assert changes == simulated - left_out


def test_steps_are_timed_and_commands_name_the_workspace(report: DemoReport) -> None:
    assert [*report.seconds] == ["workspace", "simulate", "import", "facts", "work", "score"]
    assert any(report.hottest[0].contact_id in command for command, _ in report.next_commands)
    assert sum(str(report.folder) in command for command, _ in report.next_commands) >= 3


def test_the_day_is_the_last_working_day_and_looked_at_a_bounded_number_of_times(
    report: DemoReport,
) -> None:
    day = report.day.day
    assert (day.starts_at, day.ends_at) == (FRIDAY, FRIDAY + timedelta(days=1))
    assert list(day.passes) == sorted({*day.passes})
    assert len(day.passes) <= STORIES * (1 + STEPS) + 1
    assert day.passes[-1] == day.ends_at


@pytest.mark.parametrize(
    ("end", "day"),
    [
        (datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)),
        (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 2, 27, tzinfo=UTC)),
        (datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)),
    ],
)
def test_the_last_working_day_is_over(end: datetime, day: datetime) -> None:
    assert day_before(end) == day


def test_what_is_told_of_the_day_is_what_the_store_has(report: DemoReport) -> None:
    told, contacts, activities = report.day, RECORD_TABLES["contacts"], RECORD_TABLES["activities"]
    with open_workspace(report.folder) as workspace, workspace.store.read() as connection:

        def count(table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
            query = sa.select(sa.func.count()).select_from(table).where(*where)
            return connection.execute(query).scalar_one()

        def during(moment: sa.Column[datetime]) -> sa.ColumnElement[bool]:
            return moment.between(told.day.starts_at, told.day.ends_at)

        assert sum(told.messages.values()) == count(OUTBOX)
        assert sum(told.assigned.values()) == count(ASSIGNMENTS)
        assert told.kept + told.broken + told.running <= count(CLOCKS)
        assert told.delivered == count(OUTBOX, OUTBOX.c.state == "delivered") == 0
        assert told.contacts == count(contacts, during(contacts.c.created_at))
        assert told.activities == count(activities, during(activities.c.occurred_at)) > 0
        assert told.day.settled == count(contacts, contacts.c.created_at < told.day.starts_at)


def test_stories_are_of_leads_with_owners_in_order(report: DemoReport) -> None:
    assert len(report.day.stories) == min(SHOWN, sum(report.day.assigned.values()))
    for story in report.day.stories:
        moments = [event.at for event in story.events]
        assert moments == sorted(moments)
        assert "owner" in {event.kind for event in story.events}


def test_a_second_run_replaces_the_first_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    again = partial(run_demo, folder, contacts=60, activities=500, motion="plg", until=UNTIL)
    first = again()
    (folder / "note.txt").write_text("of the first run")
    second = again()
    assert second.hottest == first.hottest
    assert not (folder / "note.txt").exists()
    assert files(tmp_path) & {"demo"} == {path.name for path in tmp_path.iterdir()}


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    for make in (run_demo, write_company):
        with pytest.raises(RevopsError, match="not a demonstration"):
            make(tmp_path, contacts=60, activities=500)
    assert files(tmp_path) == {"mine.txt"}


def test_a_failure_leaves_the_former_demonstration(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    write_company(folder, contacts=60, activities=500, until=UNTIL)
    before = files(tmp_path)
    with pytest.raises(RevopsError, match="cannot be simulated"):
        write_company(folder, contacts=1)
    with pytest.raises(KeyboardInterrupt), replaced(folder):
        raise KeyboardInterrupt
    assert files(tmp_path) == before


def test_a_company_alone_is_files_that_anybody_can_read(tmp_path: Path) -> None:
    done = write_company(tmp_path / "files", contacts=60, activities=500, until=UNTIL)
    assert done.folder == tmp_path / "files"
    assert (done.folder / MARK).is_file()
    contacts = parquet.read_table(done.folder / "contacts.parquet")
    assert len(contacts) == done.rows["contacts"] == 60


def test_times_are_the_same_in_a_workspace_elsewhere(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write_company(data, contacts=60, activities=500, until=UNTIL)
    (tmp_path / "revops.yaml").write_text("company: T\ntime_zone: America/New_York\n")
    with open_workspace(tmp_path) as workspace:
        outcomes = import_paths(workspace, canonical_files(data))
        assert [each.errors for each in outcomes if each.errors] == []
        with workspace.facts().connect() as here, facts_from_folder(data).connect() as there:
            for view in TIMED:
                imported = sorted(here.execute(view).fetchall())
                assert imported == sorted(there.execute(view).fetchall())
                assert max(row[1] for row in imported) < UNTIL.replace(tzinfo=None)
                assert imported[0][1].tzinfo is None
