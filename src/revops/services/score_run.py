"""The results of one pass of scoring: worked out once, kept in files or only while asked."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlglot import exp

from revops.leads.scoring.expressions import instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb
    import pyarrow as pa

    from revops.store import Store

SCORES_FOLDER = "scores"
_DECIMALS = 6
# Ids differ in every row: a large dictionary of them would be made and then thrown away.
_FORMAT = "(FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1000)"


@dataclass(frozen=True)
class ScoreRun:
    """One pass of scoring, as long as its connection is open.

    Attributes:
        as_of: The instant that the scores are of.
        definitions_version: The definitions that made them.
        con: A DuckDB connection with `scores`, `lines` and `account_scores`, whose columns are
            those of `compile_scoring`; `scores` has scored_at (the instant, in UTC) and
            definitions_version besides.
        folder: Where `scores.parquet` and `lines.parquet` are kept; None if they are not.
    """

    as_of: datetime
    definitions_version: str
    con: duckdb.DuckDBPyConnection
    folder: Path | None = None

    def scores(self) -> pa.Table:
        """contact_id, model, fit, engagement, total, band, qualified, scored_at, by contact_id."""
        return self._table(
            f"SELECT contact_id, model, {_rounded('fit', 'engagement', 'total')}, "
            "band, qualified, scored_at FROM scores ORDER BY contact_id"
        )

    def lines(self) -> pa.Table:
        """contact_id, dimension, signal, points, raw_points, count, last_at, by contact_id."""
        return self._table(
            f"SELECT contact_id, dimension, signal, {_rounded('points', 'raw_points')}, "
            '"count", last_at FROM lines ORDER BY contact_id, dimension, signal'
        )

    def accounts(self) -> pa.Table:
        """The score of each account (see `account_scores`) with its name, highest first."""
        return self._table(
            f"SELECT account_id, name, {_rounded('score')}, buying_committee, "
            f"{_rounded('engagement', 'fit')}, contacts, engaged_contacts FROM account_scores "
            "LEFT JOIN (SELECT id AS account_id, name FROM accounts) USING (account_id) "
            "ORDER BY score DESC, account_id"
        )

    def counts(self) -> tuple[int, int]:
        """How many contacts were scored, and how many of them are qualified."""
        counted = "SELECT count(*), count(*) FILTER (WHERE qualified) FROM scores"
        contacts, qualified = self.con.execute(counted).fetchall()[0]
        return contacts, qualified

    def _table(self, query: str) -> pa.Table:
        self.con.execute("SET preserve_insertion_order = true")  # as the query sorts them
        return self.con.sql(query).to_arrow_table()


def settle(run: ScoreRun, contact_ids: Sequence[str], folder: Path | None) -> ScoreRun:
    """Work the results out, once: into files of a new folder, or into tables of the connection.

    The folder appears whole or not at all.
    """
    draft = folder.with_name(f".{folder.name}") if folder else None
    if draft is not None:
        draft.mkdir(parents=True)
    try:
        for name, query in _results(run, contact_ids).items():
            if draft is None:
                table = exp.to_table(f"settled_{name}")
                create = exp.Create(this=table, kind="TABLE", expression=query)
                run.con.execute(create.sql(dialect="duckdb"))
            else:
                copy = f"COPY ({query.sql(dialect='duckdb')}) TO $1 {_FORMAT}"
                run.con.execute(copy, [str(draft / f"{name}.parquet")])
        if draft is not None and folder is not None:
            draft.rename(folder)
    except BaseException:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
        raise
    settled = ScoreRun(run.as_of, run.definitions_version, run.con, folder)
    _show(settled)
    return settled


def new_folder(workspace: Path, as_of: datetime) -> Path:
    """A name for a run that no other has."""
    name = f"{as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"
    return workspace / SCORES_FOLDER / name


def record(store: Store, run: ScoreRun) -> None:
    """Enter a kept run into the store's `score_runs`."""
    import sqlalchemy as sa

    from revops.store.tables import SCORE_RUNS

    if run.folder is None:
        return
    contacts, qualified = run.counts()
    row = {
        "id": run.folder.name,
        "as_of": run.as_of,
        "scored_at": datetime.now(UTC),
        "definitions_version": run.definitions_version,
        "contacts": contacts,
        "qualified": qualified,
        "folder": f"{SCORES_FOLDER}/{run.folder.name}",
    }
    with store.write() as connection:
        connection.execute(sa.insert(SCORE_RUNS).values(row))


def _results(run: ScoreRun, contact_ids: Sequence[str]) -> dict[str, exp.Select]:
    scored_at = instant(run.as_of)
    version = exp.Literal.string(run.definitions_version)
    results = {
        "scores": exp.select(
            "*", exp.alias_(scored_at, "scored_at"), exp.alias_(version, "definitions_version")
        ).from_("scores"),
        "lines": exp.select("*").from_("lines"),
    }
    if contact_ids:
        asked = [exp.Literal.string(each) for each in contact_ids]
        results = {
            name: query.where(exp.column("contact_id").isin(*asked))
            for name, query in results.items()
        }
    return results


def _show(run: ScoreRun) -> None:
    """Let `scores` and `lines` stand for the settled results."""
    for name in ("scores", "lines"):
        source = f"settled_{name}"
        if run.folder is not None:
            path = exp.Literal.string(str(run.folder / f"{name}.parquet"))
            source = f"read_parquet({path.sql(dialect='duckdb')})"
        run.con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM {source}")


def _rounded(*names: str) -> str:
    return ", ".join(f"round({name}, {_DECIMALS}) AS {name}" for name in names)
