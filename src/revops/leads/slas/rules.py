"""The service levels made ready: what each one listens to, and whose time its clock counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from revops.leads.slas.timeline import SENT_AWAY
from revops.leads.slas.worktime import AllTime, WorkTime, ticks_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from revops.definitions.calendars import Calendar
    from revops.definitions.people import People, Team, User
    from revops.definitions.slas import Effort, Moment, ServiceLevel, ServiceLevels, Step
    from revops.kit.calendar import BusinessCalendar
    from revops.leads.slas.timeline import Happening, Happenings, Key
    from revops.leads.slas.worktime import Time

_STEM = "slas"
_STAY = ("stage", "left_stage")
_ALL_TIME = AllTime()
_AT = attrgetter("at")


class Matcher(NamedTuple):
    """Which happenings a moment of a definition means.

    Attributes:
        keys: Their kinds.
        direction: Of activities; None for both.
        where: The condition that activities must meet, by its place; '' for none.
    """

    keys: tuple[Key, ...]
    direction: str | None
    where: str

    def among(self, happened: Happenings) -> list[Happening]:
        """The happenings that are meant, in order."""
        if len(self.keys) == 1 and not self.direction and not self.where:
            return happened.get(self.keys[0], [])
        found = [each for key in self.keys for each in happened.get(key, ()) if self._fits(each)]
        if len(self.keys) > 1:
            found.sort(key=_AT)
        return found

    def _fits(self, happening: Happening) -> bool:
        activity = happening.of
        return self.direction in {None, getattr(activity, "direction", None)} and (
            not self.where or self.where in getattr(activity, "holds", ())
        )


class Standstill(NamedTuple):
    """When a clock stands still: in a stage, or between two kinds of moments."""

    stage: str | None
    start: Matcher | None
    to: Matcher | None

    @property
    def moments(self) -> Iterator[Matcher]:
        """The moments between which it stands still."""
        yield from (each for each in (self.start, self.to) if each is not None)


@dataclass(frozen=True, slots=True)
class Promise:
    """A service level made ready.

    Attributes:
        sla: Its definition.
        applies_to: The place of its condition; '' if it applies to all.
        starts: What starts its clock.
        stops: What stops it.
        pauses: When it stands still.
        length: Its ticks; None where it lasts until work ends.
        steps: The ticks of each step of the escalation; None at the breach.
    """

    sla: ServiceLevel
    applies_to: str
    starts: Matcher
    stops: tuple[Matcher, ...]
    pauses: tuple[Standstill, ...]
    length: int | None
    steps: tuple[int | None, ...]

    @property
    def listens_to(self) -> Iterator[Matcher]:
        """All moments that start, stop or halt it."""
        yield self.starts
        yield from self.stops
        for pause in self.pauses:
            yield from pause.moments

    @property
    def follows_owner(self) -> bool:
        """Whether whose time it counts depends on who owns the lead."""
        return self.sla.hours != "calendar" and self.sla.calendar is None


@dataclass(frozen=True)
class Rules:
    """The service levels of a workspace, with its people and their calendars.

    Attributes:
        levels: The service levels.
        people: Who keeps them.
        calendars: When people work, by name.
        among: The names of those whose clocks are asked for; None for all.
    """

    levels: ServiceLevels
    people: People
    calendars: Mapping[str, Calendar]
    among: frozenset[str] | None = None

    @cached_property
    def promises(self) -> tuple[Promise, ...]:
        """Each service level asked for made ready, in the order of the file."""
        return tuple(
            _promise(sla, i)
            for i, sla in enumerate(self.levels.slas)
            if self.among is None or sla.name in self.among
        )

    @cached_property
    def by_name(self) -> dict[str, ServiceLevel]:
        """All service levels, those left out too."""
        return {each.name: each for each in self.levels.slas}

    @cached_property
    def activity_types(self) -> frozenset[str]:
        """The types of activity that any service level listens to."""
        return frozenset(
            name for _path, moment in self.levels.moments() for name in moment.activities
        )

    @cached_property
    def efforts(self) -> tuple[tuple[Effort, tuple[Matcher, ...]], ...]:
        """What must be tried before a rejection, each with what counts as an attempt."""
        return tuple(
            (effort, tuple(matcher(each, path) for path, each in effort.moments(index)))
            for index, effort in enumerate(self.levels.before_rejecting)
        )

    @cached_property
    def keys(self) -> frozenset[Key]:
        """The kinds of happenings that any clock listens to."""
        found: set[Key] = {SENT_AWAY}
        found.update(key for _, counts in self.efforts for each in counts for key in each.keys)
        for promise in self.promises:
            for each in (promise.starts, *promise.stops):
                found.update(each.keys)
            found.update(("moved", name) for kind, name in promise.starts.keys if kind == "stage")
            for pause in promise.pauses:
                found.update(key for each in pause.moments for key in each.keys)
                found.update((kind, pause.stage) for kind in _STAY if pause.stage is not None)
        return frozenset(found)

    def time(self, sla: ServiceLevel, owner: str | None) -> Time:
        """How the clock of a service level counts while this person owns the lead."""
        if sla.hours == "calendar":
            return _ALL_TIME
        key = (sla.calendar is None, sla.calendar or owner, sla.hours)
        if key not in self._times:
            self._times[key] = self._time(sla, owner)
        return self._times[key]

    @cached_property
    def _times(self) -> dict[tuple[bool, str | None, str], Time]:
        return {}  # as asked for

    @cached_property
    def _worktimes(self) -> dict[tuple[str, str | None, bool], WorkTime]:
        return {}  # the same; people on one calendar share it

    @cached_property
    def _users(self) -> dict[str, User]:
        return {user.id: user for user in self.people.users}

    @cached_property
    def _teams(self) -> dict[str, Team]:
        return {team.name: team for team in self.people.teams}

    def _time(self, sla: ServiceLevel, owner: str | None) -> Time:
        user = self._users.get(owner or "")
        name = sla.calendar or self.calendar_of(owner)
        if name is None or name not in self.calendars:
            return _ALL_TIME
        zone = user.time_zone if user is not None and sla.calendar is None else None
        key = (name, zone, sla.hours == "business_days")
        if key not in self._worktimes:
            business = self.calendars[name].business()
            own = replace(business, zone=ZoneInfo(zone)) if zone is not None else business
            self._worktimes[key] = WorkTime(own, by_day=key[2])
        return self._worktimes[key]

    def hours(self, owner: str | None, calendar: str | None = None) -> BusinessCalendar | None:
        """When a person works, or whoever is on a calendar; None where nothing says so."""
        name = calendar or self.calendar_of(owner)
        if name is None or name not in self.calendars:
            return None
        user = self._users.get(owner or "")
        zone = user.time_zone if user is not None and calendar is None else None
        business = self.calendars[name].business()
        return replace(business, zone=ZoneInfo(zone)) if zone is not None else business

    def calendar_of(self, owner: str | None) -> str | None:
        """The calendar of a person, of their team, or the one for all who have none."""
        user = self._users.get(owner or "")
        team = self._teams.get((user.team if user is not None else None) or "")
        own = user.calendar if user is not None else None
        return own or (team.calendar if team is not None else None) or self.levels.calendar


def matcher(moment: Moment, path: str, sla: str = "") -> Matcher:
    """What a moment of the definition means.

    Args:
        moment: The moment.
        path: Where it stands in the file.
        sla: The service level it belongs to.
    """
    kind = moment.kind
    names: tuple[str, ...] = moment.activities
    if kind in _STAY:
        names = (getattr(moment, kind),)
    elif kind == "promised":
        names = (sla,)
    elif kind != "activity":
        names = ("with_reason",) if moment.rejected == "with_reason" else ("",)
    where = f"{_STEM}.{path}.where" if moment.where is not None else ""
    return Matcher(tuple((kind, name) for name in names), moment.direction, where)


def _promise(sla: ServiceLevel, index: int) -> Promise:
    path = f"slas[{index}]"
    matchers = {place: matcher(each, f"{path}.{place}", sla.name) for place, each in sla.moments()}
    return Promise(
        sla=sla,
        applies_to=f"{_STEM}.{path}.applies_to" if sla.applies_to is not None else "",
        starts=matchers["starts"],
        stops=tuple(matchers[f"stops[{i}]"] for i in range(len(sla.stops))),
        pauses=tuple(
            Standstill(
                pause.stage, matchers.get(f"pauses[{i}].from"), matchers.get(f"pauses[{i}].to")
            )
            for i, pause in enumerate(sla.pauses)
        ),
        length=ticks_of(sla.within) if sla.within is not None else None,
        steps=tuple(_ticks(step) for step in sla.escalations),
    )


def _ticks(step: Step) -> int | None:
    if step.after is not None:
        return ticks_of(step.after)
    return 0 if step.at == "start" else None
