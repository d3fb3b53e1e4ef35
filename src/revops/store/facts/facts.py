"""The facts as a whole: a fixed set of files, and a DuckDB connection with a view for each table.

Views: one for each plural of `records`, `changes`, and for each kind of record its history, such
as `contact_history` (record_id, field, changed_at, old_value, new_value, changed_by, reason, seq).
Times are TIMESTAMP in UTC without a zone, decimals DOUBLE, lists and JSON VARCHAR.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import duckdb

from revops.store.facts import statistics
from revops.store.forms import name as quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from revops.kit.issue import Issue
    from revops.records import FieldType
    from revops.store.facts.statistics import Statistics

MEMORY_LIMIT = "60%"
SHORT_WORK_LIMIT = "1GiB"


@dataclass(frozen=True)
class Facts:
    """The facts at one moment; later changes of the folder do not show in it.

    Attributes:
        views: The query behind each view.
        custom_fields: The registered custom fields, by plural and name. Those of activities are
            keys of `properties`; all others are columns.
        spill: A folder for what does not fit into memory, made when it is needed.
        issues: What was found damaged and made anew.
        known: The statistics, if they are known already.
        kept: A database that is kept open for short work, if there is one.
    """

    views: Mapping[str, str]
    custom_fields: Mapping[str, Mapping[str, FieldType]]
    spill: Path
    issues: tuple[Issue, ...] = ()
    known: Statistics | None = None
    kept: duckdb.DuckDBPyConnection | None = None

    def connect(
        self,
        *,
        only: Collection[str] = (),
        threads: int | None = None,
        memory_limit: str | None = None,
    ) -> duckdb.DuckDBPyConnection:
        """Open an in-memory DuckDB with a view for each table; close it after use.

        Args:
            only: The views to make; all by default. A few are quicker to make than all.
            threads: How many to use; all cores by default.
            memory_limit: Such as `2GiB`; 60% of the machine's memory by default.
        """
        con = connect(self.spill, threads=threads, memory_limit=memory_limit)
        self.show(con, only)
        return con

    def glance(self, only: Collection[str] = ()) -> duckdb.DuckDBPyConnection:
        """Open a connection for short work, with a view for each table, or only these.

        A database takes longer to open than most questions to answer, so where one is kept open
        this is a connection of that: what is made in it must be temporary, and no setting may be
        changed. Close it after use.
        """
        if self.kept is None:
            return self.connect(only=only)
        con = self.kept.cursor()
        self.show(con, only, kind="TEMP VIEW")
        return con

    def __getstate__(self) -> dict[str, object]:
        """What goes to another process: no database can, so it opens its own."""
        return {**self.__dict__, "kept": None}

    def show(
        self, con: duckdb.DuckDBPyConnection, only: Collection[str] = (), kind: str = "VIEW"
    ) -> None:
        """Make a view for each table, or only these, in a connection that is open."""
        for name in only or self.views:
            con.execute(f"CREATE {kind} {quoted(name)} AS {self.views[name]}")

    def statistics(self) -> Statistics:
        """What a query need not reckon with: kept with a store's facts, else asked for."""
        return self.known or self._taken

    @cached_property
    def _taken(self) -> Statistics:
        with self.glance(statistics.VIEWS) as con:
            return statistics.take(con)


def connect(
    spill: Path, *, threads: int | None = None, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB that works in UTC and loads no extensions.

    Any number may spill into one folder: each removes what it spilled, and what the dead left.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit or MEMORY_LIMIT,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
    }
    if threads:
        config["threads"] = threads
    con = duckdb.connect(config=config)
    con.execute("SET GLOBAL TimeZone = 'UTC'")
    con.execute("SET GLOBAL parquet_metadata_cache = true")
    return con


def keep(spill: Path) -> duckdb.DuckDBPyConnection:
    """Open a database to be kept for short work.

    It leaves out an optimizer that takes longer than it saves there, and caches no files: they are
    replaced all the time.
    """
    con = connect(spill, memory_limit=SHORT_WORK_LIMIT)
    con.execute("SET GLOBAL disabled_optimizers = 'common_subexpressions'")
    con.execute("SET GLOBAL parquet_metadata_cache = false")
    con.execute("SET GLOBAL enable_external_file_cache = false")
    return con
