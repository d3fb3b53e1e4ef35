"""`predict` and `calibrate` on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from revops.leads.prediction import Kept, Method, Subject, keep_model
from revops.services.importing import import_paths
from revops.services.init import init_workspace
from revops.services.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Revops


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A few leads, and a model that was learned elsewhere: friends buy."""
    folder = tmp_path / "w"
    init_workspace(folder, "mid-market", "Acme")
    companies, leads = tmp_path / "accounts.csv", tmp_path / "contacts.csv"
    companies.write_text("id,name\na1,Mill & Sons\n")
    leads.write_text(
        "id,email,source,first_name,last_name,account_id\n"
        "c1,a@x.example,friend,Ada,Ngo,a1\nc2,b@x.example,ads,,,\n"
    )
    with open_workspace(folder) as opened:
        import_paths(opened, [companies, leads])
    source = ["friend", "ads"] * 100
    won = np.array([(i % 2 == 0) != (i % 10 == 0) for i in range(200)])
    kept = Kept(
        format=1, subject=Subject.CONTACTS, method=Method.LOGISTIC, seed=0, slope=1, shift=0,
        before_hours=24, field=None, trained_at="2026-01-01T00:00:00+00:00", rows="",
    )  # fmt: skip
    keep_model(folder, Subject.CONTACTS, pa.table({"source": pa.array(source)}), won, kept)
    return folder


def test_open_leads_are_ranked(revops: Revops, workspace: Path) -> None:
    said = revops("predict", "score", "--workspace", workspace, "--format", "json")
    found = json.loads(said.out)
    assert said.code == 0
    assert [each["id"] for each in found] == ["c1", "c2"]
    assert found[0]["chance"] > found[1]["chance"] + 0.2
    assert [(each["name"], each["account"]) for each in found] == [
        ("Ada Ngo", "Mill & Sons"), ("", ""),
    ]  # fmt: skip
    shown = revops("predict", "score", "--workspace", workspace).out
    assert "2 open contacts" in shown
    assert "Mill & Sons" in shown
    assert "revops predict explain c1" in shown


def test_a_chance_is_explained(revops: Revops, workspace: Path) -> None:
    said = revops("predict", "explain", "c2", "--workspace", workspace)
    assert said.code == 0
    assert "source" in said.out
    assert "ads" in said.out
    told = json.loads(
        revops("predict", "explain", "c2", "--workspace", workspace, "--format", "json").out
    )
    parts = told["typical"] + sum(each["change"] for each in told["reasons"])
    assert parts == pytest.approx(told["chance"])


def test_who_is_not_open_is_told(revops: Revops, workspace: Path) -> None:
    said = revops("predict", "explain", "c9", "--workspace", workspace)
    assert said.code == 2
    assert "none of the open contacts has the id 'c9'" in said.err


def test_too_few_outcomes_are_counted(revops: Revops, workspace: Path) -> None:
    said = revops("predict", "train", "--workspace", workspace)
    assert said.code == 1
    assert "1,000 more are missing" in said.out
    of_deals = revops("predict", "score", "--of", "opportunities", "--workspace", workspace)
    assert of_deals.code == 2
    assert "revops predict train --of opportunities" in of_deals.err


def test_calibration_says_what_is_missing(revops: Revops, workspace: Path) -> None:
    said = revops("calibrate", "--workspace", workspace)
    assert said.code == 1
    assert "200 more are missing" in said.out
    assert json.loads(revops("calibrate", "--workspace", workspace, "--format", "json").out)


@pytest.mark.parametrize("options", [("--before", "soon"), ("--output", "/nowhere/at/all.yaml")])
def test_wrong_use_is_told(revops: Revops, workspace: Path, options: tuple[str, str]) -> None:
    said = revops("calibrate", "--workspace", workspace, *options)
    assert said.code == 2
    assert "Traceback" not in said.err
