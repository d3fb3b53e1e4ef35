"""Whether criteria hold for a contact, and whether it may enter or must leave a stage."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from revops.definitions.lifecycle import OF_DEAL, QUALIFIED
from revops.leads.lifecycle import verdict
from revops.leads.lifecycle.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.lifecycle import Criteria, Gate, Stage
    from revops.leads.lead import Lead
    from revops.leads.lifecycle.case import Case
    from revops.leads.lifecycle.standing import Deal

_Part = tuple[bool, Callable[[], str]]
"""Whether it holds, and what says why or why not: words take longer than the answer."""


def may_enter(case: Case, rank: int) -> Verdict:
    """Whether a rule takes the contact to the stage of this rank, and why or why not."""
    stage = case.lifecycle.stages[rank]
    if shut := _is_shut(case, stage):
        return Verdict(stage.name, holds=False, why=shut)
    entry = entry_holds(case, rank)
    if not entry.holds:
        return entry
    if ended := _ended(case):
        return Verdict(stage.name, holds=False, why=f"{ended.subject} is the end: {ended.why}")
    if is_exit_met(case, rank):
        leaves = must_leave(case, rank)
        return Verdict(stage.name, holds=False, why=f"it would leave at once: {leaves.why}")
    against = [*missing_fields(case, rank), *(case.hindrances() if stage.qualifies else ())]
    return Verdict(stage.name, holds=False, why="; ".join(against)) if against else entry


def _is_shut(case: Case, stage: Stage) -> str:
    """Why no rule takes the contact there, whatever holds; empty if one may."""
    if stage.name == case.where:
        return "it is there"
    if not stage.is_by_rule:
        return "a person decides"
    if stage.only_from and case.where not in stage.only_from:
        return f"entered only from {', '.join(stage.only_from)}"
    return ""


def is_entry_met(case: Case, rank: int) -> bool:
    """Whether `entry_holds`, without the words."""
    return _is_met(case, case.lifecycle.entries[rank])


def is_exit_met(case: Case, rank: int) -> bool:
    """Whether it `must_leave`, without the words."""
    return _is_met(case, case.lifecycle.exits[rank])


def entry_holds(case: Case, rank: int) -> Verdict:
    """Whether the entry condition of the stage of this rank holds."""
    return _judge(case, case.lifecycle.entries[rank])


def must_leave(case: Case, rank: int) -> Verdict:
    """Whether the exit condition of the stage of this rank holds."""
    return _judge(case, case.lifecycle.exits[rank])


def missing_fields(case: Case, rank: int) -> Iterator[str]:
    """What must be filled to enter the stage of this rank, and is not, in words."""
    stage = case.lifecycle.stages[rank]
    if not stage.required_fields:
        return
    deals = _deals(case, case.lifecycle.entries[rank])
    for i, name in enumerate(stage.required_fields):
        if name.startswith(OF_DEAL):
            is_filled = any(name.removeprefix(OF_DEAL) in deal.filled for deal in deals)
        else:
            is_filled = case.holds(f"stages[{rank}].required_fields[{i}]")
        if not is_filled:
            yield f"{name} is not known"


def _ended(case: Case) -> Verdict | None:
    """Why it stays at an end: the condition still holds. A lost deal is past once recorded."""
    stage = case.stage
    if stage is None or not stage.recycles or stage.entry.deal is not None:
        return None
    entry = entry_holds(case, case.lifecycle.ranks[stage.name])
    return entry if entry.holds else None


def _judge(case: Case, gate: Gate) -> Verdict:
    """All parts must hold; of no part, nothing is decided and it does not hold."""
    parts = list(_parts(case, gate))
    against = [words() for holds, words in parts if not holds]
    if against or not parts:
        return Verdict(gate.stage, holds=False, why="; ".join(against) or "no rule says when")
    return Verdict(gate.stage, holds=True, why=" and ".join(words() for _holds, words in parts))


def _is_met(case: Case, gate: Gate) -> bool:
    """What `_judge` says, asked first because hardly anything ever moves."""
    if not gate.is_decidable or (gate.when and not case.holds(gate.when)):
        return False
    if gate.thresholds and not any(_is_reached(case.lead, each) for each in gate.thresholds):
        return False
    return not gate.criteria.deal or bool(_deals(case, gate))


def _parts(case: Case, gate: Gate) -> Iterator[_Part]:
    criteria = gate.criteria
    if gate.thresholds:
        yield _reaches(case, gate.thresholds)
    if criteria.when:
        holds = case.holds(gate.when)
        yield holds, partial(_condition, criteria.when, case, holds=holds)
    if criteria.deal:
        yield _is_on_deal(criteria, _deals(case, gate))


def _condition(text: str, case: Case, *, holds: bool) -> str:
    words = verdict.of_condition(text, case.lead)
    return words if holds else f"not: {words}"


def _reaches(case: Case, thresholds: tuple[str, ...]) -> _Part:
    lead = case.lead
    for name in thresholds:
        if _is_reached(lead, name):
            words = "qualified by score" if name == QUALIFIED else f"reaches {name}"
            return True, partial(_with_scores, words, lead)
    return False, partial(_with_scores, f"not {' or '.join(thresholds)}", lead)


def _is_reached(lead: Lead, name: str) -> bool:
    return lead.qualified if name == QUALIFIED else name in lead.reached


def _with_scores(words: str, lead: Lead) -> str:
    return f"{words}{verdict.of_scores(lead)}"


def _deals(case: Case, gate: Gate) -> tuple[Deal, ...]:
    """The deals that the criteria speak of; a loss counts only if nothing goes on or was won."""
    every = case.deals(gate.stage)
    if not every:
        return ()
    criteria = gate.criteria
    if criteria.deal == "lost" and any(deal.state != "lost" for deal in every):
        return ()
    return tuple(
        deal
        for deal in every
        if criteria.deal in {None, deal.state}
        and (not criteria.deal_stages or deal.stage in criteria.deal_stages)
    )


def _is_on_deal(criteria: Criteria, deals: tuple[Deal, ...]) -> _Part:
    wanted = f" in {' or '.join(criteria.deal_stages)}" if criteria.deal_stages else ""
    if not deals:
        return False, lambda: f"on no deal that is {criteria.deal}{wanted}"
    newest = max(deals, key=lambda deal: (deal.since, deal.id))
    since = verdict.of_time(newest.since)
    return True, lambda: f"deal {newest.id} is {criteria.deal}{wanted} since {since}"
