"""YAML files to plain values, each with its file and line; nothing in a file is executed.

Files are YAML 1.2. Keys are always text, and only text, numbers, true, false and null are values:
`yes` and a date are text until a definition asks for a boolean or a date. Custom tags, merge keys,
duplicate keys, aliases inside what they name and aliases that multiply are refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from revops.definitions.yaml_text import DEPTH_LIMIT, UnreadableError, compose, explained
from revops.kit.issue import Issue, Level

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COPIES_LIMIT = 10_000
"""Values that aliases may add to a file; more is a YAML bomb."""


@dataclass(frozen=True)
class Mark:
    """Where a key or an item of a list stands.

    Attributes:
        file: The file as the reader knows it.
        line: From 1.
        text_line: The line on which the text of the value begins.
    """

    file: str
    line: int
    text_line: int


@dataclass(frozen=True)
class Source:
    """What a file says, as plain values, and where it says it.

    Attributes:
        value: Mappings with text keys, lists, text, numbers, booleans and None.
        marks: By path, such as `models[0].fit.weight`.
    """

    value: dict[str, Any]
    marks: Mapping[str, Mark]


def child(path: str, key: str | int) -> str:
    """The path of what a key or an index leads to."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key


def read_source(path: Path, name: str) -> tuple[Source | None, list[Issue]]:
    """Read a YAML file whose root is a mapping; an empty file is an empty mapping.

    Args:
        path: Where it is.
        name: How issues call it.

    Returns:
        What it says, or None where it cannot be read, and all that is wrong with it.
    """
    try:
        reading = _Reading(name)
        value = reading.value(compose(path))
    except UnreadableError as error:
        return None, [error.issue(name)]
    if not isinstance(value, dict):
        wrong = UnreadableError("yaml-root", "the file is not a mapping of keys", _ROOT, line=1)
        return None, [wrong.issue(name)]
    return Source(value, reading.marks), reading.issues


_ROOT = "begin with a key and a colon, such as `models:`"


_GREATEST = 1e300
_TAG = "tag:yaml.org,2002:"
_BOMB = "repeat the lines instead of using an alias"


class _Reading:
    """One walk over a composed file, in which aliases are the same node met again."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.marks: dict[str, Mark] = {}
        self.issues: list[Issue] = []
        self._met: set[int] = set()
        self._open: set[int] = set()
        self._copies = 0

    def value(self, node: Node | None, path: str = "", depth: int = 0) -> Any:
        if node is None:
            return {}
        self._guard(node, path, depth)
        if isinstance(node, ScalarNode):
            return {} if not path and self._tag(node) == "null" else self._scalar(node, path)
        if self._tag(node) not in {"map", "seq"}:
            self._refuse_tag(node, path)
        self._open.add(id(node))
        read = self._mapping if isinstance(node, MappingNode) else self._sequence
        value = read(node, path, depth + 1)
        self._open.discard(id(node))
        return value

    def _guard(self, node: Node, path: str, depth: int) -> None:
        line = _line(node)
        if id(node) in self._open:
            message = f"the value refers to itself through *{node.anchor}"
            raise UnreadableError("circular-reference", message, _BOMB, line=line, path=path)
        if depth > DEPTH_LIMIT:
            _code, message, mend = explained("maximum depth")
            raise UnreadableError("yaml-depth", message, mend, line=line, path=path)
        self._copies += id(node) in self._met
        self._met.add(id(node))
        if self._copies > COPIES_LIMIT:
            message = f"aliases make the file grow by more than {COPIES_LIMIT:,} values"
            raise UnreadableError("yaml-bomb", message, _BOMB, line=line)

    def _mapping(self, node: Node, path: str, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key is None:
                continue
            at = child(path, key)
            if key in result:
                first = self.marks[at].line
                self._add(
                    key_node, at, "duplicate-key",
                    f"the key '{key}' is given twice, first in line {first}", "keep one of them",
                )  # fmt: skip
                continue
            self.marks[at] = Mark(self.file, _line(key_node), _text_line(value_node))
            result[key] = self.value(value_node, at, depth)
        return result

    def _sequence(self, node: Node, path: str, depth: int) -> list[Any]:
        for index, item in enumerate(node.value):
            mark = Mark(self.file, _line(item), _text_line(item))
            self.marks[child(path, index)] = mark
        return [self.value(item, child(path, i), depth) for i, item in enumerate(node.value)]

    def _key(self, node: Node, path: str) -> str | None:
        if not isinstance(node, ScalarNode):
            self._add(node, path, "yaml-key", "a key must be text", "write a name and a colon")
            return None
        if self._tag(node) == "merge":
            self._add(node, path, "yaml-merge", "merge keys (<<) are not read", _BOMB)
            return None
        return str(node.value)

    def _scalar(self, node: Node, path: str) -> Any:
        text = str(node.value)
        match self._tag(node):
            case "null":
                return None
            case "bool":
                return text.lower() in {"true", "yes", "on", "y"}
            case "int" | "float" as kind:
                return self._number(node, text, kind, path)
            case "str" | "timestamp" | "value" | "merge":
                if any("\ud800" <= letter <= "\udfff" for letter in text):
                    self._add(
                        node,
                        path,
                        "not-text",
                        "the text holds half a character",
                        "write it plainly",
                    )
                    return ""
                return text
        self._refuse_tag(node, path)
        return None

    def _number(self, node: Node, text: str, kind: str, path: str) -> int | float | None:
        try:
            number = _integer(text) if kind == "int" else float(text.replace("_", ""))
        except ValueError:
            number = math.nan
        if abs(number) > _GREATEST or math.isnan(number):
            self._add(
                node, path, "yaml-number", f"'{text[:40]}' is not a number that can be used",
                "write digits, or put it in quotes to make it text",
            )  # fmt: skip
            return None
        return number + 0  # -0.0 is 0

    def _tag(self, node: Node) -> str:
        return str(node.tag or "").removeprefix(_TAG)

    def _refuse_tag(self, node: Node, path: str) -> None:
        tag = str(node.tag).replace(_TAG, "!!")
        self._add(node, path, "yaml-tag", f"the tag {tag} is not read", "remove the tag")

    def _add(self, node: Node, path: str, code: str, message: str, mend: str) -> None:
        self.issues.append(Issue(self.file, _line(node), path, code, Level.ERROR, message, mend))


def _integer(text: str) -> int:
    digits = text.replace("_", "")
    return int(digits, 0) if digits.lower().lstrip("+-").startswith(("0x", "0o")) else int(digits)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _text_line(node: Node) -> int:
    # The text of a block (| or >) begins on the line after its sign.
    return _line(node) + (isinstance(node, ScalarNode) and node.style in {"|", ">"})
