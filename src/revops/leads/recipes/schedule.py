"""When a schedule falls, to the instant, whatever the clocks do."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from revops.definitions.calendars import WEEKDAYS
from revops.definitions.triggers import LAST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from revops.definitions.automations import Automations
    from revops.definitions.calendars import Calendar
    from revops.definitions.people import People, User
    from revops.definitions.triggers import Schedule

_DAY = timedelta(days=1)
_LONGEST_GAP = 40
"""Days between two days of a schedule, and some: the longest is a month."""
_HOURS = tuple(f"{hour:02}:00" for hour in range(24))
MOST_MISSED = 10_000
"""Missed times that are counted."""


def next_due(schedule: Schedule, after: datetime, zone: ZoneInfo) -> datetime:
    """The first time after an instant at which a schedule falls, in UTC.

    A time that the clocks skip falls when they have passed it, one that they show twice falls
    at the first.
    """
    start = after.astimezone(zone).date() - _DAY
    days = (start + n * _DAY for n in range(_LONGEST_GAP))
    falls = (fall for day in days if _is_on(schedule, day) for fall in _falls(schedule, day, zone))
    return next(fall for fall in falls if fall > after)


def last_due(schedule: Schedule, before: datetime, zone: ZoneInfo) -> datetime:
    """The last time before an instant at which a schedule falls, in UTC."""
    start = before.astimezone(zone).date() + _DAY
    days = (start - n * _DAY for n in range(_LONGEST_GAP))
    falls = (_falls(schedule, day, zone)[::-1] for day in days if _is_on(schedule, day))
    return next(fall for day in falls for fall in day if fall < before)


@dataclass(frozen=True)
class Run:
    """A schedule that is due.

    Attributes:
        at: The time that it runs for: the last one that has come.
        missed: How many earlier ones it stands for as well, because nothing ran then.
        next_at: When it falls next.
        note: What is to be told of missed times, or ''.
    """

    at: datetime
    missed: int
    next_at: datetime
    note: str


def run_due(schedule: Schedule, next_at: datetime, now: datetime, zone: ZoneInfo) -> Run | None:
    """The one run that is due, or None: after a standstill it stands for all that were missed."""
    if now < next_at:
        return None
    at, missed = next_at, 0
    while missed < MOST_MISSED and (following := next_due(schedule, at, zone)) <= now:
        at, missed = following, missed + 1
    times = "1 earlier time was" if missed == 1 else f"{missed} earlier times were"
    note = f"{times} missed since {next_at:%Y-%m-%d %H:%M} UTC; this run stands for all"
    return Run(at, missed, next_due(schedule, max(at, now), zone), note if missed else "")


@dataclass(frozen=True)
class Entry:
    """A schedule in one time zone.

    Attributes:
        name: Names it, as in `recipe:Stale deals:UTC`.
        kind: What is scheduled.
        subject: The name of the recipe or digest.
        schedule: When.
        zone: Where.
        owners: Whose leads it is for: ids of users; None for all leads, whoever owns them.
        is_unowned: Whether it is also for leads that belong to nobody known.
    """

    name: str
    kind: str
    subject: str
    schedule: Schedule
    zone: ZoneInfo
    owners: frozenset[str] | None = None
    is_unowned: bool = True


def timetable(
    automations: Automations, people: People, calendars: Mapping[str, Calendar], workspace: ZoneInfo
) -> tuple[Entry, ...]:
    """Everything that runs by a schedule; in the owner's zone, one entry for each zone."""
    zones = _owners(people, calendars, workspace)
    return tuple(
        entry
        for kind, subject, schedule in _scheduled(automations)
        for entry in _entries(kind, subject, schedule, zones, workspace)
    )


def zone_of(
    user: User, people: People, calendars: Mapping[str, Calendar], workspace: ZoneInfo
) -> ZoneInfo:
    """The zone of a person: their own, of their calendar, of their team's, or the workspace's."""
    team = next((team for team in people.teams if team.name == user.team), None)
    calendar = calendars.get(user.calendar or (team and team.calendar) or "")
    name = user.time_zone or (calendar and calendar.time_zone)
    return ZoneInfo(name) if name else workspace


def _scheduled(automations: Automations) -> Iterator[tuple[str, str, Schedule]]:
    for recipe in automations.recipes:
        if recipe.active and recipe.trigger.schedule is not None:
            yield "recipe", recipe.name, recipe.trigger.schedule
    for digest in automations.digests:
        if digest.active:
            yield "digest", digest.name, digest.schedule


def _owners(
    people: People, calendars: Mapping[str, Calendar], workspace: ZoneInfo
) -> dict[ZoneInfo, set[str]]:
    """The people of each zone; those of the workspace's own zone first."""
    owners: dict[ZoneInfo, set[str]] = {workspace: set()}
    for user in people.users:
        owners.setdefault(zone_of(user, people, calendars, workspace), set()).add(user.id)
    return owners


def _entries(
    kind: str,
    subject: str,
    schedule: Schedule,
    owners: Mapping[ZoneInfo, set[str]],
    workspace: ZoneInfo,
) -> Iterator[Entry]:
    def entry(zone: ZoneInfo, users: frozenset[str] | None, *, is_unowned: bool) -> Entry:
        name = f"{kind}:{subject}:{zone.key}"
        return Entry(name, kind, subject, schedule, zone, users, is_unowned)

    match schedule.time_zone:
        case "owner":
            for zone, users in owners.items():
                yield entry(zone, frozenset(users), is_unowned=zone == workspace)
        case "workspace":
            yield entry(workspace, None, is_unowned=True)
        case name:
            yield entry(ZoneInfo(name), None, is_unowned=True)


def _is_on(schedule: Schedule, day: date) -> bool:
    if schedule.every == "month":
        last = monthrange(day.year, day.month)[1]
        days = {last if each == LAST else min(int(each), last) for each in schedule.on or (1,)}
        return day.day in days
    usual = WEEKDAYS[:1] if schedule.every == "week" else WEEKDAYS
    return WEEKDAYS[day.weekday()] in (schedule.on or usual)


def _falls(schedule: Schedule, day: date, zone: ZoneInfo) -> list[datetime]:
    """The instants of a day, in order: a time that is skipped is taken as before the change."""
    at = _HOURS if schedule.every == "hour" else schedule.at
    times = (time.fromisoformat(text) for text in at)
    return sorted(datetime.combine(day, each, zone).astimezone(UTC) for each in times)
