from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from revops.store import migrate, open_store
from revops.store.engine_tables import METADATA

if TYPE_CHECKING:
    from collections.abc import Callable


def schema(engine: sa.Engine) -> dict[str, Any]:
    """What the database says of each table: columns, key and indexes."""
    found = sa.inspect(engine)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table)],
            found.get_pk_constraint(table)["constrained_columns"],
            sorted(
                (str(i["name"]), str(i["column_names"]), bool(i["unique"]))
                for i in found.get_indexes(table)
            ),
        )
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def migrated_and_declared(one: str, other: str, folder: Path) -> tuple[Any, Any]:
    with closing(open_store(one, folder)) as store:
        migrated = schema(store.engine)
    url = sa.make_url(other)
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url)
    METADATA.create_all(engine)
    declared = schema(engine)
    engine.dispose()
    return migrated, declared


def test_sqlite_is_migrated_to_what_is_declared(tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    migrated, declared = migrated_and_declared("sqlite:///revops.db", other, tmp_path)
    assert migrated == declared
    assert len(migrated) == len(METADATA.tables)


def test_postgresql_is_migrated_to_what_is_declared(
    new_postgres: Callable[[str | None], str], tmp_path: Path
) -> None:
    migrated, declared = migrated_and_declared(new_postgres(None), new_postgres(None), tmp_path)
    assert migrated == declared
    assert len(migrated) == len(METADATA.tables)


def test_revisions_are_named_in_their_order() -> None:
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    known = migrate.revisions()
    assert [each.revision for each in scripts.walk_revisions()] == known[::-1]
    assert scripts.get_current_head() == known[-1]


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "revops.db"
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE tasks (id TEXT)"))  # in the way of the revision
    engine.dispose()
    with pytest.raises(sa.exc.OperationalError):
        open_store("sqlite:///revops.db", tmp_path)
    engine = sa.create_engine(f"sqlite:///{file}")
    assert sa.inspect(engine).get_table_names() == ["tasks"]
    engine.dispose()
