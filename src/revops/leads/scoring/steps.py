"""A query as named steps, so that the same steps are printed, run and carried to a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb


WANTED = "wanted"
"""A table with the column contact_id: the contacts to be scored, where not all are."""


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


class Prepared:
    """Steps that stand in a connection: as temporary views, or as tables where they are kept."""

    def __init__(self, con: duckdb.DuckDBPyConnection, steps: Sequence[Step]) -> None:
        self._con = con
        self._kept = [_creation(step) for step in steps if step.is_kept]
        for step in steps:
            con.execute(_creation(step))

    def renew(self) -> None:
        """Work the kept steps out again, after what they read has changed."""
        for creation in self._kept:
            self._con.execute(creation)


def only_wanted(column: exp.Expr) -> exp.In:
    """Whether a contact's id is in the table of those to be scored."""
    wanted = exp.select("contact_id").from_(exp.to_table(WANTED))
    return exp.In(this=column, query=wanted.subquery())


def _creation(step: Step) -> str:
    create = exp.Create(
        this=exp.to_table(step.name, quoted=True),
        kind="TABLE" if step.is_kept else "VIEW",
        replace=True,
        expression=step.query,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )
    return create.sql(dialect="duckdb")
