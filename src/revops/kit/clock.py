"""Instants: read as people write them, shown in the reader's zone, UTC in between."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from datetime import tzinfo


def parse_zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name such as `Europe/Berlin`.

    Raises:
        ValueError: There is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"'{name}' is not a time zone; write one as 'UTC' or 'Europe/Berlin'"
        ) from None


def parse_instant(text: str, zone: tzinfo) -> datetime:
    """Read an ISO 8601 time as an instant in UTC.

    A time without an offset is in `zone`; a date alone is its midnight there. A local time that
    the clocks pass twice is the first of the two; one that they skip is as much later.

    Raises:
        ValueError: The text is not such a time.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        local = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"'{text}' is not a time; write one as '2026-03-01' or '2026-03-01T09:30'"
        ) from None


def plain_utc(moment: datetime) -> datetime:
    """An instant in UTC without its zone, as DuckDB's timestamps and texts of them have it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def to_reader(instant: datetime, zone: tzinfo) -> str:
    """Show an instant to the minute in the reader's zone: `2026-03-01 09:30 CET`."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M %Z}"
