"""Which steps of an escalation are due: each once, in order, and told how late it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from revops.leads.slas.clocks import State
from revops.leads.slas.wording import TOLD_FROM, spoken

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from revops.definitions.slas import ServiceLevel, Step
    from revops.leads.slas.clocks import Clock


class DueStep(NamedTuple):
    """A step that is to be taken now.

    Attributes:
        clock_id: Of which clock.
        place: Its place in the escalation, from 0.
        step: What is to be done.
        due_at: When it should have been.
        late: By how much it is taken too late, such as after a stop of the engine.
    """

    clock_id: str
    place: int
    step: Step
    due_at: datetime
    late: timedelta

    @property
    def key(self) -> str:
        """The same for the same step of the same clock, however often it is asked for."""
        return f"{self.clock_id}|{self.place}"

    def __str__(self) -> str:
        """When it was due and who is told, in words."""
        who = f", {self.step.who}" if self.step.who else ""
        delay = f", {spoken(self.late)} late" if self.late >= TOLD_FROM else ""
        return f"step {self.place + 1}{who}{delay}"


def due_steps(clock: Clock, sla: ServiceLevel, fired: int, now: datetime) -> tuple[DueStep, ...]:
    """The steps to be taken now, in order.

    A clock that has ended has no steps any more, and asks not even for those that were missed.

    Args:
        clock: The clock as it stands now.
        sla: Its service level.
        fired: How many of its steps were taken before.
        now: The instant.
    """
    due: list[DueStep] = []
    for place, at in enumerate(clock.step_ats[fired:], fired):
        if at is None or at > now:
            break
        due.append(DueStep(clock.id, place, sla.escalations[place], at, now - at))
    return tuple(due)


def next_at(clock: Clock, fired: int) -> datetime | None:
    """When the clock must be looked at again though nothing happens; None if never.

    That is the next step of its escalation or the breach, whichever is first.

    Args:
        clock: The clock.
        fired: How many of its steps were taken, those of now included.
    """
    if not clock.is_open:
        return None
    step = clock.step_ats[fired] if fired < len(clock.step_ats) else None
    breach = clock.due_at if clock.state is State.RUNNING else None
    if step is None or breach is None:
        return step or breach
    return min(step, breach)
