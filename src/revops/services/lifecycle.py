"""What people decide about a contact's stage, and where it stands and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from revops.engine.agenda import look_again
from revops.engine.doing import Doer, Told
from revops.engine.outcome import Outcome
from revops.engine.questions import Questions
from revops.engine.saving import Saver
from revops.engine.state import standing, states, turns
from revops.kit.errors import RevopsError
from revops.leads.lifecycle import accept, make_override, move, prospects, reject
from revops.leads.recipes import Happening
from revops.leads.routing import Router
from revops.leads.slas.effort import shortfall
from revops.leads.slas.rules import Rules
from revops.leads.slas.timeline import Activity, Timeline
from revops.services.contact import find_contact
from revops.services.run import world_of
from revops.services.score import now as this_second
from revops.store.engine_tables import OVERRIDES, SPELLS, WAKES
from revops.store.outbox import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from revops.engine.passes import World
    from revops.engine.questions import Known
    from revops.engine.state import ContactState
    from revops.leads.lifecycle import Move, Override, Standing, Verdict
    from revops.services.contact import Person
    from revops.services.workspace import Workspace


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
    """

    person: Person
    stays: tuple[Stay, ...]
    override: Override | None
    due: tuple[Move, ...]
    prospects: tuple[Verdict, ...]


@dataclass(frozen=True)
class _Look:
    """A contact as it is looked at."""

    world: World
    person: Person
    known: Known
    activities: Sequence[Mapping[str, Any]]
    now: datetime

    def standing(self, state: ContactState) -> Standing:
        """Where it stands, for the lifecycle."""
        moments = (row["occurred_at"] for row in self.activities if row["direction"] != "outbound")
        return standing(state, self.known.lead.fields, max(moments, default=None))


_Decide = "Callable[[sa.Connection, ContactState, Standing], Iterable[Move]]"


def accept_contact(
    workspace: Workspace, contact: str, *, by: str, now: datetime | None = None
) -> Settled:
    """Sales takes a contact over; see `leads.lifecycle.accept`.

    Raises:
        RevopsError: There is no such contact, or something stands against it.
    """
    look = _look(workspace, contact, now)

    def decide(_: sa.Connection, _state: ContactState, at: Standing) -> Iterator[Move]:
        lifecycle, lead = look.world.definitions.lifecycle, look.known.lead
        for step in move(lifecycle, lead, at, look.now):
            yield step
            at = at.after(step)
        yield accept(lifecycle, lead, at, look.now, by)

    return _settle(look, decide)


def reject_contact(
    workspace: Workspace, contact: str, code: str, *, by: str, now: datetime | None = None
) -> Settled:
    """Sales sends a contact back; see `leads.lifecycle.reject`.

    Raises:
        RevopsError: There is no such contact or code, or nobody rejects where it stands.
    """
    look = _look(workspace, contact, now)
    missing: list[str] = []

    def decide(_: sa.Connection, state: ContactState, at: Standing) -> Iterator[Move]:
        lifecycle, lead = look.world.definitions.lifecycle, look.known.lead
        for step in move(lifecycle, lead, at, look.now):
            yield step
            at = at.after(step)
        rejection = reject(lifecycle, lead, at, code, look.now, by)
        missing.extend(_missing_effort(look, state, at, code))
        yield rejection

    settled = _settle(look, decide)
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
    look = _look(workspace, contact, now)
    lifecycle = look.world.definitions.lifecycle
    made = make_override(lifecycle, stage, because, by, look.now, until)

    def decide(connection: sa.Connection, _state: ContactState, at: Standing) -> Sequence[Move]:
        row = {
            "contact_id": look.person.id, "field": "stage", "value": made.stage,
            "reason": made.reason, "made_by": made.made_by, "made_at": made.made_at,
            "expires_at": made.expires_at,
        }  # fmt: skip
        connection.execute(sa.insert(OVERRIDES), [row])
        return move(lifecycle, look.known.lead, replace(at, override=made), look.now)

    return _settle(look, decide)


def lift_override(workspace: Workspace, contact: str, *, now: datetime | None = None) -> Settled:
    """Let the rules decide again about a contact that a person holds in a stage.

    Raises:
        RevopsError: There is no such contact, or nobody holds it (`no-override`).
    """
    look = _look(workspace, contact, now)

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
        return move(lifecycle, look.known.lead, replace(at, override=lifted), look.now)

    return _settle(look, decide)


