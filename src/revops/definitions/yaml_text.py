"""A file's bytes to composed YAML nodes, within limits; what is not YAML is explained."""

from __future__ import annotations

import stat
from functools import lru_cache
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from revops.kit.issue import Issue, Level

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ruamel.yaml.nodes import Node

BYTES_LIMIT = 1_000_000
"""Size of one file; a folder may hold many."""
LINE_LIMIT = 10_000
"""Characters in a line; the parser's time grows with the square of some."""
DEPTH_LIMIT = 32
"""Depth of keys inside keys."""


class UnreadableError(Exception):
    """The file cannot be read any further."""

    def __init__(
        self, code: str, message: str, mend: str, *, line: int = 0, path: str = ""
    ) -> None:
        super().__init__(message)
        self.issue: Callable[[str], Issue] = lambda file: Issue(
            file, line, path, code, Level.ERROR, message, mend
        )


def compose(path: Path) -> Node | None:
    """The root node of a YAML file; None for an empty one. Aliases are the same node again.

    Raises:
        UnreadableError: It is not one document of YAML 1.2 within the limits.
    """
    return _compose(_text(path))


def _text(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableError("unreadable", "this is not a file", "write a text file here")
        with path.open("rb") as file:
            data = file.read(BYTES_LIMIT + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise UnreadableError(
            "unreadable", f"the file cannot be read: {reason}", "see its permissions"
        ) from None
    if len(data) > BYTES_LIMIT:
        limit = f"{BYTES_LIMIT // 1_000_000} MB"
        raise UnreadableError(
            "too-large", f"the file is larger than {limit}", "split it into a folder of files"
        )
    if b"\0" in data:
        raise UnreadableError("not-text", "the file is not text", "save it as UTF-8 text")
    return _decoded(data)


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(
            "not-text", "the file is not UTF-8 text", "save it as UTF-8", line=line
        ) from None
    for number, each in enumerate(text.split("\n"), start=1):
        if len(each) > LINE_LIMIT:
            message = f"the line has more than {LINE_LIMIT:,} characters"
            raise UnreadableError("too-large", message, "break it into lines", line=number)
    return text


@lru_cache(maxsize=128)  # a command may read the definitions more than once; nodes are only read
def _compose(text: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = DEPTH_LIMIT
    try:
        node: Node | None = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(part) for part in (error.context, error.problem) if part)
        code, message, mend = explained(problem)
        raise UnreadableError(code, message, mend, line=mark.line + 1 if mark else 0) from None
    except (YAMLError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise UnreadableError(
            "yaml-syntax", f"the file is not YAML: {reason}", "remove the character"
        ) from None
    return node


_EXPLANATIONS = (
    ("'\\t' that cannot start", "yaml-syntax", "a tab stands where YAML wants spaces",
     "use spaces"),
    ("cannot start any token", "yaml-syntax", "a value begins with a sign YAML keeps for itself",
     "put the value in double quotes"),
    ("mapping values are not allowed", "yaml-syntax", "a key stands where none can be",
     "check the indentation, and quote a value that holds a colon and a space"),
    ("flow mapping", "yaml-syntax", "the braces { } do not close where they should",
     "put a value that holds a comma in double quotes"),
    ("flow sequence", "yaml-syntax", "the brackets [ ] do not close where they should",
     "put a value that holds a comma in double quotes"),
    ("quoted scalar", "yaml-syntax", "a quote is opened and not closed", "close the quote"),
    ("single document", "yaml-syntax", "the file holds more than one document",
     "keep one, and remove the line ---"),
    ("undefined alias", "yaml-alias", "an alias names nothing",
     "put a value that begins with * in double quotes"),
    ("maximum depth", "yaml-depth", f"keys are nested more than {DEPTH_LIMIT} deep",
     "definitions are never that deep"),
)  # fmt: skip


def explained(problem: str) -> tuple[str, str, str]:
    """Code, message and mend for what the parser says."""
    for sign, code, message, mend in _EXPLANATIONS:
        if sign in problem:
            return code, message, mend
    return "yaml-syntax", f"the file is not YAML: {problem}", "check the indentation and quotes"
