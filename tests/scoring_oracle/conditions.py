"""Conditions as small trees: each can be written as SQL and evaluated with three-valued logic.

A value is a float, str, bool, datetime or None (NULL). Compound expressions are always written in
parentheses, so that what is compared is meaning, not precedence.
"""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

Value = float | str | bool | None | Any


@dataclass(frozen=True)
class Row:
    """What a condition looks at.

    Attributes:
        fields: Values by the name a condition uses, such as `title` or `account.employees`.
        lists: The named lists of values.
        happened: Whether an activity or signal of a name lies within a duration of now.
    """

    fields: Mapping[str, Value]
    lists: Mapping[str, tuple[str, ...]]
    happened: Callable[[str, str], bool] | None = None


class Node(Protocol):
    """One node of a tree."""

    def sql(self) -> str: ...

    def value(self, row: Row) -> Value: ...


def holds(condition: Node, row: Row) -> bool:
    """Whether it is true; NULL is not true."""
    return condition.value(row) is True


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return _text(value) if isinstance(value, str) else f"{value:.15g}"


@dataclass(frozen=True)
class Field:
    name: str

    def sql(self) -> str:
        return self.name

    def value(self, row: Row) -> Value:
        value = row.fields.get(self.name)
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@dataclass(frozen=True)
class Property:
    """A free property of an activity: text, read as what it is compared with."""

    name: str
    is_number: bool = False

    def sql(self) -> str:
        return f"properties.{self.name}"

    def value(self, row: Row) -> Value:
        text = row.fields.get(self.sql())
        if text is None or not self.is_number:
            return text
        try:
            return float(text)
        except ValueError:
            return None


@dataclass(frozen=True)
class Literal:
    """A number, text or truth value."""

    literal: float | str | bool

    def sql(self) -> str:
        return _literal(self.literal)

    def value(self, row: Row) -> Value:  # noqa: ARG002 - a literal looks at nothing
        value = self.literal
        return value if isinstance(value, str | bool) else float(value)


@dataclass(frozen=True)
class Moment:
    """A time, written as text in ISO 8601."""

    literal: datetime

    def sql(self) -> str:
        return _text(self.literal.isoformat(sep=" "))

    def value(self, row: Row) -> Value:  # noqa: ARG002 - a literal looks at nothing
        return self.literal


@dataclass(frozen=True)
class Day:
    """A date, written as text in ISO 8601."""

    literal: date

    def sql(self) -> str:
        return _text(self.literal.isoformat())

    def value(self, row: Row) -> Value:  # noqa: ARG002 - a literal looks at nothing
        return self.literal


_ARITHMETIC: dict[str, Callable[[float, float], float | None]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: None if b == 0 else a / b,
    "%": lambda a, b: None if b == 0 else math.fmod(a, b),
}


@dataclass(frozen=True)
class Arithmetic:
    left: Node
    op: str
    right: Node

    def sql(self) -> str:
        return f"({self.left.sql()} {self.op} {self.right.sql()})"

    def value(self, row: Row) -> Value:
        left, right = self.left.value(row), self.right.value(row)
        return None if left is None or right is None else _ARITHMETIC[self.op](left, right)


@dataclass(frozen=True)
class Negative:
    of: Node

    def sql(self) -> str:
        return f"(- {self.of.sql()})"

    def value(self, row: Row) -> Value:
        value = self.of.value(row)
        return None if value is None else -value


@dataclass(frozen=True)
class Cased:
    """LOWER or UPPER of a text."""

    function: str
    of: Node

    def sql(self) -> str:
        return f"{self.function}({self.of.sql()})"

    def value(self, row: Row) -> Value:
        value = self.of.value(row)
        if value is None:
            return None
        return value.lower() if self.function == "LOWER" else value.upper()


@dataclass(frozen=True)
class Coalesce:
    of: tuple[Node, ...]

    def sql(self) -> str:
        return f"COALESCE({', '.join(each.sql() for each in self.of)})"

    def value(self, row: Row) -> Value:
        return next((v for each in self.of if (v := each.value(row)) is not None), None)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _compare(op: str, left: Value, right: Value) -> bool | None:
    return None if left is None or right is None else _COMPARISONS[op](left, right)


