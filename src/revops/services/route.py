"""Who gets a lead and why: tried beforehand, looked up afterwards, and proved fair."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from revops.engine.questions import Questions
from revops.engine.state import turns
from revops.kit.errors import RevopsError
from revops.kit.issue import did_you_mean
from revops.leads.routing import Considered, Credit, Fairness, PassedOver, Router, certificate
from revops.services.contact import find_contact
from revops.services.run import world_of
from revops.services.score import now as this_second
from revops.services.settling import account_words
from revops.services.supposing import SUPPOSED, suppose
from revops.store.engine_tables import ASSIGNMENTS, CREDITS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from revops.engine.questions import Known
    from revops.engine.world import World
    from revops.leads.lead import Lead
    from revops.leads.routing import Decision
    from revops.services.workspace import Workspace

MOST = 100


@dataclass(frozen=True)
class Preview:
    """Who would get a lead.

    Attributes:
        lead: The lead as routing sees it.
        account: Whose it is, in words, or why that is not known.
        decision: Who would get it, with the rules that were tried.
        not_tried: The rules that come after the one that matched.
    """

    lead: Lead
    account: str
    decision: Decision
    not_tried: tuple[str, ...]


@dataclass(frozen=True)
class Assigned:
    """A decision that was made.

    Attributes:
        contact_id: Whose lead.
        at: When.
        rule: The rule that matched.
        owner: Who got it.
        queue: The queue it waits in otherwise.
        reason: Why.
        definitions_version: The definitions by which it was decided.
        considered: The rules that were tried, in order.
        passed_over: Who else could have got it in the pools it came to, and why not.
    """

    contact_id: str
    at: datetime
    rule: str
    owner: str | None
    queue: str | None
    reason: str
    definitions_version: str
    considered: tuple[Considered, ...]
    passed_over: tuple[PassedOver, ...]


def preview(
    workspace: Workspace,
    contact: str | None = None,
    values: Mapping[str, str] | None = None,
    *,
    now: datetime | None = None,
) -> Preview:
    """Who would get a lead now; nothing is saved and no turn is taken.

    Args:
        workspace: Whose definitions, people and records.
        contact: Id or address of a contact; None for a lead that is not there.
        values: Its fields as they are supposed to be, as text, by their names in conditions.
        now: When; by default now.

    Raises:
        RevopsError: There is no such contact or field, or a value does not fit its field.
    """
    if contact is None and not values:
        raise RevopsError(
            "no-lead",
            "there is no lead to route",
            "name a contact, or say what it would be: --set title='VP Sales'",
        )
    at, world = now or this_second(), world_of(workspace)
    known = _known(workspace, world, contact, values or {}, at)
    definitions = world.definitions
    zone = ZoneInfo(definitions.settings.time_zone)
    with workspace.store.read() as connection:
        given, absences = turns(connection, definitions, zone, at)
    router = Router(
        definitions.routing, definitions.people, definitions.calendars, zone, given, absences
    )
    decision = router.route(known.lead, at)
    rules = [rule.name for rule in definitions.routing.rules]
    words = account_words(known)
    return Preview(known.lead, words, decision, tuple(rules[len(decision.considered) :]))


def _known(
    workspace: Workspace,
    world: World,
    contact: str | None,
    values: Mapping[str, str],
    now: datetime,
) -> Known:
    contact_id = None
    if contact is not None:
        with workspace.store.read() as connection:
            contact_id = find_contact(connection, contact).id
    facts = world.facts()
    if values:
        facts = suppose(facts, workspace.catalog, values, contact_id)
    who = contact_id or SUPPOSED
    moment = Questions(world.definitions, world.vocabulary).at(now, facts, world.past)
    return moment.read([who]).leads[who]


def route_log(
    workspace: Workspace,
    contact: str | None = None,
    *,
    since: datetime | None = None,
    limit: int = MOST,
) -> list[Assigned]:
    """The decisions that were made, the newest first.

    Args:
        workspace: Whose.
        contact: Of this one only, by id or address.
        since: Of this instant or later.
        limit: At most so many.

    Raises:
        RevopsError: There is no such contact.
    """
    rows = sa.select(ASSIGNMENTS).order_by(ASSIGNMENTS.c.seq.desc()).limit(limit)
    if since is not None:
        rows = rows.where(ASSIGNMENTS.c.at >= since)
    with workspace.store.read() as connection:
        if contact is not None:
            person = find_contact(connection, contact)
            rows = rows.where(ASSIGNMENTS.c.contact_id == person.id)
        return [_assigned(row) for row in connection.execute(rows)]


def _assigned(row: sa.Row[Any]) -> Assigned:
    return Assigned(
        row.contact_id,
        row.at,
        row.rule,
        row.owner,
        row.queue,
        row.reason,
        row.definitions_version,
        tuple(Considered(**each) for each in json.loads(row.considered)),
        tuple(PassedOver(**each) for each in json.loads(row.passed_over)),
    )


def fairness(workspace: Workspace, pool: str | None = None) -> list[Fairness]:
    """What each member of a pool was due in each period, and what it got.

    Raises:
        RevopsError: There is no such pool (`unknown-pool`).
    """
    with workspace.store.read() as connection:
        kept = [
            Credit(row.pool, row.member, row.period_start, row.share, row.taken)
            for row in connection.execute(sa.select(CREDITS))
        ]
    pools = {*workspace.catalog.routing.pools, *(each.pool for each in kept)}
    if pool is not None and pool not in pools:
        mend = did_you_mean(pool, pools) or f"routing.yaml has {', '.join(sorted(pools)) or 'none'}"
        raise RevopsError("unknown-pool", f"there is no pool '{pool}'", mend)
    return certificate(each for each in kept if pool in {None, each.pool})
