"""A workspace that is open: its definitions, its store, its facts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

from revops.definitions.catalog import Catalog, load_catalog
from revops.definitions.workspace import Settings, find_workspace, read_settings
from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, errors

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from revops.definitions.scope import CustomFields
    from revops.store import Store
    from revops.store.facts import Facts


@dataclass(frozen=True)
class Workspace:
    """A workspace; what it is asked for is opened then, once.

    Attributes:
        folder: Where it is.
        settings: What its `revops.yaml` says.
    """

    folder: Path
    settings: Settings

    @cached_property
    def store(self) -> Store:
        """The store of record, made and migrated if need be."""
        from revops.store import open_store

        return open_store(self.settings.store, self.folder)

    @cached_property
    def _read(self) -> tuple[Catalog, list[Issue]]:
        return load_catalog(self.folder, met_custom_fields(self.store))

    @property
    def catalog(self) -> Catalog:
        """The definitions.

        Raises:
            RevopsError: They have errors; it tells them all.
        """
        catalog, issues = self._read
        if wrong := errors(issues):
            raise RevopsError.of(wrong)
        return catalog

    def facts(self) -> Facts:
        """The facts, brought up to what the store holds now."""
        from revops.store.facts import refresh_facts

        return refresh_facts(self.store, self.folder, kept=self._database)

    @cached_property
    def _database(self) -> duckdb.DuckDBPyConnection:
        """What short questions are asked of the facts with."""
        from revops.store.facts import keep_database

        return keep_database(self.folder)

    def close(self) -> None:
        """Let go of what was opened; what is asked for afterwards is opened anew."""
        for each in ("store", "_database"):
            if each in self.__dict__:
                self.__dict__.pop(each).close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_workspace(start: Path | None = None) -> Workspace:
    """Open the workspace that a folder is in.

    Raises:
        RevopsError: There is none, or its `revops.yaml` has errors.
    """
    folder = find_workspace(start)
    settings, issues = read_settings(folder)
    if wrong := errors(issues):
        raise RevopsError.of(wrong)
    return Workspace(folder, settings)


def met_custom_fields(store: Store) -> CustomFields:
    """The type of each custom field that imports have registered, by plural and name."""
    import sqlalchemy as sa

    from revops.store.tables import CUSTOM_FIELDS

    found: dict[str, dict[str, str]] = {}
    with store.read() as connection:
        for row in connection.execute(sa.select(CUSTOM_FIELDS)):
            found.setdefault(row.object, {})[row.name] = row.type
    return found
