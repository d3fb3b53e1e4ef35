"""What a pass decided for one contact, before any of it is saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from revops.engine.state import ContactState
from revops.engine.wording import without_late

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from revops.engine.matching import Match
    from revops.leads.lead import Lead
    from revops.leads.lifecycle import Move
    from revops.leads.recipes import Enrolment, Happening
    from revops.leads.routing import Decision
    from revops.leads.slas.review import Review
    from revops.store.outbox import Message


@dataclass(frozen=True)
class Task:
    """A task that is to be made, perhaps about a deal; its key makes it one however often."""

    key: str
    subject: str
    owner: str | None
    priority: str
    due_at: datetime | None
    opportunity_id: str | None = None


@dataclass
class Outcome:
    """All that is to be saved for one contact.

    Attributes:
        lead: The contact as it was.
        state: What the engine knew of it.
        activities: What it did and what was done towards it, as rows.
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
        match: What its address says of its account, if it had none.
        by: The person who decided; None where the rules did.
        is_settled: Whether it was only settled where it stands, as history, and nothing done.
    """

    lead: Lead
    state: ContactState = field(default_factory=ContactState)
    activities: Sequence[Mapping[str, Any]] = ()
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
    match: Match | None = None
    by: str | None = None
    is_settled: bool = False

    def value(self, name: str) -> Any:
        """A field as it is after what was decided so far."""
        return self.fields[name][0] if name in self.fields else self.lead.fields.get(name)

    def is_in(self, kind: str, name: str) -> bool:
        """Whether it has a tag, is in a sequence or suppressed after what was decided so far."""
        return self.memberships.get((kind, name), (kind, name) in self.state.memberships)

    @property
    def tags(self) -> frozenset[str]:
        """Its tags after what was decided so far."""
        known = {*self.state.memberships, *self.memberships}
        return frozenset(name for kind, name in known if kind == "tag" and self.is_in(kind, name))

    def is_asked(self, subject: str, owner: str | None) -> bool:
        """Whether its owner has an open task of this subject already, made late or in time."""
        made = {(each.subject, each.owner) for each in self.tasks} | self.state.open_tasks
        return (subject, owner) in {(without_late(text), who) for text, who in made}

    @property
    def is_as_before(self) -> bool:
        """Whether its stage stays the one of its record."""
        return bool(self.value("lifecycle_stage") == self.lead.fields.get("lifecycle_stage"))

    @property
    def recycles(self) -> bool:
        """Whether it starts anew, so that its scores are others an instant later."""
        return any(step.recycles for step in self.moves)

    @property
    def owner(self) -> str | None:
        """Who owns it after what was decided so far."""
        return self.value("owner")  # type: ignore[no-any-return]
