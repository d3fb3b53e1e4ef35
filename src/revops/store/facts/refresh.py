"""Brings the facts up to date with the store: reads what is new, writes files, names them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, Level
from revops.store.facts.arriving import ARRIVING, SEQ, arriving_rows, store_columns
from revops.store.facts.facts import Facts, connect, history_views
from revops.store.facts.lock import alone
from revops.store.facts.log import merge_runs, write_runs
from revops.store.facts.manifest import (
    FILE,
    Manifest,
    Stamp,
    Table,
    read_manifest,
    write_manifest,
)
from revops.store.facts.marks import log_stamp, read_marks, record_stamps
from revops.store.facts.segment import LOCK, is_sound, retire, sweep, write_segment
from revops.store.facts.shape import column, shapes
from revops.store.reading import read_arrow

if TYPE_CHECKING:
    from pathlib import Path

    from revops.store.facts.shape import Shape
    from revops.store.store import Store

FOLDER = "facts"


@dataclass(frozen=True)
class Tuning:
    """Sizes and times of the facts' files.

    Attributes:
        rows_in_file: Most rows of one new file.
        most_runs: More unmerged files of a log than this are merged.
        grace: How long a file stays that is no longer named.
        memory_limit: What a refresh may use; beyond it, data spills to disk.
    """

    rows_in_file: int = 2_000_000
    most_runs: int = 8
    grace: timedelta = timedelta(hours=1)
    memory_limit: str = "1GiB"


DEFAULT = Tuning()


def refresh_facts(store: Store, folder: Path, tuning: Tuning = DEFAULT) -> Facts:
    """Bring `facts/` of a workspace up to date and open it; quick where nothing is new.

    Args:
        store: The open store.
        folder: The workspace.
        tuning: Sizes and times.

    Returns:
        The facts, with an issue for whatever was damaged and had to be made anew.

    Raises:
        RevopsError: They cannot be written (`facts-unwritable`), or another process has been
            refreshing them for too long (`facts-busy`).
    """
    return _refreshed(store, facts_folder(folder), tuning, rebuild=False)


def facts_folder(workspace: Path) -> Path:
    """Where the facts of a workspace are."""
    return workspace / FOLDER


def rebuild_facts(store: Store, folder: Path, tuning: Tuning = DEFAULT) -> Facts:
    """Make all of `facts/` anew; whoever is reading it goes on undisturbed."""
    return _refreshed(store, facts_folder(folder), tuning, rebuild=True)


def _refreshed(store: Store, folder: Path, tuning: Tuning, *, rebuild: bool) -> Facts:
    try:
        try:
            return _refresh(store, folder, tuning, rebuild=rebuild)
        except (OSError, duckdb.IOException):
            if (folder / LOCK).exists():
                raise
            return _refresh(store, folder, tuning, rebuild=rebuild)  # it was deleted meanwhile
    except (OSError, duckdb.IOException) as error:
        raise RevopsError(
            "facts-unwritable",
            f"the facts in {folder} cannot be written: {str(error).splitlines()[0]}",
            "make room or mend the permissions; the folder may be deleted at any time",
        ) from error


def _refresh(store: Store, folder: Path, tuning: Tuning, *, rebuild: bool) -> Facts:
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        before, issues = stored_manifest(folder)
        sound, damage = sound_part(folder, before)
        after = _renewed(store, folder, Manifest() if rebuild else sound, tuning)
        if after != before:
            retire(folder, before.segments - after.segments)
            write_manifest(folder, after)
        sweep(folder, after.segments, tuning.grace)
    return facts_of(folder, after, (*issues, *damage))


def stored_manifest(folder: Path) -> tuple[Manifest, list[Issue]]:
    """The manifest of the folder, or an empty one; an issue if it cannot be read."""
    try:
        return read_manifest(folder) or Manifest(), []
    except ValueError as error:
        return Manifest(), [_damage(FILE, str(error))]


def sound_part(folder: Path, manifest: Manifest) -> tuple[Manifest, list[Issue]]:
    """What of a manifest is still true, and an issue for each file that is not as it should be."""
    sound, issues = {}, []
    for name, table in manifest.tables.items():
        broken = [each.name for each in table.segments if not is_sound(folder, each)]
        issues += [_damage(each, f"the file of {name} is missing or damaged") for each in broken]
        if not broken:
            sound[name] = table
    return manifest.model_copy(update={"tables": sound}), issues


def _damage(file: str, message: str) -> Issue:
    mend = "nothing to do: a refresh makes it anew from the store"
    return Issue(f"{FOLDER}/{file}", 0, "", "facts-damaged", Level.WARNING, message, mend)


def _renewed(store: Store, folder: Path, known: Manifest, tuning: Tuning) -> Manifest:
    marks = read_marks(store, known)
    tables = known.tables if marks.is_same_store else {}
    wanted = shapes(marks.custom_fields)
    with closing(connect(folder, memory_limit=tuning.memory_limit)) as con:
        work = _Work(con, store, folder, tuning)
        renewed = {
            shape.name: work.log(shape, tables.get(shape.name))
            for shape in wanted.values()
            if shape.is_log
        }
        records = [shape for shape in wanted.values() if not shape.is_log]
        for name, stamp in record_stamps(store, records).items():
            renewed[name] = work.snapshot(wanted[name], tables.get(name), stamp)
    return Manifest(
        newest_import=marks.newest_import,
        custom_fields={plural: dict(fields) for plural, fields in marks.custom_fields.items()},
        tables=renewed,
    )


@dataclass(frozen=True)
class _Work:
    """Where one refresh works."""

    con: duckdb.DuckDBPyConnection
    store: Store
    folder: Path
    tuning: Tuning

    def log(self, shape: Shape, known: Table | None) -> Table:
        """A log with what has arrived since; from the start if what had arrived has changed."""
        stamp = log_stamp(self.store, shape.name, known.stamp if known else None)
        if known is None or not _continues(shape, known, stamp):
            known = Table(columns=dict(shape.columns))
        if known.stamp.last_seq == stamp.last_seq:
            return known.model_copy(update={"stamp": stamp})
        source = read_arrow(
            self.store, shape.name, store_columns(shape), after_seq=known.stamp.last_seq
        )
        until = exp.LTE(this=column(SEQ), expression=exp.Literal.number(stamp.last_seq))
        arrived = write_runs(
            self.con,
            source,
            arriving_rows(shape).where(until),
            shape,
            self.folder,
            rows_in_file=self.tuning.rows_in_file,
        )
        runs = merge_runs(
            self.con,
            [*known.runs, *arrived],
            shape,
            self.folder,
            most_runs=self.tuning.most_runs,
            rows_in_file=self.tuning.rows_in_file,
        )
        found = Table(columns=dict(shape.columns), stamp=stamp, runs=tuple(runs))
        for segment in {each for run in arrived for each in run} - set(found.segments):
            (self.folder / segment.name).unlink()  # merged at once: nobody knew of it
        return found

    def snapshot(self, shape: Shape, known: Table | None, stamp: Stamp) -> Table:
        """A table as it is, written only if it is not as it was."""
        if known and known.stamp == stamp and known.columns == shape.columns:
            return known
        source = read_arrow(self.store, shape.name, store_columns(shape))
        self.con.register(ARRIVING, source)
        rows = arriving_rows(shape).order_by(*map(column, shape.order))
        segment = write_segment(self.con, rows, self.folder, shape.name)
        self.con.unregister(ARRIVING)
        runs = ((segment,),) if segment else ()
        return Table(columns=dict(shape.columns), stamp=stamp, runs=runs)


def _continues(shape: Shape, known: Table, stamp: Stamp) -> bool:
    """Whether a log is what is known plus what has arrived since."""
    return (
        known.columns == shape.columns
        and known.stamp.rewritten == stamp.rewritten
        and known.stamp.last_seq <= stamp.last_seq
    )


def facts_of(folder: Path, manifest: Manifest, issues: tuple[Issue, ...] = ()) -> Facts:
    """Open what a manifest names."""
    views: dict[str, exp.Query] = {}
    for name, shape in shapes(manifest.custom_fields).items():
        table = manifest.tables.get(name)
        views[name] = (
            shape.of_files(str(folder / each.name) for each in table.segments)
            if table
            else shape.nothing()
        )
    return Facts(views | history_views(), manifest.custom_fields, folder, issues)
