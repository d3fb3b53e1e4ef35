"""Loads the rows of one file: all of them in one transaction, compared as sets.

What the store has already is fetched into DuckDB, compared there with what arrives, and only the
differences are sent back: new rows, changed fields, and a row in `changes` for each of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.store.books import begin_import, count_rewritten, finish_import, register_custom_fields
from revops.store.bulk import bulk_transaction
from revops.store.load_history import load_history
from revops.store.load_records import load_records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from duckdb import DuckDBPyConnection

    from revops.store.batch import Batch, Loaded
    from revops.store.bulk import Bulk
    from revops.store.origin import Origin
    from revops.store.store import Store


def load_batches(
    store: Store,
    con: DuckDBPyConnection,
    batches: Sequence[Batch],
    *,
    source: str,
    file: str,
    who: str,
    at: datetime,
    system_of_record: str | None = None,
) -> list[Loaded]:
    """Load all batches of one file; wholly or, on any error or a kill, not at all.

    A record that is new is inserted. One that the store has is updated in the columns that the
    batch has, with a row in `changes` for each field that differs. The same batch a second time
    changes nothing. A record that another source owns is refused, unless `source` is the system
    of record: then it wins and owns the record from now on.

    Args:
        store: The open store.
        con: The DuckDB connection that has the batches' tables; the tables of rejects are left
            in it.
        batches: What the file holds.
        source: Where the file comes from, such as `hubspot`.
        file: Its name.
        who: Who imports it.
        at: The moment of the import, with a zone.
        system_of_record: The source that wins where two have the same record, or None.

    Raises:
        RevopsError: Another process kept writing for too long (`store-busy`), or the database
            failed.
    """
    with bulk_transaction(store, con) as bulk:
        origin = begin_import(bulk, source, file, who, at, system_of_record)
        loaded = [_load(bulk, batch, origin) for batch in batches]
        finish_import(bulk, origin, loaded)
    return loaded


def _load(bulk: Bulk, batch: Batch, origin: Origin) -> Loaded:
    if batch.is_history:
        return load_history(bulk, batch, origin)
    register_custom_fields(bulk, batch)
    loaded = load_records(bulk, batch, origin)
    if loaded.updated:
        count_rewritten(bulk, batch.plural)
    return loaded