def _and(values: list[bool | None]) -> bool | None:
    if any(value is False for value in values):
        return False
    return None if any(value is None for value in values) else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


@dataclass(frozen=True)
class Compare:
    left: Node
    op: str
    right: Node

    def sql(self) -> str:
        return f"({self.left.sql()} {self.op} {self.right.sql()})"

    def value(self, row: Row) -> Value:
        return _compare(self.op, self.left.value(row), self.right.value(row))


@dataclass(frozen=True)
class Between:
    of: Node
    low: Node
    high: Node

    def sql(self) -> str:
        return f"({self.of.sql()} BETWEEN {self.low.sql()} AND {self.high.sql()})"

    def value(self, row: Row) -> Value:
        value = self.of.value(row)
        low, high = self.low.value(row), self.high.value(row)
        return _and([_compare(">=", value, low), _compare("<=", value, high)])


@dataclass(frozen=True)
class In:
    of: Node
    values: tuple[float | str, ...]
    negated: bool = False

    def sql(self) -> str:
        values = ", ".join(_literal(each) for each in self.values)
        return f"({self.of.sql()} {'NOT ' * self.negated}IN ({values}))"

    def value(self, row: Row) -> Value:
        value = self.of.value(row)
        return None if value is None else (value in self.values) != self.negated


@dataclass(frozen=True)
class Like:
    """`%` is any text, `_` any one character; nothing escapes them."""

    of: Node
    pattern: str
    ignores_case: bool = False
    negated: bool = False

    def sql(self) -> str:
        word = "ILIKE" if self.ignores_case else "LIKE"
        return f"({self.of.sql()} {'NOT ' * self.negated}{word} {_text(self.pattern)})"

    def value(self, row: Row) -> Value:
        value = self.of.value(row)
        if value is None:
            return None
        wild = {"%": ".*", "_": "."}
        pattern = "".join(wild.get(char, re.escape(char)) for char in self.pattern)
        flags = re.DOTALL | (re.IGNORECASE if self.ignores_case else 0)
        return (re.fullmatch(pattern, value, flags) is not None) != self.negated


@dataclass(frozen=True)
class IsNull:
    of: Node
    negated: bool = False

    def sql(self) -> str:
        return f"({self.of.sql()} IS {'NOT ' * self.negated}NULL)"

    def value(self, row: Row) -> Value:
        return (self.of.value(row) is None) != self.negated


@dataclass(frozen=True)
class And:
    of: tuple[Node, ...]

    def sql(self) -> str:
        return "(" + " AND ".join(each.sql() for each in self.of) + ")"

    def value(self, row: Row) -> Value:
        return _and([each.value(row) for each in self.of])


@dataclass(frozen=True)
class Or:
    of: tuple[Node, ...]

    def sql(self) -> str:
        return "(" + " OR ".join(each.sql() for each in self.of) + ")"

    def value(self, row: Row) -> Value:
        return _not(_and([_not(each.value(row)) for each in self.of]))


@dataclass(frozen=True)
class Not:
    of: Node

    def sql(self) -> str:
        return f"(NOT {self.of.sql()})"

    def value(self, row: Row) -> Value:
        return _not(self.of.value(row))


@dataclass(frozen=True)
class InList:
    field: str
    name: str

    def sql(self) -> str:
        return f"in_list({self.field}, {_text(self.name)})"

    def value(self, row: Row) -> Value:
        value, items = Field(self.field).value(row), row.lists[self.name]
        # Nothing is in an empty list, not even what is unknown: IN over no rows is false.
        return None if value is None and items else value in items


@dataclass(frozen=True)
class Happened:
    name: str
    within: str

    def sql(self) -> str:
        return f"happened({_text(self.name)}, {_text(self.within)})"

    def value(self, row: Row) -> Value:
        assert row.happened is not None, "happened() belongs to thresholds"
        return row.happened(self.name, self.within)


def written(definition: Any) -> Any:
    """The same definition with every condition as SQL text, as `scoring.yaml` would have it."""
    if isinstance(definition, dict):
        return {key: written(value) for key, value in definition.items()}
    if isinstance(definition, list):
        return [written(value) for value in definition]
    return definition.sql() if hasattr(definition, "sql") else definition
