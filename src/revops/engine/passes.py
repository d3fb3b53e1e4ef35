"""One pass over what changed and what fell due: read, decide, save; then the next batch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from revops.engine.agenda import CHANGE, began_at, claim, gather, settle
from revops.engine.deciding import Decider, Seen
from revops.engine.doing import Doer
from revops.engine.questions import Questions
from revops.engine.saving import Saver
from revops.engine.state import states, turns
from revops.leads.recipes import compile_recipes
from revops.leads.routing import Router
from revops.leads.scoring import ENGAGED_CONTACTS, Past, want
from revops.leads.slas.rules import Rules
from revops.store.tables import CHANGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from revops.definitions.kinds import Definitions
    from revops.definitions.scope import Vocabulary
    from revops.engine.agenda import Wake
    from revops.engine.outcome import Outcome
    from revops.engine.questions import Known
    from revops.store import Store
    from revops.store.facts import Facts

BATCH = 2_000
"""Contacts that are decided on in one transaction."""
MOST_BATCHES = 1_000
_OPTIMIZER = "SET disabled_optimizers = 'common_subexpressions'"  # takes longer than it saves


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


def run_passes(
    world: World, now: datetime, *, is_dry: bool = False, most: int = MOST_BATCHES
) -> Passed:
    """Look at everything that is due, batch by batch, until nothing is.

    Args:
        world: What to work with.
        now: The instant of all decisions.
        is_dry: Decide, tell, and save nothing; one batch only, since the next depends on it.
        most: Batches at most; what is left stays due.
    """
    passed = Passed()
    questions = Questions(world.definitions, world.vocabulary)
    for _ in range(1 if is_dry else most):
        if not _batch(world, questions, now, passed, is_dry=is_dry):
            break
    return passed


def _batch(
    world: World, questions: Questions, now: datetime, passed: Passed, *, is_dry: bool
) -> bool:
    """Decide on one batch; whether there was anything to decide."""
    if not is_dry:
        with world.store.write() as connection:
            gather(connection, now)
    facts = world.facts()
    with world.store.write() as connection:
        if is_dry:
            gather(connection, now)
        wakes = claim(connection, now, BATCH)
        outcomes = _decide(world, questions, connection, facts, wakes, now)
        if is_dry:
            connection.rollback()
    passed.add(outcomes)
    return bool(wakes)


def _decide(
    world: World,
    questions: Questions,
    connection: sa.Connection,
    facts: Facts,
    wakes: Sequence[Wake],
    now: datetime,
) -> list[Outcome]:
    if not wakes:
        return []
    ids = [wake.contact_id for wake in wakes]
    leads, activities = _read(world, questions, facts, ids, now)
    known = states(connection, ids)
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
                leads[wake.contact_id],
                known[wake.contact_id],
                activities.get(wake.contact_id, ()),
                [changes[seq] for seq in sorted(wake.rows(CHANGE), key=int) if seq in changes],
            )
        )
        for wake in wakes
        if wake.contact_id in leads
    ]
    saver = Saver(connection, world.version, now)
    settle(connection, wakes)
    saver.save(outcomes, known, router.credits())
    saver.log(Passed().add(outcomes))
    return outcomes


def _read(
    world: World, questions: Questions, facts: Facts, ids: Sequence[str], now: datetime
) -> tuple[dict[str, Known], dict[str, list[dict[str, object]]]]:
    with facts.connect() as con:
        con.execute(_OPTIMIZER)
        engaged = ENGAGED_CONTACTS in questions.definitions.scoring.model_dump_json()
        want(con, ids, with_colleagues=engaged)
        leads = questions.leads(con, world.past(facts), now)
        return leads, questions.activities(con)


def _changes(connection: sa.Connection, wakes: Sequence[Wake]) -> dict[str, object]:
    numbers = [int(seq) for wake in wakes for seq in wake.rows(CHANGE)]
    if not numbers:
        return {}
    rows = connection.execute(sa.select(CHANGES).where(CHANGES.c.seq.in_(numbers))).all()
    return {str(row.seq): row for row in rows}
