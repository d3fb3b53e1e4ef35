"""Times and lengths of time in the words of a report."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

TOLD_FROM = timedelta(minutes=1)
"""A delay that is shorter is not worth a word."""
_UNITS = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
    ("second", timedelta(seconds=1)),
)


def spoken(duration: timedelta) -> str:
    """A length of time by its two largest units: `2 hours 5 minutes`, `3 days`."""
    rest, parts = abs(duration), []
    for name, unit in _UNITS:
        count, rest = divmod(rest, unit)
        if count:
            parts.append(f"{count} {name}" + ("" if count == 1 else "s"))
        elif parts:
            break
    return " ".join(parts[:2]) or "0 seconds"


def moment(instant: datetime) -> str:
    """An instant: `2026-03-02 09:12 UTC`."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
