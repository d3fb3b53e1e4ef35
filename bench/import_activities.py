"""How fast activities are imported, end to end, next to what DuckDB and ADBC do bare.

    python bench/import_activities.py [--rows N] [--runs N]

Prints the rows a second of reading and checking, of the whole import into SQLite, and of a bare
`read_csv` with an ADBC ingest of text in the same run; and the ratio of the last two.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

import adbc_driver_sqlite.dbapi
import duckdb

from revops.connectors.canonical import CANONICAL
from revops.connectors.files.convert import Setting, convert
from revops.connectors.files.reading import look
from revops.connectors.files.recognise import recognise
from revops.services.importing import import_paths
from revops.services.workspace import open_workspace

GENERATE = """
COPY (
    SELECT 'a' || i AS id, 'c' || (hash(i) % 100000) AS contact_id,
        ['page_view', 'email_open', 'form_submit'][1 + i % 3] AS type,
        strftime(TIMESTAMP '2025-01-01' + to_seconds((hash(i * 7) % 31536000)::BIGINT),
            '%Y-%m-%dT%H:%M:%SZ') AS occurred_at,
        'inbound' AS direction, 's' || i // 10 AS session_id, '/p/' || i % 50 AS path,
        'google' AS source, NULL AS campaign,
        CASE WHEN i % 5 = 0 THEN '{"plan": "pro"}' END AS properties
    FROM range($rows) t(i)
) TO '{path}' ({how})
"""


def generate(rows: int, path: Path) -> None:
    how = "HEADER" if path.suffix == ".csv" else "FORMAT parquet"
    with duckdb.connect() as con:
        con.execute(GENERATE.replace("{path}", str(path)).replace("{how}", how), {"rows": rows})


def seconds_to_read(path: Path) -> float:
    with tempfile.TemporaryDirectory() as scratch, duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        began = time.perf_counter()
        document = look(con, path)
        found = recognise(path, document.header)
        assert found.vendor is CANONICAL
        setting = Setting("UTC", "", {}, {}, Path(scratch))
        converted = convert(con, document, found.kind, found.vendor, setting, lambda _stems: None)
        took = time.perf_counter() - began
        assert not con.execute(f"FROM {converted.rejects}").fetchall()
        return took


def seconds_to_import(path: Path, rows: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "revops.yaml").write_text("company: Bench\n", "utf-8")
        with open_workspace(Path(folder)) as workspace:
            assert workspace.store
            began = time.perf_counter()
            (outcome,) = import_paths(workspace, [path])
            took = time.perf_counter() - began
        assert outcome.inserted == rows, outcome
        return took


def seconds_bare(path: Path, rows: int) -> float:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        file = Path(folder) / "bare.db"
        began = time.perf_counter()
        relation = con.sql(f"FROM read_csv('{path}', all_varchar = true)")
        with adbc_driver_sqlite.dbapi.connect(str(file)) as store, store.cursor() as cursor:
            cursor.adbc_ingest("activities", relation.to_arrow_reader(100_000), mode="create")
            store.commit()
        took = time.perf_counter() - began
        with closing(sqlite3.connect(file)) as found:
            assert found.execute("SELECT count(*) FROM activities").fetchone() == (rows,)
        return took


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("activities.csv", "activities.parquet")]
        for file in files:
            generate(options.rows, file)
        bare = min(seconds_bare(files[0], options.rows) for _ in range(options.runs))
        print(f"bare read_csv and ingest  {options.rows / bare:>12,.0f} rows/s")
        for file in files:
            read = min(seconds_to_read(file) for _ in range(options.runs))
            whole = min(seconds_to_import(file, options.rows) for _ in range(options.runs))
            print(f"{file.suffix[1:]}: read and checked {options.rows / read:>14,.0f} rows/s")
            print(
                f"{file.suffix[1:]}: imported {options.rows / whole:>22,.0f} rows/s,"
                f" {whole / bare:.2f} times the bare one"
            )


if __name__ == "__main__":
    main()
