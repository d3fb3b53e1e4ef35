"""How well the order of the scores tells those who were won from the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.leads.validation.statistics import Estimate, captured, share

if TYPE_CHECKING:
    from revops.leads.validation.statistics import Numbers, Truths

TOP = 0.25
DECILES = 10


@dataclass(frozen=True)
class TopQuarter:
    """Whether those who were won are in the top quarter of the scores.

    Attributes:
        from_total: The 75 % point of the totals.
        won: How many of those won are in the quarter with the highest totals, 1 if all; leads
            of the same total at its edge count by their share.
    """

    from_total: float
    won: Estimate


@dataclass(frozen=True)
class Decile:
    """A tenth of the leads, by total.

    Attributes:
        decile: 1 has the highest totals.
        least_total: The lowest total in it.
        won: Wins in it; leads of the same total at an edge count by their share.
        conversion: Share of its leads that were won.
        lift: The same, in multiples of the share of all leads.
    """

    decile: int
    least_total: float
    won: float
    conversion: Estimate
    lift: Estimate


def top_quarter(totals: Numbers, won: Truths) -> TopQuarter | None:
    """Where the wins are; None without one."""
    import numpy as np

    inside = share(captured(totals, won, TOP), int(won.sum()))
    if inside is None:
        return None
    return TopQuarter(float(np.quantile(totals, 1 - TOP)), inside)


def deciles(totals: Numbers, won: Truths) -> tuple[Decile, ...]:
    """The leads in ten equal parts, highest totals first; none without a win or under ten leads."""
    import numpy as np

    if not won.any() or len(totals) < DECILES:
        return ()
    base = float(won.mean())
    reached = [captured(totals, won, i / DECILES) for i in range(DECILES + 1)]
    ordered = -np.sort(-totals)
    found = []
    for i in range(DECILES):
        wins = reached[i + 1] - reached[i]
        conversion = share(wins, len(totals) / DECILES)
        assert conversion is not None  # noqa: S101 - there are leads in every tenth
        lift = Estimate(conversion.value / base, conversion.low / base, conversion.high / base)
        last = -(-len(totals) * (i + 1) // DECILES) - 1
        found.append(Decile(i + 1, float(ordered[last]), wins, conversion, lift))
    return tuple(found)
