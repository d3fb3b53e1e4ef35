"""Writes, checks and removes the Parquet files of the facts."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

import pyarrow.parquet as pq

from revops.store.facts.manifest import FILE, Segment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta
    from pathlib import Path

    import duckdb

LOCK = "lock"
SPILL = "spill"
# Reading one row reads its group: small where one record is looked up, large where all are read.
ROWS_IN_GROUP = {"activities": 122_880}
ROWS_IN_GROUP_OF_RECORDS = 8_192
# A column has a filter that tells which groups lack a value where a dictionary holds all of theirs.
VALUES_IN_DICTIONARY = ROWS_IN_GROUP_OF_RECORDS
_MAGIC = b"PAR1"


def write_segment(
    con: duckdb.DuckDBPyConnection, rows: str, folder: Path, table: str
) -> Segment | None:
    """Write what a query finds to a new file; None if it finds nothing.

    The file has its name only once it is whole.
    """
    name = f"{table}-{uuid4().hex}.parquet"
    part = folder / f".{name}.part"
    rows_in_group = ROWS_IN_GROUP.get(table, ROWS_IN_GROUP_OF_RECORDS)
    options = (
        f"FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {rows_in_group}, "
        f"DICTIONARY_SIZE_LIMIT {VALUES_IN_DICTIONARY}"
    )
    written = con.execute(f"COPY ({rows}) TO $1 ({options})", [str(part)]).fetchone()
    if not written or not written[0]:
        part.unlink(missing_ok=True)
        return None
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(folder / name)
    return Segment(name=name, rows=written[0], bytes=(folder / name).stat().st_size)


def is_sound(folder: Path, segment: Segment) -> bool:
    """Whether a file is there, complete, and has the rows it should have."""
    path = folder / segment.name
    try:
        if path.stat().st_size != segment.bytes:
            return False
        with path.open("rb") as file:
            file.seek(-len(_MAGIC), os.SEEK_END)
            if file.read() != _MAGIC:
                return False
        found: int = pq.read_metadata(path).num_rows
    except (OSError, ValueError):
        return False
    return found == segment.rows


def retire(folder: Path, segments: Iterable[Segment]) -> None:
    """Note on the files themselves that the next manifest will not name them."""
    for segment in segments:
        with suppress(FileNotFoundError):
            os.utime(folder / segment.name)


def sweep(folder: Path, named: Iterable[Segment], grace: timedelta) -> None:
    """Remove what no manifest names, once nobody has touched it for the grace period.

    That is: retired files, and parts of files left by a process that was killed.
    """
    keep = {segment.name for segment in named} | {FILE, LOCK, SPILL}
    latest = time.time() - grace.total_seconds()
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if path.name in keep or path.stat().st_mtime > latest:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
