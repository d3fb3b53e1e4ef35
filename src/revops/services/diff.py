"""What changed between two workspaces, or two revisions of one, in the business's words."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from revops.definitions.catalog import Catalog, load_catalog
from revops.definitions.diff import Change, diff_definitions
from revops.definitions.files import SUFFIXES
from revops.definitions.workspace import DEFINITIONS_FOLDER, SETTINGS_FILE
from revops.kit.errors import RevopsError
from revops.kit.issue import errors
from revops.services.simulate import simulate

if TYPE_CHECKING:
    from datetime import datetime

    from revops.definitions.scope import CustomFields
    from revops.services.simulate import Simulation
    from revops.services.workspace import Workspace

_REVISION = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9_./@{}^~+-]{0,199}")
_GIT_SECONDS = 30
_FILES_LIMIT = 5_000
_ENTRY = re.compile(r"(\d{6}) (\w+) ([0-9a-f]{40,64})\t(.+)", re.DOTALL)
_FILE_MODES = {"100644", "100755"}


def diff(workspace: Path, old: str | None = None, new: str | None = None) -> list[Change]:
    """Every change of the definitions from `old` to `new`.

    Args:
        workspace: The workspace; revisions are of the repository it is in.
        old: A folder with a `revops.yaml`, or a git revision; without it, the last commit.
        new: The same; without it, the workspace as it stands.

    Raises:
        RevopsError: There is no such folder or revision, or its definitions cannot be read.
    """
    return diff_definitions(*sides(workspace, old, new))


def sides(
    workspace: Path,
    old: str | None = None,
    new: str | None = None,
    *,
    met: CustomFields | None = None,
) -> tuple[Catalog, Catalog]:
    """The two sets of definitions that are compared; see `diff`.

    Args:
        workspace: As `diff` takes it.
        old: The same.
        new: The same.
        met: The custom fields of the records that are to be decided on; then the definitions
            must have no errors at all.
    """
    before = _catalog(workspace, old or "HEAD", met)
    after = _sound(workspace, "", met) if new is None else _catalog(workspace, new, met)
    return before, after


def impact(
    workspace: Workspace, sides_: tuple[Catalog, Catalog], start: datetime, end: datetime
) -> Simulation:
    """What a change would have made of the workspace's own past.

    Args:
        workspace: Whose past.
        sides_: The definitions before and after the change.
        start: The beginning of the time that is replayed.
        end: Its end.
    """
    before, after = sides_
    return simulate(workspace, after, start, end, present=before)


def _catalog(workspace: Path, side: str, met: CustomFields | None) -> Catalog:
    folder = Path(side)
    if (folder / SETTINGS_FILE).is_file():
        return _sound(folder, f"{side.rstrip('/')}/", met)
    if folder.is_dir():
        raise RevopsError(
            "no-workspace", f"there is no {SETTINGS_FILE} in {side}", "name a workspace's folder"
        )
    commit = _commit(workspace, side)
    with tempfile.TemporaryDirectory(prefix="revops-diff-") as scratch:
        _check_out(workspace, commit, side, Path(scratch))
        return _sound(Path(scratch), f"{side}:", met)


def _sound(folder: Path, side: str, met: CustomFields | None) -> Catalog:
    """The catalog of a folder in which every definition can be compared, or decided by."""
    catalog, issues = load_catalog(folder, met)
    wrong = errors(issues)
    if wrong and (catalog.unusable or met is not None):
        raise RevopsError.of([replace(issue, file=f"{side}{issue.file}") for issue in wrong])
    return catalog


def _commit(workspace: Path, revision: str) -> str:
    """The id of the commit a revision names; what could be an option of git is refused."""
    unknown = RevopsError(
        "unknown-revision",
        f"'{revision}' is neither a workspace's folder nor a git revision of {workspace}",
        "write a folder, or a revision such as HEAD~1, a branch or a tag",
    )
    if not _REVISION.fullmatch(revision):
        raise unknown
    arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    try:
        return _git(workspace, *arguments).decode().strip()
    except subprocess.CalledProcessError:
        raise unknown from None


def _check_out(workspace: Path, commit: str, side: str, target: Path) -> None:
    """Write the workspace's settings and definitions of a commit below `target`.

    Only plain YAML files are written; git runs no hook and no filter for this.
    """
    listed = _git(workspace, "ls-tree", "-r", "-z", commit, "--", SETTINGS_FILE, DEFINITIONS_FOLDER)
    entries = [
        _ENTRY.fullmatch(each) for each in listed.decode(errors="replace").split("\0") if each
    ]
    files = {each[4]: each[3] for each in entries if each and each[1] in _FILE_MODES}
    if SETTINGS_FILE not in files:
        raise RevopsError(
            "no-workspace", f"there is no {SETTINGS_FILE} at {side}", "name a later revision"
        )
    if len(files) > _FILES_LIMIT:
        raise RevopsError("too-large", f"{side} holds more than {_FILES_LIMIT} definition files")
    for name, blob in files.items():
        path = (target / name).resolve()
        if path.suffix in SUFFIXES and path.is_relative_to(target.resolve()):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_git(workspace, "cat-file", "blob", blob))


def _git(workspace: Path, *arguments: str) -> bytes:
    """What git says.

    Raises:
        subprocess.CalledProcessError: Git refuses.
        RevopsError: There is no git, or it does not answer.
    """
    environment = {**os.environ, "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(  # noqa: S603 - a list of arguments, none of which can be an option
            ["git", "-C", str(workspace), *arguments],  # noqa: S607 - git is where the person has it
            check=True,
            capture_output=True,
            timeout=_GIT_SECONDS,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise RevopsError("no-git", "git is not installed", "compare two folders instead") from None
    except subprocess.TimeoutExpired:
        raise RevopsError(
            "git-silent", f"git did not answer in {_GIT_SECONDS} seconds", "try again"
        ) from None
    return done.stdout
