"""`revops validate`, as a person runs it."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING

import pytest

from revops.services.importing import import_paths
from revops.services.init import init_workspace
from revops.services.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from interfaces.conftest import Revops

_SCORING = """
models:
  - name: m
    fit:
      attributes:
        - {name: title, tiers: [{when: "title = 'VP'", points: 80}, {when: "TRUE", points: 10}]}
    thresholds: {mql: total >= 50}
    bands: [{name: hot, from: 50}, {name: cold, from: 0}]
"""


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four in ten of the VPs' deals are won, one in fifty of the others'."""
    folder = tmp_path_factory.mktemp("acme")
    init_workspace(folder / "w", "universal")
    (folder / "w" / "definitions" / "scoring.yaml").write_text(_SCORING)
    people, deals = (
        ["id,title,first_name,created_at"],
        ["id,contact_ids,created_at,closed_at,is_won"],
    )
    for i in range(300):
        is_vp = i < 100
        won = i % 5 < 2 if is_vp else i % 50 == 0
        people.append(f"c{i},{'VP' if is_vp else 'Clerk'},Ann,2025-01-01T00:00:00Z")
        deals.append(f"o{i},c{i},2025-06-01T00:00:00Z,2025-07-01T00:00:00Z,{str(won).lower()}")
    for name, rows in (("contacts", people), ("opportunities", deals)):
        (folder / f"{name}.csv").write_text("\n".join(rows))
    with open_workspace(folder / "w") as opened:
        import_paths(opened, [folder / "contacts.csv", folder / "opportunities.csv"])
    return folder / "w"


def test_a_sound_model_passes(acme: Path, revops: Revops) -> None:
    said = revops("validate", "--workspace", acme, "--gate")
    assert said.code == 0, said.out
    for part in (
        "300 leads with a known outcome, each scored as of 1 day before its first opportunity",
        "Conversion by band",
        "40 % (",
        "AUC",
        "title: 80",
        "False positives: qualified, but not won (60)",
        "revops explain c12 --as-of 2025-05-31T00:00:00Z",
        "Pass: the scores go with the outcomes.",
    ):
        assert part in said.out


def test_the_records_behind_it_can_be_opened(acme: Path, revops: Revops) -> None:
    said = revops("explain", "c2", "--as-of", "2025-05-31T00:00:00Z", "--workspace", acme)
    assert said.code == 0
    assert "80" in said.out


def test_figures_as_json_and_leads_as_csv(acme: Path, revops: Revops, tmp_path: Path) -> None:
    said = revops("validate", "--workspace", acme, "--format", "json")
    told = json.loads(said.out)
    assert (told["before"], told["validation"]["verdict"]) == ("1 day", "pass")
    assert [band["won"] for band in told["validation"]["bands"]] == [4, 0, 0, 40]
    assert len(told["validation"]["deciles"]) == 10
    vp, clerk = told["validation"]["signals"]
    assert (vp["signal"], vp["leads"], clerk["signal"], clerk["leads"]) == (
        "title: 80",
        100,
        "title: 10",
        200,
    )
    # 40 of 100 against 4 of 200; nobody got fewer points than the clerks.
    assert vp["lift"]["value"] == pytest.approx(20)
    assert clerk["lift"]["value"] == pytest.approx(1 / 20)
    output = tmp_path / "leads.csv"
    assert revops("validate", "--workspace", acme, "--output", output).code == 0
    rows = list(csv.DictReader(output.read_text().splitlines()))
    assert len(rows) == 300
    assert {row["kind"] for row in rows if row["outcome"] == "won"} == {
        "true positive",
        "false negative",
    }


@pytest.mark.parametrize("name", ["v.png", "v.svg"])
def test_pictures(acme: Path, revops: Revops, tmp_path: Path, name: str) -> None:
    said = revops("validate", "--workspace", acme, "--output", tmp_path / name)
    assert said.code == 0, said.err
    assert (tmp_path / name).stat().st_size > 1000


def test_monitoring_draws_too(acme: Path, revops: Revops, tmp_path: Path) -> None:
    said = revops("monitor", "--workspace", acme, "--output", tmp_path / "x.svg")
    assert said.code == 0, said.err
    assert "<svg" in (tmp_path / "x.svg").read_text()


def test_calibration_says_why_it_draws_nothing(acme: Path, revops: Revops, tmp_path: Path) -> None:
    said = revops("calibrate", "--workspace", acme, "--output", tmp_path / "x.svg")
    assert (said.code, "Too few to calibrate" in said.out) == (1, True)
    assert not (tmp_path / "x.svg").exists()


@pytest.mark.parametrize("command", ["validate", "calibrate", "monitor"])
def test_a_form_that_nothing_is_written_in(
    acme: Path, revops: Revops, tmp_path: Path, command: str
) -> None:
    said = revops(command, "--workspace", acme, "--output", tmp_path / "x.pdf")
    assert (said.code, "nothing is written here as .pdf" in said.err) == (2, True)
    assert not (tmp_path / "x.pdf").exists()


