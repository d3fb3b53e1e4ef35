"""The clocks that are kept, set against the facts: what changed, what was wrong, what is due."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from revops.leads.slas.clocks import State, clocks
from revops.leads.slas.escalation import due_steps, next_at
from revops.leads.slas.wording import TOLD_FROM, moment, spoken

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from revops.definitions.slas import ServiceLevel
    from revops.leads.lead import Lead
    from revops.leads.slas.clocks import Clock
    from revops.leads.slas.escalation import DueStep
    from revops.leads.slas.rules import Rules
    from revops.leads.slas.timeline import Timeline

_UNDECIDED = frozenset({State.RUNNING, State.PAUSED})
_UNJUDGED = _UNDECIDED | {State.WAIVED}


@dataclass(frozen=True, slots=True)
class Kept:
    """A clock as it was kept when it was last looked at.

    Attributes:
        id: Its id.
        sla: The name of its service level.
        owner: See `Clock`; so the next four.
        started_at: When it started.
        due_at: When it was due.
        stopped_at: When it ended.
        state: How it stood.
        steps_fired: How many steps of the escalation were taken.
        next_at: When it was to be looked at again.
        definitions_version: The definitions by which it was judged.
    """

    id: str
    sla: str
    owner: str | None
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    state: State
    steps_fired: int
    next_at: datetime | None
    definitions_version: str


@dataclass(frozen=True, slots=True)
class Review:
    """What is to be saved and done for one clock.

    Attributes:
        kept: What is kept; None for a new clock. Its id differs from the clock's where the start
            turned out to be another.
        clock: What follows from the facts; None where nothing does, and what is kept is cancelled.
        correction: What had been recorded wrongly or was learnt late, in words; '' if nothing.
        steps: The steps of the escalation that are to be taken, in order.
        steps_fired: How many are then taken.
        next_at: When the clock must be looked at again though nothing happens.
    """

    kept: Kept | None
    clock: Clock | None
    correction: str = ""
    steps: tuple[DueStep, ...] = ()
    steps_fired: int = 0
    next_at: datetime | None = None

    @property
    def is_start(self) -> bool:
        """Whether a clock starts."""
        was_none = self.kept is None or self.kept.state is State.WAIVED
        return was_none and self.clock is not None and self.clock.state is not State.WAIVED

    @property
    def is_breach(self) -> bool:
        """Whether a promise is found broken that was not known to be."""
        was_open = self.kept is None or self.kept.state in _UNDECIDED
        return was_open and self.clock is not None and self.clock.state is State.BREACHED

    @property
    def changes(self) -> bool:
        """Whether anything is other than it is kept."""
        kept, clock = self.kept, self.clock
        if kept is None or clock is None:
            return True
        return (kept.id, kept.owner, kept.due_at, kept.next_at, kept.steps_fired) != (
            clock.id, clock.owner, clock.due_at, self.next_at, self.steps_fired
        ) or (kept.stopped_at, kept.state) != (clock.stopped_at, clock.state)  # fmt: skip


def review(
    rules: Rules,
    lead: Lead,
    timeline: Timeline,
    kept: Collection[Kept],
    now: datetime,
    *,
    version: str,
    since: datetime | None = None,
    last_at: datetime | None = None,
) -> tuple[Review, ...]:
    """What is to be saved and done for the clocks of a contact; nothing if all is as it is kept.

    Args:
        rules: The service levels.
        lead: The contact.
        timeline: What happened to it.
        kept: Its clocks as they are kept, ended ones too.
        now: The instant.
        version: The version of the definitions.
        since: Clocks that would have started before are left out.
        last_at: When the engine last looked: what began before that was learnt late.
    """
    known = {each.id: each.state for each in kept}
    derived = clocks(rules, lead, timeline, now, known=known, since=since)
    levels = rules.by_name
    going = _open_to_change(kept, version)
    reviews = []
    for was, clock in _pairs(kept, going, derived, version):
        fired = was.steps_fired if was is not None else 0
        steps = due_steps(clock, levels[clock.sla], fired, now)
        fired += len(steps)
        words = _correction(was, clock) if was else _learnt_late(clock, last_at, now)
        reviews.append(Review(was, clock, words, steps, fired, next_at(clock, fired)))
    paired = {each.kept.id for each in reviews if each.kept is not None}
    reviews += [
        Review(was, None, _withdrawn(was, levels), (), was.steps_fired)
        for was in going
        if was.id not in paired and was.state is not State.CANCELLED
    ]
    return tuple(each for each in reviews if each.changes)


def _pairs(
    kept: Collection[Kept], going: Iterable[Kept], derived: Collection[Clock], version: str
) -> Iterator[tuple[Kept | None, Clock]]:
    """Each clock that follows from the facts with the kept one: of its id, or next of its level."""
    by_id = {each.id: each for each in kept}
    ids = {clock.id for clock in derived}
    moved: dict[str, list[Kept]] = {}
    for each in going:
        if each.id not in ids:
            moved.setdefault(each.sla, []).append(each)
    for clock in derived:
        was = by_id.get(clock.id)
        if was is None and moved.get(clock.sla):
            was = moved[clock.sla].pop(0)
        if was is None or not _is_settled(was, clock, version):
            yield was, clock


def _open_to_change(kept: Iterable[Kept], version: str) -> list[Kept]:
    """The clocks that go on, or ended under the present definitions, in order of their start."""
    found = [
        each
        for each in kept
        if each.stopped_at is None
        or (each.definitions_version == version and each.state is not State.WAIVED)
    ]
    return sorted(found, key=attrgetter("started_at"))


def _is_settled(was: Kept, clock: Clock, version: str) -> bool:
    """Whether it ended under other definitions, just so: then it stays as it was judged."""
    ended_so = was.stopped_at is not None and was.stopped_at == clock.stopped_at
    return ended_so and was.definitions_version != version


def _withdrawn(was: Kept, levels: Mapping[str, ServiceLevel]) -> str:
    defined = was.sla in levels
    why = "its start is no longer among the facts" if defined else "it is no longer defined"
    return f"was {was.state}; {why}: {State.CANCELLED}"


def _learnt_late(clock: Clock, last_at: datetime | None, now: datetime) -> str:
    late = now - clock.started_at
    if last_at is None or clock.started_at >= last_at or late < TOLD_FROM:
        return ""
    return f"its start of {moment(clock.started_at)} became known {spoken(late)} later"


def _correction(was: Kept, clock: Clock) -> str:
    """Why what was recorded is not so; '' where time merely went on."""
    if was.id != clock.id:
        at = moment(clock.started_at)
        return f"was counted from {moment(was.started_at)}; its start was at {at}: {clock.state}"
    if was.state in _UNJUDGED or (was.stopped_at, was.state) == (clock.stopped_at, clock.state):
        return ""
    if was.stopped_at is None and was.state is clock.state:
        return ""
    return f"was {was.state}; {_reason(was, clock)}: {clock.state}"


def _reason(was: Kept, clock: Clock) -> str:
    if was.stopped_at == clock.stopped_at:
        return f"due at {moment(clock.due_at)}, not at {moment(was.due_at)}"
    if clock.stopped_at is None:
        return f"what ended it at {moment(was.stopped_at or was.due_at)} is no longer so"
    return f"{clock.ended_by} of {moment(clock.stopped_at)} became known late"
