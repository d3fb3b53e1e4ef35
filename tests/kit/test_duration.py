from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.kit.duration import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90 minutes", timedelta(minutes=90)),
        ("1 day", timedelta(days=1)),
        ("7days", timedelta(days=7)),
        ("2 Weeks", timedelta(days=14)),
        ("1 month", timedelta(days=30)),
        ("1 year", timedelta(days=365)),
        ("1.5 hours", timedelta(minutes=90)),
    ],
)
def test_durations_are_read_as_written(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "7", "days", "0 days", "-1 day", "1 fortnight", "101 years"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        parse_duration(text)


@given(st.timedeltas(timedelta(microseconds=1), timedelta(days=36_500)))
def test_what_is_written_is_read_back(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(days=14), "2 weeks"),
        (timedelta(days=30), "30 days"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(seconds=90), "90 seconds"),
    ],
)
def test_the_largest_whole_unit_is_written(duration: timedelta, text: str) -> None:
    assert format_duration(duration) == text