def test_only_what_passes_goes_on_record(acme: Path, revops: Revops, tmp_path: Path) -> None:
    def ages() -> str:
        checks = json.loads(revops("monitor", "--workspace", acme, "--format", "json").out)
        return str(next(each["evidence"] for each in checks if each["name"] == "age of the model"))

    assert ages() == "no validation that passed is on record"
    other = tmp_path / "other"
    shutil.copytree(acme, other)
    scoring = other / "definitions/scoring.yaml"
    scoring.write_text(scoring.read_text().replace("points: ", "points: 1"))
    assert revops("validate", "--workspace", acme, "--with", other, "--record").code == 2
    assert ages() == "no validation that passed is on record"
    assert revops("validate", "--workspace", acme, "--record", "--by", "ada").code == 0
    assert ages() == "validated 0 months ago"


def test_the_gate_says_no(acme: Path, revops: Revops, tmp_path: Path) -> None:
    (tmp_path / "definitions").mkdir()
    (tmp_path / "revops.yaml").write_text((acme / "revops.yaml").read_text())
    turned = _SCORING.replace("= 'VP'", "<> 'VP'")
    (tmp_path / "definitions" / "scoring.yaml").write_text(turned)
    said = revops("validate", "--workspace", acme, "--with", tmp_path, "--gate")
    assert said.code == 1
    assert "wrong way" in said.out
    assert "no better than chance" in said.out
    assert "Not yet" in said.out


class TestBeside:
    """Proposed definitions are shown beside the present ones."""

    @pytest.fixture
    def turned(self, acme: Path, tmp_path: Path) -> Path:
        shutil.copytree(acme, tmp_path / "turned")
        scoring = tmp_path / "turned/definitions/scoring.yaml"
        scoring.write_text(_SCORING.replace("= 'VP'", "<> 'VP'"))
        return tmp_path / "turned"

    def test_on_a_terminal(self, acme: Path, turned: Path, revops: Revops) -> None:
        said = " ".join(revops("validate", "--workspace", acme, "--with", turned).out.split())
        for part in (
            "verdict pass mend (4 of 5 checks)",
            "won of 76-100 40.0% (31%-50%) of 100 2.0% (1%-5%) of 200",
            "Difference of AUC: -0.675",
            "of the 300 leads that both judge",
            "The proposed model tells those won apart worse.",
        ):
            assert part in said

    def test_as_json_and_csv(self, acme: Path, turned: Path, revops: Revops) -> None:
        asked = ("validate", "--workspace", acme, "--with", turned, "--format")
        told = json.loads(revops(*asked, "json").out)
        beside = told["beside"]
        assert (told["validation"]["verdict"], beside["present"]["verdict"]) == ("mend", "pass")
        now, then = (beside[f"auc_{each}"]["value"] for each in ("present", "proposed"))
        assert beside["difference"]["value"] == pytest.approx(then - now)
        assert beside["difference"]["high"] < 0
        rows = list(csv.DictReader(revops(*asked, "csv").out.splitlines()))
        assert {(row["total"], row["present_total"]) for row in rows} == {
            ("80.0", "10.0"),
            ("10.0", "80.0"),
        }

    def test_the_same_definitions_differ_by_nothing(self, acme: Path, revops: Revops) -> None:
        told = json.loads(
            revops("validate", "--workspace", acme, "--with", acme, "--format", "json").out
        )
        assert told["beside"]["difference"] == {"value": 0, "low": 0, "high": 0}
        assert told["beside"]["verdict"] == "not told apart"
        assert (
            json.loads(revops("validate", "--workspace", acme, "--format", "json").out)["beside"]
            is None
        )

    def test_as_a_picture(self, acme: Path, turned: Path, revops: Revops, tmp_path: Path) -> None:
        output = tmp_path / "v.svg"
        revops("validate", "--workspace", acme, "--with", turned, "--output", output)
        drawn = output.read_text()
        assert all(f">{name}<" in drawn for name in ("present", "proposed", "expected"))


def test_wrong_words(acme: Path, revops: Revops, tmp_path: Path) -> None:
    for arguments, why in (
        (("--before", "soon"), "--before: 'soon' is not a duration"),
        (("--within", "ever"), "--within: 'ever' is not a duration"),
        (("--with", tmp_path), "there is no revops.yaml"),
        (("--outcome", "vibes"), "contacts have no field 'vibes'"),
        (("--output", tmp_path / "no" / "x.png"), "there is no folder"),
    ):
        said = revops("validate", "--workspace", acme, *arguments)
        assert said.code != 0
        assert why in said.err
        assert "Traceback" not in said.err


def test_an_empty_workspace_says_what_to_do(revops: Revops, tmp_path: Path) -> None:
    init_workspace(tmp_path / "w", "universal")
    said = revops("validate", "--workspace", tmp_path / "w")
    assert said.code == 0
    assert "No lead has a known outcome. Import opportunities" in said.out
    picture = revops("validate", "--workspace", tmp_path / "w", "--output", tmp_path / "x.png")
    assert (picture.code, "nothing to draw" in picture.err) == (2, True)
