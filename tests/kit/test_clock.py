from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.kit.clock import parse_instant, parse_zone, plain_utc, to_reader

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01", "2026-02-28T23:00+00:00"),
        ("2026-03-01T09:30", "2026-03-01T08:30+00:00"),
        ("2026-03-01 09:30:15.25", "2026-03-01T08:30:15.250+00:00"),
        ("2026-03-01T09:30Z", "2026-03-01T09:30+00:00"),
        ("2026-03-01T09:30-05:00", "2026-03-01T14:30+00:00"),
        (" 2026-07-01 ", "2026-06-30T22:00+00:00"),
        ("2026-10-25T02:30", "2026-10-25T00:30+00:00"),  # passed twice: the first
        ("2026-03-29T02:30", "2026-03-29T01:30+00:00"),  # skipped: as much later
    ],
)
def test_a_time_without_a_zone_is_the_companys(text: str, instant: str) -> None:
    read = parse_instant(text, BERLIN)
    assert read == datetime.fromisoformat(instant)
    assert read.tzinfo is UTC


@pytest.mark.parametrize("text", ["", "now", "2026-13-01", "01.03.2026", "0001-01-01", "12:30"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is not a time; write one as '2026-03-01'"):
        parse_instant(text, BERLIN)


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)))  # noqa: DTZ001 - made aware below
def test_what_is_written_in_utc_is_read_back(moment: datetime) -> None:
    instant = moment.replace(tzinfo=UTC)
    assert parse_instant(instant.isoformat(), BERLIN) == instant


def test_a_reader_sees_the_own_zone() -> None:
    instant = datetime(2026, 3, 1, 8, 30, 59, tzinfo=UTC)
    assert to_reader(instant, BERLIN) == "2026-03-01 09:30 CET"


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "a\0b", "Europe"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        parse_zone(name)


def test_facts_hold_times_in_utc_without_a_zone() -> None:
    told = datetime(2026, 3, 2, 9, 30, tzinfo=BERLIN)
    assert plain_utc(told) == datetime(2026, 3, 2, 8, 30)  # noqa: DTZ001 - that is the point
