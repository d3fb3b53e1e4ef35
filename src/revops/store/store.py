"""A store that is open: two ways in, by rows (SQLAlchemy) and by columns (ADBC, Arrow)."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from revops.store import faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import sqlalchemy as sa
    from adbc_driver_manager.dbapi import Connection as ArrowConnection

    from revops.store.turns import Turns

Dialect = Literal["sqlite", "postgresql"]


@dataclass(frozen=True)
class Store:
    """The store of record.

    Attributes:
        url: Where it is, without secrets: `sqlite:////home/…/revops.db` or `postgresql://…`.
        dialect: Which database it is.
        engine: SQLAlchemy's way in; on SQLite each connection is opened for its use alone.
        file: The SQLite file, or None.
        wait_seconds: How long to wait for another writer before giving up.
        turns: Who in this process uses the SQLite file, or None.
    """

    url: str
    dialect: Dialect
    engine: sa.Engine
    file: Path | None
    wait_seconds: float
    turns: Turns | None

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent look at the rows."""
        with faults.told(self.url), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction: all of it happens, or nothing does."""
        with faults.told(self.url), self.engine.connect() as connection:
            connection.execution_options(revops_write=True)
            with connection.begin():
                yield connection

    @contextmanager
    def arrow(self) -> Iterator[ArrowConnection]:
        """An ADBC connection outside any transaction, closed at the end."""
        if self.turns is None:
            with faults.told(self.url), closing(self._postgresql.adbc_clone()) as found:
                found.adbc_connection.set_autocommit(True)
                yield found
            return
        self.turns.enter("arrow", self.wait_seconds)
        try:
            with faults.told(self.url), closing(self._open_sqlite()) as found:
                yield found
        finally:
            self.turns.leave()

    @cached_property
    def _postgresql(self) -> Any:
        """The first connection asks for all types there are, which takes long; others need not."""
        from adbc_driver_postgresql import dbapi

        return dbapi.connect(self.url, autocommit=True)

    def _open_sqlite(self) -> Any:
        from adbc_driver_sqlite import dbapi

        connection = dbapi.connect(str(self.file), autocommit=True)
        with connection.cursor() as cursor:
            for pragma in (f"busy_timeout={int(self.wait_seconds * 1000)}", "synchronous=NORMAL"):
                cursor.execute(f"PRAGMA {pragma}")
        return connection

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()
        if "_postgresql" in self.__dict__:
            self.__dict__.pop("_postgresql").close()
