from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revops.kit.calendar import BusinessCalendar, parse_spans
from revops.leads.slas.worktime import AllTime, WorkTime, duration_of, ticks_of

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
NINE_TO_FIVE = (*[parse_spans("09:00-17:00")] * 5, (), ())
HOURS = st.sampled_from(
    ["", "09:00-17:00", "08:30-12:00, 13:00-17:15", "03:00-24:00", "00:00-24:00", "22:00-24:00"]
)
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]
).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(2023, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is drawn apart


@st.composite
def calendars(draw: st.DrawFn) -> BusinessCalendar:
    hours = tuple(parse_spans(draw(HOURS)) for _ in range(6))
    off = draw(st.frozensets(st.dates(date(2025, 12, 28), date(2026, 4, 10)), max_size=3))
    country = draw(st.sampled_from(["", "DE", "US"]))
    open_day = parse_spans("10:00-16:00")
    return BusinessCalendar(draw(ZONES), (*hours, open_day), country, days_off=off)


@settings(max_examples=30, deadline=None)
@given(calendars(), INSTANTS, INSTANTS)
def test_working_time_is_that_of_the_calendar(
    calendar: BusinessCalendar, one: datetime, other: datetime
) -> None:
    time = WorkTime(calendar)
    assert duration_of(time.at(other) - time.at(one)) == calendar.between(one, other)


@settings(max_examples=30, deadline=None)
@given(calendars(), INSTANTS, st.integers(1, 40_000))
def test_the_instant_is_that_of_the_calendar(
    calendar: BusinessCalendar, start: datetime, minutes: int
) -> None:
    time = WorkTime(calendar)
    end = time.when(time.at(start) + ticks_of(minutes * MINUTE))
    assert end == calendar.add(start, minutes * MINUTE)


@settings(max_examples=30, deadline=None)
@given(calendars(), st.lists(INSTANTS, min_size=2, max_size=6), st.booleans())
def test_it_does_not_matter_in_which_order_it_is_asked(
    calendar: BusinessCalendar, instants: list[datetime], by_day: bool
) -> None:
    one, other = WorkTime(calendar, by_day=by_day), WorkTime(calendar, by_day=by_day)
    forth = [one.at(each) for each in instants]
    back = [other.at(each) for each in reversed(instants)][::-1]
    assert [each - forth[0] for each in forth] == [each - back[0] for each in back]


@settings(max_examples=30, deadline=None)
@given(calendars(), INSTANTS, st.integers(1, 30))
def test_a_working_day_is_a_day_however_long(
    calendar: BusinessCalendar, start: datetime, days: int
) -> None:
    time = WorkTime(calendar, by_day=True)
    end = time.when(time.at(start) + ticks_of(days * DAY))
    open_at = time.when(time.at(start) + 1)  # the first working moment from the start on
    within = end - timedelta(microseconds=1)  # a day may end at midnight
    first, last = (each.astimezone(calendar.zone).date() for each in (open_at, within))
    between = (first + DAY * n for n in range(1, (last - first).days + 1))
    worked = sum(
        any(begin < finish for begin, finish in calendar.instants(each)) for each in between
    )
    # From the very beginning of a day, its end and the beginning of the next are the same.
    assert worked in {days, days - 1}
    if worked == days - 1:
        assert end == calendar.instants(last)[-1][1]


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-03T14:00", 1, "2026-03-04T14:00"),
        ("2026-03-06T14:00", 1, "2026-03-09T14:00"),  # over a weekend
        ("2026-03-07T12:00", 1, "2026-03-09T17:00"),  # from a Saturday: all of Monday
        ("2026-03-03T20:00", 3, "2026-03-06T17:00"),  # after hours
        ("2026-04-02T11:11", 5, "2026-04-13T11:11"),  # over Easter, two holidays
    ],
)
def test_working_days_by_example(start: str, days: int, end: str) -> None:
    time = WorkTime(BusinessCalendar(BERLIN, NINE_TO_FIVE, "DE"), by_day=True)
    begun = datetime.fromisoformat(start).replace(tzinfo=BERLIN)
    due = time.when(time.at(begun) + ticks_of(days * DAY))
    assert due == datetime.fromisoformat(end).replace(tzinfo=BERLIN)


def test_a_day_with_a_break_is_one_day_too() -> None:
    broken = (*[parse_spans("09:00-12:00, 12:30-12:40, 13:00-16:33")] * 5, (), ())
    time = WorkTime(BusinessCalendar(BERLIN, broken), by_day=True)
    monday, tuesday = (datetime(2026, 3, day, 12, 35, tzinfo=BERLIN) for day in (2, 3))
    assert time.when(time.at(monday) + ticks_of(DAY)) == tuesday
    week = time.at(monday + 7 * DAY) - time.at(monday)
    assert duration_of(week) == 5 * DAY


@pytest.mark.parametrize(
    ("instant", "close"),
    [
        ("2026-03-02T10:00", "2026-03-02T17:00"),
        ("2026-03-02T03:00", "2026-03-02T17:00"),
        ("2026-03-02T17:00", "2026-03-03T17:00"),
        ("2026-03-06T18:00", "2026-03-09T17:00"),
    ],
)
def test_close_of_business(instant: str, close: str) -> None:
    time = WorkTime(BusinessCalendar(BERLIN, NINE_TO_FIVE))
    begun, end = (datetime.fromisoformat(each).replace(tzinfo=BERLIN) for each in (instant, close))
    assert time.close_of_business(begun) == end


def test_all_time_counts_every_second() -> None:
    time, start = AllTime(), datetime(2026, 3, 28, 20, tzinfo=UTC)
    assert time.when(time.at(start) + ticks_of(48 * HOUR)) == start + 2 * DAY
    assert time.close_of_business(start) == start + DAY


def test_a_calendar_without_working_time_never_gets_there() -> None:
    time = WorkTime(BusinessCalendar(BERLIN, ((),) * 7))
    assert time.at(datetime(2026, 1, 1, tzinfo=UTC)) == 0
    with pytest.raises(ValueError, match="200 years"):
        time.when(1)
