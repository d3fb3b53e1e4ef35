"""`revops init`: a workspace from a template, whole or not at all."""

from __future__ import annotations

import os
import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.definitions.catalog import load_catalog
from revops.definitions.templates import MOTIONS, template_files
from revops.definitions.workspace import read_settings
from revops.kit.errors import RevopsError
from revops.services.init import _named, init_workspace

ODD = string.ascii_letters + string.digits + "\"'\\:#&*!|>%@`{}[],- éß漢😀"


def files_of(folder: Path) -> set[str]:
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


@pytest.mark.parametrize("motion", MOTIONS)
def test_what_is_written_is_what_is_told(motion: str, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "workspace"
    written = init_workspace(folder, motion)
    assert {each.relative_to(folder).as_posix() for each in written} == files_of(folder)
    assert written == sorted(written)
    assert {
        "revops.yaml",
        ".gitignore",
        ".revops/schemas/scoring.json",
        *(f"definitions/{stem}.yaml" for stem in ("scoring", "lifecycle", "lists", "people")),
    } <= files_of(folder)
    assert not any(each.name.startswith(".revops-init") for each in folder.parent.iterdir())


def test_data_stays_out_of_version_control(tmp_path: Path) -> None:
    init_workspace(tmp_path, "plg")
    ignored = (tmp_path / ".gitignore").read_text().splitlines()
    assert {"revops.db*", "facts/", "scores/", "rejects/"} <= set(ignored)


def test_a_folder_with_other_files_is_fine_and_they_stay(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / ".gitignore").write_text("mine")
    written = init_workspace(tmp_path, "full")
    assert (tmp_path / "README.md").read_text() == "mine"
    assert (tmp_path / ".gitignore").read_text() == "mine"
    assert tmp_path / ".gitignore" not in written
    assert load_catalog(tmp_path)[1] == []


@pytest.mark.parametrize("taken", ["revops.yaml", "definitions", "alternatives", ".revops"])
def test_what_is_there_already_is_never_changed(taken: str, tmp_path: Path) -> None:
    (tmp_path / taken).write_text("mine")
    with pytest.raises(RevopsError) as caught:
        init_workspace(tmp_path, "plg")
    assert caught.value.code == "workspace-exists"
    assert files_of(tmp_path) == {taken}


def test_twice_is_refused(tmp_path: Path) -> None:
    init_workspace(tmp_path, "plg")
    before = files_of(tmp_path)
    with pytest.raises(RevopsError, match="a workspace"):
        init_workspace(tmp_path, "enterprise")
    assert files_of(tmp_path) == before


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for folder, code in (
        (tmp_path / "file", "not-a-folder"),
        (tmp_path / "file/in", "cannot-write"),
    ):
        with pytest.raises(RevopsError) as caught:
            init_workspace(folder, "plg")
        assert caught.value.code == code


def test_an_unknown_motion_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(RevopsError) as caught:
        init_workspace(tmp_path / "new", "enterprize")
    assert caught.value.issues[0].mend == "did you mean 'enterprise'?"
    assert not (tmp_path / "new").exists()


def test_a_move_that_fails_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def full_disk(self: Path, target: Path) -> Path:
        if target.name == "revops.yaml":
            raise OSError(28, os.strerror(28))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full_disk)
    with pytest.raises(RevopsError, match="No space"):
        init_workspace(tmp_path, "plg")
    assert files_of(tmp_path) == set()


@given(st.text(ODD, min_size=1, max_size=60).filter(str.strip))
def test_any_name_is_read_as_it_was_given(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = _named(template_files("playbook")["revops.yaml"], name)
        Path(folder, "revops.yaml").write_text(text, encoding="utf-8")
        settings, issues = read_settings(Path(folder))
    assert issues == []
    assert settings.company == name.strip()


def test_the_name_is_written(tmp_path: Path) -> None:
    init_workspace(tmp_path, "playbook", "Müller & Söhne: #1")
    assert load_catalog(tmp_path)[0].settings.company == "Müller & Söhne: #1"


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "nul\0", "x" * 201, "half \ud800"])
def test_a_name_that_cannot_be_used(name: str, tmp_path: Path) -> None:
    with pytest.raises(RevopsError) as caught:
        init_workspace(tmp_path, "playbook", name)
    assert caught.value.code == "bad-company"
    assert files_of(tmp_path) == set()
