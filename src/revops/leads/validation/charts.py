"""A validation as charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.kit.chart import Axis, Bars, Curve, Lines, Series
from revops.leads.validation.bands import HISTOGRAM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from revops.kit.chart import Chart
    from revops.leads.validation.bands import Band
    from revops.leads.validation.ranking import Decile
    from revops.leads.validation.report import Validation
    from revops.leads.validation.statistics import Estimate


def charts(found: Validation, present: Validation | None = None) -> tuple[Chart, ...]:
    """Distribution, conversion by band, lift by decile, and wins reached from the top.

    Args:
        found: What is shown.
        present: The present model, where `found` is of a proposed one: shown beside it.
    """
    if not found.leads:
        return ()
    both = [("proposed", found)] if present and present.leads else [("", found)]
    if present and present.leads:
        both.insert(0, ("present", present))
    distributions = (_distribution(each, name) for name, each in both)
    of_deciles = (_lift(both), _reached(both)) if all(e.deciles for _, e in both) else ()
    return (*distributions, _bands(both), *of_deciles)


def _distribution(found: Validation, name: str) -> Bars:
    series = tuple(Series(each.outcome, each.histogram) for each in found.spread)
    axis = Axis("Leads by total")
    title = "Totals of won, lost and disqualified" + (f", {name}" if name else "")
    return Bars(title, HISTOGRAM, series, axis, is_stacked=True)


def _bands(both: Sequence[tuple[str, Validation]]) -> Bars:
    bands = both[0][1].bands
    return Bars(
        "Conversion by band",
        tuple(band.name for band in bands),
        tuple(_converted(name or "won", found.bands) for name, found in both),
        Axis("Share of leads that were won", is_share=True),
        expected=tuple((band.expected_low, band.expected_high) for band in bands),
    )


def _converted(name: str, bands: Sequence[Band]) -> Series:
    values = tuple(band.conversion.value if band.conversion else None for band in bands)
    spans = tuple(_span(band.conversion) for band in bands)
    return Series(name, values, spans, tuple(f"of {band.leads:,}" for band in bands))


def _lift(both: Sequence[tuple[str, Validation]]) -> Bars:
    names = tuple(str(each.decile) for each in both[0][1].deciles)
    axis = Axis("Multiples of the average; 1 has the highest totals")
    series = tuple(
        Series(
            name or "lift",
            tuple(each.lift.value for each in found.deciles),
            tuple(_span(each.lift) for each in found.deciles),
        )
        for name, found in both
    )
    return Bars("Lift by tenth of the leads", names, series, axis)


def _reached(both: Sequence[tuple[str, Validation]]) -> Lines:
    return Lines(
        "Wins reached from the top",
        Axis("Share of the leads, highest totals first", is_share=True, low=0, high=1),
        Axis("Share of the wins", is_share=True, low=0, high=1),
        tuple(_curve(name or "by total", found.deciles) for name, found in both),
        Curve("by chance", ((0.0, 0.0), (1.0, 1.0))),
    )


def _curve(name: str, deciles: Sequence[Decile]) -> Curve:
    all_won = sum(each.won for each in deciles)
    reached, points = 0.0, [(0.0, 0.0)]
    for each in deciles:
        reached += each.won
        points.append((each.decile / len(deciles), reached / all_won))
    return Curve(name, tuple(points))


def _span(estimate: Estimate | None) -> tuple[float, float] | None:
    return (estimate.low, estimate.high) if estimate else None
