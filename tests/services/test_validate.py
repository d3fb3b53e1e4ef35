"""A small simulated company validated from end to end."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from revops.kit.errors import RevopsError
from revops.services.importing import import_paths
from revops.services.init import init_workspace
from revops.services.score import score
from revops.services.validate import validate
from revops.services.workspace import Workspace, open_workspace
from revops.simulator import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    parent = tmp_path_factory.mktemp("validated")
    data = parent / "data"
    simulate(None, data, contacts=1_500, activities=30_000, until=UNTIL)
    workspace = parent / "acme"
    init_workspace(workspace, "full")
    with open_workspace(workspace) as opened:
        import_paths(opened, sorted(data.glob("*.parquet")), at=UNTIL)
    return workspace


@pytest.fixture
def acme(folder: Path) -> Iterator[Workspace]:
    with open_workspace(folder) as opened:
        yield opened


def leads(workspace: Workspace, **asked: Any) -> dict[str, dict[str, Any]]:
    with validate(workspace, **{"now": UNTIL, **asked}) as judged:
        return {row["contact_id"]: row for row in judged.leads().to_pylist()}


def test_figures_go_together(acme: Workspace) -> None:
    with validate(acme, now=UNTIL) as judged:
        found = judged.found
        assert found.leads == len(judged.leads()) > 200
    assert found.leads == sum(band.leads for band in found.bands)
    assert found.leads == sum(each.leads for each in found.spread)
    assert all(each.leads > 20 for each in found.spread)
    cells = found.confusion
    won = cells.true_positives + cells.false_negatives
    assert won == sum(band.won for band in found.bands) == found.spread[0].leads
    assert len(found.false_positives) == min(cells.false_positives, 50)
    assert found.checks[0].state == "pass"
    assert found.verdict in {"pass", "mend"}
    assert found.left_out.undated == 0


def test_the_same_again_is_the_same(acme: Workspace) -> None:
    with validate(acme, now=UNTIL) as one, validate(acme, now=UNTIL) as other:
        assert one.found == other.found
        assert one.leads() == other.leads()


def test_each_score_is_the_one_of_its_instant(acme: Workspace) -> None:
    judged = leads(acme)
    for contact_id in sorted(judged)[::80]:
        row = judged[contact_id]
        at = row["judged_at"].replace(tzinfo=UTC)
        with score(acme, as_of=at, contact_ids=[contact_id]) as run:
            (alone,) = run.scores().to_pylist()
        assert alone["total"] == pytest.approx(row["total"], abs=1e-6)
        assert (alone["band"], alone["qualified"]) == (row["band"], row["qualified"])


def test_earlier_is_asked_for(acme: Workspace) -> None:
    day, week = leads(acme), leads(acme, before=timedelta(days=7))
    some = next(iter(day.keys() & week.keys()))
    assert day[some]["judged_at"] - week[some]["judged_at"] == timedelta(days=6)
    assert any(day[who]["total"] != week[who]["total"] for who in day.keys() & week.keys())


def test_only_what_was_decided_of_late(acme: Workspace) -> None:
    late = leads(acme, within=timedelta(days=60))
    assert 0 < len(late) < len(leads(acme))
    least = UNTIL.replace(tzinfo=None) - timedelta(days=60)
    assert all(row["decided_at"].replace(tzinfo=None) >= least for row in late.values())


def test_nothing_that_came_later_is_looked_at(folder: Path, tmp_path: Path) -> None:
    """What is done, changed and decided after a lead is judged leaves its score as it was."""
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    with open_workspace(other) as opened:
        before = leads(opened)
        later = [
            f"x{i},{who},demo_request,{(row['judged_at'] + timedelta(minutes=1)).isoformat()}"
            for i, (who, row) in enumerate(before.items())
        ]
        text = "\n".join(["id,contact_id,type,occurred_at", *later])
        (tmp_path / "activities.csv").write_text(text)
        titles = "\n".join(["id,title", *(f"{who},Intern" for who in before)])
        (tmp_path / "contacts.csv").write_text(titles)
        paths = [tmp_path / "activities.csv", tmp_path / "contacts.csv"]
        import_paths(opened, paths, at=UNTIL + timedelta(days=1))
        after = leads(opened)
    assert {who: row["total"] for who, row in after.items()} == {
        who: row["total"] for who, row in before.items()
    }


def test_what_was_not_decided_yet_is_not_judged(acme: Workspace) -> None:
    then = UNTIL - timedelta(days=90)
    early = leads(acme, now=then)
    assert 0 < len(early) < len(leads(acme))
    assert all(row["decided_at"].replace(tzinfo=UTC) <= then for row in early.values())


def test_a_proposed_model_is_judged_instead(acme: Workspace, folder: Path, tmp_path: Path) -> None:
    proposed = tmp_path / "proposed"
    proposed.mkdir()
    shutil.copy(folder / "revops.yaml", proposed)
    (proposed / "definitions").mkdir()
    (proposed / "definitions" / "scoring.yaml").write_text(
        "models:\n  - name: blind\n    engagement:\n      signals:\n"
        "        - {name: mail, when: email IS NOT NULL, points: 5}\n"
        "        - {name: none, when: email IS NULL, points: 5}\n"
    )
    with validate(acme, now=UNTIL, proposed=proposed) as judged:
        found = judged.found
    assert {each.model for each in found.signals} == {"blind"}
    assert found.auc is not None
    assert found.auc.value == 0.5
    assert found.confusion.rule == "in the top quarter"
    assert found.top_quarter is not None
    assert found.top_quarter.won.value == pytest.approx(0.25)
    assert found.verdict == "mend"


def test_what_is_not_there_is_told(acme: Workspace, tmp_path: Path) -> None:
    with (
        pytest.raises(RevopsError, match=r"there is no revops\.yaml"),
        validate(acme, now=UNTIL, proposed=tmp_path),
    ):
        pass
    with (
        pytest.raises(RevopsError, match="no field 'vibes'"),
        validate(acme, now=UNTIL, field="vibes"),
    ):
        pass


@pytest.fixture
def undated(tmp_path: Path) -> Iterator[Workspace]:
    """Leads in one file with their outcome, and a model that asks for what leaks."""
    init_workspace(tmp_path / "w", "universal")
    (tmp_path / "w" / "definitions" / "scoring.yaml").write_text(
        "models:\n  - name: m\n    fit:\n      attributes:\n"
        "        - {name: visits, tiers: [{when: visits >= 5, points: 60}]}\n"
        "        - {name: tag, tiers: [{when: tag = 'ready', points: 30}]}\n"
    )
    rows = [f"c{i},{i % 10},{'ready' if i % 3 else 'x'},{int(i % 10 > 6)}" for i in range(300)]
    (tmp_path / "leads.csv").write_text("\n".join(["Id,Visits,Tag,Converted", *rows]))
    (tmp_path / "mapping.yaml").write_text(
        "source: school\nrecords: contacts\nid: Id\nknown: {at_export: [Tag]}\n"
    )
    with open_workspace(tmp_path / "w") as opened:
        import_paths(opened, [tmp_path / "leads.csv"], mapping=tmp_path / "mapping.yaml")
    with open_workspace(tmp_path / "w") as opened:
        yield opened


def test_leads_without_dates(undated: Workspace) -> None:
    with validate(undated, now=UNTIL) as judged:
        found, notes = judged.found, " ".join(judged.notes())
        assert {row["judged_at"] for row in judged.leads().to_pylist()} == {None}
    assert (found.leads, found.left_out.undated) == (300, 300)
    assert found.spread[0].leads == 90
    assert found.auc is not None
    assert found.auc.value > 0.8
    assert [each.signal for each in found.signals if not each.leads] == ["tag"]
    assert "converted" in notes
    assert "without dates" in notes
    assert "tag, known only after the outcome" in notes


def test_nobody_with_an_outcome(tmp_path: Path) -> None:
    init_workspace(tmp_path, "universal")
    with open_workspace(tmp_path) as opened, validate(opened, now=UNTIL) as judged:
        assert (judged.found.leads, judged.found.verdict) == (0, "cannot tell")
        assert "200 more are needed" in judged.found.checks[0].mend
        assert "--outcome FIELD" in " ".join(judged.notes())
