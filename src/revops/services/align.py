"""What the company agrees on before scoring goes live: approvals, criteria, and the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from revops.kit.errors import RevopsError
from revops.kit.issue import did_you_mean
from revops.leads.golive.alignment import GO_LIVE, Agreement, agreement
from revops.leads.golive.sign_off import SignOff
from revops.services.score import now as this_second
from revops.store.sign_offs import add_sign_offs, read_sign_offs, withdraw_sign_offs

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from revops.definitions.alignment import Alignment
    from revops.services.workspace import Workspace


def alignment_of(workspace: Workspace, *, now: datetime | None = None) -> Agreement:
    """How far the company agrees."""
    catalog = workspace.catalog
    return agreement(
        catalog.alignment, catalog.scoring, signatures(workspace), now or this_second()
    )


def approve(
    workspace: Workspace,
    terms: Sequence[str],
    *,
    stakeholder: str,
    by: str,
    note: str | None = None,
    now: datetime | None = None,
) -> list[str]:
    """Approve terms in their present wording for a stakeholder.

    Args:
        workspace: Whose terms.
        terms: Which; all that the stakeholder is asked for if none is given.
        stakeholder: For whom, by the short name in alignment.yaml.
        by: Who says so.
        note: What is to be remembered.
        now: When; by default now.

    Returns:
        The terms that were not approved before.

    Raises:
        RevopsError: A term or stakeholder is not known, or is not asked for the term.
    """
    alignment = workspace.catalog.alignment
    at = now or this_second()
    asked = _asked(alignment, terms, stakeholder)
    standing = alignment_of(workspace, now=at)
    approved = {
        each.term
        for each in standing.approvals
        if each.stakeholder == stakeholder and each.state == "approved"
    }
    new = [term for term in asked if term not in approved]
    rows = [
        row("approval", term, alignment.terms[term].definition, by, at, role=stakeholder, note=note)
        for term in new
    ]
    with workspace.store.write() as connection:
        add_sign_offs(connection, rows)
    return new


def withdraw(
    workspace: Workspace, terms: Sequence[str], *, stakeholder: str, now: datetime | None = None
) -> int:
    """Take a stakeholder's approvals of terms back; how many there were.

    Raises:
        RevopsError: A term or stakeholder is not known.
    """
    asked = _asked(workspace.catalog.alignment, terms, stakeholder)
    with workspace.store.write() as connection:
        return withdraw_sign_offs(connection, "approval", asked, stakeholder, now or this_second())


def override(
    workspace: Workspace,
    *,
    by: str,
    reason: str,
    until: datetime | None = None,
    now: datetime | None = None,
) -> None:
    """Let the engine act although not all is signed off; who and why is kept.

    Raises:
        RevopsError: No reason is given (`no-reason`), or it would be over already
            (`bad-override`).
    """
    at = now or this_second()
    if not reason.strip():
        raise RevopsError("no-reason", "an override needs a reason", "say why with --reason")
    if until is not None and until <= at:
        raise RevopsError("bad-override", "it would be over before it begins", "give a later time")
    with workspace.store.write() as connection:
        made = row("override", GO_LIVE, "all terms and criteria", by, at, until=until, note=reason)
        add_sign_offs(connection, [made])


def lift_override(workspace: Workspace, *, now: datetime | None = None) -> bool:
    """Take an override back; whether there was one."""
    with workspace.store.write() as connection:
        at = now or this_second()
        return withdraw_sign_offs(connection, "override", [GO_LIVE], None, at) > 0


def require_go_live(workspace: Workspace, now: datetime) -> None:
    """See that the engine may act.

    Raises:
        RevopsError: Scoring must be signed off first (`not-signed-off`).
    """
    if workspace.catalog.alignment.go_live == "open":
        return
    found = alignment_of(workspace, now=now)
    if found.may_go_live:
        return
    missing = [f"{each.term} by {each.stakeholder}" for each in found.missing]
    parts = [
        f"{len(missing)} approvals are missing ({_some(missing)})" if missing else "",
        f"{len(found.assumed)} criteria are ASSUMED ({_some([e.name for e in found.assumed])})"
        if found.assumed
        else "",
    ]
    raise RevopsError(
        "not-signed-off",
        f"scoring is not signed off: {'; '.join(part for part in parts if part)}",
        "revops align tells what is open; revops align override --reason TEXT goes live "
        "all the same; revops run --dry-run tells what would be done",
    )


def signatures(workspace: Workspace) -> list[SignOff]:
    """Every signature, the oldest first."""
    with workspace.store.read() as connection:
        return [SignOff(*tuple(each)) for each in read_sign_offs(connection)]


def row(
    kind: str,
    subject: str,
    content: str,
    by: str,
    at: datetime,
    *,
    role: str | None = None,
    until: datetime | None = None,
    note: str | None = None,
) -> dict[str, Any]:
    """A signature as a row of the store."""
    return {
        "kind": kind,
        "subject": subject,
        "role": role,
        "content": content,
        "made_by": by,
        "made_at": at,
        "until": until,
        "note": note,
    }


def _asked(alignment: Alignment, terms: Sequence[str], stakeholder: str) -> list[str]:
    """The terms that are meant, each of which the stakeholder is asked for."""
    known(stakeholder, alignment.stakeholders, "stakeholder", "alignment.yaml")
    for term in terms:
        known(term, alignment.terms, "term", "alignment.yaml")
        if stakeholder not in alignment.approvers(term):
            mend = f"these are: {', '.join(alignment.approvers(term))}"
            raise RevopsError("not-asked", f"{stakeholder} is not asked to approve '{term}'", mend)
    asked = [term for term in alignment.terms if stakeholder in alignment.approvers(term)]
    return [term for term in asked if not terms or term in terms]


def known(name: str, names: Collection[str], what: str, where: str) -> None:
    """See that a name is one of those defined.

    Raises:
        RevopsError: It is not (`unknown-term` and the like).
    """
    if name not in names:
        mend = did_you_mean(name, names) or f"{where} has: {', '.join(names) or 'none'}"
        raise RevopsError(f"unknown-{what}", f"there is no {what} '{name}'", mend)


def _some(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
