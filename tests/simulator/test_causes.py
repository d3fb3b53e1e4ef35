from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import duckdb

QUARTERS = "SELECT *, ntile(4) OVER (ORDER BY {0}) AS quarter FROM truth WHERE {1}"


def by_quarter(
    db: duckdb.DuckDBPyConnection, cause: str, outcome: str, among: str = "kind = 'usual'"
) -> list[float]:
    """The mean outcome of each quarter of the cause, lowest first."""
    quarters = QUARTERS.format(cause, among)
    rows = db.execute(
        f"SELECT avg({outcome}) FROM ({quarters}) GROUP BY quarter ORDER BY quarter"
    ).fetchall()
    return [float(mean) for (mean,) in rows]


@pytest.mark.parametrize(("cause", "lift"), [("fit", 1.8), ("intent", 20)])
def test_deals_come_from_fit_and_intent(
    db: duckdb.DuckDBPyConnection, cause: str, lift: float
) -> None:
    shares = by_quarter(db, cause, "has_opportunity::INTEGER")
    assert shares == sorted(shares)
    assert shares[3] > lift * max(shares[0], 0.001)
    assert shares[3] < 0.7, "not a certainty"


@pytest.mark.parametrize("cause", ["fit", "intent"])
def test_winning_comes_from_fit_and_intent(db: duckdb.DuckDBPyConnection, cause: str) -> None:
    among = """contact_id IN (SELECT string_split(contact_ids, ';')[1] FROM opportunities
        WHERE type = 'new' AND closed_at IS NOT NULL)"""
    shares = by_quarter(db, cause, "won::INTEGER", among)
    assert sum(shares[2:]) > 1.25 * sum(shares[:2])
    assert min(shares) > 0.03, "luck stays"
    assert max(shares) < 0.75


def test_intent_shows_in_what_people_do(db: duckdb.DuckDBPyConnection) -> None:
    db.execute("""CREATE OR REPLACE TEMP TABLE seen AS
        SELECT t.contact_id, t.intent, t.fit, count(a.id) AS activities,
            count(a.id) FILTER (a.path LIKE '/pricing%') AS pricing,
            count(a.id) FILTER (a.type IN ('demo_request', 'contact_sales')) AS requests
        FROM truth AS t LEFT JOIN activities AS a USING (contact_id)
        WHERE t.kind = 'usual' GROUP BY ALL""")
    rows = db.execute("""SELECT avg(activities), sum(pricing) / sum(activities), avg(requests)
        FROM (SELECT *, ntile(4) OVER (ORDER BY intent) AS quarter FROM seen)
        GROUP BY quarter ORDER BY quarter""").fetchall()
    activities, pricing, requests = zip(*rows, strict=True)
    assert activities[3] > 3 * activities[0]
    assert pricing[3] > 2 * pricing[0]
    assert requests[3] > 10 * requests[0]


def test_fit_does_not_show_in_how_much_people_do(db: duckdb.DuckDBPyConnection) -> None:
    row = db.execute("SELECT corr(fit, slots), corr(fit, intent) FROM truth WHERE kind = 'usual'")
    with_slots, with_intent = row.fetchall()[0] or (1, 1)
    assert abs(with_slots) < 0.2
    assert abs(with_intent) < 0.25


def test_interest_is_a_matter_of_time(db: duckdb.DuckDBPyConnection) -> None:
    """Those in the market are busiest around their peak."""
    row = db.execute("""SELECT avg((abs(date_diff('day', peak_at, occurred_at)) < 30)::INTEGER)
        FROM activities JOIN truth USING (contact_id)
        WHERE heat > 1.5 AND peak_at BETWEEN TIMESTAMP '2025-06-01' AND TIMESTAMP '2025-12-01'
            AND type = 'page_view' AND path LIKE '/pricing%'""").fetchall()[0]
    assert row[0] > 0.5


def test_colleagues_are_in_the_market_together(db: duckdb.DuckDBPyConnection) -> None:
    row = db.execute("""SELECT corr(a.heat, b.heat)
        FROM truth AS a JOIN truth AS b USING (account_id)
        WHERE a.contact_id < b.contact_id AND a.kind = 'usual' AND b.kind = 'usual'""").fetchall()[
        0
    ]
    assert row[0] > 0.4


def test_industry_and_size_decide_fit(db: duckdb.DuckDBPyConnection) -> None:
    row = db.execute("""SELECT avg(fit) FILTER (industry IN ('SaaS', 'Software', 'Fintech')
            AND employees BETWEEN 200 AND 5000),
        avg(fit) FILTER (industry IN ('Retail', 'Manufacturing') AND employees < 50)
        FROM truth JOIN accounts ON accounts.id = truth.account_id
        WHERE kind = 'usual'""").fetchall()[0]
    assert row[0] > row[1] + 1.5
