"""Look after a model that is in use: every check, on what the facts say now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.leads.monitoring.checks import Check, run_checks
from revops.leads.monitoring.gathering import Running, gather
from revops.services.score import now as this_second
from revops.services.score import past_of, plan, vocabulary

if TYPE_CHECKING:
    from datetime import datetime

    from revops.leads.monitoring.figures import Figures
    from revops.services.workspace import Workspace


def monitor(
    workspace: Workspace, *, now: datetime | None = None
) -> tuple[Figures, tuple[Check, ...]]:
    """Every check of the model in use, with the figures that they are made on.

    Args:
        workspace: Whose model and facts.
        now: As of when; by default now.

    Raises:
        RevopsError: The definitions have errors or no scoring model.
    """
    at, catalog, facts = now or this_second(), workspace.catalog, workspace.facts()
    plan(catalog, facts, at)  # there is a model
    running = Running(catalog, vocabulary(catalog, facts), facts, past_of(catalog, facts))
    with workspace.store.read() as connection:
        found = gather(running, connection, at)
    return found, run_checks(found)
