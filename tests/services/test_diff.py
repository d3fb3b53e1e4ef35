from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from revops.kit.errors import RevopsError
from revops.services.diff import diff

if TYPE_CHECKING:
    from pathlib import Path

SCORING = """\
models:
  - name: main
    engagement:
      signals: [{name: pricing_page, event: page_view, points: 20}]
"""


def git(folder: Path, *arguments: str) -> None:
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER")
           for what in ("NAME", "EMAIL")},
    }  # fmt: skip
    command = ["git", "-C", str(folder), "-c", "init.defaultBranch=main", *arguments]
    subprocess.run(command, check=True, capture_output=True, env=environment)


def write(folder: Path, points: int, company: str = "Acme") -> Path:
    (folder / "definitions").mkdir(parents=True, exist_ok=True)
    (folder / "revops.yaml").write_text(f"company: {company}\n")
    text = SCORING.replace("points: 20", f"points: {points}")
    (folder / "definitions/scoring.yaml").write_text(text)
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A workspace in a folder of a repository, with points of 10, 20 and, uncommitted, 15."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init")
    for points in (10, 20):
        write(root / "gtm", points)
        git(root, "add", ".")
        git(root, "commit", "-m", "points")
    git(root, "tag", "v1", "HEAD~1")
    return write(root / "gtm", 15)


def texts(workspace: Path, old: str | None = None, new: str | None = None) -> list[str]:
    return [str(change) for change in diff(workspace, old, new)]


def test_the_last_commit_against_the_folder(repository: Path) -> None:
    assert texts(repository) == ["main: pricing_page: 20 -> 15 points"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("HEAD~1", None, "10 -> 15"),
        ("HEAD~1", "HEAD", "10 -> 20"),
        ("main", "v1", "20 -> 10"),
        ("@{0}", "HEAD^", "20 -> 10"),
    ],
)
def test_revisions(repository: Path, old: str, new: str | None, said: str) -> None:
    assert texts(repository, old, new) == [f"main: pricing_page: {said} points"]


def test_folders(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one", 1), write(tmp_path / "other", 2, "Other")
    assert texts(one, str(one), str(other)) == ["main: pricing_page: 1 -> 2 points"]
    assert texts(one, str(other)) == ["main: pricing_page: 2 -> 1 points"]
    assert texts(one, str(one), str(one)) == []


def test_a_definition_that_came_later_is_added(repository: Path) -> None:
    (repository / "definitions/lists.yaml").write_text("rivals: [a.com]")
    assert "added list rivals: a.com" in texts(repository, "v1")


@pytest.mark.parametrize(
    "revision",
    [
        "nope",
        "--output=/tmp/x",
        "-h",
        "HEAD -- x",
        "HEAD;ls",
        "$(ls)",
        "a\nb",
        ":/points",
        "HEAD:gtm",
    ],
)
def test_what_is_no_revision(repository: Path, revision: str) -> None:
    with pytest.raises(RevopsError) as raised:
        diff(repository, revision)
    assert raised.value.code == "unknown-revision"


def test_outside_a_repository(tmp_path: Path) -> None:
    with pytest.raises(RevopsError) as raised:
        diff(write(tmp_path, 1))
    assert raised.value.code == "unknown-revision"


def test_a_commit_or_folder_without_a_workspace(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RevopsError) as raised:
        diff(repository, str(tmp_path / "empty"))
    assert raised.value.code == "no-workspace"
    other = write(repository.parent / "new", 3)
    with pytest.raises(RevopsError) as raised:
        diff(other, "HEAD")
    assert raised.value.code == "no-workspace"


def test_a_side_that_cannot_be_read_is_not_taken_for_empty(repository: Path) -> None:
    (repository / "definitions/scoring.yaml").write_text("models: [")
    with pytest.raises(RevopsError) as raised:
        diff(repository)
    assert raised.value.issues[0].file == "definitions/scoring.yaml"


def test_an_old_side_that_cannot_be_read_is_named(repository: Path) -> None:
    (repository / "definitions/scoring.yaml").write_text("models: 5")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "broken")
    write(repository, 15)
    with pytest.raises(RevopsError) as raised:
        diff(repository)
    assert raised.value.issues[0].file == "HEAD:definitions/scoring.yaml"


def test_links_in_a_commit_are_not_followed(repository: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("mine: [x]")
    (repository / "definitions/lists.yaml").symlink_to(secret)
    git(repository, "add", ".")
    git(repository, "commit", "-m", "a link")
    assert not [text for text in texts(repository, "v1", "HEAD") if "mine" in text]
