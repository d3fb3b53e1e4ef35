"""Which files of a workspace define what, and how the files of one folder become one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from revops.definitions.kinds import KINDS, NOT_YET_USED
from revops.definitions.source import Mark, Source, child, read_source
from revops.definitions.workspace import DEFINITIONS_FOLDER
from revops.kit.issue import Issue, Level, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SUFFIXES = {".yaml", ".yml"}
"""Of the files that define something."""
FILES_LIMIT = 500
"""Files in the folder of one kind."""


def read_kind(workspace: Path, stem: str) -> tuple[Source | None, list[Issue]]:
    """What the file and the folder of a kind say together.

    Lists at the root, such as `models`, are joined in the order of the files' names; any other
    key may stand in one file only.

    Returns:
        An empty source where there is no file; None where a file cannot be read; and all that
        is wrong.
    """
    files = list(_files(workspace / DEFINITIONS_FOLDER, stem))[: FILES_LIMIT + 1]
    if len(files) > FILES_LIMIT:
        name = f"{DEFINITIONS_FOLDER}/{stem}"
        message = f"the folder holds more than {FILES_LIMIT} files"
        return None, [_issue(name, "too-large", message, "join some of them")]
    sources: list[Source] = []
    issues: list[Issue] = []
    for file in files:
        source, found = read_source(file, file.relative_to(workspace).as_posix())
        issues += found
        if source is not None:
            sources.append(source)
    joined, clashes = _join(sources)
    return (joined if len(sources) == len(files) else None), [*issues, *clashes]


def files_of(workspace: Path, stem: str) -> list[Path]:
    """The files that define a kind."""
    return list(_files(workspace / DEFINITIONS_FOLDER, stem))


def unknown_files(workspace: Path) -> list[Issue]:
    """A note for each definition this version leaves alone, an error for what no version knows."""
    folder = workspace / DEFINITIONS_FOLDER
    if not folder.exists():
        return []
    if not folder.is_dir():
        return [_issue(DEFINITIONS_FOLDER, "unreadable", "this is not a folder", "make it one")]
    known = {kind.stem for kind in KINDS}
    issues = []
    for path in sorted(folder.iterdir()):
        stem = path.stem if path.suffix in SUFFIXES else path.name
        is_definition = path.suffix in SUFFIXES or path.is_dir()
        if not is_definition or stem in known or path.name.startswith((".", "_")):
            continue
        name = path.relative_to(workspace).as_posix()
        if stem in NOT_YET_USED:
            message = f"'{stem}' is not used yet by this version"
            issues.append(Issue(name, 0, "", "not-used-yet", Level.NOTE, message))
        else:
            every = [*known, *NOT_YET_USED]
            mend = did_you_mean(stem, every) or f"one of {', '.join(sorted(every))}"
            message = f"there is no definition called '{stem}'"
            issues.append(_issue(name, "unknown-definition", message, mend))
    return issues


def _files(folder: Path, stem: str) -> Iterator[Path]:
    for suffix in sorted(SUFFIXES):
        if (folder / f"{stem}{suffix}").exists():
            yield folder / f"{stem}{suffix}"
    if (folder / stem).is_dir():
        yield from sorted(each for each in (folder / stem).iterdir() if each.suffix in SUFFIXES)


def _join(sources: Sequence[Source]) -> tuple[Source, list[Issue]]:
    value: dict[str, Any] = {}
    marks: dict[str, Mark] = {}
    issues: list[Issue] = []
    for source in sources:
        lengths = {key: len(each) for key, each in value.items() if isinstance(each, list)}
        for key, each in source.value.items():
            if key not in value:
                value[key] = each
            elif isinstance(each, list) and isinstance(value[key], list):
                value[key] = [*value[key], *each]
            else:
                here, there = source.marks[key], marks[key]
                message = f"the key '{key}' is given in {there.file} already"
                issues.append(
                    Issue(
                        here.file, here.line, key, "duplicate-key", Level.ERROR, message,
                        "keep one of them",
                    )
                )  # fmt: skip
        for path, mark in source.marks.items():
            marks.setdefault(_shifted(path, lengths), mark)
    return Source(value, marks), issues


def _shifted(path: str, lengths: dict[str, int]) -> str:
    """The path after the items of a list at the root have moved behind those of earlier files."""
    match = re.match(r"([^.\[\]]+)\[(\d+)\]", path)
    if match is None or match[1] not in lengths:
        return path
    return child(match[1], int(match[2]) + lengths[match[1]]) + path[match.end() :]


def _issue(file: str, code: str, message: str, mend: str) -> Issue:
    return Issue(file, 0, "", code, Level.ERROR, message, mend)
