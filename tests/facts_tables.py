"""Brings rows into a store as an import would, and reads the views of facts as sets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from revops.store.batch import Batch
from revops.store.load import load_batches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from revops.records import FieldType
    from revops.store import Store
    from revops.store.facts import Facts

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)


def bring(
    store: Store,
    table_name: str,
    query: str,
    custom: Mapping[str, FieldType] | None = None,
    *,
    at: datetime = AT,
) -> None:
    """Import what a query finds, as one file of records or of a history."""
    own = custom or {}
    with duckdb.connect() as con:
        con.execute(
            f"CREATE TABLE arrived AS SELECT row_number() OVER () AS _line, * FROM ({query})"
        )
        names = con.table("arrived").columns
        batch = Batch(
            _plural(table_name),
            "arrived",
            tuple(each for each in names if each != "_line" and each not in own),
            own,
            is_history=table_name.endswith("_history"),
        )
        load_batches(store, con, [batch], source="crm", file=table_name, who="ann", at=at)


def _plural(table_name: str) -> str:
    from revops.records import RECORDS

    histories = {record.history_name: plural for plural, record in RECORDS.items()}
    return histories.get(table_name, table_name)


def table(facts: Facts, name: str, columns: str = "*") -> list[tuple[Any, ...]]:
    """The rows of a view, in an order of their own."""
    with facts.connect() as con:
        return sorted(con.execute(f'SELECT {columns} FROM "{name}"').fetchall(), key=repr)


def everything(facts: Facts) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every view."""
    with facts.connect() as con:
        return {
            name: sorted(con.execute(f'FROM "{name}"').fetchall(), key=repr) for name in facts.views
        }
