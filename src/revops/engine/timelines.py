"""What happened to a contact, put together for its service levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.leads.slas.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from revops.engine.activities import Activities
    from revops.leads.lead import Lead
    from revops.leads.lifecycle import Standing
    from revops.leads.slas.rules import Rules
    from revops.leads.slas.timeline import Assignment


def timeline(
    rules: Rules,
    lead: Lead,
    at: Standing,
    assignments: Sequence[Assignment],
    activities: Activities,
) -> Timeline:
    """The stays, owners and activities of a contact.

    Args:
        rules: The service levels, for the types of activities that they speak of.
        lead: The contact.
        at: Where it stands.
        assignments: Who was to own it.
        activities: What it did and what was done towards it.
    """
    spoken_of = tuple(activities.among(rules.activity_types))
    return Timeline(lead.contact_id, at.spells, tuple(assignments), spoken_of)
