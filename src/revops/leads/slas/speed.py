"""Speed to lead: how soon leads are first contacted, at which hours, and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean
from typing import TYPE_CHECKING

from revops.leads.slas.clocks import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime, tzinfo

    from revops.leads.slas.clocks import Clock

_HOURS = 24
_BANDS = (
    ("under 5 minutes", timedelta(minutes=5), 21.0),
    ("5 to 10 minutes", timedelta(minutes=10), 10.0),
    ("10 to 30 minutes", timedelta(minutes=30), 4.0),
    ("30 minutes to 1 hour", timedelta(hours=1), 2.0),
    ("1 to 24 hours", timedelta(hours=24), 1.0),
    ("over 24 hours", timedelta.max, 0.4),
)
"""Each up to but without its length, and how many times likelier than in 1 to 24 hours a lead
qualifies (Lead Connect, InsideSales.com)."""
_BASELINE = "1 to 24 hours"


@dataclass(frozen=True, slots=True)
class Response:
    """How long a lead waited for its first contact.

    Attributes:
        contact_id: Whose.
        started_at: Since when.
        waited: Time of the clock on the wall, until the contact or, without one, until now or
            until nobody was to work the lead any more.
        worked: The same in the clock's own time, such as working hours.
        is_answered: Whether there was a contact.
        within: Whether it came in time; None while it is not due.
        is_converted: Whether the lead went on to what counts as success.
    """

    contact_id: str
    started_at: datetime
    waited: timedelta
    worked: timedelta
    is_answered: bool
    within: bool | None
    is_converted: bool


def responses(
    clocks: Iterable[Clock], now: datetime, converted: Collection[str] = ()
) -> list[Response]:
    """The clocks of a first contact as waits.

    Args:
        clocks: The clocks of one service level.
        now: Until when those wait that have no answer.
        converted: The ids of the contacts that went on to what counts as success.
    """
    return [_response(clock, now, converted) for clock in clocks]


def _response(clock: Clock, now: datetime, converted: Collection[str]) -> Response:
    decided = {State.MET: True, State.BREACHED: False}
    return Response(
        contact_id=clock.contact_id,
        started_at=clock.started_at,
        waited=(clock.stopped_at or now) - clock.started_at,
        worked=clock.elapsed,
        is_answered=clock.is_done,
        within=decided.get(clock.state),
        is_converted=clock.contact_id in converted,
    )


@dataclass(frozen=True, slots=True)
class Speed:
    """How soon leads are contacted.

    Attributes:
        answered: How many were contacted.
        waiting: How many were not, or not yet.
        average: Mean time of those that were; None if none was. So `median` for all: those who
            still wait count as waiting longer (Kaplan and Meier 1958); None if half still do.
        median: See `average`.
        average_worked: As `average`, in the clock's own time.
        median_worked: As `median`, in the clock's own time.
        percent_within: Percentage contacted in time of all that are due; None if none is.
    """

    answered: int
    waiting: int
    average: timedelta | None
    median: timedelta | None
    average_worked: timedelta | None
    median_worked: timedelta | None
    percent_within: float | None


def speed_to_lead(found: Sequence[Response]) -> Speed:
    """How soon these leads were contacted."""
    answered = [each for each in found if each.is_answered]
    return Speed(
        answered=len(answered),
        waiting=len(found) - len(answered),
        average=_mean([each.waited for each in answered]),
        median=median_wait([(each.waited, each.is_answered) for each in found]),
        average_worked=_mean([each.worked for each in answered]),
        median_worked=median_wait([(each.worked, each.is_answered) for each in found]),
        percent_within=_percent_within(found),
    )


def median_wait(waits: Iterable[tuple[timedelta, bool]]) -> timedelta | None:
    """The time by which half are answered, by the Kaplan-Meier estimate; None if never.

    Args:
        waits: How long each waited, and whether it was answered then or merely not seen longer.
            At the same time answers come before those.
    """
    ordered = sorted(waits, key=lambda each: (each[0], not each[1]))
    still, at_risk = 1.0, len(ordered)
    for waited, is_answered in ordered:
        if is_answered:
            still *= 1 - 1 / at_risk
            if still <= 0.5 + 1e-12:
                return waited
        at_risk -= 1
    return None


@dataclass(frozen=True, slots=True)
class HourOfDay:
    """The leads that came in one hour of the day.

    Attributes:
        hour: From 0 to 23, by the clock of the zone.
        speed: How soon they were contacted.
    """

    hour: int
    speed: Speed


def by_hour_of_day(found: Iterable[Response], zone: tzinfo) -> list[HourOfDay]:
    """How soon leads are contacted by the hour in which they came: gaps show where nobody is."""
    hours: list[list[Response]] = [[] for _ in range(_HOURS)]
    for each in found:
        hours[each.started_at.astimezone(zone).hour].append(each)
    return [HourOfDay(hour, speed_to_lead(came)) for hour, came in enumerate(hours)]


@dataclass(frozen=True, slots=True)
class ResponseBand:
    """The leads that waited about as long.

    Attributes:
        name: How long: `under 5 minutes`, or `never`.
        leads: How many.
        converted: How many of them went on to what counts as success.
        percent: Percentage converted; None without leads.
        lift: How many times that of 1 to 24 hours; None where that has none.
        benchmark: What the lift is elsewhere; None for `never`.
    """

    name: str
    leads: int
    converted: int
    percent: float | None
    lift: float | None
    benchmark: float | None


def by_response_time(found: Sequence[Response]) -> list[ResponseBand]:
    """Conversion by response time, on the clock on the wall, because leads wait by that one."""
    groups: dict[str, list[Response]] = {name: [] for name, _until, _lift in _BANDS}
    groups["never"] = []
    for each in found:
        groups[_band(each.waited) if each.is_answered else "never"].append(each)
    base = _percent(groups[_BASELINE])
    benchmarks = {name: lift for name, _until, lift in _BANDS}
    return [_row(name, group, base, benchmarks.get(name)) for name, group in groups.items()]


def _row(
    name: str, group: Sequence[Response], base: float | None, benchmark: float | None
) -> ResponseBand:
    percent = _percent(group)
    lift = percent / base if percent is not None and base else None
    converted = sum(each.is_converted for each in group)
    return ResponseBand(name, len(group), converted, percent, lift, benchmark)


def _band(waited: timedelta) -> str:
    return next(name for name, until, _lift in _BANDS if waited < until)


def _percent(group: Sequence[Response]) -> float | None:
    return 100 * sum(each.is_converted for each in group) / len(group) if group else None


def _percent_within(found: Iterable[Response]) -> float | None:
    decided = [each.within for each in found if each.within is not None]
    return 100 * sum(decided) / len(decided) if decided else None


def _mean(times: Sequence[timedelta]) -> timedelta | None:
    seconds = [each.total_seconds() for each in times]
    return timedelta(seconds=fmean(seconds)) if seconds else None
