"""How long an occurrence tells anything: the conversion of leads by the age of the latest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from revops.kit.duration import format_duration
from revops.kit.number import how_many
from revops.leads.validation.statistics import Estimate, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from revops.definitions.scoring import Scoring, Signal

    Numbers = NDArray[np.float64]
    Truths = NDArray[np.bool_]

AGES = (7, 14, 30, 60, 90, 180, 365)
"""Days at which it is asked whether what is older still tells."""
FEWEST = 50
LITTLE, HALF = 0.25, 0.5
_WHOLE = (1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365)


@dataclass(frozen=True)
class Fading:
    """How long a signal tells.

    Attributes:
        signal: Its name.
        now: Its decay, in words.
        days: The age from which on it no longer tells; None if it does as far as can be seen.
        lift: How many times as often those with an older one win as those with none.
        suggested: The values of `decay` that change, by key.
    """

    signal: str
    now: str
    days: int | None
    lift: Estimate | None
    suggested: Mapping[str, str]


def without_ageing(scoring: Scoring) -> Scoring:
    """The same definition in which nothing fades, so that lines tell of every occurrence."""
    models = []
    for model in scoring.models:
        signals = tuple(
            signal.model_copy(update={"decay": None}) for signal in model.engagement.signals
        )
        engagement = model.engagement.model_copy(update={"signals": signals, "inactivity": None})
        models.append(model.model_copy(update={"engagement": engagement}))
    return scoring.model_copy(update={"models": tuple(models)})


def fading_of(signal: Signal, ages: Numbers, won: Truths) -> Fading | None:
    """How long a signal with a decay tells; None for one that has none.

    It no longer tells from the age on at which an older one has a quarter of the lift that the
    signal has on the whole, or half of it and cannot be told from none.

    Args:
        signal: The signal.
        ages: For each lead the days since the latest completion; NaN where there was none.
        won: Which leads were won.
    """
    import numpy as np

    decay = signal.decay
    if decay is None:
        return None
    is_never = np.isnan(ages)
    all_lift = _lift(~is_never, is_never, won)
    if all_lift is None or all_lift.low <= 1:
        return Fading(signal.name, _said(signal), None, all_lift, {})
    lift: Estimate | None = all_lift
    for days in AGES:
        lift = _lift(ages >= days, is_never, won)
        if lift is None:
            break
        left = (lift.value - 1) / (all_lift.value - 1)
        if left <= LITTLE or (left <= HALF and lift.low <= 1):
            return Fading(signal.name, _said(signal), days, lift, _decay(signal, days))
    return Fading(signal.name, _said(signal), None, lift, {})


def _lift(has: Truths, has_none: Truths, won: Truths) -> Estimate | None:
    """How many times as often those who have it win; None where there are too few."""
    if min(has.sum(), has_none.sum()) < FEWEST:
        return None
    return ratio(int(won[has].sum()), int(has.sum()), int(won[has_none].sum()), int(has_none.sum()))


def _said(signal: Signal) -> str:
    decay = signal.decay
    if decay is None:
        return "none"
    if decay.half_life is not None:
        return f"half in {format_duration(decay.half_life)}"
    each = format_duration(decay.every) if decay.every else ""
    if decay.percent is not None:
        return f"{decay.percent:g}% every {each}"
    return f"{how_many(round(decay.points or 0), 'point')} every {each}"


def _decay(signal: Signal, days: int) -> dict[str, str]:
    """What makes the points fade away by that age: to nothing, or to an eighth."""
    decay = signal.decay
    if decay is None:
        return {}
    if decay.half_life is not None:
        return _changed("half_life", decay.half_life, days / 3)
    if decay.points is None or decay.every is None:
        return {}
    steps = max(1, -(-signal.points // decay.points))
    left = timedelta(days=days) - (decay.after or timedelta())
    return _changed("every", decay.every, left.days / steps)


def _changed(key: str, now: timedelta, days: float) -> dict[str, str]:
    """The nearest number of days that people would choose, where it is another than now."""
    nearest = min(_WHOLE, key=lambda each: (abs(each - days), each))
    suggested = timedelta(days=nearest)
    return {} if suggested == now else {key: format_duration(suggested)}
