"""The roll-out of scoring: what is done, what is next, and the gates between its phases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.kit.errors import RevopsError
from revops.kit.issue import Level
from revops.leads.golive.rollout import PhaseState, Proof, rollout_state
from revops.services.align import alignment_of, known, row, signatures
from revops.services.check import check
from revops.services.pilot import list_pilots
from revops.services.score import now as this_second
from revops.store.sign_offs import add_sign_offs, withdraw_sign_offs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from revops.leads.golive.sign_off import SignOff
    from revops.services.workspace import Workspace

LEAST_PILOT_REPS = 3


def rollout_of(workspace: Workspace, *, now: datetime | None = None) -> tuple[PhaseState, ...]:
    """How far the roll-out is.

    Raises:
        RevopsError: The workspace has no plan (`no-rollout`).
    """
    plan = workspace.catalog.rollout
    if not plan.phases:
        raise RevopsError(
            "no-rollout",
            "there is no plan of a roll-out in this workspace",
            "write definitions/rollout.yaml, or take the one that `revops init` makes",
        )
    at = now or this_second()
    signed = signatures(workspace)
    return rollout_state(plan, signed, _proofs(workspace, signed, at), at)


def tick(
    workspace: Workspace,
    items: Sequence[str],
    *,
    by: str,
    note: str | None = None,
    now: datetime | None = None,
) -> None:
    """Note that items are done.

    Raises:
        RevopsError: There is no such item, or the engine itself sees whether it is (`proven`).
    """
    texts = _texts(workspace, items)
    at = now or this_second()
    rows = [row("item", key, texts[key], by, at, note=note) for key in items]
    with workspace.store.write() as connection:
        withdraw_sign_offs(connection, "item", items, None, at)
        add_sign_offs(connection, rows)


def untick(workspace: Workspace, items: Sequence[str], *, now: datetime | None = None) -> int:
    """Note that items are not done after all; how many were.

    Raises:
        RevopsError: There is no such item.
    """
    _texts(workspace, items)
    with workspace.store.write() as connection:
        return withdraw_sign_offs(connection, "item", items, None, now or this_second())


def pass_gate(
    workspace: Workspace,
    phase: str,
    *,
    by: str,
    override: str | None = None,
    now: datetime | None = None,
) -> PhaseState:
    """Pass the gate of a phase, once everything in it is done and the phases before are passed.

    Args:
        workspace: Whose.
        phase: Its name.
        by: Who.
        override: Why, where it is passed although not everything is done; that is kept.
        now: When; by default now.

    Raises:
        RevopsError: There is no such phase, or something is in the way (`gate-closed`).
    """
    at = now or this_second()
    states = rollout_of(workspace, now=at)
    known(phase, [each.phase.name for each in states], "phase", "rollout.yaml")
    state = next(each for each in states if each.phase.name == phase)
    in_the_way = [f"{each.id} {each.text}" for each in state.to_do]
    if not state.is_open:
        in_the_way.insert(0, "the gate of an earlier phase")
    if in_the_way and not override:
        raise RevopsError(
            "gate-closed",
            f"{state.phase.title} cannot be passed yet: {len(in_the_way)} open, "
            f"first {in_the_way[0]}",
            "revops rollout tells all; --override REASON passes it all the same, on record",
        )
    kind = "override" if in_the_way else "gate"
    with workspace.store.write() as connection:
        made = row(kind, phase, state.phase.gate, by, at, note=override)
        add_sign_offs(connection, [made])
    return state


def _texts(workspace: Workspace, items: Sequence[str]) -> dict[str, str]:
    plan = dict(pair for phase in workspace.catalog.rollout.phases for pair in phase.items())
    for key in items:
        known(key, plan, "item", "rollout.yaml")
        if plan[key].proof is not None:
            mend = f"it looks at the {plan[key].proof} each time; revops rollout tells what it saw"
            raise RevopsError("proven", f"{key} is seen by the engine itself", mend)
    return {key: item.text for key, item in plan.items()}


def _proofs(workspace: Workspace, signed: Sequence[SignOff], now: datetime) -> dict[str, Proof]:
    found = alignment_of(workspace, now=now)
    approved = len(found.approvals) - len(found.missing)
    confirmed = len(found.criteria) - len(found.assumed)
    doubts = sum(issue.level is not Level.NOTE for issue in check(workspace.folder))
    over = [
        each
        for each in list_pilots(workspace)
        if each.ends_at <= now and len(each.members) >= LEAST_PILOT_REPS
    ]
    validated = [each for each in signed if each.kind == "validation" and each.stands_at(now)]
    return {
        "terms": Proof(not found.missing, f"{approved} of {len(found.approvals)} approvals given"),
        "criteria": Proof(
            not found.assumed, f"{confirmed} of {len(found.criteria)} criteria CONFIRMED"
        ),
        "definitions": Proof(not doubts, f"{doubts} errors or warnings" if doubts else "sound"),
        "pilot": Proof(
            bool(over), f"pilot {over[-1].name} is over" if over else "no pilot is over"
        ),
        "validation": Proof(
            bool(validated) and validated[-1].role == workspace.catalog.version,
            _of_validation(validated, workspace.catalog.version),
        ),
    }


def _of_validation(validated: Sequence[SignOff], version: str) -> str:
    if not validated:
        return "not validated yet"
    last = validated[-1]
    if last.role != version:
        return f"validated {last.made_at:%Y-%m-%d} with other definitions ({last.role})"
    return f"{last.content}, {last.made_at:%Y-%m-%d}"
