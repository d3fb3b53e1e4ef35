"""The instants that recipes wait for, and at which their tasks are due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from revops.kit.clock import parse_instant
from revops.leads.slas.worktime import WorkTime, ticks_of

if TYPE_CHECKING:
    from revops.definitions.recipe_steps import BusinessWait, Moment
    from revops.kit.calendar import BusinessCalendar
    from revops.leads.recipes.happening import Happening

_INSTANT = timedelta(microseconds=1)
_DAY = timedelta(days=1)


def moment_of(moment: Moment, cause: Happening) -> datetime | None:
    """The instant that a moment means, or None if its place holds no time.

    A day is its first instant in UTC.
    """
    found = _instant(cause.detail(moment.until))
    return found and found - (moment.before or timedelta()) + (moment.after or timedelta())


def _instant(value: Any) -> datetime | None:
    match value:
        case datetime():
            return value.astimezone(UTC)
        case date():
            return datetime.combine(value, time(), UTC)
        case str():
            try:
                return parse_instant(value, UTC)
            except ValueError:
                return None
    return None


def worked(hours: BusinessCalendar | None, now: datetime, wait: BusinessWait) -> datetime:
    """The instant after working time; without a calendar, or hours on it, all time is that."""
    length = wait.business or (wait.business_days or 0) * _DAY
    try:
        if hours is None:
            return now + length
        if wait.business is not None:
            return hours.add(now, length)
        days = _work_days(hours)
        return days.when(days.at(now) + ticks_of(length))
    except ValueError:
        return now + length


def opens(hours: BusinessCalendar | None, now: datetime) -> datetime:
    """The next instant at which people work."""
    if hours is None or hours.is_open(now):
        return now
    try:
        return max(hours.add(now, _INSTANT) - _INSTANT, now)
    except ValueError:
        return now


@lru_cache(maxsize=200)
def _work_days(hours: BusinessCalendar) -> WorkTime:
    return WorkTime(hours, by_day=True)
