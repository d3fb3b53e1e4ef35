"""Which places a text has, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment, TemplateSyntaxError, nodes

from revops.kit.issue import did_you_mean
from revops.kit.texts.filters import FILTERS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MOST_TEXT = 20_000
"""Characters of a text."""
MOST_LOOPS = 2
"""Loops inside each other."""
_PLAIN = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
)
_Loops = tuple[tuple[str, str], ...]
_READER = Environment(autoescape=True)  # only parses


class TextError(ValueError):
    """A text that cannot be used.

    Attributes:
        message: What is wrong.
        mend: What to do about it.
        line: In which line of the text, from 1.
    """

    def __init__(self, message: str, mend: str = "", line: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend
        self.line = line


@dataclass(frozen=True)
class Place:
    """A place of a text: its name, such as `leads[].name` inside a loop over `leads`, and line."""

    name: str
    line: int


def check_text(text: str, known: Collection[str]) -> Iterator[TextError]:
    """Everything that is wrong with a text.

    Args:
        text: The text.
        known: The places that can be filled in: `contact.title`; `activity.properties.*` for any
            name below; `leads[].name` for what each item of the list `leads` has.
    """
    try:
        found = places_in(text)
    except TextError as error:
        yield error
        return
    for place in {each.name: each for each in reversed(found)}.values():
        if not _is_known(place.name, known):
            is_list = place.name.endswith("[]")
            what, name = "list" if is_list else "place", place.name.replace("[]", "")
            lists = {each.partition("[]")[0] for each in known if "[]" in each}
            near = did_you_mean(name, lists if is_list else (k.replace("[]", "") for k in known))
            mend = near or "the page on automations lists the places"
            yield TextError(f"there is no {what} '{name}' to fill in here", mend, place.line)


def places_in(text: str) -> list[Place]:
    """The places of a text, in order.

    Raises:
        TextError: The text is not one.
    """
    if len(text) > MOST_TEXT:
        raise TextError(f"the text is longer than {MOST_TEXT} characters", "shorten it")
    try:
        return list(_places(_READER.parse(text), ()))
    except TemplateSyntaxError as error:
        message = (error.message or "it cannot be read").rstrip(".")
        mend = "write a place as {{ contact.first_name }}"
        raise TextError(f"this cannot be read: {message}", mend, error.lineno) from None
    except TextError:
        raise
    except (RecursionError, ValueError):  # a number of thousands of digits is a ValueError
        raise TextError("the text is nested too deeply or holds a huge number") from None


def _is_known(name: str, known: Collection[str]) -> bool:
    if name.endswith("[]"):
        return any(each.startswith(f"{name}.") for each in known)
    parts = name.split(".")
    return name in known or any(".".join([*parts[:n], "*"]) in known for n in range(1, len(parts)))


def _places(node: nodes.Node, loops: _Loops) -> Iterator[Place]:
    """The places below a node; `loops` are the words around it and their lists."""
    if isinstance(node, nodes.Name | nodes.Getattr):
        yield Place(_dotted(node, loops), node.lineno)
        return
    if isinstance(node, nodes.For):
        yield from _places_of_loop(node, loops)
        return
    if isinstance(node, nodes.Filter):
        _check_filter(node)
    elif not isinstance(node, _PLAIN):
        raise _not_allowed(node)
    for child in node.iter_child_nodes():
        yield from _places(child, loops)


def _check_filter(node: nodes.Filter) -> None:
    if node.name not in FILTERS:
        mend = did_you_mean(node.name, FILTERS) or f"one of {', '.join(FILTERS)}"
        raise TextError(f"there is no filter '{node.name}'", mend, node.lineno)


def _places_of_loop(node: nodes.For, loops: _Loops) -> Iterator[Place]:
    if not isinstance(node.target, nodes.Name) or node.recursive or node.test:
        raise _not_allowed(node)
    if len(loops) >= MOST_LOOPS:
        raise TextError(f"more than {MOST_LOOPS} loops are inside each other", "", node.lineno)
    items = f"{_dotted(node.iter, loops)}[]"
    yield Place(items, node.lineno)
    for child in node.body:
        yield from _places(child, (*loops, (node.target.name, items)))
    for child in node.else_:
        yield from _places(child, loops)


def _dotted(node: nodes.Node, loops: _Loops) -> str:
    if isinstance(node, nodes.Name):
        return dict(loops).get(node.name, node.name)
    if isinstance(node, nodes.Getattr):
        return f"{_dotted(node.node, loops)}.{node.attr}"
    raise _not_allowed(node)


def _not_allowed(node: nodes.Node) -> TextError:
    word = type(node).__name__.lower()
    mend = "a text has places, filters, `if` and `for`"
    return TextError(f"'{word}' is not allowed in a text", mend, node.lineno)
