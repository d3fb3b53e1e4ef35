"""Start a workspace from the templates of a go-to-market motion."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from revops.definitions.json_schema import write_schemas
from revops.definitions.templates import MOTIONS, template_files
from revops.definitions.workspace import DEFINITIONS_FOLDER, SETTINGS_FILE
from revops.kit.errors import RevopsError
from revops.kit.issue import did_you_mean

_COMPANY_LINE = "company: Example Company\n"
_COMPANY_LENGTH = 200
_KEPT = ".gitignore"
"""May be there already, and is then left as it is."""


def init_workspace(folder: Path, motion: str, company: str | None = None) -> list[Path]:
    """Write a new workspace: settings, definitions, alternatives, schemas, `.gitignore`.

    The folder is made if need be; one with other files in it, such as a repository, is fine.
    Either all is written or nothing.

    Args:
        folder: Where the workspace is to be.
        motion: One of `MOTIONS`.
        company: The company's name; without it, an example.

    Returns:
        The files that were written, in order.

    Raises:
        RevopsError: There is no such motion, the name cannot be used, a workspace is there
            already, or the folder cannot be written.
    """
    if motion not in MOTIONS:
        mend = did_you_mean(motion, MOTIONS) or f"one of {', '.join(MOTIONS)}"
        raise RevopsError("unknown-motion", f"there is no motion '{motion}'", mend)
    files = template_files(motion)
    files[SETTINGS_FILE] = _named(files[SETTINGS_FILE], company)
    _refuse_if_taken(folder, {path.partition("/")[0] for path in files})
    try:
        return _write(folder, files)
    except OSError as error:
        reason = error.strerror or "it cannot be written"
        raise RevopsError("cannot-write", f"{folder}: {reason}", "choose another folder") from None


def _named(settings: str, company: str | None) -> str:
    """The settings with the company's name, quoted so that YAML reads it as it was given."""
    if company is None:
        return settings
    name = company.strip()
    if not name or not name.isprintable() or len(name) > _COMPANY_LENGTH:
        raise RevopsError(
            "bad-company",
            "the company's name is empty, too long or holds a control character",
            f"give 1 to {_COMPANY_LENGTH} characters on one line",
        )
    return settings.replace(_COMPANY_LINE, f"company: {json.dumps(name, ensure_ascii=False)}\n")


def _refuse_if_taken(folder: Path, names: set[str]) -> None:
    if folder.exists() and not folder.is_dir():
        raise RevopsError("not-a-folder", f"{folder} is a file", "choose another folder")
    taken = sorted(name for name in {*names, ".revops"} - {_KEPT} if (folder / name).exists())
    if taken:
        what = "a workspace" if {SETTINGS_FILE, DEFINITIONS_FOLDER} & {*taken} else f"'{taken[0]}'"
        raise RevopsError(
            "workspace-exists",
            f"there is {what} in {folder} already",
            "choose another folder; nothing was changed",
        )


def _write(folder: Path, files: dict[str, str]) -> list[Path]:
    """Write beside the place, then move: what is half-written is never in its place."""
    is_new = not folder.exists()
    near = folder.parent if is_new else folder
    near.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".revops-init-", dir=near) as scratch:
        draft = Path(scratch, "workspace")
        for path, text in files.items():
            if is_new or path != _KEPT or not (folder / path).exists():
                (draft / path).parent.mkdir(parents=True, exist_ok=True)
                (draft / path).write_text(text, encoding="utf-8", newline="\n")
        write_schemas(draft)
        written = sorted(p.relative_to(draft) for p in draft.rglob("*") if p.is_file())
        if is_new:
            draft.rename(folder)
        else:
            _move_into(folder, draft)
    return [folder / path for path in written]


def _move_into(folder: Path, draft: Path) -> None:
    """Move each entry, the settings last, because they make a folder a workspace."""
    moved: list[Path] = []
    try:
        for entry in sorted(draft.iterdir(), key=lambda each: each.name == SETTINGS_FILE):
            entry.rename(folder / entry.name)
            moved.append(entry)
    except OSError:
        for entry in moved:
            (folder / entry.name).rename(entry)
        raise
