"""Takes a contact into its account and through its stages, whoever decided on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from revops.engine.doing import Told
from revops.leads.recipes import Happening
from revops.store.outbox import key_of

if TYPE_CHECKING:
    from datetime import datetime

    from revops.definitions.triggers import Kind
    from revops.engine.doing import Doer
    from revops.engine.outcome import Outcome
    from revops.leads.lifecycle import Move

_QUALIFIED = ("score", "qualified")
"""Kind and name of the membership of those whom scoring makes MQLs."""


def join_account(outcome: Outcome, now: datetime, *, is_news: bool = True) -> None:
    """Write the account that was found for a contact; if that is news, recipes are told."""
    match = outcome.match
    if match is None or match.account_id is None:
        return
    outcome.fields["account_id"] = (match.account_id, match.why)
    if is_news:
        change = {"field": "account_id", "from": None, "to": match.account_id}
        _happens(outcome, "changed", {"change": change}, now)


def qualify(outcome: Outcome, now: datetime, chain: tuple[str, ...] = ()) -> None:
    """Note whether scoring makes it an MQL; if that is news, recipes are told.

    Args:
        outcome: Of the contact.
        now: When.
        chain: The recipes that led to it.
    """
    is_mql = outcome.lead.qualified
    if is_mql != outcome.is_in(*_QUALIFIED):
        outcome.memberships[_QUALIFIED] = is_mql
        if is_mql and not outcome.is_settled:
            _happens(outcome, "qualified", {}, now, chain)


def enter(
    outcome: Outcome,
    step: Move,
    doer: Doer,
    now: datetime,
    chain: tuple[str, ...] = (),
) -> None:
    """Take a move, do its actions, and let recipes know of it in the next round.

    Args:
        outcome: Of the contact.
        step: The move.
        doer: Does the actions.
        now: When.
        chain: The recipes that led to it.
    """
    take(outcome, step)
    _happens(outcome, "entered", {"stage": {"name": step.to_stage}}, now, chain)
    if step.from_stage is not None:
        _happens(outcome, "left", {"stage": {"name": step.from_stage}}, now, chain)
    key = key_of("stage", outcome.lead.contact_id, step.to_stage, step.at.isoformat())
    for place, action in enumerate(step.actions):
        named = {"stage": {"name": step.to_stage}}
        doer.do(outcome, action, Told(f"{key}-{place}", step.because, named))


def take(outcome: Outcome, step: Move, at: datetime | None = None) -> None:
    """Take a move and do nothing for it: it is history.

    Args:
        outcome: Of the contact.
        step: The move.
        at: It is dated so, unless it was earlier.
    """
    outcome.moves.append(replace(step, at=min(step.at, at)) if at else step)
    for name, value in step.fields.items():
        outcome.fields[name] = (value, step.because)


def is_history(outcome: Outcome, step: Move) -> bool:
    """Whether a move only takes down where the record had the contact when it was first seen."""
    was_there = outcome.lead.fields.get("lifecycle_stage") == step.to_stage
    is_first = not outcome.state.spells and not outcome.moves
    return is_first and step.from_stage is None and was_there


def _happens(
    outcome: Outcome,
    kind: Kind,
    details: dict[str, Any],
    now: datetime,
    chain: tuple[str, ...] = (),
) -> None:
    happening = Happening(kind, outcome.lead.contact_id, now, details, chain=chain)
    outcome.happened.append(happening)
