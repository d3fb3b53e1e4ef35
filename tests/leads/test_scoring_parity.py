"""The engine against the naive reading of the contract, on random definitions and data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from revops.definitions.scope import Vocabulary
from revops.definitions.scoring import Scoring
from revops.leads.scoring import WANTED, Past, Prepared, compile_scoring, statement
from scoring_oracle.company import INSTANTS, Company, busy_company, companies
from scoring_oracle.conditions import written
from scoring_oracle.definitions import LISTS, definitions
from scoring_oracle.tables import history_fields, tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring_oracle.oracle import Result

Rows = list[dict[str, Any]]
Definition = dict[str, Any]
CLOSE = 1e-9
NOW = INSTANTS[0]
some = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
few = settings(some, max_examples=15)


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


class Scored:
    """What the engine says of a company."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        definition: Definition,
        company: Company,
        as_of: datetime,
        contact_ids: Sequence[str] | None = None,
    ) -> None:
        for name, table in tables(company).items():
            con.register(name, table)
        self.steps = compile_scoring(
            Scoring.model_validate(written(definition)),
            Vocabulary(LISTS),
            as_of.replace(tzinfo=UTC),
            past=Past(history_fields(company)),
            only_some=contact_ids is not None,
        )
        if contact_ids is not None:
            con.register(WANTED, pa.table({"contact_id": pa.array(contact_ids, pa.string())}))
        Prepared(con, self.steps)
        self.scores = {each["contact_id"]: each for each in _rows(con, "FROM scores")}
        self.lines = _rows(con, "FROM lines")


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    result = con.execute(sql)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def agree(scored: Scored, wanted: dict[str, Result]) -> None:
    assert scored.scores.keys() == wanted.keys()
    for contact_id, want in wanted.items():
        found = scored.scores[contact_id]
        note(f"{contact_id}: {found}\n  wanted {want}")
        assert found["model"] == want.model
        for part in ("fit", "engagement", "total"):
            assert found[part] == pytest.approx(getattr(want, part), abs=CLOSE, rel=0)
        assert (found["band"], found["qualified"]) == (want.band, want.qualified)
        assert set(filter(None, found["reached"].split(", "))) == want.reached


def lines_agree(scored: Scored, wanted: dict[str, Result]) -> None:
    """Lines with a name of the definition are the oracle's; all of them add up."""
    for contact_id, want in wanted.items():
        lines = [each for each in scored.lines if each["contact_id"] == contact_id]
        note(f"{contact_id}: {lines}")
        found = scored.scores[contact_id]
        sums = dict.fromkeys(("fit", "engagement", "total"), 0.0)
        for line in lines:
            sums[line["dimension"]] += line["points"]
        for part in ("fit", "engagement"):
            assert sums[part] == pytest.approx(found[part], abs=CLOSE, rel=0)
        assert sum(sums.values()) == pytest.approx(found["total"], abs=CLOSE, rel=0)
        named = {(each["dimension"], each["signal"]): each for each in lines}
        assert len(named) == len(lines)
        for line in want.lines:
            given = named[line.dimension, line.name]
            assert given["points"] == pytest.approx(line.points, abs=CLOSE, rel=0)
            assert line.last_at is None or given["last_at"] == line.last_at


def alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two rows are equal, numbers to 1e-9."""
    return one.keys() == other.keys() and all(
        value == other[key] or (isinstance(value, float) and abs(value - other[key]) <= CLOSE)
        for key, value in one.items()
    )


def same(one: Scored, other: Scored) -> None:
    assert one.scores.keys() == other.scores.keys()
    assert all(alike(score, other.scores[key]) for key, score in one.scores.items())
    lines = [sorted(each.lines, key=_key) for each in (one, other)]
    assert all(alike(left, right) for left, right in zip(*lines, strict=True))


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["contact_id"], row.get("dimension", ""), row.get("signal", "")


instants = st.sampled_from(INSTANTS)


@given(data=st.data(), definition=definitions(), as_of=instants)
@some
def test_agrees_with_the_naive_reading(
    con: duckdb.DuckDBPyConnection, data: st.DataObject, definition: Definition, as_of: datetime
) -> None:
    company = data.draw(companies(as_of))
    note(str(written(definition)))
    scored = Scored(con, definition, company, as_of)
    wanted = company.scores(definition, LISTS, as_of)
    agree(scored, wanted)
    lines_agree(scored, wanted)


BUSY = busy_company(NOW)


@given(definition=definitions())
@some
def test_agrees_where_much_is_going_on(
    con: duckdb.DuckDBPyConnection, definition: Definition
) -> None:
    note(str(written(definition)))
    scored = Scored(con, definition, BUSY, NOW)
    wanted = BUSY.scores(definition, LISTS, NOW)
    agree(scored, wanted)
    lines_agree(scored, wanted)


@given(definition=definitions(), seed=st.integers(0, 2**32))
@few
def test_neither_later_events_nor_the_order_of_rows_matter(
    con: duckdb.DuckDBPyConnection, definition: Definition, seed: int
) -> None:
    scored = Scored(con, definition, BUSY, NOW)
    same(scored, Scored(con, definition, BUSY.until(NOW).shuffled(seed), NOW))


@given(definition=definitions(), wanted=st.sets(st.integers(0, 41), max_size=3))
@few
def test_a_handful_is_scored_as_in_the_whole(
    con: duckdb.DuckDBPyConnection, definition: Definition, wanted: set[int]
) -> None:
    ids = [f"c{i}" for i in sorted(wanted)]
    whole, handful = Scored(con, definition, BUSY, NOW), Scored(con, definition, BUSY, NOW, ids)
    kept = {key: score for key, score in whole.scores.items() if key in ids}
    assert handful.scores.keys() == kept.keys()
    for key, score in kept.items():
        assert alike(handful.scores[key], score)
    lines = [each for each in whole.lines if each["contact_id"] in ids]
    assert len(handful.lines) == len(lines)


@given(definition=definitions())
@few
def test_the_printed_statement_gives_what_the_steps_give(
    con: duckdb.DuckDBPyConnection, definition: Definition
) -> None:
    scored = Scored(con, definition, BUSY, NOW)
    for name in ("scores", "lines"):
        printed = _rows(con, statement(scored.steps, name))
        stepwise = _rows(con, f"FROM {name}")
        assert len(printed) == len(stepwise)
        order = [sorted(rows, key=_key) for rows in (printed, stepwise)]
        assert all(alike(one, other) for one, other in zip(*order, strict=True))
