"""Writes the files of one table of the facts anew, or those that are missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from revops.store.facts.arriving import ARRIVING, SEQ, arriving_rows, reading
from revops.store.facts.log import merge_runs, write_runs
from revops.store.facts.manifest import Table
from revops.store.facts.segment import write_segment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

    from revops.store.facts.log import Run
    from revops.store.facts.manifest import Segment, Stamp
    from revops.store.facts.shape import Shape
    from revops.store.store import Store


@dataclass(frozen=True)
class Tuning:
    """Sizes and times of the facts' files.

    Attributes:
        rows_in_file: Most rows of one new file.
        most_runs: More unmerged files of a log than this are merged.
        grace: How long a file stays that is no longer named.
    """

    rows_in_file: int = 2_000_000
    most_runs: int = 4
    grace: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class Work:
    """Where one refresh works.

    Attributes:
        con: A DuckDB connection of its own.
        store: What it reads.
        folder: Where it writes.
        tuning: How large the files are to be.
    """

    con: duckdb.DuckDBPyConnection
    store: Store
    folder: Path
    tuning: Tuning

    def renew(self, shape: Shape, known: Table | None, stamp: Stamp) -> Table:
        """A table as the store has it, as far as the stamp goes at least."""
        runs = self._log(shape, known, stamp) if shape.is_log else self._snapshot(shape, stamp)
        return Table(columns=dict(shape.columns), stamp=stamp, runs=tuple(runs))

    def _snapshot(self, shape: Shape, stamp: Stamp) -> list[Run]:
        if not stamp.count:
            return []
        rows = f"{arriving_rows(shape)} {shape.order_by}"
        with reading(self.store, shape) as source:
            self.con.register(ARRIVING, source)
            segment = write_segment(self.con, rows, self.folder, shape.name)
        self.con.unregister(ARRIVING)
        return [(segment,)] if segment else []

    def _log(self, shape: Shape, known: Table | None, stamp: Stamp) -> list[Run]:
        """What is known and what has arrived since; all of it if what was known has changed."""
        if known is None or not _continues(shape, known, stamp):
            known = Table(columns=dict(shape.columns))
        if known.stamp.last_seq == stamp.last_seq:
            return list(known.runs)
        rows = f"{arriving_rows(shape)} WHERE {SEQ} <= {stamp.last_seq}"
        size = self.tuning.rows_in_file
        with reading(self.store, shape, known.stamp.last_seq) as source:
            arrived = write_runs(self.con, source, rows, shape, self.folder, rows_in_file=size)
        runs = merge_runs(
            self.con,
            [*known.runs, *arrived],
            shape,
            self.folder,
            most_runs=self.tuning.most_runs,
            rows_in_file=size,
        )
        for segment in _segments(arrived) - _segments(runs):
            (self.folder / segment.name).unlink()  # merged at once: nobody knew of it
        return runs


def _segments(runs: Sequence[Run]) -> set[Segment]:
    return {segment for run in runs for segment in run}


def _continues(shape: Shape, known: Table, stamp: Stamp) -> bool:
    """Whether a log is what is known plus what has arrived since."""
    return (
        known.columns == shape.columns
        and known.stamp.rewritten == stamp.rewritten
        and known.stamp.last_seq <= stamp.last_seq
    )
