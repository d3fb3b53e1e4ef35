"""The single steps a contact can take: each says whether it is due now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.leads.lifecycle import verdict
from revops.leads.lifecycle.judging import (
    entry_holds,
    is_entry_met,
    is_exit_met,
    may_enter,
    must_leave,
)
from revops.leads.lifecycle.standing import Move

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from revops.definitions.actions import Actions
    from revops.leads.lifecycle.case import Case
    from revops.leads.lifecycle.standing import Outcome


def actions_of(case: Case, to_stage: str, *, recycles: bool) -> Actions:
    """What is done on the way from the present stage to another one."""
    lifecycle = case.lifecycle
    leaving = case.stage.on_exit if case.stage else ()
    rank = lifecycle.ranks.get(to_stage)
    entering = () if rank is None else lifecycle.stages[rank].on_enter
    is_nurture = to_stage == lifecycle.nurture.stage and (recycles or rank is None)
    nurture = lifecycle.nurture.on_enter if is_nurture else ()
    archive = lifecycle.archive.on_enter if to_stage == lifecycle.archive.stage else ()
    return (*leaving, *entering, *nurture, *archive)


def move_to(
    case: Case,
    to_stage: str,
    because: str,
    outcome: Outcome,
    *,
    at: datetime | None = None,
    recycles: bool = False,
) -> Move:
    """A move from the present stage, with the actions on the way."""
    moment = at or case.now
    return Move(
        case.where,
        to_stage,
        moment,
        because,
        outcome if case.where is not None else None,
        actions_of(case, to_stage, recycles=recycles),
        is_recycled=_is_recycled(case, to_stage, moment),
        recycles=recycles,
    )


def _is_recycled(case: Case, to_stage: str, at: datetime) -> bool:
    """Whether who enters the stage had been sent back before, and is with sales again."""
    recycled_at, rank = case.recycled_at, case.lifecycle.ranks.get(to_stage, -1)
    return recycled_at is not None and recycled_at <= at and rank >= case.lifecycle.floor


def recycles_by(case: Case, to_stage: str) -> bool:
    """Whether who is sent to this stage starts anew."""
    rank = case.lifecycle.ranks.get(to_stage)
    is_end = rank is not None and case.lifecycle.stages[rank].recycles
    return is_end or to_stage == case.lifecycle.nurture.stage


def was_set(case: Case) -> bool:
    """Whether somebody changed the record's stage since the open spell began."""
    spell, at = case.spell, case.standing.recorded_at
    return spell is not None and at is not None and spell.entered_at < at <= case.now


def follow_record(case: Case) -> Move | None:
    """Follow the record: where it was first, and wherever somebody has put it since."""
    standing, now = case.standing, case.now
    place = case.lifecycle.place(standing.recorded)
    if place is None or place == case.where:
        return None
    at = min(standing.recorded_at or now, now)
    if case.spell is None:
        at = max([at, *(each.left_at for each in standing.spells[-1:] if each.left_at)])
        is_recycled = _is_recycled(case, place, at)
        return Move(None, place, at, "as the record says", is_recycled=is_recycled)
    if not was_set(case):
        return None
    is_back = place not in case.lifecycle.ranks or case.rank >= case.lifecycle.floor
    recycles = recycles_by(case, place) and is_back and case.override is None
    outcome: Outcome = "recycled" if recycles else "moved"
    return move_to(case, place, f"the record was set to {place}", outcome, at=at, recycles=recycles)


def obey_override(case: Case) -> Move | None:
    """Go where a person decided."""
    override = case.override
    if override is None or override.stage == case.where:
        return None
    until = f" until {verdict.of_time(override.expires_at)}" if override.expires_at else ""
    because = f"override by {override.made_by}{until}: {override.reason}"
    return move_to(case, override.stage, because, "moved")


def release(case: Case) -> Move | None:
    """Go back where an expired override took it from, unless it belongs where it is."""
    override, spell = case.standing.override, case.spell
    if override is None or spell is None or len(case.standing.spells) == 1:
        return None
    ended = override.expires_at
    was_put = spell.stage == override.stage and override.made_at <= spell.entered_at
    if ended is None or ended > case.now or not was_put or spell.entered_at >= ended:
        return None
    rank, before = case.lifecycle.ranks.get(spell.stage), case.standing.spells[-2].stage
    if before not in case.lifecycle.places or (rank is not None and entry_holds(case, rank).holds):
        return None
    return move_to(case, before, f"the override by {override.made_by} has expired", "moved")


def advance(case: Case) -> Move | None:
    """Go on to the latest stage whose entry condition holds."""
    for rank in case.lifecycle.by_rule:
        if rank <= case.rank:
            break
        if not is_entry_met(case, rank):
            continue
        entry = may_enter(case, rank)
        if entry.holds:
            recycles = case.lifecycle.stages[rank].recycles
            return move_to(case, entry.subject, entry.why, "advanced", recycles=recycles)
    return None


def come_back(case: Case) -> Move | None:
    """Come back from recycling when its time is over."""
    back_to, due = case.lifecycle.nurture.back_to, case.returns_at
    was_sent = case.rejected is not None and case.rejected in case.standing.spells[-2:-1]
    if not was_sent or not case.is_nurtured or due is None or due > case.now:
        return None
    if back_to not in case.lifecycle.ranks or back_to == case.where:
        return None
    return move_to(case, back_to, f"its time came on {verdict.of_time(due)}", "advanced")


def archive(case: Case) -> Move | None:
    """Leave recycling for the archive after a long silence."""
    due, length = case.archive_at, case.lifecycle.nurture.archive_after
    if due is None or length is None or due > case.now:
        return None
    because = f"no activity for {verdict.of_length(length)}"
    return move_to(case, case.lifecycle.archive.stage, because, "archived")


def leave(case: Case) -> Move | None:
    """Leave a stage whose exit condition holds."""
    if case.stage is None:
        return None
    rank = case.lifecycle.ranks[case.stage.name]
    to_stage = next(_ways_back(case), None) if is_exit_met(case, rank) else None
    if to_stage is None:
        return None
    leaves = must_leave(case, rank)
    recycles = recycles_by(case, to_stage)
    is_archive = to_stage == case.lifecycle.archive.stage
    outcome: Outcome = "archived" if is_archive else "recycled" if recycles else "moved"
    return move_to(case, to_stage, leaves.why, outcome, recycles=recycles)


def _ways_back(case: Case) -> Iterator[str]:
    """Where an exit leads: as the stage says, else where it came from, else one stage back."""
    ranks, stage = case.lifecycle.ranks, case.stage
    here = ranks[stage.name] if stage else 0
    came_from = [spell.stage for spell in case.standing.spells[-2:-1]]
    beside = {case.lifecycle.nurture.stage, case.lifecycle.archive.stage} - ranks.keys()
    if stage and stage.exit.to in beside:
        yield stage.exit.to
    for name in (stage.exit.to if stage else None, *came_from):
        if name in ranks and ranks[name] < here:
            yield name
    if here > 0:
        yield case.lifecycle.stages[here - 1].name
