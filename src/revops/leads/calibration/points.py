"""Points that past outcomes call for, on the scale that the model has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.leads.bounded_fit import fit_bounded
from revops.leads.calibration.signs import Item, Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from revops.leads.calibration.signs import Sign

    Numbers = NDArray[np.float64]
    Truths = NDArray[np.bool_]

FEWEST = 30
"""Leads that must have an item, and must not, before its points are changed."""
PENALTIES = (1.0, 10.0, 100.0, 1000.0)
FIVES, ONES = 5, 1
_MOSTLY = 0.8
_FOLDS = 5
FEW = "too few to tell: kept"
NOTHING = "tells nothing"


@dataclass(frozen=True)
class Suggestion:
    """What an item should give.

    Attributes:
        item: The item, with the points it has.
        leads: How many of those learned from have it.
        log_odds: What it adds to the logarithm of the odds to be won; of a level, over none.
        points: What it should give.
        note: Why the points are as they are, if not by their weight alone.
    """

    item: Item
    leads: int
    log_odds: float | None
    points: float
    note: str = ""


def suggest(signs: Sequence[Sign], won: Truths) -> list[Suggestion]:
    """Points for each item by a penalised logistic model on what held for each lead.

    A signal that counts in favour keeps doing so or gets nothing, levels of an attribute keep
    their order, and the most that can be reached stays what it is. Without evidence the points
    stay in proportion: the penalty is on leaving them, and it is the greatest of four
    that does as well as the best by five folds, but for one standard error.
    """
    known = [each for each in signs if FEWEST <= each.leads <= len(won) - FEWEST]
    weights = _weights(known, won)
    steps = dict(zip((each.item for each in known), weights, strict=True))
    odds = {each.item: _log_odds(each.item, signs, steps) for each in known}
    factor = _factor(signs, odds)
    step = step_of([each.item.points for each in signs])
    return [_suggested(each, odds, factor, step) for each in signs]


def step_of(points: Sequence[float]) -> int:
    """The steps in which people give points: 5, or 1 where few of them are multiples of 5."""
    fives = sum(value % FIVES == 0 for value in points)
    return FIVES if points and fives >= _MOSTLY * len(points) else ONES


def _weights(signs: Sequence[Sign], won: Truths) -> list[float]:
    import numpy as np

    if not signs:
        return []
    columns = np.column_stack([each.column for each in signs])
    lower = np.array([0.0 if each.is_upwards else -np.inf for each in signs])
    upper = np.array([np.inf if each.is_upwards else 0.0 for each in signs])
    centre = _in_proportion(signs, columns, won)
    bounds = (lower, upper)
    losses = [_losses(columns, won, bounds, penalty, centre) for penalty in PENALTIES]
    means = [float(each.mean()) for each in losses]
    least = losses[means.index(min(means))]
    enough = min(means) + float(least.std()) / _FOLDS**0.5
    best = max(each for each, mean in zip(PENALTIES, means, strict=True) if mean <= enough)
    found: list[float] = fit_bounded(columns, won, *bounds, best, centre).weights.tolist()
    return found


def _in_proportion(signs: Sequence[Sign], columns: Numbers, won: Truths) -> Numbers:
    """The weights that the present points stand for, on the scale that fits them best."""
    import numpy as np

    steps = np.array([_step(each, signs) for each in signs])
    total = (columns @ steps).reshape(-1, 1)
    spread = float(total.std()) or 1.0
    scale = fit_bounded(total / spread, won, np.zeros(1), np.full(1, np.inf)).weights[0]
    return np.asarray(steps * scale / spread, dtype=np.float64)


def _step(sign: Sign, signs: Sequence[Sign]) -> float:
    """What an item adds to the total now; a level over the next lower one that is known."""
    item = sign.item
    if item.part is not Part.ATTRIBUTE:
        return item.points * item.weight
    lower = [
        each.item.points
        for each in signs
        if (each.item.part, each.item.place) == (item.part, item.place)
        and each.item.points < item.points
    ]
    beneath = max(lower, default=min(0.0, item.points))
    return (item.points - beneath) * item.weight


def _losses(
    columns: Numbers,
    won: Truths,
    bounds: tuple[Numbers, Numbers],
    penalty: float,
    centre: Numbers,
) -> Numbers:
    """The mean logarithmic loss of each fifth of the leads by what the others teach."""
    import numpy as np

    fold = np.arange(len(won)) * _FOLDS // len(won)  # by time, so that companies stay together
    found = np.empty(_FOLDS)
    for number in range(_FOLDS):
        train, test = fold != number, fold == number
        fitted = fit_bounded(columns[train], won[train], *bounds, penalty, centre)
        odds = fitted.log_odds(columns[test])
        found[number] = (np.logaddexp(0, odds) - won[test] * odds).mean()
    return found


def _log_odds(item: Item, signs: Sequence[Sign], steps: dict[Item, float]) -> float:
    """What an item adds; levels add up from the one that gives nothing."""
    if item.part is not Part.ATTRIBUTE:
        return steps[item]
    levels = [
        each.item
        for each in signs
        if (each.item.part, each.item.place) == (item.part, item.place) and each.item in steps
    ]
    up_to = sum(steps[level] for level in levels if level.points <= item.points)
    return up_to - sum(steps[level] for level in levels if level.points <= 0)


def _factor(signs: Sequence[Sign], odds: dict[Item, float]) -> float:
    """Points for one unit of log-odds, such that the most that can be reached stays."""
    now = _most(
        {each.item: each.item.points * each.item.weight for each in signs if each.item in odds}
    )
    then = _most(odds)
    return now / then if then else 0.0


def _most(values: dict[Item, float]) -> float:
    """The sum of the best levels and of the signals in favour."""
    best: dict[tuple[Part, int], float] = {}
    for item, value in values.items():
        key = (item.part, item.place)
        best[key] = max(best.get(key, 0.0), value)
    return sum(best.values())


def _suggested(sign: Sign, odds: dict[Item, float], factor: float, step: int) -> Suggestion:
    item = sign.item
    if item not in odds or not factor or not item.weight:
        return Suggestion(item, sign.leads, odds.get(item), item.points, FEW)
    points = step * round(odds[item] * factor / item.weight / step) + 0.0
    if item.part is Part.NEGATIVE and points >= 0:
        note = f"{NOTHING}; the least a negative can take"
        return Suggestion(item, sign.leads, odds[item], max(-step, item.points), note)
    return Suggestion(item, sign.leads, odds[item], points, "" if points else NOTHING)
