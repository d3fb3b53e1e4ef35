"""The allow-list of a condition's parts, and the types they must have."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.kit.clock import plain_utc
from revops.kit.condition.scope import ConditionError, Scope
from revops.kit.duration import parse_duration
from revops.kit.issue import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBER, TEXT, BOOLEAN, TIME, DATE, ANY, NULL = (
    "number",
    "text",
    "boolean",
    "time",
    "date",
    "any",
    "null",
)
_KIND_OF_TYPE = {
    "integer": NUMBER,
    "decimal": NUMBER,
    "text": TEXT,
    "list": TEXT,
    "json": TEXT,
    "boolean": BOOLEAN,
    "time": TIME,
    "date": DATE,
    "any": ANY,
}
# A part of a node that is not named here (an ESCAPE, a SYMMETRIC) would be lost unnoticed.
_ARGUMENTS = {
    *("this", "expression", "expressions", "low", "high", "negate", "query", "unnest", "field"),
    *("is_string", "typed", "safe", "table", "db", "catalog"),
}
_NUMBER = re.compile(r"\d+(\.\d*)?([eE][+-]?\d{1,3})?|\.\d+([eE][+-]?\d{1,3})?")
_INTEGER_DIGITS = 19
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
Typed = tuple[exp.Expr, str]


class Typing:
    """Walks a parsed condition once, refusing what is not allowed and typing what is."""

    def __init__(self, scope: Scope, text: str) -> None:
        self.scope = scope
        self.text = text
        self._rules: dict[type[exp.Expr], Callable[[exp.Expr], Typed]] = {
            exp.Paren: self._paren,
            exp.And: self._logic,
            exp.Or: self._logic,
            exp.Not: self._not,
            exp.Is: self._is,
            exp.In: self._in,
            exp.Between: self._between,
            exp.Like: self._like,
            exp.ILike: self._like,
            exp.Lower: self._case,
            exp.Upper: self._case,
            exp.Coalesce: self._coalesce,
            exp.Neg: self._negative,
            exp.Literal: self._literal,
            exp.Boolean: lambda node: (node, BOOLEAN),
            exp.Column: self._column,
            exp.Dot: self._column,
            exp.Anonymous: self._function,
            **dict.fromkeys(_COMPARISONS, self._comparison),
            **dict.fromkeys(_ARITHMETIC, self._arithmetic),
        }

    def condition(self, node: exp.Expr) -> exp.Expr:
        """The tree of something that is true or false."""
        tree, kind = self._visit(node)
        if kind == ANY:
            return exp.TryCast(this=tree, to=exp.DataType.build("boolean"))
        if kind != BOOLEAN:
            raise self._error(node, f"this is {_a(kind)}, not something true or false")
        return tree

    def _visit(self, node: exp.Expr) -> Typed:
        rule = self._rules.get(type(node))
        if rule is None or any(node.args[arg] for arg in node.args if arg not in _ARGUMENTS):
            raise self._error(node, f"{_name(node)} is not allowed in a condition", _MEND)
        return rule(node)

    def _paren(self, node: exp.Expr) -> Typed:
        tree, kind = self._visit(node.this)
        return exp.paren(tree, copy=False), kind

    def _logic(self, node: exp.Expr) -> Typed:
        # A long chain of ANDs is a deep left spine: walked in a loop, not by recursion.
        kind, parts = type(node), []
        while isinstance(node, kind):
            parts.append(self.condition(node.expression))
            node = node.this
        tree = self.condition(node)
        for part in reversed(parts):
            tree = kind(this=tree, expression=part)
        return tree, BOOLEAN

    def _not(self, node: exp.Expr) -> Typed:
        return exp.Not(this=self.condition(node.this)), BOOLEAN

    def _is(self, node: exp.Expr) -> Typed:
        if not isinstance(node.expression, exp.Null | exp.Boolean):
            raise self._error(node, "IS is followed by NULL, NOT NULL, TRUE or FALSE")
        tree, kind = self._visit(node.this)
        if isinstance(node.expression, exp.Boolean) and kind != BOOLEAN:
            raise self._error(node, f"IS {node.expression.sql()} asks of {_a(kind)}")
        return exp.Is(this=tree, expression=node.expression.copy()), BOOLEAN

    def _comparison(self, node: exp.Expr) -> Typed:
        if isinstance(node.this, exp.Null) or isinstance(node.expression, exp.Null):
            raise self._error(node, "nothing is equal to NULL", "write IS NULL or IS NOT NULL")
        (left, right), _kind = self._alike([node.this, node.expression])
        return type(node)(this=left, expression=right), BOOLEAN

    def _between(self, node: exp.Expr) -> Typed:
        parts = [node.this, node.args["low"], node.args["high"]]
        (this, low, high), _kind = self._alike(parts)
        return exp.Between(this=this, low=low, high=high), BOOLEAN

    def _in(self, node: exp.Expr) -> Typed:
        if node.args.get("query") or node.args.get("unnest") or node.args.get("field"):
            raise self._error(node, "a subquery is not allowed in a condition", _MEND)
        for item in node.expressions:
            value = item.this if isinstance(item, exp.Neg) else item
            if not isinstance(value, exp.Literal | exp.Boolean):
                raise self._error(item, "IN takes literals only", "write IN ('a', 'b')")
        (this, *items), _kind = self._alike([node.this, *node.expressions])
        return exp.In(this=this, expressions=items), BOOLEAN

    def _like(self, node: exp.Expr) -> Typed:
        this, kind = self._visit(node.this)
        pattern, pattern_kind = self._visit(node.expression)
        if kind not in {TEXT, ANY} or pattern_kind != TEXT:
            raise self._error(node, f"{node.key.upper()} compares text, and this is {_a(kind)}")
        if "\\" in pattern.name:
            raise self._error(node, "a pattern has no backslash", "% and _ are its only signs")
        tree = type(node)(this=this, expression=pattern)
        return (exp.Not(this=tree) if node.args.get("negate") else tree), BOOLEAN

    def _case(self, node: exp.Expr) -> Typed:
        tree, kind = self._visit(node.this)
        if kind not in {TEXT, ANY}:
            raise self._error(node, f"{node.key.upper()} takes text, and this is {_a(kind)}")
        return type(node)(this=tree), TEXT

    def _coalesce(self, node: exp.Expr) -> Typed:
        (first, *rest), kind = self._alike([node.this, *node.expressions])
        return exp.Coalesce(this=first, expressions=rest), kind

    def _arithmetic(self, node: exp.Expr) -> Typed:
        left, right = (self._number(side) for side in (node.this, node.expression))
        if isinstance(node, exp.Div | exp.Mod):
            # Engines differ on division by zero; here it is unknown.
            right = exp.Nullif(this=right, expression=exp.Literal.number(0))
        if isinstance(node, exp.Div):
            tree: exp.Expr = exp.Div(this=left, expression=right, typed=False, safe=False)
        else:
            tree = type(node)(this=left, expression=right)
        return exp.paren(tree, copy=False), NUMBER

    def _negative(self, node: exp.Expr) -> Typed:
        return exp.Neg(this=self._number(node.this)), NUMBER

    def _number(self, node: exp.Expr) -> exp.Expr:
        tree, kind = self._visit(node)
        if kind == ANY:
            return _try_double(tree)
        if kind != NUMBER:
            raise self._error(node, f"arithmetic takes numbers, and this is {_a(kind)}")
        return exp.cast(tree, "double") if not isinstance(tree, exp.Literal) else tree

    def _literal(self, node: exp.Expr) -> Typed:
        if node.is_string:
            return exp.Literal.string(node.this), TEXT
        if not _NUMBER.fullmatch(node.this) or not math.isfinite(float(node.this)):
            raise self._error(node, f"'{node.this}' is not a number that can be used")
        # Engines read 1.5 as a decimal of their own; 1.5e0 is a double to all of them.
        is_whole = node.this.isdigit() and len(node.this) < _INTEGER_DIGITS
        return exp.Literal.number(node.this if is_whole else _double(node.this)), NUMBER

    def _column(self, node: exp.Expr) -> Typed:
        name = node.sql(dialect="duckdb").replace('"', "")
        kind = self.scope.type_of(name)
        if kind is None:
            mend = did_you_mean(name, self.scope.fields) or "see the reference of conditions"
            if any(part.args.get("quoted") for part in node.find_all(exp.Identifier)):
                mend = f"text is written in single quotes: '{name}'"
            raise self._error(node, f"there is no field '{name}' here", mend)
        return exp.column(exp.to_identifier(name, quoted=True)), _KIND_OF_TYPE[kind]

    def _function(self, node: exp.Expr) -> Typed:
        name = node.name.lower()
        if name == "in_list":
            return self._in_list(node), BOOLEAN
        if name == "happened":
            return self._happened(node), BOOLEAN
        mend = did_you_mean(name, ("in_list", "happened", "lower", "upper", "coalesce"))
        raise self._error(node, f"the function {name} is not allowed in a condition", mend)

    def _in_list(self, node: exp.Expr) -> exp.Expr:
        if len(node.expressions) != 2 or not node.expressions[1].is_string:  # noqa: PLR2004
            raise self._error(node, "in_list takes a field and the name of a list in quotes")
        field, name = node.expressions[0], node.expressions[1].name
        if name not in self.scope.lists:
            mend = did_you_mean(name, self.scope.lists) or "add it to lists.yaml"
            raise self._error(node.expressions[1], f"there is no list '{name}'", mend)
        tree, kind = self._visit(field)
        if kind not in {TEXT, ANY}:
            raise self._error(field, f"in_list looks for text, and this is {_a(kind)}")
        values = [exp.Literal.string(value) for value in self.scope.lists[name]]
        return exp.In(this=tree, expressions=values) if values else exp.false()

    def _happened(self, node: exp.Expr) -> exp.Expr:
        if not self.scope.may_ask_happened:
            raise self._error(node, "happened cannot be asked here")
        if len(node.expressions) != 2 or not all(each.is_string for each in node.expressions):  # noqa: PLR2004
            raise self._error(node, "happened takes a name and a duration, both in quotes")
        name, length = (each.name for each in node.expressions)
        try:
            parse_duration(length)
        except ValueError as error:
            raise self._error(node, str(error)) from None
        return exp.Anonymous(
            this="happened", expressions=[exp.Literal.string(name), exp.Literal.string(length)]
        )

    def _alike(self, parts: list[exp.Expr]) -> tuple[list[exp.Expr], str]:
        """The parts, brought to one type, and that type.

        It is that of the first part that is not a literal; free text takes on the others'.
        """
        typed = [self._visit(part) for part in parts]
        ordered = sorted(typed, key=lambda each: isinstance(each[0], exp.Literal))
        target = next((kind for _tree, kind in ordered if kind != ANY), TEXT)
        trees = [self._as(target, *each, part) for each, part in zip(typed, parts, strict=True)]
        return trees, target

    def _as(self, target: str, tree: exp.Expr, kind: str, node: exp.Expr) -> exp.Expr:
        if kind == target:
            return tree
        if kind == ANY:
            return _from_text(tree, target)
        if isinstance(tree, exp.Literal) and kind == TEXT and target in {TIME, DATE}:
            return self._moment(tree.name, target, node)
        if {kind, target} == {TIME, DATE}:
            return exp.cast(tree, "timestamp") if kind == DATE else tree
        mend = ""
        if isinstance(tree, exp.Literal):
            mend = "numbers are written without quotes" if kind == TEXT else "put it in quotes"
        raise self._error(node, f"{_a(target)} is compared with {_a(kind)}", mend)

    def _moment(self, text: str, target: str, node: exp.Expr) -> exp.Expr:
        try:
            if target == DATE:
                return exp.cast(exp.Literal.string(date.fromisoformat(text).isoformat()), "date")
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise self._error(node, f"'{text}' is not a date", "write it as 2026-03-01") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=self.scope.zone)
        utc = plain_utc(moment).isoformat(sep=" ")
        return exp.cast(exp.Literal.string(utc), "timestamp")

    def _error(self, node: exp.Expr, message: str, mend: str = "") -> ConditionError:
        starts = [n.meta["start"] for n in node.walk() if "start" in n.meta]
        position = min(starts, default=-1)
        if position < 0:
            literal = next(iter(node.find_all(exp.Literal)), None)
            position = self.text.find(literal.this) if literal else 0
        return ConditionError(message, mend, max(position, 0))


_MEND = "conditions compare fields; see the reference of conditions"


def _try_double(tree: exp.Expr) -> exp.Expr:
    return exp.TryCast(this=tree, to=exp.DataType.build("double"))


def _from_text(tree: exp.Expr, target: str) -> exp.Expr:
    """A free property, which is text, read as what it is compared with."""
    names = {NUMBER: "double", BOOLEAN: "boolean", TIME: "timestamp", DATE: "date"}
    if target not in names:
        return tree
    return exp.TryCast(this=tree, to=exp.DataType.build(names[target]))


def _a(kind: str) -> str:
    return {TEXT: "text", ANY: "free text", BOOLEAN: "true or false"}.get(kind, f"a {kind}")


def _name(node: exp.Expr) -> str:
    if isinstance(node, exp.Select | exp.Subquery | exp.Exists | exp.SetOperation):
        return "a subquery"
    if isinstance(node, exp.Cast):
        return f"a cast to {node.to.sql(dialect='duckdb').lower()}"
    if isinstance(node, exp.Func):
        return f"the function {node.sql_name().lower()}"
    if isinstance(node, exp.Null):
        return "NULL by itself"
    return f"'{node.sql(dialect='duckdb')[:40]}'"


def _double(text: str) -> str:
    number = repr(float(text))
    return number if "e" in number else f"{number}e0"
