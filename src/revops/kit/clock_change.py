"""The days on which a zone's clocks are put forward or back."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


class ClockChange(NamedTuple):
    """The instant at which the clocks change, and how far they are ahead of UTC on each side."""

    at: datetime
    before: timedelta
    after: timedelta

    def days(self) -> set[date]:
        """The local days with times that the clocks skip or show twice."""
        return {(self.at + ahead).date() for ahead in (self.before, self.after)}

    def sides(self, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """When the clocks show a stretch of local time: before the change, and after it."""
        earlier = begin - self.before, min(end - self.before, self.at)
        later = max(begin - self.after, self.at), end - self.after
        return [side for side in (earlier, later) if side[0] < side[1]]


def changed_days(zone: ZoneInfo, year: int) -> dict[date, ClockChange]:
    """The days of a year with times that the clocks skip or show twice."""
    found = ((day, change) for change in _changes(zone, year) for day in change.days())
    return {day: change for day, change in found if day.year == year}


def _changes(zone: ZoneInfo, year: int) -> Iterator[ClockChange]:
    """The changes from the day before the year to the day after it, at most one in a day."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    for earlier, later in pairwise(start + day * _DAY for day in range(-1, 368)):
        before, after = _ahead(zone, earlier), _ahead(zone, later)
        if before != after:
            yield ClockChange(_turn(zone, earlier, before), before, after)


def _turn(zone: ZoneInfo, earlier: datetime, before: timedelta) -> datetime:
    """The second, in the day that begins here, from which the clocks are not as before."""

    def has_turned(second: int) -> bool:
        return _ahead(zone, earlier + second * _SECOND) != before

    return earlier + bisect_left(range(_DAY // _SECOND), x=True, key=has_turned) * _SECOND


def _ahead(zone: ZoneInfo, instant: datetime) -> timedelta:
    """How far the clocks are ahead of UTC at an instant."""
    return instant.astimezone(zone).utcoffset() or timedelta(0)
