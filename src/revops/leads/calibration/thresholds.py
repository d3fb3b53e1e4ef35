"""Where to set a threshold: just below where four in five of those won would have scored."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.leads.validation.statistics import Estimate, share

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Truths = NDArray[np.bool_]

WANTED = 0.8
"""The share of those won that is to reach the threshold."""
_STEPS = 41
_COMPARISON = re.compile(r"\s*(total|fit|engagement)\s*>=\s*(\d+(?:\.\d+)?)\s*", re.IGNORECASE)
_AND = re.compile(r"\s+AND\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Threshold:
    """A threshold, and who reaches it among leads it was not learned from.

    Attributes:
        now: The condition as it is; '' if it is not made of scores alone.
        suggested: The condition to put in its place.
        won: The share of those won that would reach it.
        lost: The share of all others that would.
        won_now: The share of those won that reaches the present one, with the present points.
        lost_now: The same of the others.
        is_selective: Whether those won reach it clearly oftener than the others.
    """

    now: str
    suggested: str
    won: Estimate | None
    lost: Estimate | None
    won_now: Estimate | None
    lost_now: Estimate | None
    is_selective: bool


def scores_named(condition: str) -> dict[str, float]:
    """The scores a threshold compares and what with; none if it says anything else besides."""
    parts = [_COMPARISON.fullmatch(part) for part in _AND.split(condition.strip())]
    found = {part[1].lower(): float(part[2]) for part in parts if part}
    return found if all(parts) and len(found) == len(parts) else {}


def suggest_threshold(
    names: Mapping[str, float], scores: Mapping[str, Numbers], won: Truths
) -> str:
    """The condition on these scores that four in five of those won reach, as high as can be.

    Each score is asked for what the same share of those won reaches, rounded down.
    """
    import numpy as np

    asked = list(names) or ["total"]
    limits = dict.fromkeys(asked, 0)
    for passed_over in np.linspace(1 - WANTED, 0, _STEPS):
        limits = {
            name: math.floor(float(np.quantile(scores[name][won], passed_over))) for name in asked
        }
        if reaches(limits, scores)[won].mean() >= WANTED:
            break
    telling = {name: limit for name, limit in limits.items() if limit > 0} or limits
    return " AND ".join(f"{name} >= {limit}" for name, limit in telling.items())


def reaches(limits: Mapping[str, float], scores: Mapping[str, Numbers]) -> Truths:
    """Who has at least so much of each score."""
    import numpy as np

    every = [scores[name] >= limit for name, limit in limits.items()]
    return np.asarray(np.logical_and.reduce(every), dtype=bool)


def check_threshold(
    now: str,
    suggested: str,
    before: Mapping[str, Numbers],
    after: Mapping[str, Numbers],
    won: Truths,
) -> Threshold:
    """Who reaches the present and the suggested threshold, with the points of each."""
    then = reaches(scores_named(suggested), after)
    won_then, lost_then = _shares(then, won)
    named = scores_named(now)
    won_now, lost_now = _shares(reaches(named, before), won) if named else (None, None)
    apart = bool(won_then and lost_then and won_then.low > lost_then.high)
    return Threshold(now if named else "", suggested, won_then, lost_then, won_now, lost_now, apart)


def _shares(is_reached: Truths, won: Truths) -> tuple[Estimate | None, Estimate | None]:
    return (
        share(int(is_reached[won].sum()), int(won.sum())),
        share(int(is_reached[~won].sum()), int((~won).sum())),
    )
