"""Figures with the intervals they lie in: shares, ratios, how well a score tells winners apart.

Arrays go together: the scores of leads, and whether each was won. Leads of the same score are
taken in no particular order: a limit that falls among them takes its share of their wins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Truths = NDArray[np.bool_]

CONFIDENCE = 0.95
RESAMPLES = 200
_LEAST = 2


@dataclass(frozen=True)
class Estimate:
    """A figure and its interval: 95 % confidence unless said otherwise."""

    value: float
    low: float
    high: float


def z_of(confidence: float = CONFIDENCE) -> float:
    """How many standard errors to either side an interval of this confidence reaches."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def share(part: float, of: float) -> Estimate | None:
    """A share with Wilson's score interval; None of nothing."""
    if of <= 0:
        return None
    z, p = z_of(), part / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(max(p * (1 - p), 0) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    # Rounding must not bring the ends past the share itself, nor past 0 and 1.
    return Estimate(p, max(min(middle - half, p), 0.0), min(max(middle + half, p), 1.0))


def ratio(
    won: int, of: int, other_won: int, of_others: int, confidence: float = CONFIDENCE
) -> Estimate | None:
    """How many times as often one group wins as another; None if a group is empty.

    The interval is Katz's, on the logarithm; where a group has no win, half a win is added to
    both.
    """
    if not of or not of_others:
        return None
    extra = 0.5 if not won or not other_won else 0.0
    a, n, b, m = won + extra, of + 2 * extra, other_won + extra, of_others + 2 * extra
    value = (a / n) / (b / m)
    error = math.sqrt(max(1 / a - 1 / n + 1 / b - 1 / m, 0.0))
    spread = math.exp(z_of(confidence) * error)
    return Estimate(value, value / spread, value * spread)


def auc(scores: Numbers, won: Truths) -> Estimate | None:
    """How likely a lead that was won scores higher than one that was not; a tie is half.

    The interval is DeLong's (Biometrics 44, 1988). None with fewer than two of either kind.
    """
    if min(int(won.sum()), int((~won).sum())) < _LEAST:
        return None
    of_yes, of_no = _places(scores, won)
    value = float(of_yes.mean())
    half = z_of() * _error(of_yes, of_no)
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))


def auc_difference(before: Numbers, after: Numbers, won: Truths) -> Estimate | None:
    """How much greater the AUC of the later scores is, of the same leads.

    The interval is DeLong's for pairs: what chance does to both alike is not counted. None with
    fewer than two of either kind.
    """
    if min(int(won.sum()), int((~won).sum())) < _LEAST:
        return None
    (was_yes, was_no), (is_yes, is_no) = _places(before, won), _places(after, won)
    value = float(is_yes.mean() - was_yes.mean())
    half = z_of() * _error(is_yes - was_yes, is_no - was_no)
    return Estimate(value, value - half, value + half)


def _places(scores: Numbers, won: Truths) -> tuple[Numbers, Numbers]:
    """Of each won lead the share of the others below it; of each other that of the won above."""
    import numpy as np

    yes, no = scores[won], scores[~won]
    ranks = _ranks(np.concatenate([yes, no]))
    of_yes = (ranks[: len(yes)] - _ranks(yes)) / len(no)
    return of_yes, 1 - (ranks[len(yes) :] - _ranks(no)) / len(yes)


def _error(of_yes: Numbers, of_no: Numbers) -> float:
    variance = of_yes.var(ddof=1) / len(of_yes) + of_no.var(ddof=1) / len(of_no)
    return math.sqrt(float(variance))


def _ranks(values: Numbers) -> Numbers:
    """The place of each value from the least, counted from 1; equal ones share the middle."""
    import numpy as np

    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    middles: Numbers = np.cumsum(sizes) - (sizes - 1) / 2
    return middles[group]


def average_precision(scores: Numbers, won: Truths, seed: int = 0) -> Estimate | None:
    """The mean share of wins among the leads at and above each winner's score.

    The interval is that of 200 resamples drawn with the seed. None without a win.
    """
    import numpy as np

    if not won.any():
        return None
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=np.nan))
    wins = won[order].astype(np.float64)
    random = np.random.default_rng(seed)
    same = np.full(len(wins), 1 / len(wins))
    drawn = (random.multinomial(len(wins), same) for _ in range(RESAMPLES))
    resampled = [_precision(wins, weights.astype(np.float64), ends) for weights in drawn]
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    value = _precision(wins, np.ones(len(wins)), ends)
    return Estimate(value, min(float(low), value), max(float(high), value))


def _precision(wins: Numbers, weights: Numbers, ends: NDArray[np.intp]) -> float:
    """Average precision of weighted leads, best first; `ends` are the last of each score."""
    import numpy as np

    leads = np.cumsum(weights)[ends]
    found = np.cumsum(weights * wins)[ends]
    if not found[-1]:
        return 0.0
    precision = np.divide(found, leads, out=np.zeros_like(found), where=leads > 0)
    return float((np.diff(found, prepend=0.0) * precision).sum() / found[-1])


def captured(scores: Numbers, won: Truths, top: float) -> float:
    """How many wins are in the given share of the leads with the highest scores."""
    import numpy as np

    _, group = np.unique(-scores, return_inverse=True)
    leads = np.concatenate([[0.0], np.cumsum(np.bincount(group))])
    wins = np.concatenate([[0.0], np.cumsum(np.bincount(group, weights=won))])
    return float(np.interp(top * len(scores), leads, wins))
