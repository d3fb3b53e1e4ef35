"""The facts as a whole: a fixed set of files, and a DuckDB connection with a view for each table.

Views: one for each plural of `records`, `changes`, and for each kind of record its history, such
as `contact_history` (record_id, field, changed_at, old_value, new_value, changed_by, reason, seq).
Times are TIMESTAMP in UTC without a zone, decimals DOUBLE, lists and JSON VARCHAR.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import uuid4

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


@dataclass(frozen=True)
class Facts:
    """The facts at one moment; later changes of the folder do not show in it.

    Attributes:
        views: The query behind each view.
        custom_fields: The registered custom fields, by plural and name. Those of activities are
            keys of `properties`; all others are columns.
        spill: An existing folder for what does not fit into memory.
        issues: What was found damaged and made anew.
        known: The statistics, if they are known already.
    """

    views: Mapping[str, str]
    custom_fields: Mapping[str, Mapping[str, FieldType]]
    spill: Path
    issues: tuple[Issue, ...] = ()
    known: Statistics | None = None

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

    def show(self, con: duckdb.DuckDBPyConnection, only: Collection[str] = ()) -> None:
        """Make a view for each table, or only these, in a connection that is open."""
        for name in only or self.views:
            con.execute(f"CREATE VIEW {quoted(name)} AS {self.views[name]}")

    def statistics(self) -> Statistics:
        """What a query need not reckon with: kept with a store's facts, else asked for."""
        return self.known or self._taken

    @cached_property
    def _taken(self) -> Statistics:
        with self.connect(only=statistics.VIEWS) as con:
            return statistics.take(con)


def connect(
    spill: Path, *, threads: int | None = None, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB that works in UTC, spills into a folder of its own and loads no extensions."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit or MEMORY_LIMIT,
        "temp_directory": str(spill / f"spill-{uuid4().hex}"),
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
