"""Writes the simulated tables as canonical files: names and headers of `records`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from revops.records import RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import duckdb

Format = Literal["parquet", "csv"]

_PLURALS = ("accounts", "contacts", "opportunities", "users", "teams", "campaigns", "spend")
_HISTORIES = ("contact_history", "account_history", "opportunity_history")
_ACTIVITIES_PER_FILE = 2_500_000
# Reading one row reads its group: a record is looked up by itself, activities are read by all.
# Where a dictionary holds a group's values, a filter tells which groups lack one looked for.
_OPTIONS = {
    "parquet": "FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {rows_in_group}, "
    "DICTIONARY_SIZE_LIMIT 8192",
    "csv": "FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ'",
}


def write_records(con: duckdb.DuckDBPyConnection, folder: Path, kind: Format) -> dict[str, int]:
    """Write every table and view `out_*`, activities apart; the rows written, by name."""
    (folder / "truth").mkdir()
    queries = {plural: _canonical(con, plural) for plural in _PLURALS}
    queries |= {name: f"FROM out_{name}" for name in _HISTORIES}
    rows = {name: _write(con, query, folder / f"{name}.{kind}") for name, query in queries.items()}
    return rows | {"truth": _write(con, "FROM out_truth", folder / "truth" / "truth.parquet")}


def write_activities(
    con: duckdb.DuckDBPyConnection,
    query: str,
    folder: Path,
    kind: Format,
    *,
    contacts: int,
    activities: int,
    on_progress: Callable[[float], None],
) -> int:
    """Write the activities, range of contacts by range of contacts; the number written.

    One file if they are few, otherwise `activities/activities_001.parquet` and so on, so that
    memory does not grow with their number.
    """
    pieces = min(contacts, max(1, math.ceil(activities / _ACTIVITIES_PER_FILE)))
    paths = [folder / f"activities.{kind}"]
    if pieces > 1:
        (folder / "activities").mkdir()
        names = (f"activities_{number:03}.{kind}" for number in range(1, pieces + 1))
        paths = [folder / "activities" / name for name in names]
    written = 0
    for done, path in enumerate(paths):
        con.execute("SET VARIABLE first_contact = ?", [contacts * done // pieces + 1])
        con.execute("SET VARIABLE last_contact = ?", [contacts * (done + 1) // pieces])
        written += _write(con, query, path)
        on_progress((done + 1) / pieces)
    return written


def _canonical(con: duckdb.DuckDBPyConnection, plural: str) -> str:
    """The query for those canonical fields that are simulated, in canonical order."""
    simulated = {row[0] for row in con.execute(f"DESCRIBE out_{plural}").fetchall()}
    names = [field.name for field in RECORDS[plural].fields if field.name in simulated]
    return f"SELECT {', '.join(names)} FROM out_{plural} ORDER BY id"


def _write(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    target = str(path).replace("'", "''")
    rows_in_group = 122_880 if path.name.startswith("activities") else 8_192
    options = _OPTIONS[path.suffix.removeprefix(".")].format(rows_in_group=rows_in_group)
    told = _zoned(con, query) if path.suffix == ".parquet" else query
    rows = con.execute(f"COPY ({told}) TO '{target}' ({options})").fetchall()
    return int(rows[0][0])


def _zoned(con: duckdb.DuckDBPyConnection, query: str) -> str:
    """The query with its times marked as UTC, so that no reader takes them for local ones."""
    times = [
        f"make_timestamptz(epoch_us({name})) AS {name}"
        for name, own, *_ in con.execute(f"DESCRIBE {query}").fetchall()
        if own == "TIMESTAMP"
    ]
    return f"SELECT * REPLACE ({', '.join(times)}) FROM ({query})" if times else query