def show_contact(workspace: Workspace, contact: str, *, now: datetime | None = None) -> Way:
    """Where a contact stands, how it came there, and what would move it on.

    Raises:
        RevopsError: There is no such contact.
    """
    look = _look(workspace, contact, now)
    with workspace.store.read() as connection:
        state = states(connection, [look.person.id])[look.person.id]
        stays = _stays(connection, look.person.id)
    at = look.standing(state)
    lifecycle, lead = look.world.definitions.lifecycle, look.known.lead
    held = at.override if at.override is not None and at.override.binds(look.now) else None
    due = move(lifecycle, lead, at, look.now)
    return Way(look.person, stays, held, due, prospects(lifecycle, lead, at, look.now))


def _look(workspace: Workspace, contact: str, now: datetime | None) -> _Look:
    at = now or this_second()
    world = world_of(workspace)
    with workspace.store.read() as connection:
        person = find_contact(connection, contact)
    questions = Questions(world.definitions, world.vocabulary)
    leads, activities = questions.at(at, world.facts(), world.past).read([person.id])
    return _Look(world, person, leads[person.id], activities.get(person.id, ()), at)


def _settle(look: _Look, decide: _Decide) -> Settled:  # type: ignore[valid-type]
    """Make the moves that are decided, do what belongs to them, and let the next run go on."""
    world, contact_id, now = look.world, look.person.id, look.now
    definitions = world.definitions
    with world.store.write() as connection:
        look_again(connection, [contact_id], now)
        connection.execute(_held(contact_id))
        state = states(connection, [contact_id])[contact_id]
        zone = ZoneInfo(definitions.settings.time_zone)
        given, absences = turns(connection, definitions, zone, now)
        router = Router(
            definitions.routing, definitions.people, definitions.calendars, zone, given, absences
        )
        outcome = Outcome(look.known.lead)
        doer = Doer(definitions, router, zone, now)
        for step in decide(connection, state, look.standing(state)):
            _enter(look, outcome, doer, step, is_first=not state.spells)
        Saver(connection, world.version, now).save([outcome], {contact_id: state}, router.credits())
    return Settled(
        look.person,
        tuple(outcome.moves),
        outcome.owner,
        tuple(f"{each.owner or 'anybody'}: {each.subject}" for each in outcome.tasks),
        tuple(f"{each.channel} to {each.destination}" for each in outcome.messages),
        tuple(outcome.notes),
    )


def _held(contact_id: str) -> sa.Select[Any]:
    """Every reason to look at the contact, so that no worker decides about it meanwhile."""
    return sa.select(WAKES.c.why).where(WAKES.c.contact_id == contact_id).with_for_update()


def _enter(look: _Look, outcome: Outcome, doer: Doer, step: Move, *, is_first: bool) -> None:
    """Take a move and do its actions; what it sets off is looked at in the next run."""
    lead = look.known.lead
    outcome.moves.append(step)
    for name, value in step.fields.items():
        outcome.fields[name] = (value, step.because)
    was_there = step.to_stage == lead.fields.get("lifecycle_stage")
    if is_first and step.from_stage is None and was_there:
        return  # it was there before the engine looked: nothing is entered now
    outcome.happened += _happenings(look, step)
    key = key_of("stage", lead.contact_id, step.to_stage, step.at.isoformat())
    for place, action in enumerate(step.actions):
        doer.do(outcome, action, Told(f"{key}-{place}", step.because, {}))


def _happenings(look: _Look, step: Move) -> Iterator[Happening]:
    contact_id, now = look.person.id, look.now
    yield Happening("entered", contact_id, now, {"stage": {"name": step.to_stage}})
    if step.from_stage is not None:
        yield Happening("left", contact_id, now, {"stage": {"name": step.from_stage}})
    stages = look.world.definitions.lifecycle.stages
    if any(each.name == step.to_stage and each.qualifies for each in stages):
        yield Happening("qualified", contact_id, now)


def _missing_effort(look: _Look, state: ContactState, at: Standing, code: str) -> Iterator[str]:
    """What was to be tried before a rejection and was not, in words."""
    if at.open is None:
        return
    definitions = look.world.definitions
    rules = Rules(definitions.slas, definitions.people, definitions.calendars)
    activities = tuple(
        Activity(row["occurred_at"], row["type"], row["direction"] or "inbound", row["holds"])
        for row in look.activities
    )
    timeline = Timeline(look.person.id, at.spells, tuple(state.assignments), activities)
    short = shortfall(rules, timeline, code, at.open.entered_at, look.now)
    if short is not None:
        yield f"rejected early: {short.words}"


def _stays(connection: sa.Connection, contact_id: str) -> tuple[Stay, ...]:
    names = Stay.__dataclass_fields__
    rows = sa.select(*(SPELLS.c[name] for name in names)).where(SPELLS.c.contact_id == contact_id)
    return tuple(Stay(*row) for row in connection.execute(rows.order_by(SPELLS.c.seq)))
