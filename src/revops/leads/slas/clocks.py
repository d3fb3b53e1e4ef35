"""The clocks of a contact: which promises run or ran, when each is due, and how it ended.

All follows from what happened, in whatever order it became known. Time is never walked: each
stretch of one owner's hours is a subtraction.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from revops.leads.slas.course import Course, standstill
from revops.leads.slas.timeline import SENT_AWAY, Happening, facts, owner_at
from revops.leads.slas.worktime import duration_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from revops.leads.lead import Lead
    from revops.leads.slas.rules import Promise, Rules
    from revops.leads.slas.timeline import Facts, Happenings, Timeline

    Stood = Mapping[str, "State"]

_AT = attrgetter("at")
SAME_MOMENT = timedelta(milliseconds=1)
"""Within it, whether a clock applies is asked again: what came with its start, such as the new
stage or owner, is known only then."""


class State(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"
    WAIVED = "waived"  # it did not apply when it would have started: nothing is promised


class Clock(NamedTuple):
    """A promise that runs or ran.

    Attributes:
        id: The same for the same service level, contact and start.
        sla: The name of the service level.
        contact_id: To whom it is promised.
        owner: Who has to keep it; once it is decided, who had to.
        started_at: When it started.
        due_at: When it must be kept; while it stands still, the earliest this can be.
        stopped_at: When it ended; None while it is open, also after the breach.
        state: How it stands.
        elapsed: Time that has passed on it; a working day of a clock in business days is a day.
        length: Time that it gives.
        is_done: Whether what was promised was done, in time or late.
        ended_by: What ended it, in words.
        step_ats: While it is open, when each step of the escalation is due; None for those that
            wait for a pause to end.
        stands_still: While it does, why and since when, in words.
    """

    id: str
    sla: str
    contact_id: str
    owner: str | None
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    state: State
    elapsed: timedelta
    length: timedelta
    is_done: bool
    ended_by: str
    step_ats: tuple[datetime | None, ...]
    stands_still: str = ""

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act, in time or late."""
        return self.stopped_at is None

    @property
    def left(self) -> timedelta:
        """Time left on it; negative once it is overdue."""
        return self.length - self.elapsed


class _Run(NamedTuple):
    """One run of a clock: its id, what started and ended it, and whether that kept the promise.

    One that is waived ends with its start, so that a later start is asked about anew.
    """

    id: str
    start: Happening
    end: Happening | None
    is_kept: bool
    is_waived: bool = False

    def holds(self, start: Happening) -> bool:
        """Whether a further start falls into this run, and changes nothing."""
        return self.end is None or start.at < self.end.at or start.at == self.start.at


class _Asked(NamedTuple):
    """Whom a promise applies to, as it is found at the start of each clock."""

    lead: Lead
    known: Stood
    now: datetime

    def applies(self, promise: Promise, id_: str, started_at: datetime) -> bool:
        was = self.known.get(id_)
        holds = not promise.applies_to or promise.applies_to in self.lead.holds
        if was is State.WAIVED:
            return holds and self.now - started_at < SAME_MOMENT
        return holds or was is not None


def clock_id(sla: str, contact_id: str, started_at: datetime) -> str:
    """The id of a clock."""
    return f"{sla}|{contact_id}|{_written(started_at)}"


@lru_cache(maxsize=4096)
def _written(instant: datetime) -> str:
    """An instant in UTC; several clocks start at one, and each is looked at again and again."""
    return instant.astimezone(UTC).isoformat()


def clocks(
    rules: Rules,
    lead: Lead,
    timeline: Timeline,
    now: datetime,
    *,
    known: Stood = MappingProxyType({}),
    since: datetime | None = None,
) -> tuple[Clock, ...]:
    """The clocks of a contact as they stand at an instant, those that are waived too.

    Args:
        rules: The service levels.
        lead: The contact, with the conditions that hold (`slas.PATH`).
        timeline: What happened to it; what is later than `now` is left out.
        now: The instant.
        known: How its clocks stood that are kept already, by id: `applies_to` was asked when they
            began.
        since: Clocks that would have started before this instant are left out.
    """
    return tuple([
        _clock(rules, promise, known_by_now, timeline.contact_id, run)
        for promise, known_by_now, run in _all_runs(rules, lead, timeline, now, known, since)
    ])  # fmt: skip


def states(
    rules: Rules, lead: Lead, timeline: Timeline, now: datetime, known: Stood, since: datetime
) -> Iterator[tuple[str, State]]:
    """The service level and the state of each of the `clocks`, and nothing else of them."""
    for promise, known_by_now, run in _all_runs(rules, lead, timeline, now, known, since):
        course, until = _course(rules, promise, known_by_now, run)
        yield promise.sla.name, _state(run, course.when(_length(promise, course)), until)


