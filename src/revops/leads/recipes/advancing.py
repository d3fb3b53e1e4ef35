"""What follows for a lead in a recipe: actions, and where it stands then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from revops.definitions.recipe_steps import BusinessWait, Moment, WorkingHours
from revops.kit.duration import format_duration
from revops.leads.recipes.moments import moment_of, opens, worked
from revops.leads.recipes.program import Do, Goto, Pause, Unless
from revops.leads.slas.wording import spoken

if TYPE_CHECKING:
    from revops.definitions.actions import Action
    from revops.definitions.recipe_steps import Case
    from revops.kit.calendar import BusinessCalendar
    from revops.leads.lead import Lead
    from revops.leads.recipes.happening import Enrolment
    from revops.leads.recipes.program import Program

LATE = timedelta(minutes=5)
"""A step that comes so much later than it was due says so."""
CHANGING = frozenset({"route", "assign", "set", "stage"})
"""Actions after which conditions on the lead must be asked anew."""


@dataclass(frozen=True, slots=True)
class Planned:
    """An action that is to be done.

    Attributes:
        key: The same for the same step of the same enrolment, whenever it is worked out.
        action: What is to be done.
        place: Where it stands: `automations.recipes[0].steps[1].do[0]`.
        due_at: When its task is due, if that is not said by the task itself.
        owner: Who `owner` is instead of the lead's: who owns the record that set the recipe off.
        chain: The recipes that led to it, to be handed on to what it sets off.
    """

    key: str
    action: Action
    place: str
    due_at: datetime | None
    owner: str | None
    chain: tuple[str, ...]


@dataclass(frozen=True)
class Advanced:
    """What follows now, where the lead stands then, and what to tell about it.

    Attributes:
        actions: What is to be done, in order.
        enrolment: Where the lead stands then.
        why: Why it ends or waits, and what could not be worked out.
        late: By how much all of it comes too late, in words, such as after a standstill; or ''.
    """

    actions: tuple[Planned, ...]
    enrolment: Enrolment
    why: tuple[str, ...] = ()
    late: str = ""


def advance(
    program: Program | None,
    enrolment: Enrolment,
    lead: Lead,
    now: datetime,
    *,
    hours: BusinessCalendar | None = None,
    tags: frozenset[str] = frozenset(),
) -> Advanced:
    """Go on with a recipe until it waits or ends.

    Args:
        program: The recipe; None if there is none of this name any more.
        enrolment: Where the lead stands.
        lead: The lead as it is now, with the conditions that hold.
        now: The instant.
        hours: When the lead's owner works, or the recipe's `calendar`; without it all time is
            working time.
        tags: The tags of the lead.

    Returns:
        The actions in order, to be done in order, and the enrolment as it is then. Where the
        lead waits, `resume_at` says until when; a branch after a change of the lead waits until
        `now`, so that its conditions are asked of the changed lead.
    """
    if enrolment.is_over or (enrolment.resume_at is not None and now < enrolment.resume_at):
        return Advanced((), enrolment)
    why = _why_not(program, enrolment, lead)
    if program is None or why:
        return Advanced((), _ended(enrolment, "stopped", why), (why,))
    return _Run(program, enrolment, lead, now, hours, tags).to_the_end()


def _why_not(program: Program | None, enrolment: Enrolment, lead: Lead) -> str:
    """Why the lead goes no further, or ''."""
    if program is None or not program.recipe.active:
        return "the recipe is not in use any more"
    if program.shape != enrolment.shape:
        return "the steps of the recipe were changed meanwhile"
    asked = {
        "stop_when": (program.recipe.stop_when, "stop_when holds"),
        "suppress_when": (program.recipe.suppress_when, "it is suppressed"),
    }
    for key, (text, why) in asked.items():
        if text is not None and f"{program.place}.{key}" in lead.holds:
            return why
    return ""


def _ended(enrolment: Enrolment, state: Any, note: str) -> Enrolment:
    return replace(enrolment, state=state, resume_at=None, note=note)


class _Run:
    """One run from where a lead stands to where it waits or ends."""

    def __init__(
        self,
        program: Program,
        enrolment: Enrolment,
        lead: Lead,
        now: datetime,
        hours: BusinessCalendar | None,
        tags: frozenset[str],
    ) -> None:
        self.program = program
        self.enrolment = enrolment
        self.lead = lead
        self.now = now
        self.hours = hours
        self.tags = tags
        self.actions: list[Planned] = []
        self.why: list[str] = []

    def to_the_end(self) -> Advanced:
        """Every jump leads forward, so that this ends."""
        at = self.enrolment.step
        while at < len(self.program.ops):
            match op := self.program.ops[at]:
                case Do():
                    self._do(op, at)
                    at += 1
                case Goto():
                    at = op.to
                case Unless():
                    if self._is_changed():
                        return self._waiting(at, self.now, "the lead was changed")
                    at = at + 1 if self._holds(op) else op.to
                case Pause():
                    until, note = self._until(op)
                    if until is None:
                        return self._result(_ended(self.enrolment, "stopped", note))
                    at += 1
                    if until > self.now:
                        return self._waiting(at, until, note)
        return self._result(_ended(replace(self.enrolment, step=at), "done", ""))

    def _do(self, op: Do, at: int) -> None:
        enrolment = self.enrolment
        cause = enrolment.cause
        due_at = self._due_at(op.due)
        owner = cause.detail(f"{cause.record_name}.owner") if cause.record else None
        for n, action in enumerate(op.actions):
            key = f"{enrolment.id}|{at}|{n}"
            place = f"{self.program.place}.{op.path}.do[{n}]"
            self.actions.append(Planned(key, action, place, due_at, owner, enrolment.chain))

    def _due_at(self, due: BusinessWait | Moment | None) -> datetime | None:
        if due is None:
            return None
        if isinstance(due, BusinessWait):
            return worked(self.hours, self.now, due)
        due_at = moment_of(due, self.enrolment.cause)
        if due_at is None:
            self.why.append(f"{due.until} is not known: the task is due at no time")
        return due_at

    def _is_changed(self) -> bool:
        return any(planned.action.kind in CHANGING for planned in self.actions)

    def _holds(self, op: Unless) -> bool:
        case: Case = op.case
        if case.tagged is not None:
            return case.tagged in self.tags
        place = f"{self.program.place}.{op.path}"
        if case.where is not None:
            return f"{place}.where" in self.enrolment.cause.holds
        return f"{place}.when" in self.lead.holds

    def _until(self, op: Pause) -> tuple[datetime | None, str]:
        """Until when it waits, None if that is not known, and why."""
        match op.wait:
            case timedelta() as length:
                return self.now + length, f"it waits {format_duration(length)}"
            case BusinessWait() as length:
                return worked(self.hours, self.now, length), "it waits for working time to pass"
            case WorkingHours():
                return opens(self.hours, self.now), "it waits for working hours"
            case Moment() as moment:
                until = moment_of(moment, self.enrolment.cause)
                unknown = f"{moment.until} is not known, so that it cannot wait for it"
                return until, unknown if until is None else f"it waits for {moment.until}"

    def _waiting(self, step: int, until: datetime, note: str) -> Advanced:
        waiting = replace(self.enrolment, step=step, state="waiting", resume_at=until, note=note)
        return self._result(waiting)

    def _result(self, enrolment: Enrolment) -> Advanced:
        notes = [enrolment.note] if enrolment.note else []
        late = _late(self.enrolment, self.now)
        return Advanced(tuple(self.actions), enrolment, (*self.why, *notes), late)


def late_by(delay: timedelta) -> str:
    """A delay in words; '' if it is not worth any."""
    return f"{spoken(delay)} late" if delay > LATE else ""


def _late(enrolment: Enrolment, now: datetime) -> str:
    """By how much a wait or a schedule ended before; of the latter also what it stands for."""
    cause = enrolment.cause
    is_schedule = cause.kind == "schedule" and enrolment.state == "running"
    due_at = cause.at if is_schedule else enrolment.resume_at or now
    missed = cause.detail("schedule.note") if is_schedule else None
    return "; ".join(part for part in (late_by(now - due_at), missed) if part)
