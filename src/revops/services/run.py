"""Let the engine act: one pass over everything that is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.engine.passes import Passed, World, run_passes
from revops.services.score import now as this_second
from revops.services.score import past_of, vocabulary

if TYPE_CHECKING:
    from datetime import datetime

    from revops.services.workspace import Workspace


def run(workspace: Workspace, *, now: datetime | None = None, is_dry: bool = False) -> Passed:
    """Decide and save what is due: stages, owners, clocks, recipes, and messages to be delivered.

    Args:
        workspace: Whose definitions and store.
        now: The instant of the decisions; by default now.
        is_dry: Tell what would be done, and save nothing.

    Raises:
        RevopsError: The definitions have errors.
    """
    return run_passes(world_of(workspace), now or this_second(), is_dry=is_dry)


def world_of(workspace: Workspace) -> World:
    """What the engine works with in a workspace."""
    catalog = workspace.catalog
    facts = workspace.facts()
    return World(
        catalog,
        catalog.version,
        vocabulary(catalog, facts),
        workspace.store,
        workspace.facts,
        lambda found: past_of(catalog, found),
    )
