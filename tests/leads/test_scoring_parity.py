"""The engine against the naive reading of the contract, on random definitions and data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from revops.definitions.scope import Vocabulary
from revops.definitions.scoring import Scoring
from revops.leads.scoring import (
    ENGAGED_CONTACTS,
    Past,
    Prepared,
    compile_scoring,
    statement,
    want,
)
from scoring_oracle.agreement import accounts_agree, lines_agree, rows_agree, scores_agree
from scoring_oracle.company import INSTANTS, Company, busy_company, companies
from scoring_oracle.conditions import written
from scoring_oracle.definitions import CUSTOM, LISTS, definitions, many_conditions
from scoring_oracle.tables import history_fields, tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring_oracle.agreement import Rows

Definition = dict[str, Any]
NOW = INSTANTS[0]
DAY = timedelta(days=1)
BUSY = busy_company(NOW)
LINE_KEY = ("contact_id", "dimension", "signal")
some = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
few = settings(some, max_examples=10)


class Scored:
    """What the engine says of a company."""

    def __init__(
        self,
        definition: Definition,
        company: Company,
        as_of: datetime,
        contact_ids: Sequence[str] | None = None,
        *,
        with_printed: bool = False,
    ) -> None:
        steps = compile_scoring(
            Scoring.model_validate(written(definition)),
            Vocabulary(LISTS, CUSTOM),
            as_of.replace(tzinfo=UTC),
            past=Past(history_fields(company)),
            only_some=contact_ids is not None,
        )
        with duckdb.connect(config={"threads": 1}) as con:
            for name, table in tables(company).items():
                con.register(name, table)
            if contact_ids is not None:
                want(
                    con,
                    contact_ids,
                    with_colleagues=ENGAGED_CONTACTS in str(written(definition)),
                    ever="account_id" in history_fields(company)["contacts"],
                )
            Prepared(con, steps)
            self.scores = _rows(con, "FROM scores")
            self.lines = _rows(con, "FROM lines")
            self.accounts = _rows(con, "FROM account_scores")
            self.printed = _rows(con, statement(steps, "scores")) if with_printed else []


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    result = con.execute(sql)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def agree(scored: Scored, definition: Definition, company: Company, as_of: datetime) -> None:
    note(str(written(definition)))
    wanted = company.scores(definition, LISTS, as_of)
    scores_agree(scored.scores, wanted)
    lines_agree(scored.lines, wanted)
    accounts_agree(scored.accounts, company.account_scores(definition, LISTS, as_of))


@given(data=st.data(), definition=definitions(), as_of=st.sampled_from(INSTANTS))
@some
def test_agrees_with_the_naive_reading(
    data: st.DataObject, definition: Definition, as_of: datetime
) -> None:
    company = data.draw(companies(as_of))
    agree(Scored(definition, company, as_of), definition, company, as_of)


@given(definition=definitions())
@some
def test_agrees_where_much_is_going_on(definition: Definition) -> None:
    agree(Scored(definition, BUSY, NOW), definition, BUSY, NOW)


@given(definition=many_conditions(on_contact=30, on_activity=8))
@few
def test_conditions_mean_the_same(definition: Definition) -> None:
    agree(Scored(definition, BUSY, NOW), definition, BUSY, NOW)


@given(
    definition=definitions(),
    as_of=st.sampled_from([each["occurred_at"] for each in BUSY.activities[:20]]),
)
@few
def test_agrees_as_of_any_moment(definition: Definition, as_of: datetime) -> None:
    agree(Scored(definition, BUSY, as_of), definition, BUSY, as_of)


@given(definition=definitions(), seed=st.integers(0, 2**32))
@few
def test_neither_later_events_nor_the_order_of_rows_matter(
    definition: Definition, seed: int
) -> None:
    one = Scored(definition, BUSY, NOW)
    other = Scored(definition, BUSY.until(NOW).shuffled(seed), NOW)
    rows_agree(one.scores, other.scores, ["contact_id"])
    rows_agree(one.lines, other.lines, LINE_KEY)
    rows_agree(one.accounts, other.accounts, ["account_id"])


@given(definition=definitions(), some_of=st.sets(st.integers(0, 41), max_size=3))
@few
def test_a_handful_is_scored_as_in_the_whole(definition: Definition, some_of: set[int]) -> None:
    ids = {f"c{i}" for i in some_of}
    whole = Scored(definition, BUSY, NOW)
    handful = Scored(definition, BUSY, NOW, sorted(ids))
    for found, all_of_them, key in (
        (handful.scores, whole.scores, ["contact_id"]),
        (handful.lines, whole.lines, LINE_KEY),
    ):
        one, other = ([x for x in rows if x["contact_id"] in ids] for rows in (found, all_of_them))
        rows_agree(one, other, key)


@given(definition=definitions())
@few
def test_the_printed_statement_gives_what_the_steps_give(definition: Definition) -> None:
    scored = Scored(definition, BUSY, NOW, with_printed=True)
    rows_agree(scored.printed, scored.scores, ["contact_id"])


def test_a_recycle_cuts_the_count_of_a_line() -> None:
    visits = [
        {"id": str(days), "contact_id": "c", "type": "page_view", "occurred_at": NOW - days * DAY}
        for days in (1, 9)
    ]
    company = Company(contacts=[{"id": "c", "recycled_at": NOW - 5 * DAY}], activities=visits)
    signal = {"name": "s", "event": "page_view", "points": 10}
    definition = {"models": [{"name": "m", "engagement": {"signals": [signal]}}]}
    assert [each["count"] for each in Scored(definition, company, NOW).lines] == [1]
