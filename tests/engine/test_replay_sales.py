"""What the deals that began in a replayed time amount to."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb

from revops.engine.replay.deals import Sale, sales

START, OPENED, END = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))
TABLES = """
CREATE TABLE contacts AS SELECT 'ann' AS id, 'a1' AS account_id;
CREATE TABLE opportunity_history (
    record_id TEXT, field TEXT, changed_at TIMESTAMP, seq BIGINT, old_value TEXT, new_value TEXT
);
CREATE TABLE opportunities AS
SELECT *, 'a1' AS account_id, 'ann' AS contact_ids, 'new' AS type, true AS is_won,
    TIMESTAMP '2026-02-01' AS created_at, TIMESTAMP '2026-02-02' AS closed_at
FROM (VALUES ('d1', 100.0, 'EUR'), ('d2', 20.0, NULL), ('d3', 3.0, 'USD'))
    AS t(id, amount, currency)
"""


def test_amounts_in_other_currencies_are_not_added() -> None:
    with duckdb.connect() as con:
        con.execute(TABLES)
        found = {each.id: each for each in sales(con, START, END, "EUR")["ann"]}
    assert found["d1"] == Sale("d1", OPENED, "won", 100.0)
    assert [found[name].amount for name in ("d2", "d3")] == [20.0, 0.0]
