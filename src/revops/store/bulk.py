"""One transaction on the store by columns: rows go to and fro as Arrow, never one by one."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.schema import CreateIndex, DropIndex

from revops.store.forms import name
from revops.store.reading import BATCH_ROWS, sql_text, stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa
    from adbc_driver_manager.dbapi import Connection as ArrowConnection
    from duckdb import DuckDBPyConnection

    from revops.store.store import Dialect, Store

_STREAM = "_revops_stream"


@dataclass(frozen=True)
class Bulk:
    """An open transaction on the store, next to the DuckDB connection that does the thinking.

    Attributes:
        con: Where batches and comparisons are.
        dialect: Which database the store is.
    """

    con: DuckDBPyConnection
    dialect: Dialect
    _connection: ArrowConnection

    def execute(self, sql: str, values: tuple[object, ...] = ()) -> None:
        """Run a statement; values are bound to `$1`, `$2` and so on, in this order."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values or None)

    def number(self, sql: str) -> int:
        """The one whole number that a query finds."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            (found,) = cursor.fetchone() or (0,)
        return int(found or 0)

    def size(self, table: sa.Table) -> int:
        """About how many rows a table has, without counting: the last `seq`."""
        return self.number(f"SELECT max(seq) FROM {name(table.name)}")

    def send(self, table: str, query: str) -> int:
        """Append what a DuckDB query finds to a table of the store; return how many rows."""
        return self._ingest(table, query, "append", temporary=False)

    def send_aside(self, table: str, query: str) -> None:
        """Put what a DuckDB query finds into a temporary table of the store."""
        self.drop_aside(table)
        self._ingest(table, query, "create", temporary=True)

    def drop_aside(self, table: str) -> None:
        """Drop a temporary table, if it is there."""
        place = "temp" if self.dialect == "sqlite" else "pg_temp"
        self.execute(f"DROP TABLE IF EXISTS {place}.{name(table)}")

    def _ingest(self, table: str, query: str, mode: Any, *, temporary: bool) -> int:
        rows = self.con.sql(query).to_arrow_reader(BATCH_ROWS)
        with self._connection.cursor() as cursor:
            return cursor.adbc_ingest(table, rows, mode=mode, temporary=temporary)

    def fetch(self, table: str, rows: sa.Select[Any]) -> None:
        """Put what a query on the store finds into a DuckDB table; decimals as canonical text."""
        reader = stream(self._connection, self.dialect, rows, exact=True)
        self.con.register(_STREAM, reader)
        try:
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE {name(table)} AS FROM {_STREAM}")
        finally:
            self.con.unregister(_STREAM)

    @contextmanager
    def growing(self, table: sa.Table, rows: int) -> Iterator[None]:
        """While many rows arrive, the table has no index: making it anew is much quicker.

        On PostgreSQL only for an empty table, because readers would have to wait.
        """
        size = self.size(table)
        if size and (self.dialect == "postgresql" or rows < size):
            yield
            return
        for index in table.indexes:
            self.execute(sql_text(DropIndex(index), self.dialect))
        yield
        for index in table.indexes:
            self.execute(sql_text(CreateIndex(index), self.dialect))


@contextmanager
def bulk_transaction(store: Store, con: DuckDBPyConnection) -> Iterator[Bulk]:
    """All that is done with it happens at the end, or nothing does.

    One writer at a time: so `seq` only ever grows in the order in which rows become visible, and
    who reads after a watermark misses nothing.

    Raises:
        RevopsError: Another process kept writing for too long (`store-busy`).
    """
    with store.arrow() as connection:
        bulk = Bulk(con, store.dialect, connection)
        if store.dialect == "sqlite":
            bulk.execute("BEGIN IMMEDIATE")
        else:
            bulk.execute("SET timezone = 'UTC'")
            bulk.execute("BEGIN")
            bulk.execute(f"SET LOCAL lock_timeout = {int(store.wait_seconds * 1000)}")
        try:
            if store.dialect == "postgresql":
                bulk.execute("LOCK TABLE imports IN EXCLUSIVE MODE")
            yield bulk
        except BaseException:
            bulk.execute("ROLLBACK")
            raise
        bulk.execute("COMMIT")
