"""A contact before a person who decides about it, and what follows once that is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from revops.engine.agenda import look_again
from revops.engine.doing import Doer
from revops.engine.moving import enter, is_history, join_account, take
from revops.engine.outcome import Outcome
from revops.engine.questions import Questions
from revops.engine.saving import Saver
from revops.engine.state import ContactState, standing, states, turns
from revops.kit.errors import RevopsError
from revops.leads.lifecycle import Move, Standing
from revops.leads.routing import Router
from revops.services.contact import find_contact
from revops.services.run import world_of
from revops.services.score import now as this_second
from revops.store.engine_tables import WAKES
from revops.store.tables import CHANGES

if TYPE_CHECKING:
    from datetime import datetime

    from revops.engine.activities import Activities
    from revops.engine.questions import Known
    from revops.engine.world import World
    from revops.services.contact import Person
    from revops.services.workspace import Workspace

Decide = Callable[[sa.Connection, ContactState, Standing], Iterable[Move]]
"""What a person decides, in the transaction that saves it: the moves to be made, in order."""


@dataclass(frozen=True)
class Settled:
    """What became of a contact once a person had decided.

    Attributes:
        person: Who it is, as it was before.
        moves: Its moves, in order; those that were due before the decision come first.
        owner: Who owns it now.
        tasks: What people are to do, in words.
        messages: Who is told, in words.
        notes: What was not done, or ought to have been done before, and why.
    """

    person: Person
    moves: tuple[Move, ...]
    owner: str | None
    tasks: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """A contact as it is looked at.

    Attributes:
        world: The definitions, and where decisions are saved.
        person: Who it is.
        known: The contact as a lead.
        activities: What it did and what was done towards it.
        last_change: The `seq` of the last change that is known.
        now: When.
    """

    world: World
    person: Person
    known: Known
    activities: Activities
    last_change: int
    now: datetime

    def standing(self, state: ContactState) -> Standing:
        """Where it stands, for the lifecycle."""
        return standing(state, self.known.lead.fields, self.activities.last_own)


def look_at(workspace: Workspace, contact: str, now: datetime | None) -> Look:
    """A contact as it is now.

    Args:
        workspace: Whose.
        contact: Its id or e-mail address.
        now: When; by default now.

    Raises:
        RevopsError: There is no such contact.
    """
    at = now or this_second()
    world = world_of(workspace)
    with workspace.store.read() as connection:
        person = find_contact(connection, contact)
    questions = Questions(world.definitions, world.vocabulary)
    found = questions.at(at, world.facts(), world.past).read([person.id])
    activities = found.activities.of(person.id)
    return Look(world, person, found.leads[person.id], activities, found.last_change, at)


def settle(look: Look, decide: Decide, by: str) -> Settled:
    """Make the moves that are decided, do what belongs to them, and let the next run go on.

    Args:
        look: The contact as it was looked at.
        decide: What the person decides.
        by: Who that is; changes of the contact tell.

    Raises:
        RevopsError: What `decide` raises, or `changed-meanwhile`; nothing is saved then.
    """
    world, contact_id, now = look.world, look.person.id, look.now
    definitions = world.definitions
    with world.store.write() as connection:
        look_again(connection, [contact_id], now)
        _hold(connection, look)
        state = states(connection, [contact_id])[contact_id]
        zone = ZoneInfo(definitions.settings.time_zone)
        given, absences = turns(connection, definitions, zone, now)
        router = Router(
            definitions.routing, definitions.people, definitions.calendars, zone, given, absences
        )
        known = look.known
        outcome = Outcome(known.as_written, state, look.activities, match=known.match, by=by)
        join_account(outcome, now)
        doer = Doer(definitions, router, zone, now)
        for step in decide(connection, state, look.standing(state)):
            if is_history(outcome, step):
                take(outcome, step)
            else:
                enter(outcome, step, doer, now)
        Saver(connection, world.version, now).save([outcome], {contact_id: state}, router.credits())
    return Settled(
        look.person,
        tuple(outcome.moves),
        outcome.owner,
        tuple(f"{each.owner or 'anybody'}: {each.subject}" for each in outcome.tasks),
        tuple(f"{each.channel} to {each.destination}" for each in outcome.messages),
        tuple(outcome.notes),
    )


def account_words(known: Known) -> str:
    """Whose account a contact is at, or will be at the next run, and why; or why at none."""
    found, account_id = known.match, known.lead.fields.get("account_id")
    if found is not None and found.account_id is not None:
        return f"{account_id} from the next run on: {found.why}"
    if found is not None:
        return f"none: {found.why}"
    name = known.lead.fields.get("account.name")
    return " ".join(part for part in (account_id, name) if part) or "none: it was taken away"


def _hold(connection: sa.Connection, look: Look) -> None:
    """See that no worker decides about the contact meanwhile, and that none has.

    Raises:
        RevopsError: It was changed since it was looked at (`changed-meanwhile`).
    """
    mine = sa.select(WAKES.c.why).where(WAKES.c.contact_id == look.person.id)
    connection.execute(mine.with_for_update())
    newer = sa.select(CHANGES.c.seq).where(
        CHANGES.c.object == "contacts",
        CHANGES.c.record_id == look.person.id,
        CHANGES.c.seq > look.last_change,
    )
    if connection.execute(newer.limit(1)).first() is not None:
        message = f"'{look.person.id}' was changed at this moment"
        raise RevopsError("changed-meanwhile", message, "try once more")
