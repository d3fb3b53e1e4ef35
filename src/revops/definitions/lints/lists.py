"""Lists that cannot match what they are compared with."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from revops.definitions.lints.conditions import list_uses
from revops.definitions.lints.finding import Finding, Lint
from revops.definitions.source import child
from revops.kit.issue import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.kinds import Definitions

NEEDS = {"scoring", "lists"}
_LOWER_CASE_FIELDS = {"email_domain", "lower("}


def empty(definitions: Definitions) -> Iterator[Finding]:
    """A list without values matches nobody, so the line that asks for it never gives points."""
    for name in sorted({name for _placed, _field, name in list_uses(definitions)}):
        if name in definitions.lists and not definitions.lists[name]:
            message = f"the list '{name}' is used and is empty"
            yield Finding(
                "lists", name, "empty-list", Level.NOTE, message, "add values to the list"
            )


def upper_case(definitions: Definitions) -> Iterator[Finding]:
    """`email_domain` and `lower(...)` are lower case: a value with a capital never matches."""
    lowered = {
        (name, field)
        for _placed, field, name in list_uses(definitions)
        if field.lower().startswith(tuple(_LOWER_CASE_FIELDS))
    }
    for name, field in sorted(lowered):
        for index, value in enumerate(definitions.lists.get(name, ())):
            if value != value.lower():
                message = f"'{value}' never matches {field}, which is lower case"
                mend = f"write '{value.lower()}'"
                path = child(name, index)
                yield Finding("lists", path, "upper-case", Level.WARNING, message, mend)


def twice(definitions: Definitions) -> Iterator[Finding]:
    """A value given twice is a slip of the pen; it changes nothing."""
    for name, values in definitions.lists.items():
        for value, count in Counter(values).items():
            if count > 1:
                last = max(index for index, each in enumerate(values) if each == value)
                message = f"'{value}' is in the list twice"
                path = child(name, last)
                yield Finding("lists", path, "twice", Level.NOTE, message, "remove one of them")


LINTS: tuple[Lint, ...] = (empty, upper_case, twice)
