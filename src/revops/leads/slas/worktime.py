"""Time as a clock counts it: all of it, working hours, or working days.

Each counts in ticks since an origin of its own, so that time between two instants is a
subtraction, and an instant after some time is one look-up in a sorted list. Working time is added
up once a day and year for a calendar, and shared by all clocks on it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from revops.kit.calendar import BusinessCalendar

TICKS = 1_000_000
"""Ticks of a microsecond: fine enough that parts of a working day add up to whole ones."""
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1) // _MICROSECOND * TICKS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS_SEARCHED = 200


class Time(Protocol):
    """A way to count time."""

    def at(self, instant: datetime) -> int:
        """The ticks that have passed at an instant."""
        ...

    def when(self, ticks: int) -> datetime:
        """The first instant, in UTC, at which so many ticks have passed."""
        ...

    def close_of_business(self, instant: datetime) -> datetime:
        """The end of the working day of an instant."""
        ...


def ticks_of(duration: timedelta) -> int:
    """A length of time in ticks; of working days each counts 24 hours."""
    return duration // _MICROSECOND * TICKS


def duration_of(ticks: int) -> timedelta:
    """Ticks as a length of time, to the microsecond."""
    return timedelta(microseconds=(ticks + TICKS // 2) // TICKS)


class AllTime:
    """Every second counts."""

    def at(self, instant: datetime) -> int:
        """See `Time`."""
        return (instant - _EPOCH) // _MICROSECOND * TICKS

    def when(self, ticks: int) -> datetime:
        """See `Time`."""
        return _EPOCH + ticks // TICKS * _MICROSECOND

    def close_of_business(self, instant: datetime) -> datetime:
        """See `Time`; a day later, because work never ends."""
        return instant + timedelta(days=1)


class WorkTime:
    """The working time of a calendar.

    Args:
        calendar: When people work.
        by_day: Whether each working day counts as a day, however long it is.
    """

    def __init__(self, calendar: BusinessCalendar, *, by_day: bool = False) -> None:
        self._calendar = calendar
        self._by_day = by_day
        self._begins: list[datetime] = []
        self._lengths: list[int] = []  # of each span, in microseconds
        self._weights: list[int] = []  # of each span, in ticks
        self._sums: list[int] = []  # ticks before each span; negative before the first one asked
        self._first_year = self._last_year = 0

    def at(self, instant: datetime) -> int:
        """See `Time`."""
        self._cover(instant.year)
        index = bisect_right(self._begins, instant) - 1
        if index < 0:
            return self._sums[0] if self._sums else 0
        worked = (instant - self._begins[index]) // _MICROSECOND
        length, weight = self._lengths[index], self._weights[index]
        return self._sums[index] + (weight if worked >= length else worked * weight // length)

    def when(self, ticks: int) -> datetime:
        """See `Time`.

        Raises:
            ValueError: The calendar has not that much working time in 200 years.
        """
        self._reach(ticks)
        index = max(bisect_left(self._sums, ticks) - 1, 0)
        weight = self._weights[index]
        worked = ((ticks - self._sums[index]) * self._lengths[index] + weight // 2) // weight
        return self._begins[index] + worked * _MICROSECOND

    def close_of_business(self, instant: datetime) -> datetime:
        """See `Time`; after hours it is the next working day.

        Raises:
            ValueError: As of `when`.
        """
        moment = self.when(self.at(instant) + 1)
        return self._calendar.instants(moment.astimezone(self._calendar.zone).date())[-1][1]

    def _cover(self, year: int) -> None:
        """Add up the year and its neighbours, in which its first and last hours may lie."""
        if not self._begins:
            self._first_year, self._last_year = year, year - 1
        while self._last_year <= year:
            self._last_year += 1
            self._append(self._last_year)
        while self._first_year >= year:
            self._first_year -= 1
            self._prepend(self._first_year)

    def _reach(self, ticks: int) -> None:
        limit = self._last_year + _YEARS_SEARCHED
        while not self._sums or self._sums[-1] + self._weights[-1] < ticks:
            if self._last_year >= limit:
                raise ValueError("the calendar does not have that much working time in 200 years")
            self._last_year += 1
            self._append(self._last_year)

    def _append(self, year: int) -> None:
        begins, lengths, weights = self._spans(year)
        total = self._sums[-1] + self._weights[-1] if self._sums else 0
        for weight in weights:
            self._sums.append(total)
            total += weight
        self._begins += begins
        self._lengths += lengths
        self._weights += weights

    def _prepend(self, year: int) -> None:
        begins, lengths, weights = self._spans(year)
        total = (self._sums[0] if self._sums else 0) - sum(weights)
        sums = []
        for weight in weights:
            sums.append(total)
            total += weight
        self._begins[:0] = begins
        self._lengths[:0] = lengths
        self._weights[:0] = weights
        self._sums[:0] = sums

    def _spans(self, year: int) -> tuple[list[datetime], list[int], list[int]]:
        begins, lengths, weights = [], [], []
        for ordinal in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()):
            spans = [
                (begin, end)
                for begin, end in self._calendar.instants(date.fromordinal(ordinal))
                if begin < end
            ]
            worked = [(end - begin) // _MICROSECOND for begin, end in spans]
            begins += [begin for begin, _end in spans]
            lengths += worked
            weights += self._weighed(worked)
        return begins, lengths, weights

    def _weighed(self, worked: list[int]) -> list[int]:
        """The ticks of the spans of a day; by the day they add up to exactly one."""
        if not self._by_day or not worked:
            return [length * TICKS for length in worked]
        total = sum(worked)
        marks = [sum(worked[:count]) * _DAY // total for count in range(len(worked) + 1)]
        return [after - before for before, after in pairwise(marks)]
