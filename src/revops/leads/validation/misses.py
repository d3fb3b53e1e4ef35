"""Whom the model takes for good and was not won, and whom it misses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.leads.validation.statistics import share

if TYPE_CHECKING:
    from datetime import datetime

    from revops.leads.validation.statistics import Estimate

TRUE_POSITIVE, FALSE_POSITIVE = "true positive", "false positive"
TRUE_NEGATIVE, FALSE_NEGATIVE = "true negative", "false negative"


@dataclass(frozen=True)
class Confusion:
    """How often the model's word and the outcome agree.

    Attributes:
        rule: What the model's word is: that a lead is qualified, or in the top quarter.
        true_positives: Said yes, and won.
        false_positives: Said yes, and lost or disqualified.
        false_negatives: Said no, and won.
        true_negatives: Said no, and lost or disqualified.
    """

    rule: str
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    @property
    def precision(self) -> Estimate | None:
        """The share of those it says yes to that were won."""
        return share(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> Estimate | None:
        """The share of those won that it says yes to."""
        return share(self.true_positives, self.true_positives + self.false_negatives)


@dataclass(frozen=True)
class Miss:
    """A lead on which model and outcome disagree, and how to see why.

    Attributes:
        contact_id: Who.
        name: The person's name.
        account: The company.
        outcome: Won, lost or disqualified.
        total: The total when it was judged.
        band: The band then.
        judged_at: When it was judged; None for a lead without dates.
        opportunity_id: The deal, if there is one.
        explain: The command that says where the score comes from.
    """

    contact_id: str
    name: str
    account: str
    outcome: str
    total: float
    band: str | None
    judged_at: datetime | None
    opportunity_id: str | None
    explain: str
