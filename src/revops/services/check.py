"""Prove a workspace's definitions sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.definitions.catalog import load_catalog
from revops.definitions.workspace import SETTINGS_FILE, read_settings
from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, Level, errors
from revops.services.workspace import met_custom_fields

if TYPE_CHECKING:
    from pathlib import Path

    from revops.definitions.scope import CustomFields
    from revops.definitions.workspace import Settings


def check(folder: Path) -> list[Issue]:
    """All that is wrong or doubtful in a workspace, sorted by file and line.

    Conditions may name the custom fields that the store has met, besides those that
    `revops.yaml` declares. A store that is not there yet is not made; one that cannot be reached
    is told as a note, because definitions can be checked without it.
    """
    settings, found = read_settings(folder)
    met: CustomFields = {}
    unreachable: list[Issue] = []
    if not errors(found):
        try:
            met = _met_by_store(folder, settings)
        except RevopsError as error:
            reason = error.issues[0].message
            message = f"custom fields of the store are not known: {reason}"
            unreachable = [Issue(SETTINGS_FILE, 0, "store", "no-store", Level.NOTE, message)]
    _catalog, issues = load_catalog(folder, met)
    return sorted([*issues, *unreachable])


def _met_by_store(folder: Path, settings: Settings) -> CustomFields:
    """The custom fields that imports have registered; none where there is no store yet."""
    import sqlalchemy as sa

    url = sa.make_url(settings.store)
    if url.get_backend_name() == "sqlite" and not (folder / (url.database or "")).is_file():
        return {}
    from revops.store import open_store

    store = open_store(settings.store, folder)
    try:
        return met_custom_fields(store)
    finally:
        store.close()
