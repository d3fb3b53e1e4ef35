from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Revops


@pytest.fixture
def acme(tmp_path: Path, revops: Revops) -> Path:
    assert revops("init", tmp_path / "acme", "--motion", "plg", "--company", "Acme").code == 0
    return tmp_path / "acme"


def test_init_says_what_it_wrote_and_what_to_do_next(tmp_path: Path, revops: Revops) -> None:
    said = revops("init", tmp_path / "acme", "--company", "[red]Acme")
    assert said.code == 0
    assert "definitions/scoring.yaml" in said.out
    assert "revops check" in said.out
    assert '"[red]Acme"' in (tmp_path / "acme/revops.yaml").read_text()


def test_init_never_writes_over_a_workspace(acme: Path, revops: Revops) -> None:
    said = revops("init", acme)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: there is a workspace in")


def test_a_sound_workspace_passes(acme: Path, revops: Revops) -> None:
    said = revops("check", "--workspace", acme)
    assert said.code == 0
    assert "The definitions are sound" in said.out


def test_a_fault_is_told_with_its_place_and_is_a_no(acme: Path, revops: Revops) -> None:
    lists = acme / "definitions/lists.yaml"
    lists.write_text(lists.read_text() + "\nbroken: {a: 1}\n")
    said = revops("check", "--workspace", acme)
    assert said.code == 1
    assert "error: definitions/lists.yaml:" in said.out
    assert "not sound: 1 error" in said.out


def test_issues_come_as_json(acme: Path, revops: Revops) -> None:
    settings = acme / "revops.yaml"
    settings.write_text("colour: red\n" + settings.read_text())
    said = revops("check", "--workspace", acme, "--format", "json")
    assert said.code == 1
    issue = next(each for each in json.loads(said.out) if each["level"] == "error")
    assert (issue["file"], issue["line"]) == ("revops.yaml", 1)
    assert set(issue) == {"file", "line", "path", "code", "level", "message", "mend"}


def test_no_workspace_is_told_with_the_mend(
    tmp_path: Path, revops: Revops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = revops("check")
    assert said.code == 2
    assert "revops init" in said.err


def test_a_named_folder_must_be_a_workspace_itself(acme: Path, revops: Revops) -> None:
    said = revops("check", "--workspace", acme / "definitions")
    assert said.code == 2
    assert "there is no revops.yaml" in said.err


def test_a_change_is_told_in_words(acme: Path, tmp_path: Path, revops: Revops) -> None:
    revops("init", tmp_path / "new", "--motion", "plg")
    lists = tmp_path / "new/definitions/lists.yaml"
    lists.write_text(lists.read_text() + "\nrivals: [example.com]\n")
    said = revops("diff", acme, tmp_path / "new")
    assert said.code == 0
    assert said.out.splitlines() == ["definitions/lists.yaml", "  + added list rivals: example.com"]
    rows = json.loads(revops("diff", acme, tmp_path / "new", "--format", "json").out)
    assert [row["kind"] for row in rows] == ["added"]
    assert "Nothing" in revops("diff", acme, acme).out
