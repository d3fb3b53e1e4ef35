"""A query as named steps, so that the same steps are printed, run and carried to a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import duckdb


WANTED = "wanted"
"""A table with the column contact_id: the contacts to be scored, where not all are."""


class Role(StrEnum):
    """What becomes of a step's rows when the steps are run."""

    PART = "part"  # nothing: it is worked into the steps that read it
    KEPT = "kept"  # a table, because several later steps read it
    ANSWER = "answer"  # a view: what one came for


@dataclass(frozen=True)
class Step:
    """One named query; it may read the facts and the steps before it.

    Attributes:
        name: What later steps call it.
        query: The query, in DuckDB's dialect.
        role: What becomes of its rows.
    """

    name: str
    query: exp.Query
    role: Role = Role.PART


def statement(
    steps: Sequence[Step], of: str, dialect: str = "duckdb", *, given: Collection[str] = ()
) -> str:
    """One SQL statement that gives the rows of the step called `of`.

    Steps that it does not need, and those `given` as tables, are left out.
    """
    by_name = {step.name: step for step in steps}
    needed = _needed({name: by_name[name] for name in by_name if name not in given}, of)
    query = by_name[of].query.copy()
    for step in steps:
        if step.name in needed and step.name != of:
            query = query.with_(step.name, as_=step.query.copy(), copy=False)
    return query.sql(dialect=dialect, pretty=True)


def _needed(by_name: Mapping[str, Step], of: str) -> set[str]:
    found: set[str] = set()
    waiting = [of]
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in found:
            found.add(name)
            waiting += [table.name for table in by_name[name].query.find_all(exp.Table)]
    return found


def creations(steps: Sequence[Step]) -> Iterator[tuple[Step, str]]:
    """What makes the table or view of each step that has one, in order."""
    kept: set[str] = set()
    for step in steps:
        if step.role is Role.PART:
            continue
        query = statement(steps, step.name, given=kept)
        if step.role is Role.KEPT:
            kept.add(step.name)
        kind = "TABLE" if step.role is Role.KEPT else "VIEW"
        yield step, f"CREATE OR REPLACE TEMP {kind} {step.name} AS {query}"


class Prepared:
    """Steps that stand in a connection: kept ones as temporary tables, answers as views."""

    def __init__(self, con: duckdb.DuckDBPyConnection, steps: Sequence[Step]) -> None:
        self._con = con
        self._tables: list[duckdb.Statement] = []
        for step, text in creations(steps):
            if step.role is Role.KEPT:
                # Kept as read, because reading it takes as long as running it on a few contacts.
                self._tables += con.extract_statements(text)
                con.execute(self._tables[-1])
            else:
                con.execute(text)

    def renew(self) -> None:
        """Work the kept steps out again, after what they read has changed."""
        for table in self._tables:
            self._con.execute(table)


def only_wanted(column: exp.Expr) -> exp.In:
    """Whether a contact's id is in the table of those to be scored."""
    return exp.In(this=column, query=the_wanted().subquery())


def the_wanted() -> exp.Select:
    """The ids of those to be scored."""
    return exp.select("contact_id").from_(exp.to_table(WANTED))
