"""The figures that the checks of a model are made on."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Month:
    """The MQLs of a whole month, and what was won in it.

    Attributes:
        label: Such as `2026-10`.
        mqls: Contacts that became an MQL in it.
        decided: Of these, those on which sales has decided.
        accepted: Of these, those that sales took over.
        won: Amount of the deals won in the month.
    """

    label: str
    mqls: int
    decided: int
    accepted: int
    won: float


@dataclass(frozen=True)
class BandShare:
    """MQLs of a band, as it was when they became one, and how many sales took over."""

    name: str
    decided: int
    accepted: int


@dataclass(frozen=True)
class Drift:
    """How far the points of something have moved: the population stability index."""

    name: str
    index: float


@dataclass(frozen=True)
class Figures:
    """What is known of a running model.

    Attributes:
        scored: Leads with a score.
        above: Those above the MQL threshold.
        histogram: Leads by total score, in tens from 0.
        months: The last whole months, oldest first.
        currency: Of what was won; deals in others are left out.
        bands: The decided MQLs of the last 90 days by band, the highest first.
        silent_and_hot: Leads without inbound activity for 90 days that score high all the same.
        rejected: Rejections with a code in the last 90 days.
        main_reason: The most frequent code and how often.
        fit_of_wins: Average fit of leads won in the last 90 days, as they were the day before
            their deal began; None if there are few.
        fit_of_wins_before: The same for the year before that.
        cycle_days: Median days from a deal's beginning to its being won, in the last 90 days.
        cycle_days_before: The same for the year before that.
        drifts: Of the total first, then of each input, compared with 90 days ago.
        months_since_validation: Age of the last validation; None if there is none.
    """

    scored: int
    above: int
    histogram: tuple[int, ...]
    months: tuple[Month, ...]
    currency: str
    bands: tuple[BandShare, ...]
    silent_and_hot: int
    rejected: int
    main_reason: tuple[str, int] | None
    fit_of_wins: float | None
    fit_of_wins_before: float | None
    cycle_days: float | None
    cycle_days_before: float | None
    drifts: tuple[Drift, ...]
    months_since_validation: float | None


LEAST_SHARE = 1e-4
"""An empty bin counts as this share, so that the index stays finite."""


def stability_index(now: Mapping[str, int], before: Mapping[str, int]) -> float:
    """The population stability index of two counts by bin: the sum of (p - q) ln(p / q).

    It is 0 for equal shares, and the same either way round (Siddiqi, Credit Risk Scorecards,
    2006). 0 where one of them counts nothing.
    """
    here, there = sum(now.values()), sum(before.values())
    if not here or not there:
        return 0.0
    found = 0.0
    for each in sorted({*now, *before}):
        p = max(now.get(each, 0) / here, LEAST_SHARE)
        q = max(before.get(each, 0) / there, LEAST_SHARE)
        found += (p - q) * log(p / q)
    return found
