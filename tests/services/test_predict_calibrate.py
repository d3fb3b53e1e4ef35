"""Prediction and calibration of a workspace: from files to a kept model and a suggestion."""

from __future__ import annotations

import csv
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from revops.definitions.catalog import load_catalog
from revops.kit.errors import RevopsError
from revops.kit.issue import errors
from revops.leads.prediction import Subject
from revops.services.calibrate import calibrate
from revops.services.importing import import_paths
from revops.services.init import init_workspace
from revops.services.predict import explain_prediction, predict, train
from revops.services.workspace import Workspace, met_custom_fields, open_workspace
from revops.store.known import known_at_export

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[2] / "../shared/data"
EXAMPLES = Path(__file__).parents[2] / "examples"
START = datetime(2025, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
LEADS, OPEN = 1100, 40


def write(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    with (folder / f"{name}.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_records(folder: Path) -> Path:
    """Leads whose source, size and demo requests tell, and a verdict that was told after."""
    folder.mkdir()
    random = np.random.default_rng(11)
    contacts, accounts, deals, activities = [], [], [], []
    for i in range(LEADS + OPEN):
        opened = START + timedelta(hours=6 * i + 240)
        source = str(random.choice(["ads", "referral", "fair"]))
        size, asks = int(random.integers(5, 900)), bool(random.random() < 0.4)
        odds = (source == "referral") * 1.5 + (size > 300) * 1.0 + asks * 1.5 - 2
        won = bool(random.random() < 1 / (1 + np.exp(-odds)))
        is_open = i >= LEADS
        accounts.append({"id": f"a{i}", "name": f"Account {i}", "employees": size})
        contacts.append({
            "id": f"c{i}", "email": f"p{i}@a{i}.example", "account_id": f"a{i}", "source": source,
            "created_at": (opened - timedelta(days=9)).isoformat(),
            "verdict": "" if is_open else ("yes" if won else "no"),
        })  # fmt: skip
        if asks:
            activities.append({
                "id": f"d{i}", "contact_id": f"c{i}", "type": "demo_request",
                "occurred_at": (opened - timedelta(days=4)).isoformat(), "direction": "inbound",
            })  # fmt: skip
        if not is_open:
            deals.append({
                "id": f"o{i}", "account_id": f"a{i}", "contact_ids": f"c{i}", "type": "new",
                "created_at": opened.isoformat(), "is_won": str(won).lower(),
                "closed_at": (opened + timedelta(days=2)).isoformat(), "amount": 1000,
            })  # fmt: skip
    for name, rows in (
        ("accounts", accounts), ("contacts", contacts), ("opportunities", deals),
        ("activities", activities),
    ):  # fmt: skip
        write(folder, name, rows)
    return folder


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company") / "w"
    init_workspace(folder, "mid-market", "Acme")
    records = write_records(folder.parent / "records")
    with open_workspace(folder) as opened:
        assert not [each for each in import_paths(opened, [records], at=NOW) if each.failed]
    return folder


@pytest.fixture
def workspace(company: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(company, tmp_path / "w")
    with open_workspace(tmp_path / "w") as opened:
        yield opened


class TestPredict:
    def test_it_learns_is_tried_on_later_outcomes_and_is_kept(self, workspace: Workspace) -> None:
        card = workspace.folder / "card.yaml"
        trained = train(workspace, now=NOW, scorecard=card)
        assert (trained.outcomes, trained.missing, trained.is_dated) == (LEADS, 0, True)
        assert [leak.field for leak in trained.leaks] == ["verdict"]
        assert trained.trial is not None
        assert trained.trial.auc.low > 0.6
        assert {each.name for each in trained.trial.contenders} == {
            "logistic", "gradient boosting", "rules", "base rate",
        }  # fmt: skip
        assert trained.scorecard is not None
        assert trained.scorecard > 0.6
        found = predict(workspace, at=NOW)
        assert len(found) == OPEN
        assert [each.chance for each in found] == sorted((x.chance for x in found), reverse=True)
        explained = explain_prediction(workspace, found[0].id, at=NOW)
        assert explained.chance == pytest.approx(found[0].chance, abs=1e-12)
        parts = explained.typical + sum(each.change for each in explained.reasons)
        assert parts == pytest.approx(explained.chance, abs=1e-12)
        with pytest.raises(RevopsError, match="none of the open"):
            explain_prediction(workspace, "c0", at=NOW)

    def test_its_scorecard_passes_the_check_and_comes_again_to_the_byte(
        self, workspace: Workspace
    ) -> None:
        card = workspace.folder / "card.yaml"
        files = [card, *(workspace.folder / f"models/contacts.{x}" for x in ("json", "parquet"))]
        seen = []
        for _ in range(2):
            train(workspace, now=NOW, scorecard=card)
            seen.append([file.read_bytes() for file in files])
        assert seen[0] == seen[1]
        shutil.copy(card, workspace.folder / "definitions/scoring.yaml")
        _, issues = load_catalog(workspace.folder, met_custom_fields(workspace.store))
        assert not errors(issues)
        with open_workspace(workspace.folder) as opened:
            suppressed = {each.name for each in opened.catalog.scoring.models[0].suppress}
        assert {"customers", "competitors"} <= suppressed

    def test_what_came_later_changes_nothing(self, workspace: Workspace, tmp_path: Path) -> None:
        before = train(workspace, now=NOW), calibrate(workspace, now=NOW)
        later = tmp_path / "later"
        later.mkdir()
        write(later, "activities", [
            {"id": f"x{i}", "contact_id": f"c{i}", "type": "demo_request",
             "occurred_at": (START + timedelta(hours=6 * i + 240)).isoformat(),
             "direction": "inbound"}
            for i in range(LEADS)
        ])  # fmt: skip
        import_paths(workspace, [later], at=NOW)
        assert (train(workspace, now=NOW), calibrate(workspace, now=NOW)) == before

    def test_a_leak_is_used_if_somebody_insists(self, workspace: Workspace) -> None:
        trained = train(workspace, now=NOW, keep=["verdict"])
        assert [leak.is_kept for leak in trained.leaks] == [True]
        assert trained.trial is not None
        assert trained.trial.auc.value > 0.99
        with pytest.raises(RevopsError, match="no field 'verdit'"):
            train(workspace, now=NOW, keep=["verdit"])

    def test_a_model_that_new_outcomes_do_not_bear_out_is_refused(
        self, workspace: Workspace, tmp_path: Path
    ) -> None:
        train(workspace, now=NOW)
        was = (workspace.folder / "models/contacts.parquet").read_bytes()
        random, deals = np.random.default_rng(1), []
        for i in range(LEADS):  # now chance decides
            opened = START + timedelta(hours=6 * i + 240)
            deals.append({
                "id": f"o{i}", "account_id": f"a{i}", "contact_ids": f"c{i}", "type": "new",
                "created_at": opened.isoformat(), "is_won": str(random.random() < 0.5).lower(),
                "closed_at": (opened + timedelta(days=2)).isoformat(), "amount": 1000,
            })  # fmt: skip
        write(tmp_path, "opportunities", deals)
        later = NOW + timedelta(days=1)
        import_paths(workspace, [tmp_path / "opportunities.csv"], at=later)
        assert not train(workspace, now=NOW - timedelta(days=1)).in_doubt  # not newer than it
        assert len(predict(workspace, at=NOW)) == OPEN
        again = train(workspace, now=later)
        assert (again.model, again.in_doubt) == (None, True)
        assert (workspace.folder / "models/contacts.parquet").read_bytes() == was
        with pytest.raises(RevopsError, match="of 2026-06-01 no longer holds: on 2026-06-02"):
            predict(workspace, at=later)
        with pytest.raises(RevopsError, match="no better than chance"):
            explain_prediction(workspace, f"c{LEADS}", at=later)
        assert len(predict(workspace, at=later, anyway=True)) == OPEN

    def test_too_few_outcomes_are_counted(self, workspace: Workspace) -> None:
        trained = train(workspace, now=START + timedelta(days=60))
        assert trained.outcomes + trained.missing == 1000
        assert trained.model is None
        with pytest.raises(RevopsError, match="no model has been trained"):
            predict(workspace, at=NOW)


MISWEIGHED = """\
models:
  - name: everyone  # a demo request counts for too much
    fit:
      attributes:
        - {name: referral, tiers: [{when: source = 'referral', points: 10}]}  # and this for less
        - {name: large, tiers: [{when: account.employees > 300, points: 10}]}
    engagement:
      signals:
        - {name: demo, event: demo_request, points: 60}
    thresholds:
      mql: total >= 75
"""


class TestCalibrate:
    def test_a_suggestion_is_written_and_nothing_applied(self, workspace: Workspace) -> None:
        before = MISWEIGHED
        (workspace.folder / "definitions/scoring.yaml").write_text(before)
        proposed = workspace.folder.parent / "proposed"
        found = calibrate(workspace, now=NOW, output=proposed)
        (model,) = found.models
        assert model.threshold is not None
        assert model.threshold.won is not None
        assert model.threshold.won.value > 0.6
        assert model.auc_now is not None
        assert (workspace.folder / "definitions/scoring.yaml").read_text() == before
        text = (proposed / "definitions/scoring.yaml").read_text()
        assert {"referral", "demo"} <= {each.text.split(":")[0] for each in found.changes}
        assert f'mql: "{model.threshold.suggested}"' in text
        assert text.count("#") == before.count("#")
        _, issues = load_catalog(proposed, met_custom_fields(workspace.store))
        assert not errors(issues)
        by_name = {each.item.label: each for each in model.points}
        assert by_name["demo"].points < by_name["demo"].item.points
        assert calibrate(workspace, now=NOW).changes == found.changes
        with pytest.raises(RevopsError, match="not an empty folder"):
            calibrate(workspace, now=NOW, output=proposed)

    def test_a_threshold_that_selects_nobody_is_shown_and_not_written(
        self, workspace: Workspace
    ) -> None:
        (workspace.folder / "definitions/scoring.yaml").write_text("""\
models:
  - name: everyone
    fit:
      attributes:
        - {name: known, tiers: [{when: id IS NOT NULL, points: 50}]}
        - {name: recommended, tiers: [{when: source = 'referral', points: 20}]}
    thresholds:
      mql: total >= 60
""")
        found = calibrate(workspace, now=NOW)
        (threshold,) = [each.threshold for each in found.models]
        assert threshold is not None
        assert threshold.suggested == "total >= 50"
        assert not threshold.is_selective
        assert not [each for each in found.changes if "mql" in str(each)]

    def test_it_starts_from_proposed_definitions(self, workspace: Workspace) -> None:
        proposed = workspace.folder.parent / "proposed"
        first = calibrate(workspace, now=NOW, output=proposed)
        (then,) = calibrate(workspace, now=NOW, proposed=proposed).models
        (was,) = first.models
        assert [each.item.points for each in then.points] == [each.points for each in was.points]
        assert then.totals_now is not None
        assert sum(then.totals_now.won) + sum(then.totals_now.others) == then.tried

    def test_too_few_leads_are_counted(self, workspace: Workspace) -> None:
        (model,) = calibrate(workspace, now=START + timedelta(days=30)).models
        assert model.threshold is None
        assert model.missing > 0


class TestKnownAtExport:
    def test_a_new_mapping_corrects_what_an_old_one_said(
        self, workspace: Workspace, tmp_path: Path
    ) -> None:
        leads = tmp_path / "leads.csv"
        leads.write_text("Key,Where,Temper\nc1,ads,good\n")
        mapping = tmp_path / "m.yaml"
        base = "records: contacts\nid: Key\nfields: {source: Where}\n"
        for declared, expected in (
            ("known: {at_export: [Where, Temper]}\n", {"contacts": ("source", "temper")}),
            ("known: {at_export: [Temper]}\n", {"contacts": ("temper",)}),
            ("", {}),
        ):
            mapping.write_text(base + declared)
            import_paths(workspace, [leads], mapping=mapping, at=NOW)
            with workspace.store.read() as connection:
                assert known_at_export(connection) == expected

    def test_it_gives_no_points_to_the_past(self, workspace: Workspace, tmp_path: Path) -> None:
        from revops.services.validate import validate

        def best() -> float:
            with validate(workspace, now=NOW) as found:
                return max(each.greatest for each in found.found.spread)

        scoring = workspace.folder / "definitions/scoring.yaml"
        scoring.write_text(
            "models:\n  - name: m\n    fit:\n      attributes:\n        - name: a\n"
            "          tiers:\n            - {when: source = 'referral', points: 10}\n"
        )
        leads, mapping = tmp_path / "leads.csv", tmp_path / "m.yaml"
        leads.write_text("Key,Where\nc1,ads\n")
        mapping.write_text("records: contacts\nid: Key\nfields: {source: Where}\n")
        import_paths(workspace, [leads], mapping=mapping, at=NOW)
        assert best() == 10
        with mapping.open("a") as file:
            file.write("known: {at_export: [Where]}\n")
        import_paths(workspace, [leads], mapping=mapping, at=NOW)
        assert best() == 0


@pytest.mark.skipif(not DATA.exists(), reason="the data is not at hand")
class TestRealFiles:
    @pytest.fixture
    def opened(self, tmp_path: Path) -> Iterator[Workspace]:
        init_workspace(tmp_path / "w", "mid-market", "Acme")
        with open_workspace(tmp_path / "w") as opened:
            yield opened

    @pytest.mark.parametrize("is_declared", [True, False])
    def test_x_education(self, opened: Workspace, tmp_path: Path, *, is_declared: bool) -> None:
        mapping = (EXAMPLES / "x_education/mapping.yaml").read_text()
        if not is_declared:
            mapping = mapping.partition("known:")[0]
        (tmp_path / "mapping.yaml").write_text(mapping)
        import_paths(
            opened, [DATA / "x_education/Leads.csv"], mapping=tmp_path / "mapping.yaml", at=NOW
        )
        trained = train(opened, now=NOW)
        assert (trained.outcomes, trained.won, trained.is_dated) == (9240, 3561, False)
        leaks = {leak.field: leak.evidence for leak in trained.leaks}
        assert "it alone separates won from lost" in leaks["tags"]
        assert "blanks depend on the outcome" in leaks["lead_quality"]
        assert "blanks depend on the outcome" in leaks["lead_profile"]
        assert not {"source", "total_time_spent_on_website", "lead_origin"} & set(leaks)
        assert trained.trial is not None
        if is_declared:
            assert {"last_activity", "asymmetrique_profile_score"} <= set(leaks)
            assert 0.86 <= trained.trial.auc.value < 0.9
        with opened.facts().connect() as con:
            by_source = dict(con.execute(
                "SELECT coalesce(source, 'none'), round(100 * avg(converted), 1) FROM contacts"
                " GROUP BY ALL"
            ).fetchall())  # fmt: skip
        assert by_source["Google"] == 39.9  # 1,147 of 2,873, with the five spelled `google`
        assert by_source["Reference"] == 91.8
        assert by_source["Welingak Website"] == 98.6

    def test_conversion_by_source_as_the_source_spells_it(
        self, opened: Workspace, tmp_path: Path
    ) -> None:
        """The figure told of Google, 40.0 %, is that of its own spelling; `google` never buys."""
        mapping = (EXAMPLES / "x_education/mapping.yaml").read_text()
        merged = "replace: {source: {google: Google}}\n"
        assert merged in mapping
        (tmp_path / "mapping.yaml").write_text(mapping.replace(merged, ""))
        leads = DATA / "x_education/Leads.csv"
        import_paths(opened, [leads], mapping=tmp_path / "mapping.yaml", at=NOW)
        with opened.facts().connect() as con:
            told = con.execute(
                "SELECT source, count(*), CAST(sum(converted) AS INTEGER),"
                " round(100 * avg(converted), 1) FROM contacts GROUP BY ALL"
            ).fetchall()
            every = con.execute("SELECT round(100 * avg(converted), 2) FROM contacts").fetchone()
        by_source = {source: figures for source, *figures in told}
        assert by_source["Google"] == [2868, 1147, 40.0]
        assert by_source["google"] == [5, 0, 0.0]
        assert by_source["Reference"] == [534, 490, 91.8]
        assert by_source["Welingak Website"] == [142, 140, 98.6]
        assert every == (38.54,)

    def test_maven(self, opened: Workspace) -> None:
        import_paths(
            opened, [DATA / "maven_crm"], mapping=EXAMPLES / "maven_crm/mapping.yaml", at=NOW
        )
        trained = train(opened, now=NOW, subject=Subject.OPPORTUNITIES)
        assert (trained.outcomes, trained.won) == (6711, 4238)
        assert {leak.field for leak in trained.leaks} == {
            "amount", "close_date", "closed_at", "stage",
        }  # fmt: skip
        assert trained.trial is not None
        assert not trained.trial.has_signal
        assert trained.trial.auc.value == pytest.approx(0.5, abs=0.02)
        assert trained.model is None
