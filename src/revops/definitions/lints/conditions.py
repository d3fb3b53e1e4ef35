"""Conditions that cannot be read, and names in them that nothing answers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from revops.definitions.lints.finding import Finding, Lint
from revops.definitions.scope import Placed, check_conditions, conditions, unknown_happenings
from revops.kit.issue import Level, did_you_mean
from revops.records import ACTIVITY_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.kinds import Definitions
    from revops.kit.condition import ConditionError

NEEDS = {"scoring", "lists"}
_INDENT = "    "


def unreadable(definitions: Definitions) -> Iterator[Finding]:
    """A condition that is not one cannot be decided; nothing that uses it can be."""
    for placed, error in check_conditions(definitions.scoring, definitions.vocabulary):
        yield condition_finding("scoring", placed, error)


def unheard_of(definitions: Definitions) -> Iterator[Finding]:
    """A `happened` that names neither a signal nor an activity anyone has is never true."""
    for placed, name in unknown_happenings(definitions.scoring, definitions.vocabulary):
        signals = [
            signal.name
            for model in definitions.scoring.models
            for signal in model.engagement.signals
        ]
        mend = did_you_mean(name, [*ACTIVITY_TYPES, *signals])
        level = Level.WARNING if mend else Level.NOTE
        message = f"'{name}' is neither a signal nor a usual type of activity"
        yield Finding("scoring", placed.path, "unknown-event", level, message, mend)


def condition_finding(stem: str, placed: Placed, error: ConditionError) -> Finding:
    """What is wrong with a condition, with a caret under the character it is about."""
    caret = "".join(f"\n{_INDENT}{line}" for line in error.pointed(placed.text).split("\n"))
    line = placed.text.count("\n", 0, error.position)
    return Finding(
        stem, placed.path, "bad-condition", Level.ERROR, error.message + caret, error.mend, line
    )


def list_uses(definitions: Definitions) -> Iterator[tuple[Placed, str, str]]:
    """Each condition of scoring that asks `in_list`, with the field and the list it names."""
    for placed in conditions(definitions.scoring, definitions.vocabulary):
        try:
            tree = parse_one(placed.text, dialect="duckdb")
        except (SqlglotError, RecursionError):
            continue
        for call in tree.find_all(exp.Anonymous):
            if call.name.lower() == "in_list" and len(call.expressions) > 1:
                field, name = call.expressions[:2]
                yield placed, field.sql(), name.name


LINTS: tuple[Lint, ...] = (unreadable, unheard_of)
