"""A pilot: some sellers work by the scores first, and are compared with the others."""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution: intervals are of 95 %."""


@dataclass(frozen=True)
class Pilot:
    """A trial of the scoring by some of the sellers.

    Attributes:
        name: Of the pilot.
        members: The ids of who takes part.
        others: The ids of those they are compared with.
        chosen: How the members were chosen, in words.
        starts_at: When it begins.
        ends_at: When it ends.
        made_by: Who set it up.
    """

    name: str
    members: tuple[str, ...]
    others: tuple[str, ...]
    chosen: str
    starts_at: datetime
    ends_at: datetime
    made_by: str


@dataclass(frozen=True)
class Share:
    """So many of so many, with the 95 % interval of the share."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's score interval (Wilson 1927); None of nothing."""
        if not self.of:
            return None
        p, n = self.count / self.of, self.of
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Comparison:
    """One share of the pilot's leads beside that of the others'."""

    what: str
    pilot: Share
    others: Share

    @property
    def difference(self) -> tuple[float, float, float] | None:
        """Pilot minus others, with its 95 % interval; None where one of them has no leads.

        Newcombe's hybrid of two score intervals (1998, method 10), good for few leads too.
        """
        one, other = self.pilot, self.others
        if (
            one.value is None
            or other.value is None
            or one.interval is None
            or other.interval is None
        ):
            return None
        apart = one.value - other.value
        low = sqrt((one.value - one.interval[0]) ** 2 + (other.interval[1] - other.value) ** 2)
        high = sqrt((one.interval[1] - one.value) ** 2 + (other.value - other.interval[0]) ** 2)
        return apart, max(-1.0, apart - low), min(1.0, apart + high)

    @property
    def verdict(self) -> str:
        """What may be said: better, worse, no difference shown, or too few leads."""
        found = self.difference
        if found is None:
            return "no leads yet"
        _apart, low, high = found
        if low > 0:
            return "better"
        return "worse" if high < 0 else "no difference shown"


def draw(candidates: Sequence[str], size: int, seed: int) -> tuple[str, ...]:
    """So many of the candidates by lot; the same seed draws the same."""
    return tuple(sorted(random.Random(seed).sample(sorted(candidates), size)))  # noqa: S311 - a fair draw, not a secret
