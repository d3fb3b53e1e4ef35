"""When a contact must be looked at again though nothing happens to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from revops.leads.lead import Lead
from revops.leads.lifecycle.case import Case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from revops.definitions.lifecycle import Lifecycle
    from revops.leads.lifecycle.standing import Standing

_INSTANT = timedelta(microseconds=1)
_WHOEVER = Lead("")


def next_look(lifecycle: Lifecycle, standing: Standing, now: datetime) -> datetime | None:
    """The first moment after now at which time alone could bring a move; None for never.

    Never later than that moment, whatever the lead is, and sometimes earlier. When scores and
    conditions change by themselves is another question, which scoring answers.
    """
    case = Case(lifecycle, _WHOEVER, standing, now)
    return min((moment for moment in _moments(case) if moment > now), default=None)


def _moments(case: Case) -> Iterator[datetime]:
    standing = case.standing
    if case.spell is not None:
        yield case.spell.entered_at
    if standing.recorded_at is not None:
        yield standing.recorded_at
    if standing.override is not None:
        yield standing.override.made_at
        if standing.override.expires_at is not None:
            yield standing.override.expires_at
    if standing.recycled_at is not None:
        yield standing.recycled_at + _INSTANT
    if case.rank < case.lifecycle.floor:
        yield from (each for each in (case.cool_at, case.returns_at) if each is not None)
    if case.archive_at is not None:
        yield case.archive_at
    yield from (deal.since for deal in standing.deals)
