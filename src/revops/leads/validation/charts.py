"""A validation as charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.kit.chart import Axis, Bars, Curve, Lines, Series
from revops.leads.validation.bands import HISTOGRAM

if TYPE_CHECKING:
    from revops.kit.chart import Chart
    from revops.leads.validation.report import Validation
    from revops.leads.validation.statistics import Estimate


def charts(found: Validation) -> tuple[Chart, ...]:
    """Distribution, conversion by band, lift by decile, and wins reached from the top."""
    if not found.leads:
        return ()
    of_deciles = (_lift(found), _reached(found)) if found.deciles else ()
    return (_distribution(found), _bands(found), *of_deciles)


def _distribution(found: Validation) -> Bars:
    series = tuple(Series(each.outcome, each.histogram) for each in found.spread)
    axis = Axis("Leads by total")
    return Bars("Totals of won, lost and disqualified", HISTOGRAM, series, axis, is_stacked=True)


def _bands(found: Validation) -> Bars:
    values = tuple(band.conversion.value if band.conversion else None for band in found.bands)
    spans = tuple(_span(band.conversion) for band in found.bands)
    notes = tuple(f"of {band.leads:,}" for band in found.bands)
    expected = tuple((band.expected_low, band.expected_high) for band in found.bands)
    return Bars(
        "Conversion by band",
        tuple(band.name for band in found.bands),
        (Series("won", values, spans, notes),),
        Axis("Share of leads that were won", is_share=True),
        expected=expected,
    )


def _lift(found: Validation) -> Bars:
    values = tuple(each.lift.value for each in found.deciles)
    spans = tuple(_span(each.lift) for each in found.deciles)
    names = tuple(str(each.decile) for each in found.deciles)
    axis = Axis("Wins, in multiples of the average; 1 has the highest totals")
    return Bars("Lift by tenth of the leads", names, (Series("lift", values, spans),), axis)


def _reached(found: Validation) -> Lines:
    all_won = sum(each.won for each in found.deciles)
    reached, points = 0.0, [(0.0, 0.0)]
    for each in found.deciles:
        reached += each.won
        points.append((each.decile / len(found.deciles), reached / all_won))
    return Lines(
        "Wins reached from the top",
        Axis("Share of the leads, highest totals first", is_share=True, low=0, high=1),
        Axis("Share of the wins", is_share=True, low=0, high=1),
        (Curve("by total", tuple(points)),),
        Curve("by chance", ((0.0, 0.0), (1.0, 1.0))),
    )


def _span(estimate: Estimate | None) -> tuple[float, float] | None:
    return (estimate.low, estimate.high) if estimate else None
