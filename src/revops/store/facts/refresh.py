"""Brings the facts up to date with the store: reads what is new, writes files, names them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb

from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, Level
from revops.records import RECORDS
from revops.store.facts import statistics
from revops.store.facts.facts import Facts, keep
from revops.store.facts.lock import alone
from revops.store.facts.manifest import FILE, Manifest, read_manifest, write_manifest
from revops.store.facts.marks import log_stamp, read_marks, record_stamps
from revops.store.facts.segment import LOCK, SPILL, is_sound, retire, sweep
from revops.store.facts.shape import CHANGES, HISTORY_COLUMNS, shapes
from revops.store.facts.work import Tuning, Work
from revops.store.forms import name as quoted
from revops.store.forms import text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from revops.store.facts.manifest import Stamp, Table
    from revops.store.facts.shape import Shape
    from revops.store.store import Store

FOLDER = "facts"


DEFAULT = Tuning()


def refresh_facts(
    store: Store,
    folder: Path,
    tuning: Tuning = DEFAULT,
    kept: duckdb.DuckDBPyConnection | None = None,
) -> Facts:
    """Bring `facts/` of a workspace up to date and open it; quick where nothing is new.

    Args:
        store: The open store.
        folder: The workspace.
        tuning: Sizes and times.
        kept: A database that is kept open for short work (`keep_database`), if there is one.

    Returns:
        The facts, with an issue for whatever was damaged and had to be made anew.

    Raises:
        RevopsError: They cannot be written (`facts-unwritable`), or another process has been
            refreshing them for too long (`facts-busy`).
    """
    return _refreshed(store, facts_folder(folder), tuning, kept)


def facts_folder(workspace: Path) -> Path:
    """Where the facts of a workspace are."""
    return workspace / FOLDER


def keep_database(workspace: Path) -> duckdb.DuckDBPyConnection:
    """Open a database for the facts of a workspace, to be kept for short work; see `keep`."""
    return keep(facts_folder(workspace) / SPILL)


def rebuild_facts(store: Store, folder: Path, tuning: Tuning = DEFAULT) -> Facts:
    """Make all of `facts/` anew; whoever is reading it goes on undisturbed."""
    return _refreshed(store, facts_folder(folder), tuning, rebuild=True)


def _refreshed(
    store: Store,
    folder: Path,
    tuning: Tuning,
    kept: duckdb.DuckDBPyConnection | None = None,
    *,
    rebuild: bool = False,
) -> Facts:
    try:
        try:
            return _refresh(store, folder, tuning, kept, rebuild=rebuild)
        except (OSError, duckdb.IOException):
            if (folder / LOCK).exists():
                raise
            return _refresh(
                store, folder, tuning, kept, rebuild=rebuild
            )  # it was deleted meanwhile
    except (OSError, duckdb.IOException) as error:
        raise RevopsError(
            "facts-unwritable",
            f"the facts in {folder} cannot be written: {str(error).splitlines()[0]}",
            "make room or mend the permissions; the folder may be deleted at any time",
        ) from error


def _refresh(
    store: Store,
    folder: Path,
    tuning: Tuning,
    kept: duckdb.DuckDBPyConnection | None,
    *,
    rebuild: bool,
) -> Facts:
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        before, issues = stored_manifest(folder)
        sound, damage = sound_part(folder, before)
        after = _renewed(store, folder, Manifest() if rebuild else sound, tuning, kept)
        if after != before:
            retire(folder, before.segments - after.segments)
            write_manifest(folder, after)
        sweep(folder, after.segments, tuning.grace)
    return replace(facts_of(folder, after, [*issues, *damage]), kept=kept)


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


def _renewed(
    store: Store,
    folder: Path,
    known: Manifest,
    tuning: Tuning,
    kept: duckdb.DuckDBPyConnection | None,
) -> Manifest:
    marks = read_marks(store, known)
    tables = known.tables if marks.is_same_store else {}
    wanted = shapes(marks.custom_fields)
    stamps = {
        name: log_stamp(store, name, marks.rewritten.get(name, ""), _stamp_of(tables.get(name)))
        for name, shape in wanted.items()
        if shape.is_log
    }
    records = [name for name, shape in wanted.items() if not shape.is_log]
    stamps |= record_stamps(store, records, marks.rewritten)
    stale = [
        shape
        for name, shape in wanted.items()
        if not _is_current(shape, tables.get(name), stamps[name])
    ]
    found = known.model_copy(
        update={
            "newest_import": marks.newest_import,
            "custom_fields": {name: dict(kinds) for name, kinds in marks.custom_fields.items()},
            "tables": tables,
        }
    )
    if not stale:
        return found
    with closing(kept.cursor() if kept else keep(folder / SPILL)) as con:
        work = Work(con, store, folder, tuning)
        new = {
            each.name: work.renew(each, tables.get(each.name), stamps[each.name]) for each in stale
        }
        found = found.model_copy(update={"tables": tables | new, "statistics": None})
        facts_of(folder, found).show(con, statistics.VIEWS, kind="TEMP VIEW")
        return found.model_copy(update={"statistics": statistics.take(con)})


def _stamp_of(table: Table | None) -> Stamp | None:
    return table.stamp if table else None


def _is_current(shape: Shape, known: Table | None, stamp: Stamp) -> bool:
    return known is not None and known.stamp == stamp and known.columns == shape.columns


def facts_of(folder: Path, manifest: Manifest, issues: Sequence[Issue] = ()) -> Facts:
    """Open what a manifest names."""
    tables = manifest.tables
    views = {
        name: shape.of_files(str(folder / each.name) for each in tables[name].segments)
        for name, shape in shapes(manifest.custom_fields).items()
    }
    columns = ", ".join(map(quoted, HISTORY_COLUMNS))
    for plural, record in RECORDS.items():
        past = f'SELECT {columns} FROM ({views[CHANGES]}) WHERE "object" = {text(plural)}'
        views[record.history_name] = past
    known = manifest.statistics
    return Facts(views, manifest.custom_fields, folder / SPILL, tuple(issues), known)
