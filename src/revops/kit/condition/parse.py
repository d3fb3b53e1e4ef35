"""From the text of a condition to a checked tree; anything not on the lists is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError

from revops.kit.condition.scope import ConditionError, Scope
from revops.kit.condition.typing import Typing

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token

MAX_LENGTH = 4000
MAX_DEPTH = 60
MAX_TOKENS = 1000
_NO_CONDITION = "this is not a condition"
_MEND = "a condition is a comparison such as title ILIKE '%vp%' AND account.employees > 500"


def parse_condition(text: str, scope: Scope) -> exp.Expr:
    """Read a condition: a SQL boolean expression over the fields of the scope.

    Allowed are comparisons, AND, OR, NOT, IN with literals, BETWEEN, LIKE, ILIKE, IS NULL,
    arithmetic, LOWER, UPPER, COALESCE, `in_list(field, 'list')` and `happened(name, 'duration')`.

    Returns:
        A tree in which fields are columns, `in_list` has become IN, literals have the type of
        what they are compared with, and `happened` is left for `bind`.

    Raises:
        ConditionError: The text is not such an expression; it says where and why.
    """
    tokens = _tokens(text)
    try:
        trees = DuckDB.Parser(dialect=DuckDB()).parse(tokens, text)
    except ParseError as error:
        raise _syntax_error(error, text) from None
    except TypeError:  # an operator without what it works on, such as ->
        raise ConditionError(_NO_CONDITION, _MEND) from None
    except RecursionError:
        raise ConditionError("the condition is nested too deeply", "simplify it") from None
    tree = trees[0] if len(trees) == 1 else None
    if not isinstance(tree, exp.Expr):
        raise ConditionError("a condition is one expression", "remove the semicolon")
    checked = Typing(scope, text).condition(tree)
    for node in checked.walk():
        if node.meta_get("start") is not None:
            node.meta.clear()  # where it stood: of no use any more, and slow to copy
    return checked


def _tokens(text: str) -> list[Token]:
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"the condition is longer than {MAX_LENGTH} characters", "shorten it")
    if not text.strip():
        raise ConditionError("the condition is empty", "write one, such as title IS NOT NULL")
    try:
        tokens = DuckDB.Tokenizer(dialect=DuckDB()).tokenize(text)
    except TokenError:
        quote = max(text.rfind("'"), text.rfind('"'), 0)
        raise ConditionError(
            "a quote is opened and not closed", "write a quote inside text as ''", quote
        ) from None
    if len(tokens) > MAX_TOKENS:
        raise ConditionError(f"the condition has more than {MAX_TOKENS} words", "use a list")
    depth = 0
    for token in tokens:
        if token.comments:
            at = max(text.find("--"), text.find("/*"), 0)
            raise ConditionError("a comment is not allowed in a condition", "use YAML's #", at)
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth > MAX_DEPTH:
            raise ConditionError("the condition is nested too deeply", "simplify it", token.start)
    if not tokens:
        raise ConditionError("a comment is not allowed in a condition", "use YAML's #")
    return list(tokens)


def _syntax_error(error: ParseError, text: str) -> ConditionError:
    """Where the parser stopped, in our words."""
    first = error.errors[0] if error.errors else {}
    line, column = first.get("line") or 1, first.get("col") or 1
    lines = text.split("\n")
    highlight = str(first.get("highlight") or "")
    start = sum(len(each) + 1 for each in lines[: line - 1]) + max(column - len(highlight), 0)
    near = f" near '{highlight}'" if highlight.strip() else ""
    return ConditionError(
        f"{_NO_CONDITION}{near}",
        _MEND,
        min(start, max(len(text) - 1, 0)),
    )
