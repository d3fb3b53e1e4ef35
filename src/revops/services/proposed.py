"""Definitions that are proposed in another folder, for the records of this workspace."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from revops.definitions.catalog import load_catalog
from revops.definitions.workspace import SETTINGS_FILE
from revops.kit.errors import RevopsError
from revops.kit.issue import errors
from revops.services.workspace import met_custom_fields

if TYPE_CHECKING:
    from pathlib import Path

    from revops.definitions.catalog import Catalog
    from revops.services.workspace import Workspace


def proposed_catalog(workspace: Workspace, folder: Path) -> Catalog:
    """The definitions in a folder with a `revops.yaml`, checked with this workspace's fields.

    Raises:
        RevopsError: There is none, or its definitions have errors; it tells them all.
    """
    if not (folder / SETTINGS_FILE).is_file():
        raise RevopsError(
            "no-workspace",
            f"there is no {SETTINGS_FILE} in {folder}",
            "name a folder that has one: copy the workspace's revops.yaml and definitions there",
        )
    catalog, issues = load_catalog(folder, met_custom_fields(workspace.store))
    if wrong := errors(issues):
        raise RevopsError.of([replace(each, file=f"{folder}/{each.file}") for each in wrong])
    return catalog
