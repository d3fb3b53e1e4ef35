"""A calibration as charts: points now and then, totals of those won and the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.kit.chart import Axis, Bars, Curve, Lines, Series
from revops.leads.calibration.thresholds import scores_named
from revops.leads.validation.bands import spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from revops.kit.chart import Chart
    from revops.leads.calibration.points import Suggestion

MOST_SHOWN = 16
"""So many items, those that change most, fit side by side."""
_STEP, _MIDDLE = 10, 5


@dataclass(frozen=True)
class Totals:
    """How many leads have a total of 0-9, 10-19, ... 90-100.

    Attributes:
        won: Of those won.
        others: Of all others.
    """

    won: tuple[int, ...]
    others: tuple[int, ...]


def totals_of(totals: NDArray[np.float64], won: NDArray[np.bool_]) -> Totals:
    """How the totals of leads lie."""
    return Totals(spread("", totals[won]).histogram, spread("", totals[~won]).histogram)


def points_chart(suggestions: Sequence[Suggestion]) -> tuple[Chart, ...]:
    """The points of the items that change most; none where nothing changes."""
    changed = [each for each in suggestions if each.points != each.item.points]
    if not changed:
        return ()
    most = sorted(changed, key=lambda each: -abs(each.points - each.item.points))[:MOST_SHOWN]
    shown = [each for each in changed if each in most]
    few = len(shown) < len(changed)
    title = f"Points that change most, {len(shown)} of {len(changed)}" if few else "New points"
    series = (
        Series("now", tuple(each.item.points for each in shown)),
        Series("suggested", tuple(each.points for each in shown)),
    )
    return (Bars(title, tuple(each.item.label for each in shown), series, Axis("points")),)


def totals_chart(title: str, totals: Totals, threshold: str) -> Lines:
    """Where those won lie, and the others, with the threshold as far as it is of the total."""
    curves = tuple(
        Curve(name, _shares(counts))
        for name, counts in (("won", totals.won), ("others", totals.others))
    )
    least = scores_named(threshold).get("total") if threshold else None
    top = max((y for curve in curves for _, y in curve.points), default=1.0)
    return Lines(
        title,
        Axis("Total", low=0, high=100),
        Axis("Share of each, in tens of points", is_share=True, low=0),
        curves,
        None if least is None else Curve(f"mql asks for {least:g}", ((least, 0.0), (least, top))),
    )


def _shares(counts: Sequence[int]) -> tuple[tuple[float, float], ...]:
    every = sum(counts)
    return tuple(
        (float(_STEP * place + _MIDDLE), count / every if every else 0.0)
        for place, count in enumerate(counts)
    )
