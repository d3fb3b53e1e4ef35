from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from revops.kit.calendar import BusinessCalendar, parse_spans

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NINE_TO_FIVE = (*[parse_spans("09:00-17:00")] * 5, (), ())
ALWAYS = (parse_spans("00:00-24:00"),) * 7
BERLIN = ZoneInfo("Europe/Berlin")
HOURS = st.sampled_from(
    ["", "09:00-17:00", "08:30-12:00, 13:00-17:15", "03:00-24:00", "00:00-24:00", "22:00-24:00"]
)
# They begin and end while the clocks of one zone or another change.
NIGHTS = st.sampled_from(
    [
        "02:30-10:00",
        "00:00-02:30",
        "00:30-01:15, 01:45-02:15, 02:20-02:40, 02:45-03:30",
        "02:00-03:00",
        "23:30-24:00",
    ]
)
# Lord Howe changes by half an hour, Troll by two; Santiago and Nuuk change at midnight.
CHANGES = {
    "Europe/Berlin": ((2026, 3, 29), (2026, 10, 25)),
    "America/New_York": ((2026, 3, 8), (2026, 11, 1)),
    "Australia/Lord_Howe": ((2026, 4, 5), (2026, 10, 4)),
    "Antarctica/Troll": ((2026, 3, 29), (2026, 10, 25)),
    "America/Santiago": ((2026, 4, 5), (2026, 9, 6)),
    "America/Nuuk": ((2026, 3, 29), (2026, 10, 25)),
}
ZONES = st.sampled_from(["UTC", "Asia/Kolkata", *CHANGES]).map(ZoneInfo)
# Around the spring and autumn changes of clocks and the turn of the year.
STARTS = st.builds(
    lambda day, minutes: datetime(*day, tzinfo=UTC) + minutes * MINUTE,
    st.sampled_from([(2026, 3, 27), (2026, 3, 6), (2026, 10, 23), (2026, 4, 3), (2025, 12, 29)]),
    st.integers(0, 3 * 1440),
)


@st.composite
def calendars(draw: st.DrawFn) -> BusinessCalendar:
    hours = tuple(parse_spans(draw(HOURS | NIGHTS)) for _ in range(7))
    country = draw(st.sampled_from(["", "DE", "US"]))
    off = draw(st.frozensets(st.dates(date(2025, 12, 28), date(2026, 4, 10)), max_size=3))
    return BusinessCalendar(draw(ZONES), hours, country, days_off=off)


def works_by_the_clock(calendar: BusinessCalendar, free: set[date], minute: datetime) -> bool:
    local = minute.astimezone(calendar.zone)
    clock = timedelta(hours=local.hour, minutes=local.minute)
    return local.date() not in free and any(
        start <= clock < end for start, end in calendar.hours[local.weekday()]
    )


def free_days(calendar: BusinessCalendar) -> set[date]:
    import holidays

    country = calendar.country
    public = holidays.country_holidays(country, years=range(2025, 2028)) if country else ()
    return {*calendar.days_off, *public}


@settings(max_examples=40, deadline=None)
@given(calendars(), STARTS, st.integers(0, 5 * 1440))
@example(BusinessCalendar(BERLIN, ALWAYS), datetime(2026, 3, 28, 20, tzinfo=UTC), 1440)
def test_between_is_what_a_walk_by_the_minute_counts(
    calendar: BusinessCalendar, start: datetime, minutes: int
) -> None:
    free = free_days(calendar)
    walked = sum(works_by_the_clock(calendar, free, start + m * MINUTE) for m in range(minutes))
    assert calendar.between(start, start + minutes * MINUTE) == walked * MINUTE
    assert calendar.between(start + minutes * MINUTE, start) == -walked * MINUTE


@pytest.mark.parametrize("zone", CHANGES)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_hours_in_a_night_of_changing_clocks_are_what_the_clock_shows(
    zone: str, data: st.DataObject
) -> None:
    day = data.draw(st.sampled_from(CHANGES[zone]))
    spans = parse_spans(data.draw(NIGHTS))
    off = data.draw(st.sampled_from([frozenset(), frozenset({date(*day)})]))
    calendar = BusinessCalendar(ZoneInfo(zone), (spans,) * 7, days_off=off)
    noon_before = datetime(*day, 12, tzinfo=ZoneInfo(zone)) - DAY
    start = noon_before.astimezone(UTC) + data.draw(st.integers(0, 1080)) * MINUTE
    minutes = range(data.draw(st.integers(0, 1440)))
    works = [works_by_the_clock(calendar, set(off), start + m * MINUTE) for m in minutes]
    assert calendar.between(start, start + len(minutes) * MINUTE) == sum(works) * MINUTE
    assert [calendar.is_open(start + m * MINUTE) for m in minutes] == works


@settings(max_examples=100, deadline=None)
@given(calendars(), STARTS, st.integers(1, 20_000))
def test_add_is_the_first_instant_by_which_the_time_has_passed(
    calendar: BusinessCalendar, start: datetime, minutes: int
) -> None:
    assume(any(calendar.hours))
    end = calendar.add(start, minutes * MINUTE)
    assert calendar.between(start, end) == minutes * MINUTE
    assert calendar.between(start, end - timedelta(microseconds=1)) < minutes * MINUTE


