"""`revops simulate` and `revops diff --impact`, as a person and as a program run them."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML

from revops.services.importing import import_paths
from revops.services.init import init_workspace
from revops.services.workspace import open_workspace
from revops.simulator import simulate

if TYPE_CHECKING:
    from pathlib import Path

    from interfaces.conftest import Revops

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)
TIME = ("--from", "2026-01-01", "--to", "2026-02-15")
JSON = ("--format", "json")


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replayed")
    simulate(None, folder / "data", contacts=300, activities=9_000, until=UNTIL)
    init_workspace(folder / "acme", "mid-market")
    with open_workspace(folder / "acme") as opened:
        import_paths(opened, sorted((folder / "data").glob("*.parquet")), at=UNTIL)
    return folder / "acme"


@pytest.fixture(scope="module")
def proposed(acme: Path) -> Path:
    """The same definitions, with thresholds that hardly anybody reaches."""
    folder = acme.parent / "proposed"
    folder.mkdir()
    shutil.copy(acme / "revops.yaml", folder)
    shutil.copytree(acme / "definitions", folder / "definitions")
    yaml = YAML()
    scoring = folder / "definitions/scoring.yaml"
    written = yaml.load(scoring)
    for model in written["models"]:
        model["thresholds"] = dict.fromkeys(model["thresholds"], "total > 99")
    yaml.dump(written, scoring)
    return folder


@pytest.fixture(autouse=True)
def inside(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(acme)


def test_what_hardly_anybody_reaches_brings_fewer(proposed: Path, revops: Revops) -> None:
    said = revops("simulate", "--with", proposed, *TIME)
    assert said.code == 0, said.err
    assert "leads are decided otherwise" in said.out
    told = json.loads(revops("simulate", "--with", proposed, *TIME, *JSON).out)
    figures = {each["name"]: (each["now"], each["then"]) for each in told["figures"]}
    now, then = figures["qualified"]
    assert now > then
    fewer = [each["contact_id"] for each in told["leads"] if each["change"] == "fewer"]
    assert len(fewer) == now - then
    listed = revops("simulate", "--with", proposed, *TIME, "--leads").out
    assert "qualifies only now" in listed
    assert fewer[0] in revops("simulate", "--with", proposed, *TIME, "--lead", fewer[0]).out


def test_the_same_definitions_change_nothing(acme: Path, revops: Revops) -> None:
    said = revops("simulate", "--with", acme, *TIME)
    assert "No lead is decided otherwise." in said.out
    refused = revops("simulate", "--with", acme, *TIME, "--lead", "c000001")
    assert refused.code == 2
    assert "is decided alike under both" in refused.err


def test_the_picture_is_the_same_each_time_also_made_by_other_processes(
    proposed: Path, tmp_path: Path, revops: Revops, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one.svg", "other.svg"):
        assert revops("simulate", "--with", proposed, *TIME, "--output", tmp_path / name).code == 0
        monkeypatch.setattr("revops.services.simulate._MANY", 0)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()


def test_a_process_that_is_ended_from_outside_is_told(
    proposed: Path, revops: Revops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("revops.services.simulate._MANY", 0)
    monkeypatch.setattr("gc.disable", partial(os._exit, 9))  # what each process does first
    said = revops("simulate", "--with", proposed, *TIME)
    assert said.code == 2
    assert "ended from outside" in said.err


def test_nothing_is_replayed_by_definitions_with_errors(
    acme: Path, tmp_path: Path, revops: Revops
) -> None:
    shutil.copytree(acme / "definitions", tmp_path / "definitions")
    shutil.copy(acme / "revops.yaml", tmp_path)
    scoring = tmp_path / "definitions/scoring.yaml"
    scoring.write_text(scoring.read_text("utf-8").replace("title ILIKE", "titel ILIKE"), "utf-8")
    for arguments in (("simulate", "--with", tmp_path), ("diff", acme, tmp_path, "--impact")):
        said = revops(*arguments, *TIME)
        assert said.code == 2
        assert "did you mean 'title'" in said.err


def test_a_change_is_told_with_its_impact(acme: Path, proposed: Path, revops: Revops) -> None:
    said = revops("diff", acme, proposed, "--impact", *TIME)
    assert said.code == 0, said.err
    assert "total > 99" in said.out
    assert "qualified" in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--with", "nowhere", *TIME), "nowhere"),
        (("--with", ".", "--from", "soon", "--to", "2026-02-01"), "--from"),
        (("--with", ".", "--from", "2026-02-01", "--to", "2026-01-01"), "end before it begins"),
    ],
)
def test_what_cannot_be_is_refused(
    arguments: tuple[str, ...], message: str, revops: Revops
) -> None:
    said = revops("simulate", *arguments)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err
