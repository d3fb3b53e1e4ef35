"""The only ways by which a value or a name from outside gets into SQL."""

from __future__ import annotations

from sqlglot import exp


def literal(value: str) -> str:
    """A value as an SQL literal."""
    return exp.Literal.string(value).sql("duckdb")


def literals(values: tuple[str, ...]) -> str:
    """Values as the inside of `IN (...)`."""
    return ", ".join(literal(value) for value in values)


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return exp.to_identifier(name, quoted=True).sql("duckdb")
