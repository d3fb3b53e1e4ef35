"""What became of leads, from deals, rejections or a field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from revops.definitions.lifecycle import Lifecycle
from revops.leads.outcomes import OUTCOMES, find_outcomes, outcome_field

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
STAGES = Lifecycle.model_validate(
    {
        "stages": [
            {"name": "Lead"},
            {"name": "MQL", "label": "Marketing Qualified Lead", "qualifies": True},
            {"name": "SQL", "qualifies": True},
            {"name": "Customer"},
        ]
    }
)
COLUMNS = {
    "contacts": "id TEXT, account_id TEXT, created_at TIMESTAMP, recycled_at TIMESTAMP, "
    "lifecycle_stage TEXT, converted TEXT",
    "opportunities": "id TEXT, account_id TEXT, contact_ids TEXT, created_at TIMESTAMP, "
    "closed_at TIMESTAMP, close_date DATE, is_won BOOLEAN, amount DOUBLE, type TEXT",
    "contact_history": "record_id TEXT, field TEXT, changed_at TIMESTAMP, old_value TEXT, "
    "new_value TEXT",
}


@pytest.fixture
def con() -> Any:
    with duckdb.connect() as connection:
        for name, columns in COLUMNS.items():
            connection.execute(f"CREATE TABLE {name} ({columns})")
        yield connection


def day(number: int) -> datetime:
    return datetime.fromisoformat("2026-01-01") + number * DAY


def add(con: duckdb.DuckDBPyConnection, table: str, **values: Any) -> None:
    names = ", ".join(values)
    marks = ", ".join("?" * len(values))
    con.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))


def outcomes(con: duckdb.DuckDBPyConnection, **asked: Any) -> dict[str, dict[str, Any]]:
    find_outcomes(con, asked.pop("lifecycle", STAGES), **{"known_by": NOW, **asked})
    return {
        row["contact_id"]: row for row in con.sql(f"FROM {OUTCOMES}").to_arrow_table().to_pylist()
    }


def deal(con: duckdb.DuckDBPyConnection, number: int, people: str, **values: Any) -> None:
    usual = {"id": f"o{number}", "contact_ids": people, "created_at": day(number), "type": "new"}
    add(con, "opportunities", **{**usual, **values})


class TestDeals:
    def test_won_if_any_was_won_and_judged_before_the_first(self, con: Any) -> None:
        add(con, "contacts", id="c")
        deal(con, 30, "c; d", closed_at=day(50), is_won=False, amount=1)
        deal(con, 60, "b;c", closed_at=day(90), is_won=True, amount=2)
        found = outcomes(con)["c"]
        assert (found["outcome"], found["opportunity_id"], found["amount"]) == ("won", "o60", 2)
        assert (found["judged_at"], found["opened_at"]) == (day(29), day(30))
        assert found["decided_at"] == day(90)
        assert outcomes(con, before=7 * DAY)["c"]["judged_at"] == day(23)

    def test_lost_only_if_none_goes_on(self, con: Any) -> None:
        for who in ("open", "lost"):
            add(con, "contacts", id=who)
        deal(con, 30, "open;lost", closed_at=day(50), is_won=False)
        deal(con, 40, "open")
        found = outcomes(con)
        assert {who: row["outcome"] for who, row in found.items()} == {"lost": "lost"}
        assert found["lost"]["decided_at"] == day(50)

    def test_other_business_does_not_count(self, con: Any) -> None:
        add(con, "contacts", id="c")
        deal(con, 30, "c", closed_at=day(50), is_won=True, type="renewal")
        deal(con, 31, "c", closed_at=day(50), is_won=True, type="expansion")
        assert outcomes(con) == {}

    def test_a_deal_that_names_nobody_counts_for_the_account(self, con: Any) -> None:
        add(con, "contacts", id="c", account_id="a")
        add(con, "contacts", id="other", account_id="b")
        deal(con, 30, "", account_id="a", closed_at=day(50), is_won=True, type=None)
        assert set(outcomes(con)) == {"c"}

    def test_what_is_decided_later_is_not_known(self, con: Any) -> None:
        add(con, "contacts", id="c")
        deal(con, 30, "c", closed_at=day(50), is_won=False)
        deal(con, 60, "c", closed_at=day(90), is_won=True)
        known = {
            number: outcomes(con, known_by=day(number).replace(tzinfo=UTC))
            for number in (49, 55, 70)
        }
        assert known[49] == known[70] == {}
        assert known[55]["c"]["outcome"] == "lost"

    def test_who_was_not_there_yet_is_told(self, con: Any) -> None:
        add(con, "contacts", id="late", created_at=day(30))
        add(con, "contacts", id="there", created_at=day(29))
        deal(con, 30, "late;there", closed_at=day(50), is_won=True)
        assert {who: row["existed"] for who, row in outcomes(con).items()} == {
            "late": False,
            "there": True,
        }


class TestDisqualified:
    def change(self, con: Any, who: str, number: int, old: str, new: str) -> None:
        add(
            con,
            "contact_history",
            record_id=who,
            field="lifecycle_stage",
            changed_at=day(number),
            old_value=old,
            new_value=new,
        )

    def test_sent_back_from_where_sales_works(self, con: Any) -> None:
        for who in ("back", "label", "refused", "on", "quiet"):
            add(con, "contacts", id=who)
        self.change(con, "back", 10, "SQL", "Lead")
        self.change(con, "back", 20, "MQL", "Archived")
        self.change(con, "label", 10, "marketing qualified lead", "Recycled")
        self.change(con, "refused", 10, "Lead", "Unqualified")
        self.change(con, "on", 10, "MQL", "SQL")
        self.change(con, "quiet", 10, "Lead", "Archived")
        found = outcomes(con)
        assert set(found) == {"back", "label", "refused"}
        assert {row["outcome"] for row in found.values()} == {"disqualified"}
        assert (found["back"]["decided_at"], found["back"]["judged_at"]) == (day(10), day(9))
        assert set(outcomes(con, lifecycle=Lifecycle())) == {"back", "refused"}

    def test_not_who_is_on_a_deal(self, con: Any) -> None:
        add(con, "contacts", id="c", recycled_at=day(70))
        add(con, "contacts", id="d", recycled_at=day(70))
        deal(con, 30, "c", closed_at=day(50), is_won=False)
        assert {who: row["outcome"] for who, row in outcomes(con).items()} == {
            "c": "lost",
            "d": "disqualified",
        }

    def test_without_a_date(self, con: Any) -> None:
        add(con, "contacts", id="c", lifecycle_stage=" Disqualified")
        assert outcomes(con)["c"]["judged_at"] is None


def test_a_field_that_says_it(con: Any) -> None:
    for i, value in enumerate(("1", "Yes ", "0", "no", None, "disqualified")):
        add(con, "contacts", id=str(i), converted=value)
    found = outcomes(con, field=outcome_field(["x", "Converted"]))
    assert {who: row["outcome"] for who, row in found.items()} == {
        "0": "won",
        "1": "won",
        "2": "lost",
        "3": "lost",
        "5": "disqualified",
    }
    assert {row["judged_at"] for row in found.values()} == {None}
    assert outcome_field(["title"]) is None
