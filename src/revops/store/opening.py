"""Opens the store that a workspace names, and brings its tables up to date."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.store.migrate import migrate
from revops.store.store import Store
from revops.store.turns import turns_of

if TYPE_CHECKING:
    from revops.store.turns import Turns

WAIT_SECONDS = 30.0
_CONNECT_SECONDS = 10


def open_store(url: str, folder: Path, *, wait_seconds: float = WAIT_SECONDS) -> Store:
    """Open the store of a workspace, made or migrated if need be.

    Args:
        url: `sqlite:///revops.db` (relative to the workspace) or `postgresql://user@host/name`.
        folder: The workspace.
        wait_seconds: How long to wait for another writer before giving up.

    Raises:
        RevopsError: The URL is not usable (`store-url`, `store-secret`), or the database is not
            (`store-unreachable`, `store-password`, `store-damaged`, `store-newer`, `store-busy`).
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise _bad_url("is not a URL") from None
    if parsed.password or any("password" in key for key in parsed.query):
        raise RevopsError(
            "store-secret",
            "the store's URL holds a password",
            "take it out of revops.yaml (and change it); set PGPASSWORD or use ~/.pgpass",
        )
    match parsed.drivername:
        case "sqlite":
            store = _sqlite(_file_of(parsed, folder), wait_seconds)
        case "postgresql":
            store = _postgresql(parsed, wait_seconds)
        case other:
            raise _bad_url(f"begins with '{other}'")
    try:
        migrate(store)
    except BaseException:
        store.close()
        raise
    return store


def _bad_url(why: str) -> RevopsError:
    mend = "write sqlite:///revops.db or postgresql://user@host/database"
    return RevopsError("store-url", f"the store's URL {why}", mend)


def _file_of(url: sa.URL, folder: Path) -> Path:
    """The SQLite file; one given relative to the workspace stays inside it."""
    if not url.database or url.database == ":memory:" or url.query or url.host:
        raise _bad_url("does not name a file")
    base = folder.resolve()
    file = (base / url.database).resolve()
    if not Path(url.database).is_absolute() and not file.is_relative_to(base):
        raise _bad_url("leads out of the workspace")
    return file


def _sqlite(file: Path, wait_seconds: float) -> Store:
    turns = turns_of(file)
    engine = sa.create_engine(
        "sqlite://", creator=lambda: _connect(file, turns, wait_seconds), poolclass=sa.NullPool
    )
    sa.event.listen(engine, "begin", _begin)
    return Store(f"sqlite:///{file}", "sqlite", engine, file, wait_seconds, turns)


def _connect(file: Path, turns: Turns, wait_seconds: float) -> sqlite3.Connection:
    class TurnConnection(sqlite3.Connection):
        """Gives its turn back when it is closed."""

        is_open = True

        def close(self) -> None:
            super().close()
            if self.is_open:
                self.is_open = False
                turns.leave()

    turns.enter("rows", wait_seconds)
    try:
        connection = sqlite3.connect(
            file,
            timeout=wait_seconds,
            isolation_level=None,
            check_same_thread=False,
            factory=TurnConnection,
        )
    except BaseException:
        turns.leave()
        raise
    try:
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}").close()
    except BaseException:
        connection.close()
        raise
    return connection


def _begin(connection: sa.Connection) -> None:
    """Begin for real: sqlite3 itself would begin late, and not at all for DDL.

    A writer takes the lock at once, so that it waits for its turn instead of failing midway.
    """
    writes = connection.get_execution_options().get("revops_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: sa.URL, wait_seconds: float) -> Store:
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            "options": f"-c timezone=UTC -c lock_timeout={int(wait_seconds * 1000)}",
        },
        pool_size=5,
        max_overflow=5,
        pool_pre_ping=True,
    )
    return Store(url.render_as_string(), "postgresql", engine, None, wait_seconds, None)
