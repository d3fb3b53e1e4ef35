"""One pass over what changed and what fell due: read, decide, save; then the next batch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from revops.engine.agenda import CHANGE, began_at, claim, gather, is_due, settle
from revops.engine.deciding import Decider, Seen
from revops.engine.doing import Doer
from revops.engine.questions import Questions
from revops.engine.saving import Saver
from revops.engine.scheduling import fall_due
from revops.engine.state import states, turns
from revops.leads.recipes import compile_recipes
from revops.leads.routing import Router
from revops.leads.slas.rules import Rules
from revops.store.tables import CHANGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from revops.definitions.kinds import Definitions
    from revops.definitions.scope import Vocabulary
    from revops.engine.agenda import Wake
    from revops.engine.outcome import Outcome
    from revops.engine.questions import Moment
    from revops.leads.scoring import Past
    from revops.store import Store
    from revops.store.facts import Facts

BATCH = 5_000
"""Contacts that are decided on in one transaction."""
MOST_ROUNDS = 20
"""Rounds of a run: what is then still due waits for the next one."""
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class World:
    """What a pass works with.

    Attributes:
        definitions: What the company decided.
        version: Their version.
        vocabulary: What conditions may name.
        store: Where decisions are saved.
        facts: Asks for the facts as they are now.
        past: Tells which fields have a history in some facts.
    """

    definitions: Definitions
    version: str
    vocabulary: Vocabulary
    store: Store
    facts: Callable[[], Facts]
    past: Callable[[Facts], Past]


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
            counts["moves"] += len(each.moves)
            counts["assignments"] += len(each.decisions)
            counts["clocks"] += sum(review.kept is None for review in each.reviews)
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
    questions = Questions(world.definitions, world.vocabulary)
    with world.store.write() as connection:
        gather(connection, now)
        fall_due(connection, world.definitions, now)
        is_needed = is_due(connection, now)
        if is_dry:
            connection.rollback()
    for number in range(1 if is_dry else MOST_ROUNDS):
        if not is_needed:
            break
        is_needed = _round(world, questions, now + number * INSTANT, passed, is_dry=is_dry)
    return passed


def _round(
    world: World, questions: Questions, now: datetime, passed: Passed, *, is_dry: bool
) -> bool:
    """Decide on all that is due at one instant; whether anything is due an instant later."""
    asked = questions.at(now, world.facts(), world.past)
    while True:
        with world.store.write() as connection:
            if is_dry:
                gather(connection, now)
                fall_due(connection, world.definitions, now)
            wakes = claim(connection, now, BATCH)
            outcomes = _decide(world, asked, connection, wakes, now)
            is_more = is_due(connection, now + INSTANT)
            if is_dry:
                connection.rollback()
        passed.add(outcomes)
        if is_dry or not outcomes:
            return is_more and not is_dry


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
    wakes = [wake for wake in wakes if answers.covers(wake)]
    known = states(connection, [wake.contact_id for wake in wakes])
    zone = ZoneInfo(world.definitions.settings.time_zone)
    given, absences = turns(connection, world.definitions, zone, now)
    definitions = world.definitions
    router = Router(
        definitions.routing, definitions.people, definitions.calendars, zone, given, absences
    )
    decider = Decider(
        definitions,
        Doer(definitions, router, zone, now),
        Rules(definitions.slas, definitions.people, definitions.calendars),
        compile_recipes(definitions.automations),
        world.version,
        began_at(connection, now),
        now,
    )
    changes = _changes(connection, wakes)
    outcomes = [
        decider.decide(
            Seen(
                wake,
                answers.leads[wake.contact_id],
                known[wake.contact_id],
                answers.activities.get(wake.contact_id, ()),
                [changes[seq] for seq in sorted(wake.rows(CHANGE), key=int) if seq in changes],
            )
        )
        for wake in wakes
    ]
    saver = Saver(connection, world.version, now)
    settle(connection, wakes)
    saver.save(outcomes, known, router.credits())
    saver.log(Passed().add(outcomes))
    return outcomes


def _changes(connection: sa.Connection, wakes: Sequence[Wake]) -> dict[str, object]:
    numbers = [int(seq) for wake in wakes for seq in wake.rows(CHANGE)]
    if not numbers:
        return {}
    rows = connection.execute(sa.select(CHANGES).where(CHANGES.c.seq.in_(numbers))).all()
    return {str(row.seq): row for row in rows}
