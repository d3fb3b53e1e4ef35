from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revops.definitions.automations import Automations
from revops.definitions.calendars import WEEKDAYS, Calendar
from revops.definitions.people import People
from revops.definitions.triggers import Schedule
from revops.leads.recipes import next_due, run_due, timetable

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago",
     "Asia/Kolkata"]
).map(ZoneInfo)  # fmt: skip
TIMES = st.lists(
    st.sampled_from(["00:00", "00:30", "01:30", "02:00", "02:15", "02:30", "03:00", "23:45"]),
    min_size=1, max_size=3, unique=True,
)  # fmt: skip
# Around changes of the clocks, the turn of the year and the end of February.
STARTS = st.builds(
    lambda day, minutes: datetime(*day, tzinfo=UTC) + minutes * MINUTE,
    st.sampled_from(
        [(2026, 3, 7), (2026, 3, 28), (2026, 4, 3), (2026, 10, 24), (2026, 10, 3), (2025, 12, 30),
         (2026, 9, 5), (2028, 2, 27)]
    ),
    st.integers(0, 3 * 1440),
)  # fmt: skip


def schedule(**given: Any) -> Schedule:
    return Schedule.model_validate(given)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    every = draw(st.sampled_from(["hour", "day", "week", "month"]))
    weekdays = st.lists(st.sampled_from(WEEKDAYS), max_size=4, unique=True)
    days = st.lists(st.sampled_from([1, 2, 28, 29, 30, 31, "last"]), max_size=3, unique=True)
    on = draw(days if every == "month" else weekdays)
    at = {} if every == "hour" else {"at": draw(TIMES)}
    return schedule(every=every, on=on, **at)


def is_on(plan: Schedule, day: date) -> bool:
    if plan.every == "month":
        last = monthrange(day.year, day.month)[1]
        return any(day.day == (last if each == "last" else min(int(each), last))
                   for each in plan.on or (1,))  # fmt: skip
    if not plan.on:
        return plan.every != "week" or day.weekday() == 0
    return WEEKDAYS[day.weekday()] in plan.on


def walked(plan: Schedule, zone: ZoneInfo, start: datetime, minutes: int) -> Iterator[datetime]:
    """Every minute at which the clock shows a time for the first time, or jumps over one."""
    at = [f"{hour:02}:00" for hour in range(24)] if plan.every == "hour" else plan.at
    seen: set[tuple[date, str]] = set()
    shown = (start - MINUTE).astimezone(zone).replace(tzinfo=None)
    for n in range(minutes):
        now = start + n * MINUTE
        local = now.astimezone(zone).replace(tzinfo=None)
        jump = max(local - shown, MINUTE)
        for text in at:
            hour, minute = map(int, text.split(":"))
            wanted = local.replace(hour=hour, minute=minute)
            # A time that is jumped over comes as much later as the jump is long.
            skipped = [wanted + k * DAY for k in (-1, 0) if jump > MINUTE]
            hits = [each for each in [wanted] if each == local]
            hits += [each for each in skipped if shown < each < local]
            for hit in hits:
                if is_on(plan, hit.date()) and (hit.date(), text) not in seen:
                    seen.add((hit.date(), text))
                    late = hit - shown - MINUTE if hit != local else timedelta()
                    yield now + late
        shown = local


@settings(max_examples=30, deadline=None)
@given(schedules(), ZONES, STARTS)
def test_it_falls_when_a_walk_by_the_minute_says(
    plan: Schedule, zone: ZoneInfo, start: datetime
) -> None:
    before = start - 2 * DAY  # so that what was shown already is known
    minutes = 6 * 1440
    expected = sorted({each for each in walked(plan, zone, before, minutes) if each > start})
    until, at, found = before + minutes * MINUTE - 3 * HOUR, start, []
    while (at := next_due(plan, at, zone)) < until:
        found.append(at)
    assert found == [each for each in expected if each < until]


@settings(max_examples=200, deadline=None)
@given(schedules(), ZONES, STARTS, st.integers(1, 40))
def test_it_goes_on_forever_and_only_forward(
    plan: Schedule, zone: ZoneInfo, start: datetime, steps: int
) -> None:
    at = start
    for _ in range(steps):
        following = next_due(plan, at, zone)
        assert at < following <= at + 32 * DAY
        assert next_due(plan, following - timedelta(microseconds=1), zone) == following
        at = following


