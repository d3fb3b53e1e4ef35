"""The moves that are due for a contact, and what would move it on.

The rule of the way: a contact goes to the latest stage whose entry condition holds, skipping what
lies between. It never goes back but by an exit condition, a rejection, recycling, the end of an
override, or because somebody changed the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.leads.lifecycle import steps
from revops.leads.lifecycle.case import Case
from revops.leads.lifecycle.judging import may_enter

if TYPE_CHECKING:
    from datetime import datetime

    from revops.definitions.lifecycle import Lifecycle
    from revops.leads.lead import Lead
    from revops.leads.lifecycle.standing import Move, Standing
    from revops.leads.lifecycle.verdict import Verdict

_BOUND = (steps.follow_record, steps.obey_override)
_AT_ONCE = (steps.follow_record,)
_FREE = (
    steps.follow_record,
    steps.release,
    steps.advance,
    steps.come_back,
    steps.archive,
    steps.leave,
)


def move(lifecycle: Lifecycle, lead: Lead, standing: Standing, now: datetime) -> tuple[Move, ...]:
    """The moves that are due, in order; asked again after them without news, there are none.

    After a move that recycles there is no further one, because the lead's scores are those of
    before; it is to be scored again and asked about again.
    """
    return follow(lifecycle, lead, standing, now)[0]


def follow(
    lifecycle: Lifecycle, lead: Lead, standing: Standing, now: datetime
) -> tuple[tuple[Move, ...], Standing]:
    """The moves that are due as of `move`, and where the contact stands after them."""
    case = Case(lifecycle, lead, standing, now)
    moves: list[Move] = []
    # An exit goes back, an entry goes on to a stage whose exit does not hold: so it ends.
    for _ in range(2 * len(lifecycle.places) + 2):
        step = None if is_left_alone(case) else _next(case)
        if step is None:
            break
        moves.append(step)
        case = case.after(step)
        if step.recycles:
            break
    return tuple(moves), case.standing


def prospects(
    lifecycle: Lifecycle, lead: Lead, standing: Standing, now: datetime
) -> tuple[Verdict, ...]:
    """For each stage further on, whether a rule takes the contact there, and why or why not."""
    case = Case(lifecycle, lead, standing, now)
    return tuple(may_enter(case, rank) for rank in range(case.rank + 1, len(lifecycle.stages)))


def is_left_alone(case: Case) -> bool:
    """Whether it is in a stage that the lifecycle does not know, or came there later than now."""
    standing, spell = case.standing, case.spell
    if spell is not None and spell.entered_at > case.now:
        return True
    if case.override is not None:
        return False
    believes_record = spell is None or (steps.was_set(case) and standing.recorded)
    stage = standing.recorded if believes_record else case.where
    return stage is not None and case.lifecycle.place(stage) is None


def _next(case: Case) -> Move | None:
    decisions = _BOUND if case.override else _AT_ONCE if case.is_just_recycled else _FREE
    for decide in decisions:
        if step := decide(case):
            return step
    return None
