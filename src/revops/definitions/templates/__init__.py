"""The workspaces that `revops init` starts from: plain files, one folder a layer.

A motion is one or more layers laid over each other; a file of a later layer takes the place of
the same file of an earlier one.
"""

from __future__ import annotations

import re
from pathlib import Path

from revops.definitions.lists import PRIVATE_LISTS

MOTIONS: dict[str, tuple[str, ...]] = {
    "plg": ("shared", "product-led", "plg"),
    "enterprise": ("shared", "enterprise"),
    "mid-market": ("shared", "mid-market"),
    "playbook": ("shared", "playbook"),
    "universal": ("shared", "universal"),
    "full": ("shared", "product-led", "full"),
}
"""The layers of each go-to-market motion, lowest first."""

_LISTS = "definitions/lists.yaml"
_LIST = re.compile(r"(\w+):")
_FOLDER = Path(__file__).parent
_RENAMED = {"gitignore": ".gitignore"}  # a real .gitignore here would hide files from our own git


def template_files(motion: str) -> dict[str, str]:
    """The text of each file of a motion, by its path in the workspace."""
    files: dict[str, str] = {}
    for layer in MOTIONS[motion]:
        for file in sorted((_FOLDER / layer).rglob("*")):
            if file.is_file():
                path = file.relative_to(_FOLDER / layer).as_posix()
                files[_RENAMED.get(path, path)] = file.read_text(encoding="utf-8")
    files[_LISTS] = _asked_for(files)
    return files


def _asked_for(files: dict[str, str]) -> str:
    """The shared lists without those that nothing in this motion names."""
    others = "\n".join(text for path, text in files.items() if path != _LISTS)
    paragraphs = files[_LISTS].split("\n\n")
    names = (_LIST.match(each) for each in paragraphs)
    kept = [
        each
        for each, name in zip(paragraphs, names, strict=True)
        if not name or name[1] in PRIVATE_LISTS or f"'{name[1]}'" in others
    ]
    return "\n\n".join(kept).rstrip() + "\n"
