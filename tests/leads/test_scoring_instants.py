"""Contacts at many instants in one statement: the same as each by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from revops.definitions.scope import Vocabulary
from revops.definitions.scoring import Scoring
from revops.leads.scoring import Past, Prepared, compile_scoring
from revops.leads.scoring.instants import ASKED_AT, LINES_AT, SCORES_AT, remove_copies, score_at
from revops.leads.scoring.restating import on_activity, on_contact
from scoring_oracle.agreement import rows_agree
from scoring_oracle.company import INSTANTS, Company, busy_company, companies, moments
from scoring_oracle.conditions import written
from scoring_oracle.definitions import CUSTOM, LISTS, definitions
from scoring_oracle.tables import history_fields, tables

if TYPE_CHECKING:
    from scoring_oracle.agreement import Rows

NOW = INSTANTS[0]
DAY = timedelta(days=1)
BUSY = busy_company(NOW, contacts=20)
VOCABULARY = Vocabulary(LISTS, CUSTOM)
KEY = ["contact_id", "as_of"]
some = settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
few = settings(some, max_examples=4)


def connect(company: Company) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"threads": 1})
    for name, table in tables(company).items():
        con.register("arriving", table)
        con.execute(f"CREATE TABLE memory.main.{name} AS FROM arriving")
    return con


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    result = con.execute(sql)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def at_once(scoring: Scoring, company: Company, pairs: Any) -> tuple[Rows, Rows]:
    asked = pa.table(
        {
            "contact_id": pa.array([who for who, _ in pairs], pa.string()),
            "as_of": pa.array([at for _, at in pairs], pa.timestamp("us")),
        }
    )
    with connect(company) as con:
        con.register(ASKED_AT, asked)
        score_at(con, scoring, VOCABULARY, Past(history_fields(company)))
        return rows(con, f"FROM {SCORES_AT}"), rows(con, f"FROM {LINES_AT}")


def one_by_one(scoring: Scoring, company: Company, pairs: Any) -> tuple[Rows, Rows]:
    scores: Rows = []
    lines: Rows = []
    past = Past(history_fields(company))
    with connect(company) as con:
        for at in sorted({at for _, at in pairs}):
            moment = at.replace(tzinfo=UTC)
            Prepared(con, compile_scoring(scoring, VOCABULARY, moment, past=past))
            whom = {who for who, instant in pairs if instant == at}
            for name, found in (("scores", scores), ("lines", lines)):
                of_all = rows(con, f"FROM {name}")
                found += [{**row, "as_of": at} for row in of_all if row["contact_id"] in whom]
    return scores, lines


def agree(definition: dict[str, Any], company: Company, pairs: Any) -> None:
    scoring = Scoring.model_validate(definition)
    scores, lines = at_once(scoring, company, pairs)
    wanted_scores, wanted_lines = one_by_one(scoring, company, pairs)
    rows_agree(scores, wanted_scores, KEY)
    rows_agree(lines, wanted_lines, [*KEY, "dimension", "signal"])


@given(data=st.data(), definition=definitions(), as_of=st.sampled_from(INSTANTS))
@some
def test_many_instants_at_once_are_as_each_alone(
    data: st.DataObject, definition: Any, as_of: datetime
) -> None:
    company = data.draw(companies(as_of))
    whom = st.sampled_from([each["id"] for each in company.contacts])
    pairs = data.draw(
        st.lists(st.tuples(whom, moments(as_of)), min_size=1, max_size=5, unique=True)
    )
    note(str(written(definition)))
    agree(written(definition), company, pairs)


@given(
    definition=definitions(),
    days=st.lists(st.integers(0, 60), min_size=6, max_size=6),
)
@few
def test_also_where_much_is_going_on(definition: Any, days: list[int]) -> None:
    note(str(written(definition)))
    agree(written(definition), BUSY, [(f"c{i}", NOW - day * DAY) for i, day in enumerate(days)])


def test_conditions_mean_the_record_and_not_its_copy() -> None:
    """Ids, employers and times that a condition names are those that the record states."""
    when = (
        "id = 'c0'",
        "account_id = 'A0'",
        "account.id IN ('A0')",
        "\"created_at\" < '2026-02-01'",
        "recycled_at IS NULL OR recycled_at < '2026-02-20'",
        "account.engaged_contacts >= 1",
        "account.name = 'id'",
    )
    where = ("contact_id = 'c0'", "occurred_at < '2026-02-10'", "occurred_on = '2026-02-05'")
    signals = [
        {"name": f"w{i}", "event": "page_view", "points": 2**i, "where": text}
        for i, text in enumerate(where)
    ]
    distinct = {"name": "d", "event": "page_view", "points": 8, "distinct": "occurred_on"}
    attributes = [
        {"name": f"a{i}", "tiers": [{"when": text, "points": 2**i}]} for i, text in enumerate(when)
    ]
    model = {
        "name": "m",
        "applies_to": "id <> 'nobody'",
        "fit": {"attributes": attributes},
        "engagement": {"signals": [*signals, {**distinct, "count": 2}]},
        "negative": [{"name": "quiet", "inactive_for": "5 days", "points": -1}],
    }
    people = [
        {"id": "c0", "account_id": "A1", "created_at": NOW - 50 * DAY},
        {"id": "c1", "account_id": "A0", "created_at": NOW - 9 * DAY, "recycled_at": NOW - DAY},
    ]
    visits = [
        {"id": f"v{i}", "contact_id": f"c{i % 2}", "type": "page_view", "occurred_at": at}
        for i, at in enumerate(NOW - day * DAY for day in (24, 24, 20, 20, 2, 1, 0))
    ]
    moved = {"seq": 1, "record_id": "c0", "field": "account_id", "changed_at": NOW - 15 * DAY}
    company = Company(
        [{"id": "A0", "name": "id"}, {"id": "A1", "name": "x"}],
        people,
        visits,
        [{**moved, "old_value": "A0", "new_value": "A1"}],
    )
    pairs = [(who, NOW - day * DAY) for who in ("c0", "c1") for day in (0, 1, 10, 16, 22, 40)]
    agree({"models": [model]}, company, pairs)
    scores, _ = at_once(Scoring.model_validate({"models": [model]}), company, pairs)
    assert len({row["total"] for row in scores}) >= 5


@given(definition=definitions(), day=st.integers(1, 40))
@few
def test_nothing_later_is_looked_at(definition: Any, day: int) -> None:
    scoring = Scoring.model_validate(written(definition))
    at = NOW - day * DAY
    pairs = [(f"c{i}", at) for i in range(10)]
    scores, lines = at_once(scoring, BUSY, pairs)
    other_scores, other_lines = at_once(scoring, BUSY.until(at), pairs)
    rows_agree(scores, other_scores, KEY)
    rows_agree(lines, other_lines, [*KEY, "dimension", "signal"])


def test_restating_leaves_texts_and_properties_alone() -> None:
    text = "id = 'id' AND account.id IN (account.name) OR properties.id = 3 -- "
    assert on_contact(text[:-4]) == (
        "stated_id = 'id' AND account.stated_id IN (account.name) OR properties.id = 3"
    )
    assert on_activity("properties.occurred_at > 1 OR occurred_at IS NULL") == (
        "properties.occurred_at > 1 OR stated_occurred_at IS NULL"
    )


def test_facts_stand_for_themselves_again() -> None:
    scoring = Scoring.model_validate({"models": [{"name": "m"}]})
    with connect(BUSY) as con:
        con.execute(
            f"CREATE TEMP TABLE {ASKED_AT} AS SELECT 'c1' AS contact_id, now()::TIMESTAMP AS as_of"
        )
        score_at(con, scoring, VOCABULARY, Past())
        assert con.execute("SELECT count(*) FROM contacts").fetchall() == [(1,)]
        remove_copies(con)
        assert con.execute("SELECT count(*) FROM contacts").fetchall() == [(20,)]
