"""Conditions answered with the scores, and the moment at which time alone changes something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from revops.definitions.scope import Vocabulary
from revops.definitions.scoring import Scoring
from revops.leads.scoring import Asked, Past, Prepared, answer_columns, compile_scoring
from scoring_oracle.company import INSTANTS, Company, companies
from scoring_oracle.conditions import written
from scoring_oracle.definitions import CUSTOM, LISTS, definitions
from scoring_oracle.tables import history_fields, tables

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = INSTANTS[0]
ASKED = Asked(
    {
        "high": "total >= 10 AND fit >= 1",
        "clicked": "happened('email_click', '7 days')",
        "low or unknown": "total < 5 OR total IS NULL",
        "named": "title IS NOT NULL",
    },
    ("owner", "account.owner"),
)
some = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


def answered(definition: dict[str, Any], company: Company, as_of: datetime) -> dict[str, Any]:
    """The row of each contact."""
    steps = compile_scoring(
        Scoring.model_validate(written(definition)),
        Vocabulary(LISTS, CUSTOM),
        as_of.replace(tzinfo=UTC),
        past=Past(history_fields(company)),
        asked=ASKED,
    )
    with duckdb.connect(config={"threads": 1}) as con:
        for name, table in tables(company).items():
            con.register(name, table)
        Prepared(con, steps)
        result = con.execute("FROM answers")
        names = [column[0] for column in result.description]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        scores = dict(con.execute("SELECT contact_id, total FROM scores").fetchall())
    assert {row["contact_id"]: row["total"] for row in rows if row["model"]} == scores
    return {row["contact_id"]: row for row in rows}


def until(company: Company, as_of: datetime) -> Company:
    """The company without what is still to come."""
    return Company(
        contacts=company.contacts,
        accounts=company.accounts,
        activities=[each for each in company.activities if each["occurred_at"] <= as_of],
        contact_history=_by(company.contact_history, as_of),
        account_history=_by(company.account_history, as_of),
    )


def _by(history: Sequence[dict[str, Any]], as_of: datetime) -> list[dict[str, Any]]:
    return [each for each in history if each["changed_at"] <= as_of]


@given(company=companies(NOW), definition=definitions())
@some
def test_everyone_is_answered_for(company: Company, definition: dict[str, Any]) -> None:
    rows = answered(definition, company, NOW)
    assert set(rows) == {contact["id"] for contact in company.contacts}
    columns = answer_columns(ASKED)
    for contact in company.contacts:
        row = rows[contact["id"]]
        assert row["owner"] == contact.get("owner")
        assert row[columns["high"]] == (
            row["total"] is not None and row["total"] >= 10 and row["fit"] >= 1
        )
        assert row[columns["low or unknown"]] == (row["total"] is None or row["total"] < 5)


@given(company=companies(NOW), definition=definitions(), part=st.floats(0.0, 1.0))
@some
def test_nothing_changes_before_the_moment_that_is_told(
    company: Company, definition: dict[str, Any], part: float
) -> None:
    known = until(company, NOW)
    before = answered(definition, known, NOW)
    moments = [row["next_at"] for row in before.values() if row["next_at"]]
    assert all(moment > NOW.replace(tzinfo=None) for moment in moments)
    first = min(moments, default=datetime(2036, 1, 1))  # noqa: DTZ001 - as the facts have times
    later = NOW + (first.replace(tzinfo=NOW.tzinfo) - NOW - timedelta(microseconds=1)) * part
    after = answered(definition, known, later)
    for contact_id, row in before.items():
        told = {name: value for name, value in row.items() if name != "next_at"}
        assert told == {name: after[contact_id][name] for name in told}


def test_a_recycling_dated_ahead_is_a_moment_to_come_back_at() -> None:
    ahead = NOW + timedelta(minutes=30)
    company = Company(
        contacts=[{"id": "c0", "recycled_at": ahead, "created_at": NOW}],
        activities=[
            {"id": "a0", "contact_id": "c0", "type": "page_view", "occurred_at": NOW},
        ],
    )
    definition = {
        "models": [
            {
                "name": "one",
                "fit": {"attributes": []},
                "engagement": {"signals": [{"name": "view", "event": "page_view", "points": 10}]},
            }
        ]
    }
    assert answered(definition, company, NOW)["c0"]["next_at"] == ahead.replace(tzinfo=None)
    assert answered(definition, company, NOW)["c0"]["total"] == 10
    assert answered(definition, company, ahead)["c0"]["total"] == 0
