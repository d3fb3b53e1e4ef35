"""What a pass decided for one contact, before any of it is saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from revops.leads.lead import Lead
    from revops.leads.lifecycle import Move
    from revops.leads.recipes import Enrolment, Happening
    from revops.leads.routing import Decision
    from revops.leads.slas.review import Review
    from revops.store.outbox import Message


@dataclass(frozen=True)
class Task:
    """A task that is to be made; its key makes it one however often it is decided."""

    key: str
    subject: str
    owner: str | None
    priority: str
    due_at: datetime | None


@dataclass
class Outcome:
    """All that is to be saved for one contact.

    Attributes:
        lead: The contact as it was.
        fields: New values of its fields, with the reason of each.
        moves: Its moves through the stages.
        decision: Who owns it from now on, for each time it was routed.
        reviews: Its clocks.
        enrolments: Where it stands in recipes.
        tasks: Tasks for people.
        messages: What is to be told.
        memberships: What it comes into (True) or leaves.
        happened: What its actions set off, to be looked at in the next pass.
        next_at: When it must be looked at again though nothing happens.
        notes: What was decided and not done, and why.
    """

    lead: Lead
    fields: dict[str, tuple[Any, str]] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    enrolments: list[Enrolment] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    memberships: dict[tuple[str, str], bool] = field(default_factory=dict)
    happened: list[Happening] = field(default_factory=list)
    next_at: datetime | None = None
    notes: list[str] = field(default_factory=list)

    def value(self, name: str) -> Any:
        """A field as it is after what was decided so far."""
        return self.fields[name][0] if name in self.fields else self.lead.fields.get(name)

    @property
    def owner(self) -> str | None:
        """Who owns it after what was decided so far."""
        return self.value("owner")  # type: ignore[no-any-return]
