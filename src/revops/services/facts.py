"""What the facts of a workspace hold, and making them anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.store.facts import facts_folder, rebuild_facts, sound_part, stored_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from revops.kit.issue import Issue
    from revops.services.workspace import Workspace
    from revops.store.facts.manifest import Manifest


@dataclass(frozen=True)
class TableStatus:
    """One table of the facts.

    Attributes:
        table: Its name.
        rows: Its rows.
        files: Its files.
        bytes: Their size.
        watermark: The `seq` in the store up to which it goes.
    """

    table: str
    rows: int
    files: int
    bytes: int
    watermark: int


@dataclass(frozen=True)
class FactsStatus:
    """The facts as they lie there, not refreshed.

    Attributes:
        folder: Where they are.
        tables: The tables that have rows.
        issues: What was found wrong with the folder.
    """

    folder: Path
    tables: tuple[TableStatus, ...]
    issues: tuple[Issue, ...]


def facts_status(workspace: Workspace) -> FactsStatus:
    """What `facts/` holds now; all zero if it was never made or was deleted."""
    folder = facts_folder(workspace.folder)
    manifest, issues = stored_manifest(folder)
    _, damage = sound_part(folder, manifest)
    return FactsStatus(folder, _tables(manifest), (*issues, *damage))


def facts_rebuild(workspace: Workspace) -> FactsStatus:
    """Make all of `facts/` anew from the store."""
    rebuild_facts(workspace.store, workspace.folder)
    return facts_status(workspace)


def _tables(manifest: Manifest) -> tuple[TableStatus, ...]:
    return tuple(
        TableStatus(
            name,
            sum(each.rows for each in table.segments),
            len(table.segments),
            sum(each.bytes for each in table.segments),
            table.stamp.last_seq,
        )
        for name, table in manifest.tables.items()
        if table.segments
    )