def _all_runs(
    rules: Rules,
    lead: Lead,
    timeline: Timeline,
    now: datetime,
    known: Stood,
    since: datetime | None,
) -> Iterator[tuple[Promise, Facts, _Run]]:
    known_by_now = facts(timeline, lead.fields.get("owner"), now, rules.keys)
    asked, happened = _Asked(lead, known, now), known_by_now.happened
    for promise in rules.promises:
        if starts := promise.starts.among(happened):
            for run in _runs(promise, starts, happened, timeline.contact_id, asked, since):
                yield promise, known_by_now, run


def _runs(
    promise: Promise,
    starts: list[Happening],
    happened: Happenings,
    contact_id: str,
    asked: _Asked,
    since: datetime | None,
) -> Iterator[_Run]:
    stops = [each for stop in promise.stops for each in stop.among(happened)]
    last: _Run | None = None
    for index, start in enumerate(starts):
        if (since is not None and start.at < since) or (last is not None and last.holds(start)):
            continue
        id_ = clock_id(promise.sla.name, contact_id, start.at)
        if asked.applies(promise, id_, start.at):
            further = starts[index + 1 :] if promise.sla.restarts else []
            last = _run(id_, start, stops, _cancels(start, further, happened))
        else:
            last = _Run(id_, start, start, is_kept=False, is_waived=True)
        yield last


def _run(id_: str, start: Happening, stops: list[Happening], cancels: list[Happening]) -> _Run:
    later = [each for each in stops if each.at >= start.at]
    stop = min(later, key=_AT) if later else None
    cancel = min(cancels, key=_AT) if cancels else None
    if stop is not None and (cancel is None or stop.at <= cancel.at):
        return _Run(id_, start, stop, is_kept=True)
    return _Run(id_, start, cancel, is_kept=False)


def _cancels(start: Happening, further: list[Happening], happened: Happenings) -> list[Happening]:
    """What would make the promise void: nobody is to work the lead, or it begins anew."""
    kind, stage = start.key
    begins = kind == "stage"
    found = [
        each
        for each in happened.get(SENT_AWAY, ())
        if each.at >= start.at and (begins or each.of is not start.of)
    ][:1]
    if begins:
        found += [each for each in happened.get(("moved", stage), ()) if each.of is start.of]
    return found + [each for each in further if each.at > start.at][:1]


def _clock(rules: Rules, promise: Promise, facts: Facts, contact_id: str, run: _Run) -> Clock:
    course, until = _course(rules, promise, facts, run)
    length = _length(promise, course)
    breaks_at = course.when(length)
    due_at = breaks_at or course.earliest(length)
    state = _state(run, breaks_at, until)
    return Clock(
        id=run.id,
        sla=promise.sla.name,
        contact_id=contact_id,
        owner=owner_at(facts.turns, min(due_at, until)),
        started_at=run.start.at,
        due_at=due_at,
        stopped_at=None if run.end is None else run.end.at,
        state=state,
        elapsed=duration_of(course.ticks(until)),
        length=duration_of(length),
        is_done=run.is_kept,
        ended_by="" if run.end is None else str(run.end),
        step_ats=_step_ats(promise, course, breaks_at) if run.end is None else (),
        stands_still=standstill(promise, facts) if state is State.PAUSED else "",
    )


def _course(rules: Rules, promise: Promise, facts: Facts, run: _Run) -> tuple[Course, datetime]:
    """How time passes on a clock, and until when that is asked."""
    until = facts.now if run.end is None else run.end.at
    return Course(rules, promise, facts, run.start.at, until), until


def _length(promise: Promise, course: Course) -> int:
    return promise.length or course.until_close()


def _step_ats(
    promise: Promise, course: Course, breaks_at: datetime | None
) -> tuple[datetime | None, ...]:
    return tuple([breaks_at if each is None else course.when(each) for each in promise.steps])


def _state(run: _Run, breaks_at: datetime | None, until: datetime) -> State:
    """How a clock stands at its end, or now while it has none.

    What is done at the very moment it is due is done in time; nothing done by then is a breach.
    """
    if run.is_waived:
        return State.WAIVED
    if run.end is None:
        if breaks_at is None:
            return State.PAUSED
        return State.BREACHED if until >= breaks_at else State.RUNNING
    if breaks_at is not None and until > breaks_at:
        return State.BREACHED
    return State.MET if run.is_kept else State.CANCELLED
