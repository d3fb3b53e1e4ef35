"""What each attribute, signal and negative is worth, by how much oftener those who have it win.

Points and lift are brought to one scale: on it the model gives, over all leads, as many points
as the logarithms of the lifts call for. A signal that gets more than the interval of its lift
calls for is over-weighted, one that gets less is under-weighted. Each is looked at by itself;
signals that come together share their merit, which only calibration takes apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.leads.validation.statistics import CONFIDENCE, Estimate, ratio, share

if TYPE_CHECKING:
    from collections.abc import Sequence

OVER, UNDER, RIGHT = "over-weighted", "under-weighted", "about right"
WRONG, FEW, NEVER = "wrong way", "too few to tell", "never seen"
LEAST_LEADS = 10
"""With fewer leads with or without it, nothing is said of a signal."""


@dataclass(frozen=True)
class Tally:
    """How often one line of a model occurred, and what it is held against.

    Attributes:
        model: The scoring model.
        dimension: What it gives points to: fit, engagement or total.
        signal: Its name; of an attribute with several tiers, with the tier's points.
        points: What it gave on average where it gave any, or what it would give.
        weight: By how much its dimension is multiplied.
        leads: How many leads had it.
        won: How many of these were won.
        often: Their share of all that the model scored.
        others: How many leads it is held against: those without it, of a tier those with
            fewer points from the attribute.
        won_of_others: How many of these were won.
        points_of_others: What they got on average.
    """

    model: str
    dimension: str
    signal: str
    points: float
    weight: float
    leads: int
    won: int
    often: float
    others: int
    won_of_others: int
    points_of_others: float = 0.0

    @property
    def ahead(self) -> float:
        """By how many points those with it are ahead of the others."""
        return self.points - self.points_of_others

    def lift(self, confidence: float = CONFIDENCE) -> Estimate | None:
        """How many times as often those with it were won as the others."""
        return ratio(self.won, self.leads, self.won_of_others, self.others, confidence)

    @property
    def is_enough(self) -> bool:
        """Whether there are leads enough to say anything."""
        return min(self.leads, self.others) >= LEAST_LEADS and self.won + self.won_of_others > 0


@dataclass(frozen=True)
class Weighed:
    """What a line of a model is worth.

    Attributes:
        model: The scoring model.
        dimension: What it gives points to.
        signal: Its name.
        points: What it gave on average.
        leads: How many leads had it.
        often: Their share of all.
        conversion_with: Share of those with it that were won.
        conversion_without: Share of those it is held against that were won.
        lift: The one over the other.
        deserved: The points that the lift calls for, on the scale of the model.
        verdict: What to think of the points.
    """

    model: str
    dimension: str
    signal: str
    points: float
    leads: int
    often: float
    conversion_with: Estimate | None
    conversion_without: Estimate | None
    lift: Estimate | None
    deserved: Estimate | None
    verdict: str


def weigh(tallies: Sequence[Tally]) -> tuple[Weighed, ...]:
    """What each line is worth, in the order given."""
    scales = {model: _scale([t for t in tallies if t.model == model]) for model in _models(tallies)}
    # Of many signals some would seem to point the wrong way by chance alone.
    sure = 1 - (1 - CONFIDENCE) / max(len(tallies), 1)
    return tuple(_weighed(tally, scales[tally.model], sure) for tally in tallies)


def _models(tallies: Sequence[Tally]) -> list[str]:
    return list(dict.fromkeys(tally.model for tally in tallies))


def _scale(tallies: Sequence[Tally]) -> float:
    """Points for each unit of the logarithm of lift, such that a model gives what it should."""
    known = [(t, lift) for t in tallies if t.is_enough and (lift := t.lift())]
    given = sum(t.leads * abs(t.ahead * t.weight) for t, _ in known)
    called = sum(t.leads * abs(math.log(lift.value)) for t, lift in known)
    return given / called if called else 0.0


def _weighed(tally: Tally, scale: float, sure: float) -> Weighed:
    lift = tally.lift()
    deserved = None
    if lift is not None and scale and tally.weight:
        each, base = scale / tally.weight, tally.points_of_others
        deserved = Estimate(*(base + each * math.log(x) for x in (lift.value, lift.low, lift.high)))
    return Weighed(
        tally.model,
        tally.dimension,
        tally.signal,
        tally.points,
        tally.leads,
        tally.often,
        share(tally.won, tally.leads),
        share(tally.won_of_others, tally.others),
        lift,
        deserved,
        _verdict(tally, deserved, sure),
    )


def _verdict(tally: Tally, deserved: Estimate | None, sure: float) -> str:
    if not tally.leads:
        return NEVER
    lift = tally.lift(sure)
    if not tally.is_enough or deserved is None or lift is None:
        return FEW
    if (tally.ahead > 0 and lift.high < 1) or (tally.ahead < 0 and lift.low > 1):
        return WRONG
    if deserved.low <= tally.points <= deserved.high:
        return RIGHT
    return OVER if (tally.points > deserved.high) == (tally.points > 0) else UNDER
