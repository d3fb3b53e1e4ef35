from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from facts_tables import bring, everything, table
from revops.kit.errors import RevopsError
from revops.store import open_store
from revops.store.facts import Tuning, keep_database, refresh_facts, stored_manifest
from revops.store.facts.lock import alone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from revops.store import Store

NO_GRACE = Tuning(grace=timedelta(0))


@pytest.fixture
def filled(sqlite_store: Store) -> Store:
    bring(
        sqlite_store,
        "activities",
        """SELECT 'a' || i AS id, 'c' || (i % 9) AS contact_id, 'x' AS "type",
        TIMESTAMP '2026-01-01' + to_seconds(i) AS occurred_at FROM range(2000) AS t(i)""",
    )
    bring(sqlite_store, "contacts", "SELECT 'c' || i AS id FROM range(9) AS t(i)")
    return sqlite_store


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def scribble(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-40:-8] = b"\xff" * 32
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("harm", [truncate, scribble, lambda path: path.unlink()])
@pytest.mark.parametrize("name", ["activities", "contacts"])
def test_a_damaged_file_is_told_and_made_anew(
    filled: Store, tmp_path: Path, name: str, harm: Callable[[Path], None]
) -> None:
    before = everything(refresh_facts(filled, tmp_path))
    (segment,) = stored_manifest(tmp_path / "facts")[0].tables[name].segments
    harm(tmp_path / "facts" / segment.name)
    facts = refresh_facts(filled, tmp_path)
    assert everything(facts) == before
    (issue,) = facts.issues
    assert (issue.code, issue.file) == ("facts-damaged", f"facts/{segment.name}")
    assert refresh_facts(filled, tmp_path).issues == ()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"tables": {"contacts": 1}}', "\x00\xff", '{"nobody": "knows"}']
)
def test_a_damaged_manifest_is_told_and_made_anew(filled: Store, tmp_path: Path, text: str) -> None:
    before = everything(refresh_facts(filled, tmp_path))
    (tmp_path / "facts" / "manifest.json").write_text(text)
    facts = refresh_facts(filled, tmp_path)
    assert [issue.code for issue in facts.issues] == ["facts-damaged"]
    assert everything(facts) == before


def test_a_manifest_cannot_lead_out_of_the_folder(filled: Store, tmp_path: Path) -> None:
    refresh_facts(filled, tmp_path)
    path = tmp_path / "facts" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["tables"]["contacts"]["runs"][0][0]["name"] = "../../secret.parquet"
    path.write_text(json.dumps(manifest))
    assert [issue.code for issue in refresh_facts(filled, tmp_path).issues] == ["facts-damaged"]


def test_the_folder_may_be_deleted(filled: Store, tmp_path: Path) -> None:
    before = everything(refresh_facts(filled, tmp_path))
    shutil.rmtree(tmp_path / "facts")
    again = refresh_facts(filled, tmp_path)
    assert again.issues == ()
    assert everything(again) == before


def test_what_is_no_longer_named_goes_after_a_while(filled: Store, tmp_path: Path) -> None:
    opened = refresh_facts(filled, tmp_path)
    old = {path.name for path in (tmp_path / "facts").glob("contacts-*.parquet")}
    orphan = tmp_path / "facts" / ".contacts-0.parquet.part"
    orphan.write_text("left by a process that was killed")
    long_ago = time.time() - 86_400
    os.utime(orphan, (long_ago, long_ago))
    for name in old:
        os.utime(tmp_path / "facts" / name, (long_ago, long_ago))
    bring(filled, "contacts", "SELECT 'c100' AS id")
    refresh_facts(filled, tmp_path)
    assert not orphan.exists()
    assert len(table(opened, "contacts")) == 9, "a reader still has what it opened"
    time.sleep(0.01)
    refresh_facts(filled, tmp_path, NO_GRACE)
    assert old & {path.name for path in (tmp_path / "facts").iterdir()} == set()


def test_a_database_that_is_kept_goes_on_after_a_sweep(filled: Store, tmp_path: Path) -> None:
    large = "SELECT i, repeat(hash(i)::VARCHAR, 9) AS wide FROM range(500_000) AS t(i)"
    spilled = tmp_path / "facts" / "spill"
    with closing(keep_database(tmp_path)) as kept:
        kept.execute("SET GLOBAL memory_limit = '60MiB'")
        for _ in range(2):
            facts = refresh_facts(filled, tmp_path, NO_GRACE, kept)
            with facts.glance(("contacts",)) as one, facts.glance(("contacts",)) as other:
                other.execute("CREATE TEMP TABLE large AS SELECT 1 AS i")
                one.execute(f"CREATE TEMP TABLE large AS {large}")
                assert any(path.stat().st_size for path in spilled.iterdir())
                assert one.execute("SELECT count(*) FROM large").fetchall() == [(500_000,)]
                assert other.execute("SELECT count(*) FROM large, contacts").fetchall() == [(9,)]
            time.sleep(0.01)


KILLED = """
import sys
from pathlib import Path
from revops.store import open_store
from revops.store.facts import Tuning, rebuild_facts
store = open_store("sqlite:///revops.db", Path(sys.argv[1]))
print("ready", flush=True)
while True:
    rebuild_facts(store, Path(sys.argv[1]), Tuning(rows_in_file=200, most_runs=2))
"""


def test_a_killed_refresh_leaves_facts_that_can_be_read(filled: Store, tmp_path: Path) -> None:
    before = everything(refresh_facts(filled, tmp_path))
    filled.close()
    for wait in (0.03, 0.11, 0.2, 0.37):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)
        with closing(open_store("sqlite:///revops.db", tmp_path)) as store:
            facts = refresh_facts(store, tmp_path)
            assert facts.issues == ()
            assert everything(facts) == before


def test_another_refresh_is_waited_for_only_so_long(tmp_path: Path) -> None:
    with (
        alone(tmp_path),
        pytest.raises(RevopsError, match="another process") as refused,
        alone(tmp_path, wait_seconds=0.05),
    ):
        pytest.fail("two at a time")
    assert refused.value.code == "facts-busy"


def test_a_place_that_cannot_be_written_is_told(filled: Store, tmp_path: Path) -> None:
    (tmp_path / "facts").write_text("a file where the folder should be")
    with pytest.raises(RevopsError) as refused:
        refresh_facts(filled, tmp_path)
    assert refused.value.code == "facts-unwritable"


def test_what_the_store_tells_while_it_is_read_is_told(
    sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "revops.db")
    with closing(open_store("sqlite:///revops.db", tmp_path, wait_seconds=0.05)) as store:
        bring(store, "contacts", "SELECT 'c1' AS id")
        turns = store.turns
        assert turns is not None
        turns.enter("rows", 1)
        try:
            with pytest.raises(RevopsError) as refused:
                refresh_facts(store, tmp_path)
        finally:
            turns.leave()
    assert refused.value.code == "store-busy"
