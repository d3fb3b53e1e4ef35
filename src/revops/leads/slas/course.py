"""How time passes on one clock: whose hours it counts when, and when it stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from revops.leads.slas.timeline import owner_at
from revops.leads.slas.wording import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from revops.leads.slas.rules import Promise, Rules, Standstill
    from revops.leads.slas.timeline import Facts, Happening
    from revops.leads.slas.worktime import Time

    Interval = tuple[datetime, datetime | None]


class Stretch(NamedTuple):
    """A part of a clock's course in which nothing changes.

    Attributes:
        time: Whose time it counts; None while it stands still.
        begun: What that time showed when the stretch began.
        passed: What had passed on the clock before.
        start: When it began.
    """

    time: Time | None
    begun: int
    passed: int
    start: datetime


class Course:
    """The stretches of one clock from its start on, in order and without gaps.

    What happens at `until` or later changes nothing: the last stretch goes on for ever.
    """

    def __init__(
        self, rules: Rules, promise: Promise, facts: Facts, start: datetime, until: datetime
    ) -> None:
        self._rules, self._sla, self._turns = rules, promise.sla, facts.turns
        still = list(_intervals(promise, facts, until)) if promise.pauses else []
        cuts = [edge for each in still for edge in each if edge and edge > start]
        if promise.follows_owner:
            cuts += [since for since, _owner in facts.turns if start < since < until]
        self._stretches: list[Stretch] = []
        for begin in (start, *sorted(cuts)):
            self._begin(begin, None if still and _is_in(still, begin) else self._time_at(begin))

    def _begin(self, start: datetime, time: Time | None) -> None:
        """Go on in another time from here, unless it is the same."""
        if not self._stretches:
            self._stretches.append(Stretch(time, time.at(start) if time else 0, 0, start))
        elif time is not self._stretches[-1].time:
            passed = self.ticks(start)
            self._stretches.append(Stretch(time, time.at(start) if time else 0, passed, start))

    def _time_at(self, instant: datetime) -> Time:
        return self._rules.time(self._sla, owner_at(self._turns, instant))

    def ticks(self, instant: datetime) -> int:
        """What has passed on the clock by an instant in its last stretch."""
        time, begun, passed, _start = self._stretches[-1]
        return passed + time.at(instant) - begun if time else passed

    def when(self, ticks: int) -> datetime | None:
        """The first instant at which so much has passed; None while it stands still before that."""
        last = self._stretches[-1]
        return None if last.time is None and ticks > last.passed else self.earliest(ticks)

    def earliest(self, ticks: int) -> datetime:
        """The same, and while it stands still: as if it went on at once."""
        stretch = self._stretches[0]
        if ticks == 0:
            return stretch.start
        for each in self._stretches:
            if each.passed >= ticks:
                break
            stretch = each
        time = stretch.time or self._time_at(stretch.start)
        begun = stretch.begun if stretch.time else time.at(stretch.start)
        return time.when(begun + ticks - stretch.passed)

    def until_close(self) -> int:
        """What passes until work ends on the working day of the start."""
        start = self._stretches[0].start
        time = self._time_at(start)
        return time.at(time.close_of_business(start)) - time.at(start)


def _is_in(intervals: list[Interval], instant: datetime) -> bool:
    return any(first <= instant and (last is None or instant < last) for first, last in intervals)


def _intervals(promise: Promise, facts: Facts, until: datetime) -> Iterator[Interval]:
    """When the clock stands still, as far as is known, in any order and perhaps overlapping."""
    for pause in promise.pauses:
        for begun, last in _of(pause, facts):
            if begun.at < until:
                yield begun.at, last if last is not None and last < until else None


def standstill(promise: Promise, facts: Facts) -> str:
    """What makes a clock stand still now and since when, in words; '' if nothing does."""
    for pause in promise.pauses:
        for begun, last in _of(pause, facts):
            if begun.at <= facts.now and (last is None or facts.now < last):
                return f"{begun} since {moment(begun.at)}"
    return ""


def _of(pause: Standstill, facts: Facts) -> Iterator[tuple[Happening, datetime | None]]:
    """What begins each standstill, and when it ends."""
    if pause.stage is not None:
        ends = facts.happened.get(("left_stage", pause.stage), ())
        for entered in facts.happened.get(("stage", pause.stage), ()):
            yield entered, next((end.at for end in ends if end.of is entered.of), None)
    if pause.start is not None and pause.to is not None:
        ends = pause.to.among(facts.happened)
        for each in pause.start.among(facts.happened):
            yield each, next((end.at for end in ends if end.at >= each.at), None)
