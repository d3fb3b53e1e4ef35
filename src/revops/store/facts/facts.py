"""The facts as a whole: a fixed set of files, and a DuckDB connection with a view for each table.

Views: one for each plural of `records`, `changes`, and for each kind of record its history, such
as `contact_history` (record_id, field, changed_at, old_value, new_value, changed_by, reason, seq).
Times are TIMESTAMP in UTC without a zone, decimals DOUBLE, lists and JSON VARCHAR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import duckdb
from sqlglot import exp

from revops.records import RECORDS
from revops.store.facts.shape import CHANGES, column

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from revops.kit.issue import Issue
    from revops.records import FieldType

MEMORY_LIMIT = "60%"
HISTORY_COLUMNS = (
    "record_id",
    "field",
    "changed_at",
    "old_value",
    "new_value",
    "changed_by",
    "reason",
    "seq",
)


@dataclass(frozen=True)
class Statistics:
    """What helps to plan a query.

    Attributes:
        activities: How many there are.
        first_at: When the first of them occurred; None if there are none.
        last_at: When the last occurred.
        has_recycled: Whether any contact was ever sent back to nurture.
        histories: Which fields have a history, as pairs of plural and field.
    """

    activities: int
    first_at: datetime | None
    last_at: datetime | None
    has_recycled: bool
    histories: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Facts:
    """The facts at one moment; later changes of the folder do not show in it.

    Attributes:
        views: The query behind each view, in an order in which they can be made.
        custom_fields: The registered custom fields, by plural and name. Those of activities are
            keys of `properties`; all others are columns.
        spill: An existing folder for what does not fit into memory.
        issues: What was found damaged and made anew.
    """

    views: Mapping[str, exp.Query]
    custom_fields: Mapping[str, Mapping[str, FieldType]]
    spill: Path
    issues: tuple[Issue, ...] = ()

    def connect(
        self, *, threads: int | None = None, memory_limit: str | None = None
    ) -> duckdb.DuckDBPyConnection:
        """Open an in-memory DuckDB with a view for each table; close it after use.

        Args:
            threads: How many to use; all cores by default.
            memory_limit: Such as `2GiB`; 60% of the machine's memory by default.
        """
        con = connect(self.spill, threads=threads, memory_limit=memory_limit)
        for name, query in self.views.items():
            named = exp.table_(name, quoted=True)
            view = exp.Create(this=named, kind="VIEW", expression=query)
            con.execute(view.sql("duckdb"))
        return con

    def statistics(self) -> Statistics:
        """Sizes and spans, mostly from the files' footers: some milliseconds."""
        with self.connect() as con:
            spans = con.execute(
                "SELECT count(*), min(occurred_at), max(occurred_at) FROM activities"
            )
            count, first_at, last_at = spans.fetchone() or (0, None, None)
            recycled = con.execute("SELECT count(recycled_at) > 0 FROM contacts").fetchone()
            pairs = con.execute('SELECT DISTINCT "object", "field" FROM changes').fetchall()
        return Statistics(
            count, first_at, last_at, bool(recycled and recycled[0]), frozenset(pairs)
        )


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


def history_views() -> dict[str, exp.Query]:
    """The history of each kind of record, as a part of `changes`."""
    columns = [column(name) for name in HISTORY_COLUMNS]
    return {
        record.history_name: exp.select(*columns)
        .from_(CHANGES)
        .where(exp.EQ(this=column("object"), expression=exp.Literal.string(plural)))
        for plural, record in RECORDS.items()
    }
