"""Who approved which wording, which criteria are confirmed, and whether scoring may go live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from revops.definitions.alignment import Alignment
    from revops.definitions.scoring import Scoring
    from revops.leads.golive.sign_off import SignOff

ApprovalState = Literal["approved", "outdated", "missing"]
GO_LIVE = "go-live"
"""The subject of an override of the gate."""


@dataclass(frozen=True)
class Approval:
    """Where one stakeholder stands on one term.

    Attributes:
        term: The word.
        definition: What it means.
        stakeholder: Who is asked.
        state: `outdated` where another wording was approved.
        by: Who approved on behalf of the stakeholder.
        at: When.
    """

    term: str
    definition: str
    stakeholder: str
    state: ApprovalState
    by: str | None
    at: datetime | None


@dataclass(frozen=True)
class Criterion:
    """A scoring criterion, and whether sales leadership has confirmed it."""

    model: str
    name: str
    kind: str
    status: Literal["ASSUMED", "CONFIRMED"]


@dataclass(frozen=True)
class Agreement:
    """How far the company agrees.

    Attributes:
        approvals: One for each term and stakeholder.
        criteria: Every fit attribute and engagement signal.
        override: The decision to go live all the same, while it is in force.
        is_required: Whether going live waits for all this.
    """

    approvals: tuple[Approval, ...]
    criteria: tuple[Criterion, ...]
    override: SignOff | None
    is_required: bool

    @property
    def missing(self) -> tuple[Approval, ...]:
        """The approvals that are still to come."""
        return tuple(each for each in self.approvals if each.state != "approved")

    @property
    def assumed(self) -> tuple[Criterion, ...]:
        """The criteria that nobody has confirmed."""
        return tuple(each for each in self.criteria if each.status == "ASSUMED")

    @property
    def is_signed_off(self) -> bool:
        """Whether all is approved and confirmed."""
        return not self.missing and not self.assumed

    @property
    def may_go_live(self) -> bool:
        """Whether the engine may act on scores."""
        return not self.is_required or self.is_signed_off or self.override is not None


def agreement(
    alignment: Alignment, scoring: Scoring, signed: Sequence[SignOff], now: datetime
) -> Agreement:
    """How far the company agrees at an instant, by what was signed up to then."""
    known = [each for each in signed if each.stands_at(now)]
    overrides = [each for each in known if (each.kind, each.subject) == ("override", GO_LIVE)]
    return Agreement(
        tuple(_approvals(alignment, known)),
        tuple(_criteria(scoring)),
        overrides[-1] if overrides else None,
        alignment.go_live == "signed_off",
    )


def _approvals(alignment: Alignment, signed: Sequence[SignOff]) -> Iterator[Approval]:
    last = {(each.subject, each.role): each for each in signed if each.kind == "approval"}
    for name, term in alignment.terms.items():
        for stakeholder in alignment.approvers(name):
            found = last.get((name, stakeholder))
            state: ApprovalState = "missing"
            if found is not None:
                state = "approved" if found.content == term.definition else "outdated"
            yield Approval(
                name, term.definition, stakeholder, state,
                found.made_by if found else None, found.made_at if found else None,
            )  # fmt: skip


def _criteria(scoring: Scoring) -> Iterator[Criterion]:
    for model in scoring.models:
        for attribute in model.fit.attributes:
            yield Criterion(model.name, attribute.name, "fit", attribute.status or "ASSUMED")
        for signal in model.engagement.signals:
            yield Criterion(model.name, signal.name, "engagement", signal.status or "ASSUMED")
