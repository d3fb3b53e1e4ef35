"""Durations as people write them: `90 minutes`, `7 days`, `2 weeks`, `1 month`."""

from __future__ import annotations

import re
from datetime import timedelta

# scoring.md, Inputs: a day is 24 h, a week 7 days, a month 30 days.
_SECONDS = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86400,
    "week": 7 * 86400,
    "month": 30 * 86400,
    "year": 365 * 86400,
}
UNITS = tuple(_SECONDS)
"""The units of a duration, which may also be written in capitals and with an `s`."""
_DURATION = re.compile(r"\s*(\d{1,10}(?:\.\d{1,6})?)\s*([A-Za-z]+?)s?\s*")
_LONGEST = timedelta(days=36_500)


def parse_duration(text: str) -> timedelta:
    """Read a duration such as `7 days`.

    Raises:
        ValueError: The text is not a positive number and a unit, or is longer than 100 years.
    """
    match = _DURATION.fullmatch(text)
    seconds = _SECONDS.get(match[2].lower()) if match else None
    if match is None or seconds is None:
        raise ValueError(f"'{text}' is not a duration; write one as '90 minutes' or '7 days'")
    duration = timedelta(seconds=float(match[1]) * seconds)
    if not timedelta(0) < duration <= _LONGEST:
        raise ValueError(f"'{text}' is not longer than zero and at most 100 years")
    return duration


def format_duration(duration: timedelta) -> str:
    """Write a duration in its largest whole unit: `14 days` is `2 weeks`, 90 s is `90 seconds`."""
    seconds = duration.total_seconds()
    for unit in ("week", "day", "hour", "minute"):
        count = seconds / _SECONDS[unit]
        if count >= 1 and count == int(count):
            return f"{int(count)} {unit}" + ("" if count == 1 else "s")
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + " seconds"
