"""Business calendars: working time between two instants, and the instant after working time.

Both are closed forms: whole weeks are multiplied, and only the days that differ from their
weekday (holidays, and days on which the clocks change) are looked up, by bisection.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

import holidays

from revops.kit.clock_change import changed_days

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from revops.kit.clock_change import ClockChange

_NONE = timedelta(0)
_DAY = timedelta(days=1)
_DAYS_SEARCHED = 200 * 366


class Span(NamedTuple):
    """A stretch of working time in a day, as time of the clock since midnight."""

    start: timedelta
    end: timedelta


def parse_spans(text: str) -> tuple[Span, ...]:
    """Read a day's working hours: `09:00-12:30, 13:30-17:00`; an empty text is a day off.

    Raises:
        ValueError: They are not times of a day, or not in order.
    """
    spans = tuple(_span(part) for part in text.split(",") if part.strip())
    overlap = any(earlier.end > later.start for earlier, later in pairwise(spans))
    if overlap or any(span.start >= span.end for span in spans):
        raise ValueError(f"'{text}': working hours are in order and end by 24:00")
    return spans


def _span(text: str) -> Span:
    try:
        start, end = (_time_of_day(part) for part in text.split("-"))
    except ValueError:
        raise ValueError(
            f"'{text.strip()}' is not a span of working hours; write one as '09:00-17:30'"
        ) from None
    return Span(start, end)


def _time_of_day(text: str) -> timedelta:
    hour, minute = (int(part) for part in text.strip().split(":"))
    time = timedelta(hours=hour, minutes=minute)
    if not (_NONE <= time <= _DAY and 0 <= minute < 60):  # noqa: PLR2004 - minutes of an hour
        raise ValueError
    return time


class _Exceptions(NamedTuple):
    """The days of a year that differ from their weekday, and by how much in all before each."""

    days: list[int]
    sums: list[timedelta]

    def before(self, day: int) -> timedelta:
        return self.sums[bisect_left(self.days, day)]


@dataclass(frozen=True)
class BusinessCalendar:
    """When people work: whenever the clock shows a time inside one of the day's spans.

    Working time is elapsed time: a span that holds the hour lost in spring is an hour shorter,
    one that lies in it is not worked at all, and one in the hour that autumn shows twice is
    worked twice.

    Attributes:
        zone: The zone the hours are in.
        hours: The spans of each weekday, Monday first.
        country: ISO 3166 code of the country whose public holidays are free, or ''.
        subdivision: Its state or region, as the `holidays` library names it, or ''.
        days_off: Further days that are free.
    """

    zone: ZoneInfo
    hours: tuple[tuple[Span, ...], ...]
    country: str = ""
    subdivision: str = ""
    days_off: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if len(self.hours) != 7:  # noqa: PLR2004 - days of a week
            raise ValueError("working hours are given for seven weekdays, Monday first")
        self._check_country()

    def _check_country(self) -> None:
        known = holidays.list_supported_countries(include_aliases=True)
        if self.country and self.country not in known:
            raise ValueError(f"no public holidays are known for country '{self.country}'")
        if self.subdivision and self.subdivision not in known.get(self.country, ()):
            raise ValueError(
                f"no public holidays are known for '{self.subdivision}' in '{self.country}'"
            )

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from one instant to another; negative if `end` is earlier."""
        if end < start:
            return -self.between(end, start)
        first, last = self._local_date(start), self._local_date(end)
        partial = self._worked(last, end) - self._worked(first, start)
        return self._between_days(first.toordinal(), last.toordinal()) + partial

    def add(self, start: datetime, duration: timedelta) -> datetime:
        """The first instant by which `duration` of working time has passed, in UTC.

        Raises:
            ValueError: The duration is negative, or not to be had in 200 years of this calendar.
        """
        if duration < _NONE:
            raise ValueError("working time to be added is not negative")
        if duration == _NONE:
            return start.astimezone(UTC)
        first = self._local_date(start)
        needed = duration + self._worked(first, start)
        day = self._last_day_before(first.toordinal(), needed)
        needed -= self._between_days(first.toordinal(), day)
        for begin, end in self.instants(date.fromordinal(day)):
            if needed <= end - begin:
                return begin + needed
            needed -= end - begin
        raise AssertionError  # `_last_day_before` found the day in which the time runs out

    def is_open(self, instant: datetime) -> bool:
        """Whether people work at this instant."""
        return self.closes(instant) is not None

    def closes(self, instant: datetime) -> datetime | None:
        """When the span ends in which people work at this instant; None if they do not."""
        spans = self.instants(self._local_date(instant))
        return next((end for begin, end in spans if begin <= instant < end), None)

    def _last_day_before(self, first: int, needed: timedelta) -> int:
        """The last day that starts before `needed` of working time since `first` has passed."""
        low, step = first, 1
        while self._between_days(first, low + step) < needed:
            low, step = low + step, step * 2
            if low - first > _DAYS_SEARCHED:
                raise ValueError("the calendar does not have that much working time in 200 years")
        high = low + step
        while high - low > 1:
            middle = (low + high) // 2
            if self._between_days(first, middle) < needed:
                low = middle
            else:
                high = middle
        return low

    def _between_days(self, first: int, last: int) -> timedelta:
        """The working time of the days from `first` up to but without `last` (ordinals)."""
        return self._nominal(last) - self._nominal(first) + self._differences(first, last)

    def _nominal(self, day: int) -> timedelta:
        """The working time of all days before this one, if none were an exception."""
        weeks, weekday = divmod(day - 1, 7)  # ordinal 1 is a Monday
        return weeks * self._week[7] + self._week[weekday]

    @cached_property
    def _week(self) -> list[timedelta]:
        days = (sum((end - start for start, end in spans), _NONE) for spans in self.hours)
        return list(accumulate(days, initial=_NONE))

    def _differences(self, first: int, last: int) -> timedelta:
        """By how much the exceptions in these days change their working time."""
        years = range(date.fromordinal(first).year, date.fromordinal(last).year + 1)
        found = [self._exceptions(year) for year in years]
        whole = sum((year.sums[-1] for year in found[:-1]), _NONE)
        return whole + found[-1].before(last) - found[0].before(first)

    @cached_property
    def _free(self) -> dict[int, frozenset[date]]:
        return {}  # by year, as asked for

    @cached_property
    def _years(self) -> dict[int, _Exceptions]:
        return {}  # the same

    def _exceptions(self, year: int) -> _Exceptions:
        if year not in self._years:
            days = sorted(self._free_days(year).union(self._changes(year)))
            differences = (self._length(day) - self._usual_length(day) for day in days)
            sums = list(accumulate(differences, initial=_NONE))
            self._years[year] = _Exceptions([day.toordinal() for day in days], sums)
        return self._years[year]

    def _free_days(self, year: int) -> frozenset[date]:
        if year not in self._free:
            days = set(self.days_off)
            if self.country:
                state = self.subdivision or None
                days.update(holidays.country_holidays(self.country, state, years=year))
            self._free[year] = frozenset(day for day in days if day.year == year)
        return self._free[year]

    @cached_property
    def _changed(self) -> dict[int, dict[date, ClockChange]]:
        return {}  # the same

    def _changes(self, year: int) -> dict[date, ClockChange]:
        if year not in self._changed:
            self._changed[year] = changed_days(self.zone, year)
        return self._changed[year]

    def _usual_length(self, day: date) -> timedelta:
        return self._week[day.weekday() + 1] - self._week[day.weekday()]

    def _length(self, day: date) -> timedelta:
        return sum((end - begin for begin, end in self.instants(day)), _NONE)

    def _worked(self, day: date, until: datetime) -> timedelta:
        """The working time of a day up to an instant in it."""
        spans = self.instants(day)
        return sum((min(end, until) - begin for begin, end in spans if begin < until), _NONE)

    def instants(self, day: date) -> list[tuple[datetime, datetime]]:
        """The working time of one local day as instants in UTC, in order; none on a free day."""
        if day in self._free_days(day.year):
            return []
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)  # for local time here
        local = [(midnight + start, midnight + end) for start, end in self.hours[day.weekday()]]
        if change := self._changes(day.year).get(day):
            return _joined(side for span in local for side in change.sides(*span))
        ahead = midnight.replace(tzinfo=self.zone).utcoffset() or _NONE
        return [(begin - ahead, end - ahead) for begin, end in local]

    def _local_date(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()


def _joined(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The spans in order, those that follow each other at once as one."""
    joined: list[tuple[datetime, datetime]] = []
    for begin, end in sorted(spans):
        if joined and joined[-1][1] == begin:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((begin, end))
    return joined
