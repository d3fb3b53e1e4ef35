"""The checks of a running model: each green, amber or red, with what was seen and the mend.

Thresholds are those of the maintenance schedules that revenue teams use: a share of leads above
the MQL threshold over 40 % (inflation; 50 %: tighten at once), MQLs 30 % more or fewer than the
month before, an acceptance of MQLs under 30 % (under 15 % for two months: a new model), a top
band of which less than 20 % is accepted, leads silent for 90 days that still score high, sales
cycles longer by 30 days, and a full recalibration every 6 to 12 months. The drift of inputs is
judged by the population stability index with its usual bounds of 0.1 and 0.25 (Siddiqi 2006).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.leads.monitoring.figures import Drift, Figures, Month

Light = Literal["green", "amber", "red", "unknown"]
Cadence = Literal["monthly", "quarterly", "yearly"]

INFLATED, BADLY_INFLATED = 0.40, 0.50
VOLUME_CHANGE = 0.30
LOW_ACCEPTANCE, LOWEST_ACCEPTANCE = 0.30, 0.15
TOP_BAND_ACCEPTANCE = 0.20
LONGER_CYCLE_DAYS = 30
DRIFTING, DRIFTED = 0.10, 0.25
MONTHS_TO_RECALIBRATION = (6, 12)
_ROUNDING = 1e-9
FEW = 20
"""A share of fewer leads than this is told, and not judged."""


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        name: What is looked at.
        cadence: How often it should be.
        light: Green, amber or red; unknown where there is too little to judge by.
        evidence: What was seen, with figures.
        limit: What it is held against.
        mend: What to do, where it is not green.
    """

    name: str
    cadence: Cadence
    light: Light
    evidence: str
    limit: str
    mend: str = ""


def run_checks(found: Figures) -> tuple[Check, ...]:
    """Every check, in the order in which one reads them."""
    return (
        _inflation(found),
        _volume(found),
        _acceptance(found),
        _top_band(found),
        _order_of_bands(found),
        _silent(found),
        _rejections(found),
        _fit_of_wins(found),
        _cycle(found),
        *_drifts(found),
        _age(found),
    )


def _inflation(found: Figures) -> Check:
    share = found.above / found.scored if found.scored else None
    light: Light = "unknown" if share is None else _over(share, INFLATED, BADLY_INFLATED)
    return Check(
        "score inflation", "monthly", light,
        f"{_percent(share)} of {found.scored:,} leads are above the MQL threshold",
        "at most 40 %, never 50 %",
        "raise points of what only buyers do, lower those of opens and visits, add negatives",
    )  # fmt: skip


def _volume(found: Figures) -> Check:
    last, before = _last_two(found)
    if last is None or before is None or before.mqls < FEW:
        return Check(
            "MQL volume", "monthly", "unknown", _months(found), "within 30 % of the month before"
        )
    change = last.mqls / before.mqls - 1
    light: Light = "amber" if abs(change) > VOLUME_CHANGE + _ROUNDING else "green"
    revenue = f"; won {found.currency} {last.won:,.0f} after {before.won:,.0f}"
    if light == "amber" and change > 0 and last.won <= before.won:
        light = "red"  # more leads and not more revenue
    return Check(
        "MQL volume", "monthly", light,
        f"{last.mqls:,} MQLs in {last.label} after {before.mqls:,} in {before.label} "
        f"({change:+.0%}){revenue}",
        "within 30 % of the month before; red where more MQLs bring no more revenue",
        "look what changed: revops diff, a campaign, a form, missing data; then the threshold",
    )  # fmt: skip


def _acceptance(found: Figures) -> Check:
    last, before = _last_two(found)
    if last is None or last.decided < FEW:
        return Check("acceptance of MQLs", "monthly", "unknown", _months(found), "at least 30 %")
    share = last.accepted / last.decided
    light: Light = "amber" if share < LOW_ACCEPTANCE else "green"
    and_before = ""
    if before is not None and before.decided >= FEW:
        share_before = before.accepted / before.decided
        and_before = f", {share_before:.0%} the month before"
        light = "red" if max(share, share_before) < LOWEST_ACCEPTANCE else light
    return Check(
        "acceptance of MQLs", "monthly", light,
        f"sales took over {share:.0%} of {last.decided:,} MQLs of {last.label}{and_before}",
        "at least 30 %; red under 15 % for two months",
        "ask sales why (rejection codes), raise the threshold, or revops calibrate",
    )  # fmt: skip


def _top_band(found: Figures) -> Check:
    if not found.bands:
        return Check(
            "top band", "monthly", "unknown", "no MQL has been decided on", "at least 20 %"
        )
    top = found.bands[0]
    if top.decided < FEW:
        said = f"{top.decided} decided MQLs were {top.name}: too few to judge"
        return Check("top band", "monthly", "unknown", said, "at least 20 % accepted")
    share = top.accepted / top.decided
    return Check(
        "top band", "monthly", "red" if share < TOP_BAND_ACCEPTANCE else "green",
        f"sales took over {share:.0%} of {top.decided:,} MQLs that were {top.name}",
        "at least 20 % accepted",
        "the model loses accuracy: revops validate tells which criteria are over-weighted",
    )  # fmt: skip


