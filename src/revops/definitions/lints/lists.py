"""Lists that cannot match what they are compared with, or that nothing asks for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from revops.definitions.lints.finding import Finding, Lint
from revops.definitions.lists import PRIVATE_LISTS
from revops.definitions.scope import conditions
from revops.definitions.source import child
from revops.kit.issue import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.kinds import Definitions

NEEDS = {"lists", "scoring", "lifecycle", "routing", "slas", "automations"}
_LOWER_CASE_FIELDS = {"email_domain", "lower("}


def empty(definitions: Definitions) -> Iterator[Finding]:
    """A list without values matches nobody, so what asks for it never holds."""
    for name in sorted({name for _field, name in _uses(definitions)}):
        if name in definitions.lists and not definitions.lists[name]:
            message = f"the list '{name}' is used and is empty"
            yield Finding(
                "lists", name, "empty-list", Level.NOTE, message, "add values to the list"
            )


def upper_case(definitions: Definitions) -> Iterator[Finding]:
    """`email_domain` and `lower(...)` are lower case: a value with a capital never matches."""
    lowered = {
        (name, field)
        for field, name in _uses(definitions)
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


def unused(definitions: Definitions) -> Iterator[Finding]:
    """A list that nothing asks for decides nothing, though it looks as if it did."""
    asked = {*PRIVATE_LISTS, *(name for _field, name in _uses(definitions))}
    for name, values in definitions.lists.items():
        if values and name not in asked:
            message = f"no condition asks for the list '{name}'"
            mend = f"write in_list(FIELD, '{name}') where it is to count, or remove the list"
            yield Finding("lists", name, "unused-list", Level.NOTE, message, mend)


def _uses(definitions: Definitions) -> Iterator[tuple[str, str]]:
    """The field and the list of every `in_list` of every condition."""
    for text in _conditions(definitions):
        try:
            tree = parse_one(text, dialect="duckdb")
        except (SqlglotError, RecursionError):
            continue
        for call in tree.find_all(exp.Anonymous):
            if call.name.lower() == "in_list" and len(call.expressions) > 1:
                field, name = call.expressions[:2]
                yield field.sql(), name.name


def _conditions(definitions: Definitions) -> Iterator[str]:
    """The text of every condition, wherever it stands."""
    slas, automations = definitions.slas, definitions.automations
    yield from (each.text for each in conditions(definitions.scoring, definitions.vocabulary))
    for placed in (
        definitions.lifecycle.conditions(),
        definitions.routing.conditions(),
        slas.conditions(),
        slas.activity_conditions(),
        automations.conditions(),
    ):
        yield from (text for _path, text in placed)
    yield from (text for _record, _path, text in automations.record_conditions())


LINTS: tuple[Lint, ...] = (empty, upper_case, twice, unused)
