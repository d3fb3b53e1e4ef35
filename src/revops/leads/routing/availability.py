"""Who is there: absences, working hours, and the day as each person has it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from revops.definitions.calendars import Calendar
    from revops.definitions.people import People, User
    from revops.kit.calendar import BusinessCalendar

FOREVER = datetime.max.replace(tzinfo=UTC)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Absence:
    """A time from `starts_at` up to but without `ends_at` in which somebody is away."""

    user_id: str
    starts_at: datetime
    ends_at: datetime
    reason: str = ""


class Hours:
    """The working hours of everybody on one calendar in one zone."""

    def __init__(self, calendar: BusinessCalendar) -> None:
        self._calendar = calendar
        self._since, self._until, self._opens = FOREVER, FOREVER, FOREVER

    def opening(self, now: datetime) -> tuple[datetime | None, datetime]:
        """When work begins, None while people are at work; and until when that is known."""
        if not self._since <= now < self._until:
            self._since, (self._opens, self._until) = now, self._look(now)
        return (None if self._opens <= now else self._opens), self._until

    def _look(self, now: datetime) -> tuple[datetime, datetime]:
        closes = self._calendar.closes(now)
        if closes is not None:
            return now, closes
        try:
            opens = self._calendar.add(now, _INSTANT) - _INSTANT
        except ValueError:  # a calendar without any working time
            opens = FOREVER
        return opens, opens


@dataclass(frozen=True, slots=True)
class Person:
    """A user with what is needed to know whether the person is there.

    Attributes:
        user: As people.yaml has it.
        zone: Where the person's day begins and ends.
        hours: None for somebody on no calendar, who is always at work.
        absences: In order of their starts; they may overlap.
    """

    user: User
    zone: ZoneInfo
    hours: Hours | None = None
    absences: tuple[Absence, ...] = ()

    def absent(self, now: datetime) -> tuple[str | None, datetime]:
        """Why and until when the person is away, None if not; and until when that is known."""
        ends, following = now, FOREVER
        for absence in self.absences:
            if absence.starts_at > ends:
                following = absence.starts_at
                break
            ends = max(ends, absence.ends_at)
        if ends == now:
            return None, following
        return f"absent until {_shown(ends, self.zone)}", ends

    def off_work(self, now: datetime) -> tuple[str | None, datetime]:
        """Why the person is not at work, None if at work; and until when that is known."""
        if self.hours is None:
            return None, FOREVER
        opens, until = self.hours.opening(now)
        if opens is None:
            return None, until
        when = "ever" if opens == FOREVER else f"until {_shown(opens, self.zone)}"
        return f"not at work {when}", until

    def day(self, now: datetime) -> tuple[datetime, datetime]:
        """The first instant of the person's day and of the next."""
        today = now.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        return today.astimezone(UTC), (today + timedelta(days=1)).astimezone(UTC)


def persons(
    people: People,
    calendars: Mapping[str, Calendar],
    zone: ZoneInfo,
    absences: Iterable[Absence] = (),
) -> dict[str, Person]:
    """Everybody of people.yaml by id; `zone` is that of people on no calendar."""
    teams = {team.name: team.calendar for team in people.teams}
    away: dict[str, list[Absence]] = defaultdict(list)
    for absence in sorted(absences, key=lambda each: (each.starts_at, each.ends_at)):
        away[absence.user_id].append(absence)
    hours: dict[tuple[str, str], Hours] = {}
    found = {}
    for user in people.users:
        calendar = user.calendar or teams.get(user.team or "") or ""
        known = calendars.get(calendar)
        place = ZoneInfo(user.time_zone or (known.time_zone if known else zone.key))
        if known and (calendar, place.key) not in hours:
            hours[calendar, place.key] = Hours(replace(known.business(), zone=place))
        on = hours.get((calendar, place.key))
        found[user.id] = Person(user, place, on, tuple(away[user.id]))
    return found


def day_starts(everybody: Mapping[str, Person], now: datetime) -> dict[str, datetime]:
    """When each person's today began: what was given since then counts against a day's capacity."""
    return {name: person.day(now)[0] for name, person in everybody.items()}


def _shown(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
