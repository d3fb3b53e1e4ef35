"""A query as named steps, so that the same steps are printed, run and carried to a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb


@dataclass(frozen=True)
class Step:
    """One named query; it may read the facts and the steps before it.

    Attributes:
        name: What later steps call it.
        query: The query, in DuckDB's dialect.
        is_kept: Whether its result is worth keeping, because several later steps read it.
    """

    name: str
    query: exp.Query
    is_kept: bool = False


def statement(steps: Sequence[Step], of: str, dialect: str = "duckdb") -> str:
    """One SQL statement that gives the rows of the step called `of`.

    Steps that it does not need are left out.
    """
    by_name = {step.name: step for step in steps}
    needed = _needed(by_name, of)
    query = by_name[of].query.copy()
    for step in steps:
        if step.name in needed and step.name != of:
            query = query.with_(step.name, as_=step.query.copy(), copy=False)
    return query.sql(dialect=dialect, pretty=True)


def _needed(by_name: dict[str, Step], of: str) -> set[str]:
    found: set[str] = set()
    waiting = [of]
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in found:
            found.add(name)
            waiting += [table.name for table in by_name[name].query.find_all(exp.Table)]
    return found


def prepare(con: duckdb.DuckDBPyConnection, steps: Sequence[Step]) -> None:
    """Make every step a temporary view of the connection, or a table where it is to be kept."""
    for step in steps:
        kind = "TABLE" if step.is_kept else "VIEW"
        create = exp.Create(
            this=exp.to_table(step.name, quoted=True),
            kind=kind,
            replace=True,
            expression=step.query,
            properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
        )
        con.execute(create.sql(dialect="duckdb"))
