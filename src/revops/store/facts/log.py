"""Tables that only grow: new rows become a new file, and files are merged when they are many."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pyarrow as pa

from revops.store.facts.arriving import ARRIVING
from revops.store.facts.segment import write_segment
from revops.store.forms import name as quoted
from revops.store.forms import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import duckdb

    from revops.store.facts.manifest import Segment
    from revops.store.facts.shape import Shape

Run = tuple["Segment", ...]
_MERGE_RATIO = 2
_SAMPLE_ROWS = 100_000
_SEED = 1


def write_runs(
    con: duckdb.DuckDBPyConnection,
    arriving: pa.RecordBatchReader,
    rows: str,
    shape: Shape,
    folder: Path,
    *,
    rows_in_file: int,
) -> list[Run]:
    """Write arriving rows to sorted files, each a run of its own, in bounded memory.

    Args:
        con: Where to work.
        arriving: The rows as they come.
        rows: The query for what to write of the table called `arriving`.
        shape: The table they belong to.
        folder: Where to write.
        rows_in_file: Most rows of one file.
    """
    runs: list[Run] = []
    for chunk in _chunks(arriving, rows_in_file):
        con.register(ARRIVING, chunk)
        segment = write_segment(con, f"{rows} {shape.order_by}", folder, shape.name)
        con.unregister(ARRIVING)
        if segment:
            runs.append((segment,))
    return runs


def _chunks(rows: pa.RecordBatchReader, most: int) -> Iterator[pa.RecordBatchReader]:
    batches = iter(rows)
    for first in batches:
        taken = _until(most, first, batches)
        yield pa.RecordBatchReader.from_batches(rows.schema, taken)


def _until(
    most: int, first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    count = first.num_rows
    yield first
    while count < most and (batch := next(rest, None)) is not None:
        count += batch.num_rows
        yield batch


def merge_runs(
    con: duckdb.DuckDBPyConnection,
    runs: Sequence[Run],
    shape: Shape,
    folder: Path,
    *,
    most_runs: int,
    rows_in_file: int,
) -> list[Run]:
    """Merge the newest runs into one if there are too many; the rest stays as it is."""
    sizes = [sum(segment.rows for segment in run) for run in runs]
    first = first_to_merge(sizes, most_runs)
    if first == len(runs):
        return list(runs)
    paths = [str(folder / segment.name) for run in runs[first:] for segment in run]
    rows, key = shape.of_files(paths), quoted(shape.order[0])
    written = (
        write_segment(con, f"{rows} WHERE {part} {shape.order_by}", folder, shape.name)
        for part in _ranges(key, _cuts(con, rows, key, -(-sum(sizes[first:]) // rows_in_file)))
    )
    return [*runs[:first], tuple(segment for segment in written if segment)]


def first_to_merge(sizes: Sequence[int], most_runs: int) -> int:
    """From which run on to merge, or the number of runs if there is nothing to merge.

    A run joins while it is at most twice as large as all newer ones together, so that a row is
    rewritten only about as often as the table has doubled.
    """
    if len(sizes) <= most_runs:
        return len(sizes)
    first = len(sizes) - 2
    while first and sizes[first - 1] <= _MERGE_RATIO * sum(sizes[first:]):
        first -= 1
    return first


def _cuts(con: duckdb.DuckDBPyConnection, rows: str, key: str, parts: int) -> list[str]:
    """Values of the key that part the rows into about equal parts, from a sample."""
    shares = ", ".join(f"{part / parts:.9f}" for part in range(1, parts))
    if not shares:
        return []
    found = con.execute(
        f"SELECT quantile_disc({key}, [{shares}]) FROM"
        f" (SELECT {key} FROM ({rows}) WHERE {key} IS NOT NULL"
        f" USING SAMPLE {_SAMPLE_ROWS} ROWS (reservoir, {_SEED}))"
    ).fetchone()
    return sorted(set(found[0] or [])) if found else []


def _ranges(key: str, cuts: Sequence[str]) -> list[str]:
    """Conditions that part all rows by the cuts; rows without a key come last."""
    if not cuts:
        return ["true"]
    edges = [text(cut) for cut in cuts]
    between = [f"{key} >= {low} AND {key} < {high}" for low, high in pairwise(edges)]
    return [f"{key} < {edges[0]}", *between, f"({key} >= {edges[-1]} OR {key} IS NULL)"]
