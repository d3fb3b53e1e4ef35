"""Measures how fast a million activities get from a DuckDB table into a new SQLite store.

Run: python bench/load_activities.py [ROWS]. Prints rows a second and the ratio to a bare ADBC
ingest of the same columns into a table without key and index, in the same run. Processor seconds
stand beside those of the clock, because they depend less on what else the machine does.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from adbc_driver_sqlite import dbapi

from revops.store import Store, open_store
from revops.store.batch import Batch
from revops.store.load import load_batches

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = (
    "id",
    "contact_id",
    "type",
    "occurred_at",
    "direction",
    "session_id",
    "path",
    "source",
)
ACTIVITIES = """
CREATE TABLE activities AS SELECT
    'a' || lpad((i * 7919 % $rows)::VARCHAR, 9, '0') AS id,
    'c' || (hash(i) % 50000) AS contact_id,
    ['page_view', 'email_open', 'login', 'form_submit'][(1 + hash(i * 3) % 4)::BIGINT] AS type,
    TIMESTAMP '2025-01-01' + to_microseconds((hash(i * 5) % 31536000000000)::BIGINT) AS occurred_at,
    'inbound' AS direction, 's' || i // 5 AS session_id, '/pricing' AS path, 'web' AS source,
    i + 2 AS _line
FROM range($rows) AS t(i)
"""


@dataclass(frozen=True)
class Taken:
    clock: float
    processor: float


def measured(work: Callable[[], None]) -> Taken:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return Taken(time.perf_counter() - clock, time.process_time() - processor)


def bare(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    stored = ["epoch_us(occurred_at) AS occurred_at" if c == "occurred_at" else c for c in COLUMNS]
    connection = dbapi.connect(str(folder / "bare.db"), autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        rows = con.sql(f"SELECT {', '.join(stored)} FROM activities").to_arrow_reader(65_536)
        cursor.adbc_ingest("activities", rows, mode="create")
    connection.close()


def load(con: duckdb.DuckDBPyConnection, store: Store, rows: int, expected: str) -> None:
    batch = Batch("activities", "activities", COLUMNS)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    (loaded,) = load_batches(store, con, [batch], source="crm", file="a.csv", who="bench", at=at)
    assert getattr(loaded, expected) == rows


def main(rows: int) -> None:
    con = duckdb.connect()
    con.execute(ACTIVITIES, {"rows": rows})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store("sqlite:///revops.db", folder)
        taken = {
            "bare ingest": measured(lambda: bare(con, folder)),
            "first load": measured(lambda: load(con, store, rows, "inserted")),
            "second load": measured(lambda: load(con, store, rows, "unchanged")),
        }
        store.close()
    least = taken["bare ingest"]
    for what, each in taken.items():
        print(
            f"{what:12} {each.clock:6.2f} s {rows / each.clock:10,.0f} rows/s"
            f" {each.clock / least.clock:5.2f} x bare; processor {each.processor:5.2f} s"
            f" {each.processor / least.processor:5.2f} x bare"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
