"""Whether a model may go live: each check with what was found and what to mend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.leads.validation.bands import ABOVE, BELOW, rises
from revops.leads.validation.weights import WRONG

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from revops.leads.validation.bands import Band
    from revops.leads.validation.ranking import TopQuarter
    from revops.leads.validation.statistics import Estimate
    from revops.leads.validation.weights import Weighed

LEAST_LEADS = 200
"""Leads with a known outcome that a validation needs."""
LEAST_IN_TOP = 0.5
"""The share of the won leads that must be in the top quarter; by chance a quarter of them is."""
NEAR_ZERO = 10
"""The greatest total of a competitor's contact."""
PASS, MEND, UNKNOWN = "pass", "mend", "cannot tell"


@dataclass(frozen=True)
class Check:
    """One thing that is to hold before a model goes live.

    Attributes:
        name: What is looked at.
        state: Pass, mend, or cannot tell.
        found: What the records say.
        mend: What to do about it, if it does not hold.
    """

    name: str
    state: str
    found: str
    mend: str = ""


def verdict(sample: Check, others: Iterable[Check]) -> str:
    """Pass if every check does; of too small a sample nothing can be told."""
    states = {check.state for check in others}
    if sample.state == UNKNOWN:
        return UNKNOWN
    return next((state for state in (MEND, UNKNOWN) if state in states), PASS)


def sample(outcomes: Mapping[str, int]) -> Check:
    """Whether there are leads enough, and both kinds of outcome among them."""
    leads = sum(outcomes.values())
    found = f"{leads:,} leads: " + ", ".join(f"{n:,} {each}" for each, n in outcomes.items())
    name = f"At least {LEAST_LEADS} leads with a known outcome"
    if leads < LEAST_LEADS:
        mend = f"{LEAST_LEADS - leads:,} more are needed; import older deals and rejections"
        return Check(name, UNKNOWN, found, mend)
    if outcomes.get("won", 0) in {0, leads}:
        return Check(name, UNKNOWN, found, "won and other leads are needed; import the others too")
    return Check(name, PASS, found)


def order(auc: Estimate | None) -> Check:
    """Whether higher scores mean more wins at all."""
    name = "Higher scores are won more often"
    if auc is None:
        return Check(name, UNKNOWN, "too few won or other leads to compare")
    found = f"AUC {auc.value:.2f} ({auc.low:.2f} to {auc.high:.2f}); 0.50 is chance"
    if auc.low > 0.5:  # noqa: PLR2004 - chance
        return Check(name, PASS, found)
    return Check(
        name,
        MEND,
        found,
        "no better than chance: revise what gives points before going live; revops calibrate "
        "suggests points from these outcomes",
    )


def top(quarter: TopQuarter | None) -> Check:
    """Whether those won cluster in the top quarter."""
    name = "Those won score in the top 25 %"
    if quarter is None:
        return Check(name, UNKNOWN, "nobody was won")
    won = quarter.won
    found = (
        f"{won.value:.1%} of them ({won.low:.1%} to {won.high:.1%}) are in the top quarter, from "
        f"{quarter.from_total:.0f} points; by chance 25 %, half is wanted"
    )
    if won.value >= LEAST_IN_TOP:
        return Check(name, PASS, found)
    mend = "adjust the weights of the criteria: see the signals that are over- and under-weighted"
    return Check(name, MEND, found, mend)


def conversion(bands: Sequence[Band]) -> Check:
    """Whether each range of totals is won about as often as expected, and higher ones oftener."""
    name = "Each band converts as expected"
    if not any(band.leads for band in bands):
        return Check(name, UNKNOWN, "no lead has a score")
    off = [band for band in bands if band.verdict in {BELOW, ABOVE}]
    found = ", ".join(
        f"{band.name}: {band.conversion.value:.0%}" if band.conversion else f"{band.name}: no leads"
        for band in bands
    )
    if not rises(bands):
        return Check(name, MEND, found, "a higher band converts less than a lower one: reweigh")
    if not off:
        return Check(name, PASS, found)
    return Check(name, MEND, found, "; ".join(map(_mend_of_band, off)))


def _mend_of_band(band: Band) -> str:
    if band.verdict == BELOW:
        said = "fewer than expected are won: give fewer points or raise the band's edge"
    else:
        said = "more than expected are won: give more points or lower the band's edge"
    return f"{band.name}: {said}"


def direction(signals: Sequence[Weighed]) -> Check:
    """Whether nothing gives points to those who win less, or takes them from those who win more."""
    name = "No signal points the wrong way"
    if not any(each.leads for each in signals):
        return Check(name, UNKNOWN, "no signal was seen")
    wrong = [each for each in signals if each.verdict == WRONG]
    if not wrong:
        return Check(name, PASS, f"{len(signals)} looked at")
    found = ", ".join(
        f"{each.signal} ({each.points:+g} points, lift {each.lift.value:.2f})"
        for each in wrong
        if each.lift
    )
    return Check(name, MEND, found, "remove these, or turn their sign")


def competitors(totals: Sequence[tuple[str, float]]) -> Check | None:
    """Whether the contacts of competitors score near zero; None without any."""
    name = "Competitors score near 0"
    if not totals:
        return None
    high = [f"{who} ({total:.0f})" for who, total in totals if total > NEAR_ZERO]
    found = f"{len(totals):,} contacts, {len(high):,} above {NEAR_ZERO}"
    if not high:
        return Check(name, PASS, found)
    more = " ..." if len(high) > _SHOWN else ""
    mend = f"take points from addresses in the list competitors: {', '.join(high[:_SHOWN])}{more}"
    return Check(name, MEND, found, mend)


_SHOWN = 5