@settings(max_examples=50, deadline=None)
@given(calendars(), STARTS, st.integers(0, 2_000), st.integers(0, 200_000))
def test_a_long_stretch_is_the_sum_of_its_parts(
    calendar: BusinessCalendar, start: datetime, days: int, minutes: int
) -> None:
    middle, end = start + days * DAY, start + days * DAY + minutes * MINUTE
    parts = calendar.between(start, middle) + calendar.between(middle, end)
    assert calendar.between(start, end) == parts


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-03-02T08:00", 0, "2026-03-02T08:00"),
        ("2026-03-02T08:00", 60, "2026-03-02T10:00"),
        ("2026-03-02T16:30", 60, "2026-03-03T09:30"),
        ("2026-03-02T16:30", 30, "2026-03-02T17:00"),  # the end of a span, not the next start
        ("2026-03-06T16:30", 60, "2026-03-09T09:30"),  # over a weekend
        ("2026-04-02T16:30", 60, "2026-04-07T09:30"),  # over Good Friday and Easter Monday
        ("2026-03-27T16:30", 60, "2026-03-30T09:30"),  # over the change of clocks
    ],
)
def test_add_by_example(start: str, minutes: int, end: str) -> None:
    calendar = BusinessCalendar(BERLIN, NINE_TO_FIVE, "DE")
    due = calendar.add(
        datetime.fromisoformat(start).replace(tzinfo=BERLIN), timedelta(minutes=minutes)
    )
    assert due == datetime.fromisoformat(end).replace(tzinfo=BERLIN)


def test_the_hour_lost_in_spring_is_not_worked_and_the_one_won_in_autumn_is() -> None:
    calendar = BusinessCalendar(BERLIN, ALWAYS)
    spring, autumn = (datetime(2026, m, d, tzinfo=BERLIN) for m, d in ((3, 29), (10, 25)))
    assert calendar.between(spring, datetime(2026, 3, 30, tzinfo=BERLIN)) == 23 * HOUR
    assert calendar.between(autumn, datetime(2026, 10, 26, tzinfo=BERLIN)) == 25 * HOUR


@pytest.mark.parametrize(
    ("hours", "length"),
    [
        ("02:30-10:00", 7 * HOUR),  # the clock goes from 02:00 to 03:00, when work begins
        ("00:00-02:30", 2 * HOUR),
        ("02:15-02:45", 0 * HOUR),
        ("02:00-03:00", 0 * HOUR),
    ],
)
def test_hours_that_begin_or_end_in_the_hour_that_is_skipped(hours: str, length: timedelta) -> None:
    calendar = BusinessCalendar(BERLIN, (parse_spans(hours),) * 7)
    spring = datetime(2026, 3, 29, tzinfo=BERLIN)
    assert calendar.between(spring, datetime(2026, 3, 30, tzinfo=BERLIN)) == length


def test_hours_that_begin_in_the_hour_that_comes_twice_are_worked_twice() -> None:
    calendar = BusinessCalendar(BERLIN, (parse_spans("02:30-03:00"),) * 7)
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert calendar.instants(date(2026, 10, 25)) == [
        (first, first + HOUR / 2),
        (first + HOUR, first + HOUR * 1.5),
    ]


def test_a_state_has_its_own_holidays() -> None:
    epiphany = datetime(2026, 1, 6, 12, tzinfo=BERLIN)
    assert BusinessCalendar(BERLIN, NINE_TO_FIVE, "DE").is_open(epiphany)
    assert not BusinessCalendar(BERLIN, NINE_TO_FIVE, "DE", "BY").is_open(epiphany)


def test_is_open_until_the_end_but_not_at_it() -> None:
    calendar = BusinessCalendar(BERLIN, NINE_TO_FIVE)
    assert calendar.is_open(datetime(2026, 3, 2, 9, tzinfo=BERLIN))
    assert not calendar.is_open(datetime(2026, 3, 2, 17, tzinfo=BERLIN))


def test_a_century_takes_no_walk() -> None:
    calendar = BusinessCalendar(BERLIN, ALWAYS, days_off=frozenset({date(2050, 6, 1)}))
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC)
    assert calendar.between(start, end) == end - start - DAY
    assert calendar.add(start, end - start - DAY) == end


def test_a_calendar_without_working_time_never_gets_there() -> None:
    never = BusinessCalendar(BERLIN, ((),) * 7)
    with pytest.raises(ValueError, match="200 years"):
        never.add(datetime(2026, 1, 1, tzinfo=UTC), HOUR)


@pytest.mark.parametrize(
    "text", ["9", "09:00", "09:00-25:00", "12:00-09:00", "09:00-09:00", "09:00-10:60", "a-b"]
)
def test_wrong_hours_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="working hours"):
        parse_spans(text)


def test_overlapping_hours_are_refused() -> None:
    with pytest.raises(ValueError, match="in order"):
        parse_spans("09:00-13:00, 12:00-17:00")


@pytest.mark.parametrize(("country", "state"), [("XX", ""), ("DE", "ZZ")])
def test_unknown_places_are_refused(country: str, state: str) -> None:
    with pytest.raises(ValueError, match="no public holidays are known"):
        BusinessCalendar(BERLIN, NINE_TO_FIVE, country, state)


def test_negative_time_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        BusinessCalendar(BERLIN, ALWAYS).add(datetime(2026, 1, 1, tzinfo=UTC), -HOUR)
