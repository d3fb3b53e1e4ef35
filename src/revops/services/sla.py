"""The promises that run, those that were broken, and how well each is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from revops.engine.questions import Questions
from revops.engine.state import standing, states
from revops.engine.timelines import timeline
from revops.kit.clock import parse_zone
from revops.leads.slas.clocks import Clock, State, clocks
from revops.leads.slas.compliance import compliance, open_clocks
from revops.leads.slas.rules import Rules
from revops.leads.slas.worktime import duration_of
from revops.services.contact import find_contact, owner_id
from revops.services.run import world_of
from revops.services.score import now as this_second
from revops.store.engine_tables import CLOCKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from revops.leads.slas.compliance import Period
    from revops.leads.slas.rules import Promise
    from revops.services.workspace import Workspace


@dataclass(frozen=True)
class RunningClock:
    """A clock on which somebody still has to act.

    Attributes:
        level: red once it is overdue, amber in the last quarter, grey while it stands still.
        sla: The service level.
        contact_id: To whom it is promised.
        owner: Who has to keep it.
        due_at: When it must be kept.
        left: Time left on it, in words.
        left_seconds: The same in seconds of its own time, negative once it is overdue; the same
            for as long as it stands still.
        why: While it stands still, why and since when, in words.
        started_at: When it started.
        state: running, paused or breached.
        steps_fired: How many steps of its escalation were taken.
        id: Its id.
    """

    level: str
    sla: str
    contact_id: str
    owner: str | None
    due_at: datetime
    left: str
    left_seconds: float
    why: str
    started_at: datetime
    state: str
    steps_fired: int
    id: str


@dataclass(frozen=True)
class Breach:
    """A promise that was not kept in time.

    Attributes:
        sla: The service level.
        contact_id: To whom it was promised.
        owner: Who had to keep it.
        due_at: When it was due.
        stopped_at: When it was kept after all; None if it was not.
        started_at: When its clock started.
        correction: What was learnt late about it, in words.
        id: Its id.
    """

    sla: str
    contact_id: str
    owner: str | None
    due_at: datetime
    stopped_at: datetime | None
    started_at: datetime
    correction: str | None
    id: str


@dataclass(frozen=True)
class Kept:
    """How well a service level is kept.

    Attributes:
        sla: The service level.
        owner: Of whom; empty where all are counted together.
        period: Of when; empty where all is counted together.
        met: Kept in time.
        breached: Not kept in time.
        running: Neither yet.
        percent: The percentage kept of what is decided; None if nothing is.
        target: The percentage that is to be kept.
        is_on_target: Whether it is; None if nothing is decided.
    """

    sla: str
    owner: str
    period: str
    met: int
    breached: int
    running: int
    percent: float | None
    target: float
    is_on_target: bool | None


@dataclass(frozen=True)
class SlaReport:
    """The clocks of a workspace, or of some of its contacts or people.

    Attributes:
        as_of: When.
        running: The open clocks, the one with the least time left first.
        breaches: The promises broken, the latest first.
        compliance: How well each service level is kept.
    """

    as_of: datetime
    running: list[RunningClock]
    breaches: list[Breach]
    compliance: list[Kept]


def sla_report(
    workspace: Workspace,
    *,
    contact: str | None = None,
    owner: str | None = None,
    by_owner: bool = False,
    period: Period | None = None,
    now: datetime | None = None,
) -> SlaReport:
    """How the service levels stand.

    A clock that fell due since the last run counts as broken, though no run has told yet.

    Args:
        workspace: Whose.
        contact: Of this contact only, by id or address.
        owner: Of this user only.
        by_owner: Whether compliance is counted for each owner apart.
        period: The periods for which it is counted apart.
        now: When; by default now.

    Raises:
        RevopsError: There is no such contact or user.
    """
    at, catalog = now or this_second(), workspace.catalog
    rows = sa.select(CLOCKS).where(CLOCKS.c.started_at <= at, CLOCKS.c.state != State.WAIVED)
    with workspace.store.read() as connection:
        if owner is not None:
            owning = {*connection.execute(sa.select(CLOCKS.c.owner).distinct()).scalars()}
            rows = rows.where(CLOCKS.c.owner == owner_id(catalog.people, owner, owning))
        if contact is not None:
            rows = rows.where(CLOCKS.c.contact_id == find_contact(connection, contact).id)
        found = connection.execute(rows).all()
    rules = Rules(catalog.slas, catalog.people, catalog.calendars)
    promises = {each.sla.name: each for each in rules.promises}
    fired = {row.id: row.steps_fired for row in found}
    corrections = {row.id: row.correction for row in found}
    still = _standing_still(workspace, rules, found, at)
    every = [still.get(row.id) or _clock(rules, promises.get(row.sla), row, at) for row in found]
    zone = parse_zone(catalog.settings.time_zone)
    counted = compliance(every, catalog.slas.slas, zone=zone, by_owner=by_owner, period=period)
    return SlaReport(
        at,
        list(_running(every, fired)),
        [_breach(each, corrections[each.id]) for each in _broken(every)],
        [
            Kept(
                *(each.group.sla, each.group.owner, each.group.period),
                *(each.met, each.breached, each.running),
                *(each.percent, each.target, each.is_on_target),
            )
            for each in counted
        ],
    )


def _standing_still(
    workspace: Workspace, rules: Rules, kept: Sequence[Any], now: datetime
) -> dict[str, Clock]:
    """The clocks that are kept as standing still, worked out anew: what is left on each, and why.

    By id; without those that no longer follow from the facts.
    """
    paused = [row for row in kept if row.state == State.PAUSED]
    if not paused:
        return {}
    contact_ids = sorted({row.contact_id for row in paused})
    ids = {row.id: State.PAUSED for row in paused}
    world = world_of(workspace)
    moment = Questions(world.definitions, world.vocabulary).at(now, world.facts(), world.past)
    answers = moment.read(contact_ids)
    with workspace.store.read() as connection:
        known = states(connection, contact_ids)
    found: dict[str, Clock] = {}
    for contact_id in contact_ids:
        lead, state = answers.leads[contact_id].lead, known[contact_id]
        at = standing(state, lead.fields, None)
        activities = answers.activities.of(contact_id)
        happened = timeline(rules, lead, at, state.assignments, activities)
        found |= {each.id: each for each in clocks(rules, lead, happened, now, known=ids)}
    return {name: clock for name, clock in found.items() if name in ids}


def _running(clocks: Iterable[Clock], fired: dict[str, int]) -> Iterable[RunningClock]:
    for each in open_clocks(clocks):
        clock = each.clock
        yield RunningClock(
            each.level,
            clock.sla,
            clock.contact_id,
            clock.owner,
            clock.due_at,
            str(each),
            each.left.total_seconds(),
            clock.stands_still,
            clock.started_at,
            str(clock.state),
            fired[clock.id],
            clock.id,
        )


def _broken(clocks: Iterable[Clock]) -> list[Clock]:
    found = [each for each in clocks if each.state is State.BREACHED]
    return sorted(found, key=lambda each: (each.due_at, each.id), reverse=True)


def _breach(clock: Clock, correction: str | None) -> Breach:
    return Breach(
        clock.sla,
        clock.contact_id,
        clock.owner,
        clock.due_at,
        clock.stopped_at,
        clock.started_at,
        correction,
        clock.id,
    )


def _clock(rules: Rules, promise: Promise | None, row: Any, now: datetime) -> Clock:
    """A clock as it is kept, with the time on it as it is now."""
    state, length, left = State(row.state), row.due_at - row.started_at, row.due_at - now
    if row.stopped_at is None and promise is not None:
        time = rules.time(promise.sla, row.owner)
        due = time.at(row.due_at)
        left = duration_of(due - time.at(now))
        length = duration_of(promise.length or due - time.at(row.started_at))
    if state is State.RUNNING and now >= row.due_at:
        state = State.BREACHED
    return Clock(
        id=row.id,
        sla=row.sla,
        contact_id=row.contact_id,
        owner=row.owner,
        started_at=row.started_at,
        due_at=row.due_at,
        stopped_at=row.stopped_at,
        state=state,
        elapsed=length - left,
        length=length,
        is_done=state is State.MET,
        ended_by="",
        step_ats=(),
    )
