"""Who is there, and until when that is so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from revops.definitions.calendars import Calendar
from revops.definitions.people import People, Team, User
from revops.leads.routing import Absence, day_starts, persons

NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)  # the Friday before summer time begins in Europe
NEW_YORK = ZoneInfo("America/New_York")
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-12:30, 13:30-17:00")
CALENDARS = {
    "berlin": Calendar(time_zone="Europe/Berlin", hours=WEEK),
    "never": Calendar(hours={"mon": ""}),
}
PEOPLE = People(
    teams=(Team(name="sales", calendar="berlin"),),
    users=(
        User(id="ann", team="sales"),
        User(id="bob", team="sales", time_zone="Asia/Kolkata"),
        User(id="eve", calendar="never"),
        User(id="ida"),
    ),
)
PERSONS = persons(PEOPLE, CALENDARS, NEW_YORK)


def test_hours_are_those_of_the_user_or_else_of_the_team() -> None:
    assert PERSONS["ann"].off_work(NOW)[0] == "not at work until 2026-03-27 13:30 (Europe/Berlin)"
    assert PERSONS["ann"].off_work(NOW + timedelta(minutes=30))[0] is None
    assert PERSONS["ida"].off_work(NOW) == (None, datetime.max.replace(tzinfo=UTC))


def test_a_zone_of_ones_own_moves_the_hours() -> None:
    assert PERSONS["bob"].off_work(NOW)[0] == "not at work until 2026-03-30 09:00 (Asia/Kolkata)"


def test_a_calendar_without_hours_is_one_of_who_never_works() -> None:
    assert PERSONS["eve"].off_work(NOW)[0] == "not at work ever"


def test_the_opening_after_a_weekend_with_a_change_of_the_clock() -> None:
    why, until = PERSONS["ann"].off_work(NOW + timedelta(hours=5))
    assert why == "not at work until 2026-03-30 09:00 (Europe/Berlin)"
    assert until == datetime(2026, 3, 30, 7, tzinfo=UTC)


@settings(deadline=None)
@given(st.lists(st.integers(-4000, 4000), min_size=1, max_size=12))
def test_hours_are_right_in_any_order_of_asking(minutes: list[int]) -> None:
    """What is remembered from one question is not carried into the next."""
    business = CALENDARS["berlin"].business()
    for each in minutes:
        now = NOW + timedelta(minutes=each, seconds=each % 60)
        why, until = PERSONS["ann"].off_work(now)
        assert (why is None) == business.is_open(now)
        assert until > now
        assert business.is_open(until - timedelta(microseconds=1)) == (why is None)


def away(*spans: tuple[int, int]) -> tuple[Absence, ...]:
    return tuple(
        Absence("ann", NOW + timedelta(days=start), NOW + timedelta(days=end))
        for start, end in spans
    )


def test_absences_that_touch_are_one() -> None:
    everybody = persons(PEOPLE, CALENDARS, NEW_YORK, away((2, 4), (-1, 1), (1, 2), (-3, -2)))
    why, until = everybody["ann"].absent(NOW)
    assert why == "absent until 2026-03-31 14:00 (Europe/Berlin)"
    assert until == NOW + timedelta(days=4)


def test_the_next_absence_is_known() -> None:
    everybody = persons(PEOPLE, CALENDARS, NEW_YORK, away((2, 4), (-2, -1)))
    assert everybody["ann"].absent(NOW) == (None, NOW + timedelta(days=2))
    assert everybody["ann"].absent(NOW + timedelta(days=2))[0] is not None
    assert everybody["ann"].absent(NOW + timedelta(days=4))[0] is None
    assert everybody["bob"].absent(NOW)[0] is None


def test_each_has_a_day_of_ones_own() -> None:
    night = datetime(2026, 3, 27, 2, tzinfo=UTC)
    starts = day_starts(PERSONS, night)
    assert starts["ann"] == datetime(2026, 3, 26, 23, tzinfo=UTC)
    assert starts["bob"] == datetime(2026, 3, 26, 18, 30, tzinfo=UTC)
    assert starts["ida"] == datetime(2026, 3, 26, 4, tzinfo=UTC)  # of the workspace
    assert PERSONS["ann"].day(datetime(2026, 3, 29, 12, tzinfo=UTC)) == (
        datetime(2026, 3, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 29, 22, tzinfo=UTC),  # an hour shorter
    )
