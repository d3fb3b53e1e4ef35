"""What follows for a contact: stage, owner, clocks, recipes; in that order, nothing saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from revops.engine.agenda import ACT, ACTIVITY, NEW, SETTLE
from revops.engine.doing import Told
from revops.engine.moving import enter, is_history, join_account, qualify, take
from revops.engine.news import of_action, of_activity, of_change
from revops.engine.outcome import Outcome
from revops.engine.state import standing
from revops.engine.timelines import timeline
from revops.leads.lifecycle import move, next_look
from revops.leads.recipes import Happening, late_by
from revops.leads.slas.review import review
from revops.leads.slas.timeline import Assignment
from revops.store.outbox import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from revops.definitions.actions import Actions
    from revops.definitions.kinds import Definitions
    from revops.engine.activities import Activities
    from revops.engine.agenda import Wake
    from revops.engine.doing import Doer
    from revops.engine.questions import Known
    from revops.engine.recipes import Recipes
    from revops.engine.state import ContactState
    from revops.leads.slas.rules import Rules
    from revops.leads.slas.timeline import Timeline

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Seen:
    """One contact as the pass sees it.

    Attributes:
        wake: Why it is looked at.
        known: The lead, and when its scores change by themselves.
        state: What the engine knows of it.
        activities: What it did and what was done towards it.
        changes: What others changed of it since the last time, as rows of `changes`.
        records: What happened to records that stand with it.
    """

    wake: Wake
    known: Known
    state: ContactState
    activities: Activities
    changes: Sequence[Any]
    records: Sequence[Happening] = ()


class Decider:
    """Decides for one contact after the other in a pass."""

    def __init__(
        self,
        definitions: Definitions,
        doer: Doer,
        rules: Rules,
        recipes: Recipes,
        version: str,
        began_at: datetime,
        last_at: datetime | None,
        now: datetime,
    ) -> None:
        self._definitions = definitions
        self._doer = doer
        self._rules = rules
        self._recipes = recipes
        self._version = version
        self._began_at = began_at
        self._last_at = last_at
        self._now = now

    def decide(self, seen: Seen) -> Outcome:
        """All that follows for a contact."""
        known, is_settled = seen.known, SETTLE in seen.wake.whys
        outcome = Outcome(
            known.as_written, seen.state, seen.activities, match=known.match, is_settled=is_settled
        )
        happened = list(self._news(seen))
        join_account(outcome, self._now, is_news=not is_settled)
        qualify(outcome, self._now, _chain(seen))
        self._moves(outcome, seen)
        happened += self._clocks(outcome, seen)
        self._recipes.follow(outcome, happened)
        outcome.next_at = self._next(outcome, seen)
        return outcome

    # News

    def _news(self, seen: Seen) -> Iterator[Happening]:
        contact_id, now = seen.wake.contact_id, self._now
        created = seen.known.lead.fields.get("created_at")
        if NEW in seen.wake.whys:
            yield Happening("created", contact_id, created or now)
        woken = seen.wake.rows(ACTIVITY)
        for row in seen.activities.named(woken) if woken else ():
            if row["occurred_at"] <= now:
                yield of_activity(contact_id, row)
        for row in seen.changes:
            yield of_change(contact_id, row, self._definitions.vocabulary)
        yield from seen.records
        for kept in seen.wake.happenings:
            yield of_action(contact_id, kept)

    # Stages

    def _moves(self, outcome: Outcome, seen: Seen) -> None:
        """Move the contact; what that sets off is looked at with the scores of after the move."""
        lifecycle, lead = self._definitions.lifecycle, seen.known.lead
        at = standing(seen.state, lead.fields, seen.activities.last_own)
        was_before = not {SETTLE, ACT}.isdisjoint(seen.wake.whys)
        chain = _chain_of_stage(seen)
        for step in move(lifecycle, lead, at, self._now):
            if outcome.is_settled or is_history(outcome, step):
                take(outcome, step, self._began_at if was_before else None)
            else:
                enter(outcome, step, self._doer, self._now, chain)

    def _do_all(
        self,
        outcome: Outcome,
        actions: Actions,
        key: str,
        because: str,
        late: str = "",
        **told: Any,
    ) -> None:
        for place, action in enumerate(actions):
            self._doer.do(outcome, action, Told(f"{key}-{place}", because, told, late=late))

    # Clocks

    def _clocks(self, outcome: Outcome, seen: Seen) -> Iterator[Happening]:
        lead, now = seen.known.lead, self._now
        found = review(
            self._rules, lead, self._timeline(outcome, seen), seen.state.clocks, now,
            version=self._version, since=self._began_at + _INSTANT, last_at=self._last_at,
        )  # fmt: skip
        outcome.reviews += found
        for each in found:
            if each.clock is None:
                continue
            clock = {
                "sla": each.clock.sla,
                "started_at": each.clock.started_at,
                "due_at": each.clock.due_at,
            }
            for due in each.steps:
                because = f"{each.clock.sla}: {due}"
                step = {"clock": {**clock, "step": due.place + 1}}
                key, late = key_of("clock", due.key), late_by(due.late)
                self._do_all(outcome, due.step.actions, key, because, late, **step)
                yield Happening("clock", lead.contact_id, now, step)
            if each.is_breach:
                yield Happening(
                    "clock", lead.contact_id, now, {"clock": {**clock, "step": "breach"}}
                )

    def _timeline(self, outcome: Outcome, seen: Seen) -> Timeline:
        lead, now = seen.known.lead, self._now
        at = standing(seen.state, lead.fields, None)
        for step in outcome.moves:
            at = at.after(step)
        given = [
            Assignment(now, each.owner, each.sla, lead.fields.get("owner"))
            for each in outcome.decisions
        ]
        every = (*seen.state.assignments, *given)
        return timeline(self._rules, lead, at, every, seen.activities)

    # What is next

    def _next(self, outcome: Outcome, seen: Seen) -> datetime | None:
        at = standing(seen.state, seen.known.lead.fields, seen.activities.last_own)
        for step in outcome.moves:
            at = at.after(step)
        moments = [
            seen.known.next_at,
            next_look(self._definitions.lifecycle, at, self._now),
            *(each.next_at for each in outcome.reviews),
            *(each.resume_at for each in outcome.enrolments if not each.is_over),
        ]
        if outcome.recycles and not outcome.is_settled:
            moments.append(self._now + _INSTANT)
        return min(
            (each for each in moments if each is not None and each > self._now), default=None
        )


def _chain(seen: Seen) -> tuple[str, ...]:
    """The longest chain of recipes that woke it."""
    return max((tuple(kept["chain"]) for kept in seen.wake.happenings), key=len, default=())


def _chain_of_stage(seen: Seen) -> tuple[str, ...]:
    """The recipes that set the stage, so that their chain goes on."""
    return next(
        (
            tuple(kept["chain"])
            for kept in seen.wake.happenings
            if kept["details"].get("change", {}).get("field") == "lifecycle_stage"
        ),
        (),
    )
