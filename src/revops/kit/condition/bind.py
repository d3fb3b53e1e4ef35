"""Put a checked condition in its place: fields become columns of a query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from revops.kit.duration import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta


def fields_of(condition: exp.Expr) -> set[str]:
    """The names of the fields a checked condition speaks of."""
    return {column.name for column in condition.find_all(exp.Column)}


def happenings_of(condition: exp.Expr) -> set[tuple[str, timedelta]]:
    """The name and length of every `happened` in a checked condition."""
    return {_happening(node) for node in condition.find_all(exp.Anonymous)}


def bind(
    condition: exp.Expr,
    field: Callable[[str], exp.Expr],
    happened: Callable[[str, timedelta], exp.Expr] | None = None,
) -> exp.Expr:
    """A copy of a checked condition with each field and `happened` replaced by its SQL."""

    def replace(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column):
            return field(node.name)
        if isinstance(node, exp.Anonymous) and happened:
            return happened(*_happening(node))
        return node

    return condition.transform(replace)


def _happening(node: exp.Expr) -> tuple[str, timedelta]:
    name, length = (each.name for each in node.expressions)
    return name, parse_duration(length)
