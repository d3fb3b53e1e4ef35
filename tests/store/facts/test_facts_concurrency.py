from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa

from facts_tables import bring, table
from revops.store.facts import Tuning, refresh_facts, stored_manifest
from revops.store.facts.refresh import facts_of

if TYPE_CHECKING:
    from pathlib import Path

    from revops.store import Store

BATCH = 50
ROUNDS = 8
READER = """
import sys
from pathlib import Path
from revops.store.facts.refresh import facts_of
from revops.store.facts.manifest import read_manifest
folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
seen = 0
while seen < rounds:
    manifest = read_manifest(folder)
    if manifest is None:
        continue
    with facts_of(folder, manifest).connect() as con:
        batches = con.execute(
            "SELECT campaign, count(*), count(DISTINCT id) FROM activities GROUP BY campaign"
        ).fetchall()
    if {row[1:] for row in batches} - {(50, 50)}:
        sys.exit(f"half a batch: {batches}")
    if len(batches) < seen:
        sys.exit(f"went back from {seen} to {len(batches)} batches")
    seen = len(batches)
"""


def batch(number: int) -> str:
    return f"""SELECT 'a' || {number} || '-' || i AS id, 'c' || (i % 7) AS contact_id,
        'x' AS "type", TIMESTAMP '2026-01-01' AS occurred_at, 'b{number}' AS campaign
        FROM range({BATCH}) AS t(i)"""


def test_readers_always_see_whole_imports(sqlite_store: Store, tmp_path: Path) -> None:
    """While imports arrive, files are merged and old ones removed."""
    tuning = Tuning(rows_in_file=60, most_runs=2, grace=timedelta(seconds=5))
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(tmp_path / "facts"), str(ROUNDS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for reader in readers:
        assert reader.stdout is not None
        reader.stdout.readline()
    for number in range(ROUNDS):
        bring(sqlite_store, "activities", batch(number))
        refresh_facts(sqlite_store, tmp_path, tuning)
    told = [reader.communicate(timeout=60)[1] for reader in readers]
    assert told == ["", ""]
    assert [reader.returncode for reader in readers] == [0, 0]


def test_two_refreshes_at_a_time_do_not_collide(sqlite_store: Store, tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def refresh() -> None:
        try:
            for _ in range(6):
                refresh_facts(sqlite_store, tmp_path, Tuning(most_runs=1))
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    threads = [threading.Thread(target=refresh) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(4):
        bring(sqlite_store, "activities", batch(number))
    for thread in threads:
        thread.join()
    assert failures == []
    facts = refresh_facts(sqlite_store, tmp_path)
    assert len(table(facts, "activities", "DISTINCT id")) == 4 * BATCH
    assert facts_of(tmp_path / "facts", stored_manifest(tmp_path / "facts")[0]).views == facts.views


def test_a_transaction_that_finishes_late_is_not_missed(
    postgresql_store: Store, tmp_path: Path
) -> None:
    """Its rows have a smaller `seq` than rows that were there before it was done."""
    insert = """INSERT INTO activities (id, type, occurred_at, origin, import_id)
        VALUES (%s, 'x', now(), 'crm', 0)"""
    url = sa.make_url(postgresql_store.url).set(drivername="postgresql").render_as_string()
    refreshed: list[int] = []

    def refresh() -> None:
        refreshed.append(len(table(refresh_facts(postgresql_store, tmp_path), "activities")))

    with psycopg.connect(url) as late, psycopg.connect(url) as quick:
        late.execute(insert, ["late"])
        quick.execute(insert, ["quick"])
        quick.commit()
        thread = threading.Thread(target=refresh)
        thread.start()
        thread.join(timeout=0.5)
        assert refreshed == [], "it waits until nobody writes"
        late.commit()
        thread.join()
    assert refreshed == [2]
