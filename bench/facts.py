"""Measures how fast the facts are made from a SQLite store, grown, and opened.

Run: python bench/facts.py [ACTIVITIES]. Prints rows a second and the ratio to DuckDB's bare COPY of
the same rows to one Parquet file, unsorted and sorted, in the same run. Processor seconds stand
beside those of the clock, because they depend less on what else the machine does.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from revops.store import open_store
from revops.store.batch import Batch
from revops.store.facts import rebuild_facts, refresh_facts, stored_manifest
from revops.store.load import load_batches

if TYPE_CHECKING:
    from collections.abc import Callable

    from revops.store import Store

AT = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = ("id", "contact_id", "type", "occurred_at", "direction", "session_id", "path", "source")
ACTIVITIES = """
CREATE OR REPLACE TABLE activities AS SELECT
    'a' || i AS id, 'c' || (hash(i) % $contacts) AS contact_id,
    ['page_view', 'email_open', 'login', 'form_submit'][(1 + hash(i * 3) % 4)::BIGINT] AS type,
    TIMESTAMP '2025-01-01' + to_microseconds((hash(i * 5) % 31536000000000)::BIGINT) AS occurred_at,
    'inbound' AS direction, 's' || i // 5 AS session_id,
    ['/pricing', '/', '/docs', '/blog'][(1 + hash(i * 7) % 4)::BIGINT] AS path, 'web' AS source,
    i + 2 AS _line
FROM range($first, $last) AS t(i)
"""


@dataclass(frozen=True)
class Taken:
    clock: float
    processor: float


def measured(work: Callable[[], object]) -> Taken:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return Taken(time.perf_counter() - clock, time.process_time() - processor)


def load(store: Store, first: int, last: int) -> None:
    with duckdb.connect() as con:
        con.execute(ACTIVITIES, {"first": first, "last": last, "contacts": max(last // 50, 1)})
        batch = Batch("activities", "activities", COLUMNS)
        load_batches(store, con, [batch], source="crm", file="a.csv", who="bench", at=AT)


def bare(folder: Path, rows: int, order: str = "") -> Taken:
    path = str(folder / "bare.parquet")
    with duckdb.connect(config={"memory_limit": "4GiB"}) as con:
        con.execute(ACTIVITIES, {"first": 0, "last": rows, "contacts": max(rows // 50, 1)})
        copy = f"COPY (SELECT * EXCLUDE _line FROM activities {order}) TO $1 (FORMAT parquet)"
        return measured(lambda: con.execute(copy, [path]))


def told(what: str, taken: Taken, rows: int, than: Taken | None = None) -> None:
    ratio = f", {taken.clock / than.clock:.1f} x bare" if than else ""
    print(
        f"{what:<34} {taken.clock:7.2f} s ({taken.processor:.2f} s of processors),"
        f" {rows / taken.clock:,.0f} rows/s{ratio}"
    )


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with closing(open_store("sqlite:///revops.db", folder)) as store:
            load(store, 0, rows)
            simple = bare(folder, rows)
            ordered = bare(folder, rows, "ORDER BY contact_id, occurred_at, id")
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            built = measured(lambda: rebuild_facts(store, folder))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            more = rows // 10
            load(store, rows, rows + more)
            grown = measured(lambda: refresh_facts(store, folder))
            facts = refresh_facts(store, folder)
            idle = measured(lambda: refresh_facts(store, folder))
            opened = measured(lambda: facts.connect().close())
            few = measured(lambda: facts.connect(only=["activities"]).close())
            table = stored_manifest(folder / "facts")[0].tables["activities"]
            with facts.connect(only=["activities"]) as con:
                counted = con.execute("SELECT count(*) FROM activities").fetchone()
        assert counted == (rows + more,)
        told("bare COPY", simple, rows)
        told("bare COPY, sorted", ordered, rows)
        told("facts, all made anew", built, rows, simple)
        told("facts, a tenth more", grown, more)
        print(f"nothing new {idle.clock * 1000:.0f} ms; opened {opened.clock * 1000:.0f} ms,")
        print(f"with one view {few.clock * 1000:.0f} ms; {len(table.segments)} files,")
        print(f"{sum(each.bytes for each in table.segments) / (rows + more):.1f} bytes a row;")
        print(f"peak memory {peak // 1024} MiB ({before // 1024} MiB before)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000)
