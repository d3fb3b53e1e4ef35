"""Proof that turns were shared fairly: for every member, what it was due and what it got."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.leads.routing.decision import TURN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from revops.leads.routing.turns import Credit


@dataclass(frozen=True, slots=True)
class Fairness:
    """One member of a pool in one period; share, difference and bound in turns.

    Attributes:
        pool: Its name.
        period_start: When everybody had nothing.
        member: Id of the user.
        share: What the member was due: its weighted part of every turn it could have taken.
        count: The turns it took.
        difference: `count - share`; above zero it got more than its due.
        bound: What the difference cannot exceed, whatever happened: half of those who
            could take turns beside it.
    """

    pool: str
    period_start: datetime
    member: str
    share: float
    count: int
    difference: float
    bound: float

    @property
    def is_kept(self) -> bool:
        """Whether the law holds."""
        return abs(self.difference) <= self.bound


def certificate(history: Iterable[Credit]) -> list[Fairness]:
    """Share, count and difference of each member and period, by pool, period and member."""
    groups: dict[tuple[str, datetime], list[Credit]] = defaultdict(list)
    for credit in history:
        groups[credit.pool, credit.period_start].append(credit)
    return [row for key in sorted(groups) for row in _rows(groups[key])]


def _rows(standing: list[Credit]) -> Iterator[Fairness]:
    bound = max(sum(each.share > 0 for each in standing) - 1, 0) / 2
    for each in sorted(standing, key=lambda credit: credit.member):
        yield Fairness(
            each.pool, each.period_start, each.member,
            each.share / TURN, each.taken, -each.credit / TURN, bound,
        )  # fmt: skip