@pytest.mark.parametrize(
    ("given", "zone", "after", "due"),
    [
        ({"every": "day"}, BERLIN, (2026, 3, 28, 7), (2026, 3, 29, 6)),  # summer begins
        # What is skipped comes as much later, what is shown twice comes once.
        ({"every": "day", "at": "02:30"}, BERLIN, (2026, 3, 28, 12), (2026, 3, 29, 1, 30)),
        ({"every": "day", "at": "02:30"}, BERLIN, (2026, 10, 24, 12), (2026, 10, 25, 0, 30)),
        ({"every": "day", "at": "02:30"}, BERLIN, (2026, 10, 25, 1), (2026, 10, 26, 1, 30)),
        ({"every": "week", "on": "mon"}, NEW_YORK, (2026, 3, 2, 13), (2026, 3, 9, 12)),
        ({"every": "month", "on": 31}, BERLIN, (2026, 2, 1), (2026, 2, 28, 7)),
        ({"every": "month", "on": "last"}, BERLIN, (2028, 2, 1), (2028, 2, 29, 7)),
        ({"every": "month"}, BERLIN, (2026, 1, 1, 7), (2026, 2, 1, 7)),
        ({"every": "hour", "on": ["mon"]}, BERLIN, (2026, 3, 1, 9), (2026, 3, 1, 23)),
    ],
)  # fmt: skip
def test_it_falls(
    given: dict[str, Any], zone: ZoneInfo, after: tuple[int, ...], due: tuple[int, ...]
) -> None:
    found = next_due(schedule(**given), datetime(*after, tzinfo=UTC), zone)  # type: ignore[arg-type, misc]
    assert found == datetime(*due, tzinfo=UTC)  # type: ignore[arg-type, misc]


class TestAfterAStandstill:
    PLAN = schedule(every="day", at="08:00")
    DUE = datetime(2026, 3, 2, 8, tzinfo=UTC)

    def test_not_due(self) -> None:
        assert run_due(self.PLAN, self.DUE, self.DUE - MINUTE, ZoneInfo("UTC")) is None

    def test_due(self) -> None:
        run = run_due(self.PLAN, self.DUE, self.DUE, ZoneInfo("UTC"))
        assert run is not None
        assert (run.at, run.missed, run.next_at, run.note) == (self.DUE, 0, self.DUE + DAY, "")

    @pytest.mark.parametrize(("days", "says"), [(1, "1 earlier time was"), (4, "4 earlier times")])
    def test_once_for_all_that_was_missed(self, days: int, says: str) -> None:
        run = run_due(self.PLAN, self.DUE, self.DUE + days * DAY + HOUR, ZoneInfo("UTC"))
        assert run is not None
        assert (run.at, run.missed) == (self.DUE + days * DAY, days)
        assert run.next_at == self.DUE + (days + 1) * DAY
        assert says in run.note
        assert "since 2026-03-02 08:00 UTC" in run.note

    @settings(max_examples=50, deadline=None)
    @given(schedules(), ZONES, STARTS, st.integers(0, 60 * 24))
    def test_the_next_is_always_after_now(
        self, plan: Schedule, zone: ZoneInfo, start: datetime, hours: int
    ) -> None:
        now = start + hours * HOUR
        if run := run_due(plan, next_due(plan, start, zone), now, zone):
            assert run.at <= now < run.next_at
            assert next_due(plan, run.at, zone) == run.next_at


CALENDARS = {
    name: Calendar.model_validate({"time_zone": zone, "hours": {"mon": "09:00-17:00"}})
    for name, zone in (("california", "America/Los_Angeles"), ("london", "Europe/London"))
}


class TestTimetable:
    AUTOMATIONS = Automations.model_validate(
        {
            "recipes": [
                {"name": name, "active": name != "off", "steps": [{"do": ["route"]}],
                 "trigger": {"schedule": {"every": "day", "time_zone": zone}}}
                for name, zone in (("mine", "owner"), ("all", "workspace"), ("off", "owner"),
                                   ("there", "Asia/Tokyo"))
            ] + [{"name": "other", "trigger": "created", "steps": [{"do": ["route"]}]}],
            "digests": [{"name": "daily", "schedule": {"every": "day", "time_zone": "owner"},
                         "to": "owner", "what": "mqls", "subject": "s", "body": "b"}],
        }
    )  # fmt: skip
    PEOPLE = People.model_validate(
        {
            "teams": [{"name": "west", "calendar": "california"}],
            "users": [
                {"id": "a", "team": "west"},
                {"id": "b", "calendar": "london"},
                {"id": "c", "calendar": "london", "time_zone": "Europe/Berlin"},
                {"id": "d"},
            ],
        }
    )

    def test_one_entry_for_each_zone_in_which_somebody_is(self) -> None:
        entries = timetable(self.AUTOMATIONS, self.PEOPLE, CALENDARS, ZoneInfo("UTC"))
        mine = {each.zone.key: each.owners for each in entries if each.subject == "mine"}
        assert mine == {"UTC": {"d"}, "America/Los_Angeles": {"a"}, "Europe/London": {"b"},
                        "Europe/Berlin": {"c"}}  # fmt: skip
        assert {each.name for each in entries if each.is_unowned} == {
            "recipe:mine:UTC", "recipe:all:UTC", "recipe:there:Asia/Tokyo", "digest:daily:UTC",
        }  # fmt: skip
        assert {each.owners for each in entries if each.subject in {"all", "there"}} == {None}
        assert not any(each.subject in {"off", "other"} for each in entries)