def _order_of_bands(found: Figures) -> Check:
    judged = [each for each in found.bands if each.decided >= FEW]
    shares = [each.accepted / each.decided for each in judged]
    said = ", ".join(
        f"{each.name} {share:.0%} of {each.decided:,}"
        for each, share in zip(judged, shares, strict=True)
    )
    light: Light = "green"
    if len(judged) < 2:  # noqa: PLR2004 - an order takes two
        light = "unknown"
    elif any(low > high for high, low in pairwise(shares)):
        light = "amber"
    return Check(
        "higher scores convert better", "quarterly", light, said or "too few MQLs in each band",
        "each band is accepted more often than the one below",
        "high scores that do not convert: revops validate shows the false positives",
    )  # fmt: skip


def _silent(found: Figures) -> Check:
    light: Light = "red" if found.silent_and_hot else "green"
    return Check(
        "decay", "monthly", light,
        f"{found.silent_and_hot:,} leads silent for 90 days are in the top band or qualified",
        "none",
        "give signals a decay, or the model `inactivity: {percent: 25, every: 1 month}`",
    )  # fmt: skip


def _rejections(found: Figures) -> Check:
    if found.rejected < FEW or found.main_reason is None:
        return Check(
            "reasons of rejections",
            "monthly",
            "unknown",
            f"{found.rejected} rejections in 90 days",
            "no single reason",
        )
    code, count = found.main_reason
    share = count / found.rejected
    return Check(
        "reasons of rejections", "monthly", "amber" if share > 0.5 else "green",  # noqa: PLR2004
        f"{code} is the reason of {share:.0%} of {found.rejected:,} rejections in 90 days",
        "no single reason for more than half",
        "score what the reason names, so that such leads do not reach sales",
    )  # fmt: skip


def _fit_of_wins(found: Figures) -> Check:
    late, early = found.fit_of_wins, found.fit_of_wins_before
    if late is None or early is None:
        return Check("fit of won deals", "quarterly", "unknown", "too few won deals", "as before")
    light: Light = "amber" if late < early * (1 - VOLUME_CHANGE) else "green"
    return Check(
        "fit of won deals", "quarterly", light,
        f"leads won in the last 90 days had a fit of {late:.0f}, in the year before {early:.0f}",
        "not 30 % less",
        "won deals no longer look like the ideal customer: review the fit attributes",
    )  # fmt: skip


def _cycle(found: Figures) -> Check:
    late, early = found.cycle_days, found.cycle_days_before
    if late is None or early is None:
        return Check(
            "sales cycle", "quarterly", "unknown", "too few won deals", "within 30 days of before"
        )
    light: Light = "amber" if late - early > LONGER_CYCLE_DAYS else "green"
    return Check(
        "sales cycle", "quarterly", light,
        f"deals won in the last 90 days took {late:.0f} days, in the year before {early:.0f}",
        "at most 30 days longer",
        "interest must be remembered for longer: review the decay",
    )  # fmt: skip


def _drifts(found: Figures) -> Iterator[Check]:
    if not found.drifts:
        yield Check(
            "drift", "quarterly", "unknown", "there were no leads 90 days ago", "PSI under 0.1"
        )
        return
    total, *inputs = found.drifts
    yield _drift("drift of the total", [total])
    yield _drift("drift of inputs", inputs)


def _drift(name: str, drifts: list[Drift]) -> Check:
    worst = sorted(drifts, key=lambda each: (-each.index, each.name))[:3]
    light: Light = _over(worst[0].index, DRIFTING, DRIFTED) if worst else "unknown"
    said = ", ".join(f"{each.name} {each.index:.2f}" for each in worst)
    return Check(
        name, "quarterly", light,
        f"compared with 90 days ago: {said}" if said else "nothing to compare",
        "PSI under 0.1; red from 0.25",
        "see whether the market or the data changed: the input that drifted most comes first",
    )  # fmt: skip


def _age(found: Figures) -> Check:
    soon, late = MONTHS_TO_RECALIBRATION
    if found.months_since_validation is None:
        said, light = "no validation that passed is on record", "amber"
    else:
        months = found.months_since_validation
        said = f"validated {months:.0f} months ago"
        light = "red" if months > late else "amber" if months > soon else "green"
    return Check(
        "age of the model", "yearly", light, said,  # type: ignore[arg-type]
        "validated within 6 months, at most 12",
        "revops validate --record, or revops calibrate where it does not pass",
    )  # fmt: skip


def _over(value: float, amber: float, red: float) -> Light:
    return "red" if value > red else "amber" if value > amber else "green"


def _last_two(found: Figures) -> tuple[Month | None, Month | None]:
    last = found.months[-1] if found.months else None
    before = found.months[-2] if len(found.months) > 1 else None
    return last, before


def _months(found: Figures) -> str:
    return ", ".join(f"{each.label}: {each.mqls:,} MQLs" for each in found.months) or "no MQLs yet"


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.0%}"
