"""How far the roll-out is: items, steps, phases, and whether a gate may be passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from revops.definitions.rollout import Item, Phase, Rollout
    from revops.leads.golive.sign_off import SignOff


@dataclass(frozen=True)
class Proof:
    """What the engine itself sees of an item.

    Attributes:
        holds: Whether it is so.
        evidence: What was seen, in words.
    """

    holds: bool
    evidence: str


@dataclass(frozen=True)
class ItemState:
    """One item of the plan.

    Attributes:
        id: Such as `1a.homework`.
        step: The title of its step.
        text: What is to be done.
        is_done: Whether it is.
        proof: What the engine itself looks at, so that nobody ticks it off.
        by: Who did it.
        at: When.
        note: What was written to it, or what the engine saw.
    """

    id: str
    step: str
    text: str
    is_done: bool
    proof: str | None
    by: str | None
    at: datetime | None
    note: str | None


@dataclass(frozen=True)
class PhaseState:
    """One phase of the plan.

    Attributes:
        phase: As it is defined.
        items: Its items in their order.
        passed: The signature by which its gate was passed.
        overridden: The one by which it was passed before everything was done.
        is_open: Whether the phases before it have been passed.
    """

    phase: Phase
    items: tuple[ItemState, ...]
    passed: SignOff | None
    overridden: SignOff | None
    is_open: bool

    @property
    def to_do(self) -> tuple[ItemState, ...]:
        """What is not done yet."""
        return tuple(each for each in self.items if not each.is_done)


def rollout_state(
    rollout: Rollout, signed: Sequence[SignOff], proofs: Mapping[str, Proof], now: datetime
) -> tuple[PhaseState, ...]:
    """How far each phase is.

    Args:
        rollout: The plan.
        signed: All signatures, oldest first.
        proofs: What the engine sees, by the name of the proof.
        now: The instant.
    """
    last = {(each.kind, each.subject): each for each in signed if each.stands_at(now)}
    found: list[PhaseState] = []
    is_open = True
    for phase in rollout.phases:
        items = tuple(
            _item(
                key, phase.steps[key.partition(".")[0]].title, item, last.get(("item", key)), proofs
            )
            for key, item in phase.items()
        )
        gate, override = last.get(("gate", phase.name)), last.get(("override", phase.name))
        found.append(PhaseState(phase, items, gate or override, override, is_open))
        is_open = is_open and (gate or override) is not None
    return tuple(found)


def _item(
    key: str, step: str, item: Item, done: SignOff | None, proofs: Mapping[str, Proof]
) -> ItemState:
    if item.proof is not None:
        proof = proofs.get(item.proof, Proof(holds=False, evidence="not seen yet"))
        return ItemState(key, step, item.text, proof.holds, item.proof, None, None, proof.evidence)
    by, at, note = (done.made_by, done.made_at, done.note) if done else (None, None, None)
    return ItemState(key, step, item.text, done is not None, None, by, at, note)
