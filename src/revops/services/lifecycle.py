"""What people decide about a contact's stage, and where it stands and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.engine.state import states
from revops.engine.timelines import timeline
from revops.kit.errors import RevopsError
from revops.leads.lifecycle import accept, make_override, move, prospects, reject
from revops.leads.slas.effort import shortfall
from revops.leads.slas.rules import Rules
from revops.services.settling import account_words, look_at, settle
from revops.store.engine_tables import OVERRIDES, SPELLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from revops.engine.state import ContactState
    from revops.leads.lifecycle import Move, Override, Standing, Verdict
    from revops.services.contact import Person
    from revops.services.settling import Look, Settled
    from revops.services.workspace import Workspace


@dataclass(frozen=True)
class Stay:
    """One stay in a stage, with why it began and ended."""

    stage: str
    entered_at: datetime
    entered_because: str | None
    left_at: datetime | None
    left_because: str | None
    outcome: str | None
    rejection_code: str | None
    is_recycled: bool
    owner: str | None


@dataclass(frozen=True)
class Way:
    """Where a contact stands on its way.

    Attributes:
        person: Who it is.
        stays: Its stays in stages, oldest first.
        override: What a person decided against the rules, if that still binds.
        due: The moves that the next run will make.
        prospects: For each stage further on, whether a rule takes it there, and why or why not.
        account: Whose it is, in words, or why that is not known.
    """

    person: Person
    stays: tuple[Stay, ...]
    override: Override | None
    due: tuple[Move, ...]
    prospects: tuple[Verdict, ...]
    account: str


def accept_contact(
    workspace: Workspace, contact: str, *, by: str, now: datetime | None = None
) -> Settled:
    """Sales takes a contact over; see `leads.lifecycle.accept`.

    Raises:
        RevopsError: There is no such contact, or something stands against it.
    """
    look = look_at(workspace, contact, now)

    def decide(_: sa.Connection, _state: ContactState, at: Standing) -> Iterator[Move]:
        lifecycle, lead = look.world.definitions.lifecycle, look.known.lead
        for step in move(lifecycle, lead, at, look.now):
            yield step
            at = at.after(step)
        yield accept(lifecycle, lead, at, look.now, by)

    return settle(look, decide, by)


def reject_contact(
    workspace: Workspace,
    contact: str,
    code: str,
    *,
    by: str,
    returns_at: datetime | None = None,
    now: datetime | None = None,
) -> Settled:
    """Sales sends a contact back; see `leads.lifecycle.reject`.

    Raises:
        RevopsError: There is no such contact or code, nobody rejects where it stands, or it cannot
            come back then.
    """
    look = look_at(workspace, contact, now)
    missing: list[str] = []

    def decide(_: sa.Connection, state: ContactState, at: Standing) -> Iterator[Move]:
        lifecycle, lead = look.world.definitions.lifecycle, look.known.lead
        for step in move(lifecycle, lead, at, look.now):
            yield step
            at = at.after(step)
        rejection = reject(lifecycle, lead, at, code, look.now, by, returns_at=returns_at)
        missing.extend(_missing_effort(look, state, at, code))
        yield rejection

    settled = settle(look, decide, by)
    return replace(settled, notes=(*settled.notes, *missing))


def override_contact(
    workspace: Workspace,
    contact: str,
    stage: str,
    because: str,
    *,
    by: str,
    until: datetime | None = None,
    now: datetime | None = None,
) -> Settled:
    """Hold a contact in a stage against the rules; see `leads.lifecycle.make_override`.

    Raises:
        RevopsError: There is no such contact or stage, no reason, or the end is past.
    """
    look = look_at(workspace, contact, now)
    lifecycle = look.world.definitions.lifecycle
    made = make_override(lifecycle, stage, because, by, look.now, until)

    def decide(connection: sa.Connection, _state: ContactState, at: Standing) -> Sequence[Move]:
        row = {
            "contact_id": look.person.id, "field": "stage", "value": made.stage,
            "reason": made.reason, "made_by": made.made_by, "made_at": made.made_at,
            "expires_at": made.expires_at,
        }  # fmt: skip
        connection.execute(sa.insert(OVERRIDES), [row])
        return move(lifecycle, look.known.lead, at._replace(override=made), look.now)

    return settle(look, decide, by)


def lift_override(
    workspace: Workspace, contact: str, *, by: str, now: datetime | None = None
) -> Settled:
    """Let the rules decide again about a contact that a person holds in a stage.

    Raises:
        RevopsError: There is no such contact, or nobody holds it (`no-override`).
    """
    look = look_at(workspace, contact, now)

    def decide(connection: sa.Connection, _state: ContactState, at: Standing) -> Sequence[Move]:
        if at.override is None or not at.override.binds(look.now):
            raise RevopsError("no-override", f"nobody holds '{look.person.id}' in a stage")
        mine = (OVERRIDES.c.contact_id == look.person.id, OVERRIDES.c.field == "stage")
        last = sa.select(sa.func.max(OVERRIDES.c.seq)).where(*mine).scalar_subquery()
        lifted = replace(at.override, expires_at=look.now)
        connection.execute(
            sa.update(OVERRIDES).where(OVERRIDES.c.seq == last).values(expires_at=look.now)
        )
        lifecycle = look.world.definitions.lifecycle
        return move(lifecycle, look.known.lead, at._replace(override=lifted), look.now)

    return settle(look, decide, by)


def show_contact(workspace: Workspace, contact: str, *, now: datetime | None = None) -> Way:
    """Where a contact stands, how it came there, and what would move it on.

    Raises:
        RevopsError: There is no such contact.
    """
    look = look_at(workspace, contact, now)
    with workspace.store.read() as connection:
        state = states(connection, [look.person.id])[look.person.id]
        stays = _stays(connection, look.person.id)
    at = look.standing(state)
    lifecycle, lead = look.world.definitions.lifecycle, look.known.lead
    held = at.override if at.override is not None and at.override.binds(look.now) else None
    due = move(lifecycle, lead, at, look.now)
    further = prospects(lifecycle, lead, at, look.now)
    return Way(look.person, stays, held, due, further, account_words(look.known))


def _missing_effort(look: Look, state: ContactState, at: Standing, code: str) -> Iterator[str]:
    """What was to be tried before a rejection and was not, in words."""
    if at.open is None:
        return
    definitions = look.world.definitions
    rules = Rules(definitions.slas, definitions.people, definitions.calendars)
    happened = timeline(rules, look.known.lead, at, state.assignments, look.activities)
    short = shortfall(rules, happened, code, at.open.entered_at, look.now)
    if short is not None:
        yield f"rejected early: {short.words}"


def _stays(connection: sa.Connection, contact_id: str) -> tuple[Stay, ...]:
    names = Stay.__dataclass_fields__
    rows = sa.select(*(SPELLS.c[name] for name in names)).where(SPELLS.c.contact_id == contact_id)
    return tuple(Stay(*row) for row in connection.execute(rows.order_by(SPELLS.c.seq)))
