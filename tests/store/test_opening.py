from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.store import Store, migrate, open_store
from revops.store.turns import turns_of


def refused(url: str, folder: Path) -> RevopsError:
    with pytest.raises(RevopsError) as caught:
        open_store(url, folder)
    return caught.value


def test_a_relative_file_is_in_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with closing(open_store("sqlite:///data/a.db", tmp_path)) as store:
        assert store.file == tmp_path / "data" / "a.db"
        assert store.dialect == "sqlite"
    assert store.file.exists()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///../outside.db",
        "sqlite:///a/../../outside.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///a.db?mode=memory",
        "sqlite://host/a.db",
        "mysql://me@here/db",
        "postgresql+psycopg2://me@here/db",
        "revops.db",
        "",
    ],
)
def test_a_url_that_is_of_no_use(url: str, tmp_path: Path) -> None:
    assert refused(url, tmp_path).code == "store-url"
    assert not list(tmp_path.parent.glob("outside.db"))


@pytest.mark.parametrize(
    "url", ["postgresql://me:hunter2@here/db", "postgresql://me@here/db?password=hunter2"]
)
def test_a_password_in_the_url_is_refused_and_not_repeated(url: str, tmp_path: Path) -> None:
    error = refused(url, tmp_path)
    assert error.code == "store-secret"
    assert "hunter2" not in str(error.issues)
    assert "PGPASSWORD" in error.issues[0].mend


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    error = refused("postgresql://me@127.0.0.1:1/db", tmp_path)
    assert error.code == "store-unreachable"
    assert "127.0.0.1:1" in str(error)


def test_a_database_or_user_that_is_not_there(postgres_server: str, tmp_path: Path) -> None:
    url = sa.make_url(postgres_server)
    nowhere = url.set(database="nowhere").render_as_string()
    assert refused(nowhere, tmp_path).code == "store-missing"
    nobody = url.set(username="nobody").render_as_string()
    assert refused(nobody, tmp_path).code == "store-user"


def test_a_password_that_is_missing_or_wrong(
    postgres_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE ROLE keeper LOGIN PASSWORD 'right'")
        (rules,) = connection.execute("SHOW hba_file").fetchone() or ("",)
        file = Path(rules)
        file.write_text(f"local all keeper scram-sha-256\n{file.read_text()}")
        connection.execute("SELECT pg_reload_conf()")
    url = sa.make_url(postgres_server).set(username="keeper").render_as_string()
    time.sleep(0.1)
    error = refused(url, tmp_path)
    assert error.code == "store-password"
    assert "PGPASSWORD" in error.issues[0].mend
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    error = refused(url, tmp_path)
    assert error.code == "store-password"
    assert "hunter2" not in str(error.issues)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "revops.db").write_bytes(b"not a database, but long enough to look at" * 40)
    assert refused("sqlite:///revops.db", tmp_path).code == "store-damaged"


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    assert refused("sqlite:///missing/revops.db", tmp_path).code == "store-unreachable"


def test_a_store_made_by_a_newer_program(store: Store, store_url: str, tmp_path: Path) -> None:
    with store.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert refused(store_url, tmp_path).code == "store-newer"


def test_sqlite_keeps_a_log_and_checks_references(sqlite_store: Store) -> None:
    with sqlite_store.read() as connection:
        answers = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        ]
    assert answers == ["wal", 1, 1, 30_000]


def test_a_transaction_is_whole_or_absent(store: Store) -> None:
    insert = sa.text("INSERT INTO meta (key, value) VALUES ('a', '1')")

    def insert_twice() -> None:
        with store.write() as connection:
            connection.execute(insert)
            connection.execute(insert)

    with pytest.raises(sa.exc.IntegrityError):
        insert_twice()
    with store.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM meta")).scalar() == 0
    with store.write() as connection:
        connection.execute(insert)
    with store.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM meta")).scalar() == 1


def test_only_one_sqlite_library_has_the_file_open(sqlite_template: Path, tmp_path: Path) -> None:
    (tmp_path / "revops.db").write_bytes(sqlite_template.read_bytes())
    with closing(open_store("sqlite:///revops.db", tmp_path, wait_seconds=0.1)) as store:
        with store.arrow(), pytest.raises(RevopsError) as caught, store.read():
            pass
        assert caught.value.code == "store-busy"
        with store.read(), pytest.raises(RevopsError), store.arrow():
            pass
        with store.read(), store.read():
            pass
        with store.arrow(), store.arrow():
            pass


def test_a_thread_waits_for_the_other_library(sqlite_store: Store) -> None:
    order: list[str] = []

    def read_rows() -> None:
        with sqlite_store.read():
            order.append("rows")

    with sqlite_store.arrow():
        thread = threading.Thread(target=read_rows)
        thread.start()
        time.sleep(0.1)
        order.append("arrow")
    thread.join()
    assert order == ["arrow", "rows"]


def test_a_connection_that_fails_gives_its_turn_back(tmp_path: Path) -> None:
    file = tmp_path / "revops.db"
    file.write_bytes(b"not a database, but long enough to look at" * 40)
    refused("sqlite:///revops.db", tmp_path)
    turns_of(file).enter("arrow", 0.1)


def test_the_revision_is_the_same_when_opened_again(store_url: str, tmp_path: Path) -> None:
    for _ in range(2):
        with closing(open_store(store_url, tmp_path)) as store, store.read() as connection:
            versions = connection.execute(sa.text("SELECT version_num FROM alembic_version"))
            assert versions.all() == [(migrate.revisions()[-1],)]
