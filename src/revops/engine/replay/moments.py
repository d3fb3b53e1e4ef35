"""Moments as facts keep them, and as decisions see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

INSTANT = timedelta(microseconds=1)
EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Before anything that is looked at."""


def aware(moment: datetime) -> datetime:
    """A time of the facts with its zone."""
    return moment.replace(tzinfo=UTC)


def aware_or_none(moment: datetime | None) -> datetime | None:
    """The same, of what may be unknown."""
    return None if moment is None else moment.replace(tzinfo=UTC)


def moment_of(micros: int) -> datetime:
    """An instant from microseconds since 1970."""
    return EVER + timedelta(microseconds=micros)
