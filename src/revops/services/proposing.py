"""Definitions that are suggested: a copy that is rewritten, checked and handed over."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from revops.definitions.catalog import load_catalog
from revops.definitions.editing import edited
from revops.definitions.files import files_of
from revops.definitions.source import read_source
from revops.definitions.workspace import DEFINITIONS_FOLDER, SETTINGS_FILE
from revops.kit.errors import RevopsError
from revops.kit.issue import errors
from revops.services.workspace import met_custom_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from revops.definitions.catalog import Catalog
    from revops.services.workspace import Workspace

    Values = Mapping[str, Mapping[tuple[str | int, ...], float | str]]


@contextmanager
def proposal(start: Path) -> Iterator[Path]:
    """A copy of the definitions in a folder, to be rewritten."""
    with tempfile.TemporaryDirectory(prefix="revops-calibrate-") as scratch:
        folder = Path(scratch)
        shutil.copy(start / SETTINGS_FILE, folder / SETTINGS_FILE)
        shutil.copytree(start / DEFINITIONS_FOLDER, folder / DEFINITIONS_FOLDER)
        yield folder


def rewrite(folder: Path, values: Values) -> None:
    """Write values anew, by scoring model and place within it."""
    for file in files_of(folder, "scoring"):
        source, _ = read_source(file, file.name)
        models = source.value.get("models") or [] if source else []
        here: dict[tuple[str | int, ...], float | str] = {}
        for at, model in enumerate(models):
            for place, value in values.get(model["name"], {}).items():
                here["models", at, *place] = value
        if here:
            text = file.read_bytes().decode("utf-8-sig")
            file.write_bytes(edited(text, here).encode())


def load_proposal(workspace: Workspace, folder: Path) -> Catalog:
    """The suggested definitions.

    Raises:
        RevopsError: They have errors.
    """
    catalog, issues = load_catalog(folder, met_custom_fields(workspace.store))
    if wrong := errors(issues):
        raise RevopsError.of(wrong)
    return catalog


def check_output(start: Path, output: Path | None) -> None:
    """See that a suggestion can be written there, before any work is done for it.

    Raises:
        RevopsError: It cannot.
    """
    if output is None:
        return
    if _is_file(output):
        if len(files_of(start, "scoring")) > 1:
            raise RevopsError(
                "bad-output", "scoring is defined in several files", "name a new folder instead"
            )
        if not output.parent.is_dir():
            raise RevopsError("bad-output", f"there is no folder '{output.parent}' to write to")
    elif output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise RevopsError("bad-output", f"'{output}' is not an empty folder", "name a new one")


def _is_file(output: Path) -> bool:
    return output.suffix in {".yaml", ".yml"}


def write_proposal(folder: Path, output: Path | None) -> None:
    """Copy the suggested definitions, or their scoring.yaml, to where they were asked for."""
    if output is None:
        return
    if _is_file(output):
        (file,) = files_of(folder, "scoring")
        shutil.copy(file, output)
    else:
        shutil.copytree(folder, output, dirs_exist_ok=True)
