"""Brings a store's tables up to date with Alembic; the revisions are in `migrations/versions`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from alembic.config import Config

    from revops.store.store import Store

_FOLDER = Path(__file__).parent / "migrations"
_VERSION = sa.table("alembic_version", sa.column("version_num"))


def revisions() -> list[str]:
    """The revisions this program knows, oldest first: their files are called `0001_….py`."""
    return sorted(file.name[:4] for file in (_FOLDER / "versions").glob("[0-9]*_*.py"))


def migrate(store: Store) -> None:
    """Bring the store to the newest revision; nothing to do costs one query.

    Raises:
        RevopsError: The store was made by a newer program (`store-newer`).
    """
    known = revisions()
    with store.read() as connection:
        if _revision(connection) == known[-1]:
            return
    with store.write() as connection:
        if store.dialect == "postgresql":
            # One process at a time; the number is the project's own and means nothing else.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(7_386_707)))
        found = _revision(connection)
        if found == known[-1]:
            return
        if found and found not in known:
            raise RevopsError(
                "store-newer",
                f"the store at {store.url} was made by a newer version of revops ({found})",
                "update revops, or open another store",
            )
        from alembic import command

        command.upgrade(_config(connection), "head")


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.select(_VERSION.c.version_num)).scalar()


def _config(connection: sa.Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
