"""Values of a YAML file written anew in its text, so that comments and layout stay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Mapping

Path = tuple[str | int, ...]
"""Keys and places from the root, such as `("models", 0, "fit", "max")`."""


def edited(text: str, values: Mapping[Path, float | str]) -> str:
    """The text with other values at these places; what is not there or not a scalar stays.

    Args:
        text: A sound YAML file.
        values: Place -> its new value.
    """
    root = YAML(typ="safe", pure=True).compose(text)
    places = {}
    for path, value in values.items():
        node = _at(root, path)
        if isinstance(node, ScalarNode):
            end = len(text[: node.end_mark.index].rstrip())
            places[node.start_mark.index] = (end, _written(value))
    for start, (end, written) in sorted(places.items(), reverse=True):
        text = text[:start] + written + text[end:]
    return text


def _at(node: Node | None, path: Path) -> Node | None:
    for step in path:
        if isinstance(node, MappingNode):
            node = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            return None
    return node


def _written(value: float | str) -> str:
    """A number plainly; a text in quotes, which a comment or a brace after it cannot spoil."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else f"{value:g}"
