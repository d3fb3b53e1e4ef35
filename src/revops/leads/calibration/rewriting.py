"""A suggestion as new values of a definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.leads.calibration.points import step_of
from revops.leads.calibration.signs import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from revops.definitions.editing import Path
    from revops.definitions.scoring import ScoringModel, Signal
    from revops.leads.calibration.ageing import Fading
    from revops.leads.calibration.points import Suggestion


def values_of(
    model: ScoringModel, suggestions: Sequence[Suggestion], fadings: Sequence[Fading]
) -> dict[Path, float | str]:
    """Each place within a model whose value changes, with its new value."""
    found: dict[Path, float | str] = {}
    for each in suggestions:
        if each.points != each.item.points:
            found.update(_points(model, each))
    by_name = {signal.name: at for at, signal in enumerate(model.engagement.signals)}
    for fading in fadings:
        at = by_name[fading.signal]
        for key, value in fading.suggested.items():
            found["engagement", "signals", at, "decay", key] = value
    return found


def _points(model: ScoringModel, change: Suggestion) -> Iterator[tuple[Path, float]]:
    item = change.item
    if item.part is Part.NEGATIVE:
        yield ("negative", item.place, "points"), change.points
    elif item.part is Part.SIGNAL:
        signal = model.engagement.signals[item.place]
        place: Path = ("engagement", "signals", item.place)
        yield (*place, "points"), change.points
        if change.points:
            yield from ((((*place, *key)), value) for key, value in _scaled(signal, change.points))
    else:
        for at, tier in enumerate(model.fit.attributes[item.place].tiers):
            if tier.points == item.points:
                yield ("fit", "attributes", item.place, "tiers", at, "points"), change.points


def _scaled(signal: Signal, points: float) -> Iterator[tuple[Path, float]]:
    """What goes with a signal's points: the most it gives, and what it loses at a step."""
    times = points / signal.points
    if signal.max is not None:
        step = step_of([signal.max])
        yield ("max",), max(step * round(signal.max * times / step), abs(points))
    if signal.decay is not None and signal.decay.points is not None:
        yield ("decay", "points"), max(1.0, round(signal.decay.points * times))
