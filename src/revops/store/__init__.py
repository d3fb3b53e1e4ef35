"""The store of record: SQLite or PostgreSQL, its change history, and the facts made from it."""

from revops.store.opening import open_store
from revops.store.store import Store

__all__ = ["Store", "open_store"]
