from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import psycopg
import pytest
import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.store import Store, open_store
from revops.store.batch import Batch
from revops.store.load import load_batches
from revops.store.tables import IMPORTS, RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACTIVITIES = RECORD_TABLES["activities"]
ROWS = 200_000
LOAD = f"""
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from revops.store import open_store
from revops.store.batch import Batch
from revops.store.load import load_batches

store = open_store(sys.argv[1], Path(sys.argv[2]))
con = duckdb.connect()
con.execute('''CREATE TABLE rows AS SELECT i AS _line, 'a' || i AS id, 'login' AS type,
    TIMESTAMP '2026-01-01' AS occurred_at FROM range({ROWS}) AS t(i)''')
batch = Batch("activities", "rows", ("id", "type", "occurred_at"))
print("go", flush=True)
load_batches(store, con, [batch], source="crm", file="f", who="ann", at=datetime.now(UTC))
print("done", flush=True)
store.close()
"""
HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("go", flush=True)
sys.stdin.read()
connection.rollback()
"""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a Python program and wait until it says that it is there."""
    child = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "go\n"
    return child


def end(child: subprocess.Popen[str]) -> str:
    said, _ = child.communicate(timeout=60)
    return said


def counted(url: str, folder: Path) -> tuple[int, int]:
    """How many activities and imports there are; waits for a server that cleans up."""
    with closing(open_store(url, folder)) as store, store.write() as connection:
        if store.dialect == "postgresql":
            connection.execute(sa.text("LOCK TABLE imports IN EXCLUSIVE MODE"))
        activities, imports = (
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (ACTIVITIES, IMPORTS)
        )
    return activities, imports


@pytest.mark.parametrize("delay", [0.03, 0.15, 0.4])
def test_killed_at_any_point_a_load_is_whole_or_absent(
    store_url: str, tmp_path: Path, delay: float
) -> None:
    child = start(LOAD, store_url, str(tmp_path))
    time.sleep(delay)
    child.kill()
    end(child)
    found = counted(store_url, tmp_path)
    assert found in {(0, 0), (ROWS, 1)}
    assert end(start(LOAD, store_url, str(tmp_path))) == "done\n"
    assert counted(store_url, tmp_path) == (ROWS, found[1] + 1)
    with closing(open_store(store_url, tmp_path)) as store, store.read() as connection:
        assert [each["name"] for each in sa.inspect(connection).get_indexes("activities")]


def load_one(store: Store) -> None:
    with duckdb.connect() as con:
        con.execute("CREATE TABLE rows AS SELECT 1 AS _line, 'c1' AS id")
        batch = Batch("contacts", "rows", ("id",))
        at = datetime(2026, 1, 1, tzinfo=UTC)
        load_batches(store, con, [batch], source="crm", file="f", who="ann", at=at)


@contextmanager
def another_writer(store: Store, seconds: float) -> Iterator[None]:
    """Another process (or server session) that writes until the end, or for so many seconds."""
    if store.dialect == "sqlite":
        child = start(HOLD, str(store.file))
        timer = threading.Timer(seconds, lambda: end(child))
        timer.start()
        yield
        timer.cancel()
        timer.join()
        if child.returncode is None:
            end(child)
        return
    with psycopg.connect(store.url) as connection:
        connection.execute("LOCK TABLE imports IN EXCLUSIVE MODE")
        timer = threading.Timer(seconds, connection.rollback)
        timer.start()
        yield
        timer.cancel()
        timer.join()


def test_a_second_writer_waits(store: Store) -> None:
    with another_writer(store, 0.4):
        begun = time.monotonic()
        load_one(store)
        assert time.monotonic() - begun > 0.2


def test_a_second_writer_gives_up_with_a_clear_message(store_url: str, tmp_path: Path) -> None:
    with (
        closing(open_store(store_url, tmp_path, wait_seconds=0.2)) as store,
        another_writer(store, 30),
    ):
        with pytest.raises(RevopsError) as caught:
            load_one(store)
        assert caught.value.code == "store-busy"
        assert "try again" in caught.value.issues[0].mend


def test_two_loads_at_once_both_arrive(store_url: str, tmp_path: Path) -> None:
    first, second = (start(LOAD, store_url, str(tmp_path)) for _ in range(2))
    assert end(first) == end(second) == "done\n"
    assert counted(store_url, tmp_path) == (ROWS, 2)
