"""How many leads of each range of totals were won, against what is to be expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.leads.validation.statistics import share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from revops.leads.validation.statistics import Estimate, Numbers, Truths

EXPECTED = ((0, 25, 0.0, 0.05), (26, 50, 0.05, 0.15), (51, 75, 0.15, 0.30), (76, 100, 0.30, 1.0))
"""Least and greatest total (rounded), and the share of won leads to be expected."""
AS_EXPECTED, BELOW, ABOVE, EMPTY = "as expected", "below", "above", "no leads"
_STEP = 10


@dataclass(frozen=True)
class Band:
    """A range of totals.

    Attributes:
        name: Such as `26-50`.
        leads: How many leads are in it.
        won: How many of them were won.
        conversion: The share, if there are any.
        expected_low: The least share to be expected.
        expected_high: The greatest.
        verdict: Whether the share's interval meets the expectation.
    """

    name: str
    leads: int
    won: int
    conversion: Estimate | None
    expected_low: float
    expected_high: float
    verdict: str


@dataclass(frozen=True)
class Spread:
    """How the totals of the leads with one outcome lie.

    Attributes:
        outcome: Won, lost or disqualified.
        leads: How many.
        mean: Their mean, as all others 0 without leads.
        least: The lowest.
        quarter: A quarter is at or below it.
        median: Half are at or below it.
        three_quarters: Three quarters are at or below it.
        greatest: The highest.
        histogram: How many have a total of 0-9, 10-19, ... 90-100.
    """

    outcome: str
    leads: int
    mean: float
    least: float
    quarter: float
    median: float
    three_quarters: float
    greatest: float
    histogram: tuple[int, ...]


HISTOGRAM = tuple(f"{low}-{low + 9 if low < 90 else 100}" for low in range(0, 100, _STEP))  # noqa: PLR2004 - the last has 100 too


def conversion_by_band(totals: Numbers, won: Truths) -> tuple[Band, ...]:
    """Each range with its share of won leads; totals are rounded half up, as shown."""
    import numpy as np

    shown = np.floor(totals + 0.5)
    found = []
    for low, high, least, most in EXPECTED:
        inside = (shown >= low) & (shown <= high)
        leads, wins = int(inside.sum()), int(won[inside].sum())
        conversion = share(wins, leads)
        verdict = _verdict(conversion, least, most)
        found.append(Band(f"{low}-{high}", leads, wins, conversion, least, most, verdict))
    return tuple(found)


def rises(bands: Sequence[Band]) -> bool:
    """Whether no range is surely won less often than a lower one."""
    known = [band.conversion for band in bands if band.conversion]
    return all(later.high >= earlier.low for i, later in enumerate(known) for earlier in known[:i])


def spread(outcome: str, totals: Numbers) -> Spread:
    """How the totals of the leads with an outcome lie."""
    import numpy as np

    shown = np.floor(totals + 0.5)
    counts = np.bincount(np.minimum(shown // _STEP, 9).astype(int), minlength=10)
    points = np.quantile(totals, (0, 0.25, 0.5, 0.75, 1)) if len(totals) else np.zeros(5)
    mean = float(totals.mean()) if len(totals) else 0.0
    least, quarter, median, three_quarters, greatest = map(float, points)
    return Spread(
        outcome,
        len(totals),
        mean,
        least,
        quarter,
        median,
        three_quarters,
        greatest,
        tuple(map(int, counts)),
    )


def _verdict(conversion: Estimate | None, least: float, most: float) -> str:
    if conversion is None:
        return EMPTY
    if conversion.high < least:
        return BELOW
    return ABOVE if conversion.low > most else AS_EXPECTED
