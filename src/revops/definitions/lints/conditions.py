"""Conditions that cannot be read, and names in them that nothing answers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.optimizer.simplify import simplify

from revops.definitions.lints.finding import Finding, Lint
from revops.definitions.scope import Placed, check_conditions, unknown_happenings
from revops.kit.condition import ConditionError, fields_of, parse_condition
from revops.kit.issue import Level, did_you_mean
from revops.records import ACTIVITY_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from revops.definitions.kinds import Definitions
    from revops.kit.condition import Scope

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


def tree_of(text: str | None, scope: Scope) -> list[exp.Expr]:
    """The condition in a list, which is empty where there is none that can be read."""
    try:
        return [] if text is None else [parse_condition(text, scope)]
    except ConditionError:
        return []


def is_never(holds: Sequence[exp.Expr], earlier: Sequence[exp.Expr] = ()) -> bool:
    """Whether these can be seen never to hold all at once, without an earlier one that does.

    A comparison that holds has no unknown field, so that the fields of `holds` count as known;
    an earlier condition about other fields may just be unknown, and proves nothing.
    """
    fields = {name for each in holds for name in fields_of(each)}
    passed = [exp.not_(each) for each in earlier if fields_of(each) <= fields]
    tree = exp.and_(exp.true(), *holds, *passed)
    for column in tree.find_all(exp.Column):
        column.meta["nonnull"] = True
    simple = simplify(tree)
    return bool(simple == exp.false() or _contradicts(simple))


def _contradicts(tree: exp.Expr) -> bool:
    """Whether a field would have to be two texts at once, whichever way it is to hold."""
    parts = list(_all_of(tree))
    plain = [each for each in parts if not isinstance(each, exp.Or)]
    left: dict[str, frozenset[str]] = {}
    for field, texts in map(_texts_asked, plain):
        left[field] = left.get(field, texts) & texts
    return frozenset() in left.values() or any(
        all(_contradicts(exp.and_(*plain, way)) for way in each.flatten())
        for each in parts
        if isinstance(each, exp.Or)
    )


def _all_of(tree: exp.Expr) -> Iterator[exp.Expr]:
    """What must hold all at once."""
    tree = tree.unnest()
    if isinstance(tree, exp.And):
        yield from _all_of(tree.left)
        yield from _all_of(tree.right)
    else:
        yield tree


def _texts_asked(part: exp.Expr) -> tuple[str, frozenset[str]]:
    """What must be one of which texts; what is no such comparison only has to be itself."""
    asked, among = part, list[exp.Expr]()
    if isinstance(part, exp.EQ):
        asked, among = part.this, [part.expression]
        if asked.is_string:
            asked, among = part.expression, [asked]
    elif isinstance(part, exp.In):
        asked, among = part.this, part.expressions
    if not among or not all(each.is_string for each in among):
        return part.sql(), frozenset({part.sql()})
    return asked.sql(), frozenset(each.name for each in among)


LINTS: tuple[Lint, ...] = (unreadable, unheard_of)
