"""One pass over what changed and what fell due: read, decide, save; then the next batch."""

from __future__ import annotations

import gc
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from revops.engine.agenda import (
    CHANGE,
    SETTLE,
    began_at,
    claim,
    is_due,
    look_again,
    looked_at,
    note_look,
    settle,
)
from revops.engine.deciding import Decider, Seen
from revops.engine.doing import Doer
from revops.engine.looking import look
from revops.engine.recipes import Recipes, shared
from revops.engine.records import RECORD, happenings_of_records
from revops.engine.saving import Saver
from revops.engine.state import states, turns
from revops.leads.routing import Router
from revops.store.tables import CHANGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from revops.engine.agenda import Wake
    from revops.engine.looking import Found
    from revops.engine.outcome import Outcome
    from revops.engine.questions import Moment
    from revops.engine.world import World

BATCH = 20_000
"""Contacts that are decided on in one transaction."""
MOST_ROUNDS = 20
"""Rounds of a run: what is then still due waits for the next one."""
INSTANT = timedelta(microseconds=1)


@dataclass
class Passed:
    """What passes did: counts by name, and every outcome in order."""

    counts: Counter[str] = field(default_factory=Counter)
    outcomes: list[Outcome] = field(default_factory=list)

    def add(self, outcomes: Sequence[Outcome]) -> Counter[str]:
        """Count some more, and tell what they alone are."""
        self.outcomes += outcomes
        counts: Counter[str] = Counter()
        for each in outcomes:
            counts["contacts"] += 1
            counts["settled"] += each.is_settled
            counts["moves"] += len(each.moves)
            counts["assignments"] += len(each.decisions)
            counts["clocks"] += sum(review.is_start for review in each.reviews)
            counts["breaches"] += sum(review.is_breach for review in each.reviews)
            counts["recipes"] += len(each.enrolments)
            counts["tasks"] += len(each.tasks)
            counts["messages"] += len(each.messages)
        self.counts += counts
        return counts


def run_passes(world: World, now: datetime, *, is_dry: bool = False) -> Passed:
    """Look at everything that is due, round by round, until nothing is.

    What the actions of a round set off is looked at in the next one, an instant later, when the
    facts tell of what was done.

    Args:
        world: What to work with.
        now: The instant of the decisions.
        is_dry: Decide, tell, and save nothing; one batch only, since the next depends on it.
    """
    passed = Passed()
    found = look(world, now)
    with world.store.write() as connection:
        if digests := found.keep(connection, now):
            passed.counts["digests"] += digests
            Saver(connection, world.version, now).log(passed.counts)
        is_needed = is_due(connection, now)
        if is_dry:
            connection.rollback()
        elif not is_needed:
            note_look(connection, now)
    for number in range(1 if is_dry else MOST_ROUNDS):
        if not is_needed:
            break
        at = now + number * INSTANT
        is_needed = _round(world, at, passed, found if is_dry else None)
    if passed.outcomes and not is_dry:
        with world.store.write() as connection:
            note_look(connection, now)
    return passed


def _round(world: World, now: datetime, passed: Passed, dry: Found | None) -> bool:
    """Decide on all that is due at one instant; whether anything is due an instant later.

    A dry round first keeps what was found, and saves nothing of it.
    """
    asked = world.questions.at(now, world.facts(), world.past)
    while True:
        with world.store.write() as connection:
            if dry:
                dry.keep(connection, now)
            wakes = claim(connection, now, BATCH)
            with _undisturbed():
                outcomes = _decide(world, asked, connection, wakes, now)
            is_more = is_due(connection, now + INSTANT)
            if dry:
                connection.rollback()
        passed.add(outcomes)
        if dry or not outcomes:
            return is_more and not dry


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Look for no garbage meanwhile: there is little, and all that is read would be looked at."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _decide(
    world: World,
    asked: Moment,
    connection: sa.Connection,
    wakes: Sequence[Wake],
    now: datetime,
) -> list[Outcome]:
    if not wakes:
        return []
    ids = [wake.contact_id for wake in wakes]
    answers = asked.read(ids)
    # What another worker gathered after these facts were read is left to the next round.
    records = happenings_of_records(world, asked.facts, wakes, now)
    wakes = [
        wake
        for wake in wakes
        if answers.covers(wake) and len(records[wake.contact_id]) == len(wake.rows(RECORD))
    ]
    known = states(connection, [wake.contact_id for wake in wakes])
    zone = ZoneInfo(world.definitions.settings.time_zone)
    given, absences = turns(connection, world.definitions, zone, now)
    definitions = world.definitions
    router = Router(
        definitions.routing, definitions.people, definitions.calendars, zone, given, absences
    )
    doer = Doer(definitions, router, zone, now)
    accounts = {answers.leads[wake.contact_id].lead.fields["account_id"] for wake in wakes}
    together = shared(connection, definitions.automations.recipes, accounts - {None}, now)
    decider = Decider(
        definitions,
        doer,
        world.rules,
        Recipes(definitions, world.rules, doer, together, now),
        world.version,
        began_at(connection, now),
        looked_at(connection),
        now,
    )
    changes = _changes(connection, wakes)
    outcomes = [
        decider.decide(
            Seen(
                wake,
                answers.leads[wake.contact_id],
                known[wake.contact_id],
                answers.activities.of(wake.contact_id),
                [changes[seq] for seq in sorted(wake.rows(CHANGE), key=int) if seq in changes],
                records[wake.contact_id],
            )
        )
        for wake in wakes
    ]
    saver = Saver(connection, world.version, now)
    settle(connection, wakes)
    saver.save(outcomes, known, router.credits())
    saver.log(Passed().add(outcomes))
    unsettled = [each.lead.contact_id for each in outcomes if each.is_settled and each.recycles]
    look_again(connection, unsettled, now + INSTANT, SETTLE)
    return outcomes


def _changes(connection: sa.Connection, wakes: Sequence[Wake]) -> dict[str, object]:
    numbers = [int(seq) for wake in wakes for seq in wake.rows(CHANGE)]
    if not numbers:
        return {}
    rows = connection.execute(sa.select(CHANGES).where(CHANGES.c.seq.in_(numbers))).all()
    return {str(row.seq): row for row in rows}
