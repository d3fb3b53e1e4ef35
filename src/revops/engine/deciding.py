"""What follows for a contact: stage, owner, clocks, recipes; in that order, nothing saved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from revops.engine.agenda import ACTIVITY, NEW
from revops.engine.doing import Told
from revops.engine.outcome import Outcome
from revops.engine.state import standing
from revops.leads.lifecycle import move, next_look
from revops.leads.recipes import Happening, advance, enrol
from revops.leads.slas.review import review
from revops.leads.slas.timeline import Activity, Assignment, Timeline
from revops.store.outbox import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from revops.definitions.actions import Actions
    from revops.definitions.kinds import Definitions
    from revops.definitions.triggers import Kind
    from revops.engine.agenda import Wake
    from revops.engine.doing import Doer
    from revops.engine.questions import Known
    from revops.engine.state import ContactState
    from revops.leads.recipes import Programs
    from revops.leads.slas.rules import Rules

_FIELDS_OF_ACTIVITY = (
    "id",
    "type",
    "occurred_at",
    "direction",
    "path",
    "source",
    "campaign",
    "subject",
    "owner",
)


@dataclass(frozen=True)
class Seen:
    """One contact as the pass sees it.

    Attributes:
        wake: Why it is looked at.
        known: The lead, and when its scores change by themselves.
        state: What the engine knows of it.
        activities: What it did and what was done towards it, as rows.
        changes: What others changed of it since the last time, as rows of `changes`.
    """

    wake: Wake
    known: Known
    state: ContactState
    activities: Sequence[Mapping[str, Any]]
    changes: Sequence[Any]


class Decider:
    """Decides for one contact after the other in a pass."""

    def __init__(
        self,
        definitions: Definitions,
        doer: Doer,
        rules: Rules,
        programs: Programs,
        version: str,
        began_at: datetime,
        now: datetime,
    ) -> None:
        self._definitions = definitions
        self._doer = doer
        self._rules = rules
        self._programs = programs
        self._version = version
        self._began_at = began_at
        self._now = now

    def decide(self, seen: Seen) -> Outcome:
        """All that follows for a contact."""
        outcome = Outcome(seen.known.lead)
        happened = list(self._news(seen))
        self._moves(outcome, seen)
        happened += self._clocks(outcome, seen)
        self._recipes(outcome, seen, happened)
        outcome.next_at = self._next(outcome, seen)
        return outcome

    # News

    def _news(self, seen: Seen) -> Iterator[Happening]:
        contact_id, now = seen.wake.contact_id, self._now
        is_first = self._began_at == now
        created = seen.known.lead.fields.get("created_at")
        if NEW in seen.wake.whys and not is_first:
            yield Happening("created", contact_id, created or now)
        woken = seen.wake.rows(ACTIVITY)
        for row in seen.activities:
            if row["id"] in woken and row["occurred_at"] <= now:
                activity = {name: row[name] for name in _FIELDS_OF_ACTIVITY}
                details = {"activity": {**activity, "properties": _object(row["properties"])}}
                yield Happening(
                    "activity", contact_id, row["occurred_at"], details, holds=row["holds"]
                )
        for row in seen.changes:
            details = {"change": {"field": row.field, "from": row.old_value, "to": row.new_value}}
            yield Happening("changed", contact_id, row.changed_at, details)
        for kept in seen.wake.happenings:
            yield Happening(
                kept["kind"],
                contact_id,
                datetime.fromisoformat(kept["at"]),
                kept["details"],
                kept["record"],
                tuple(kept["chain"]),
            )

    # Stages

    def _moves(self, outcome: Outcome, seen: Seen) -> None:
        """Move the contact; what that sets off is looked at with the scores of after the move."""
        lifecycle, lead = self._definitions.lifecycle, seen.known.lead
        at = standing(seen.state, lead.fields, _last_active(seen))
        was_settled = bool(seen.state.spells)
        chain = _chain_of_stage(seen)
        for step in move(lifecycle, lead, at, self._now):
            outcome.moves.append(step)
            for name, value in step.fields.items():
                outcome.fields[name] = (value, step.because)
            if not was_settled and step.from_stage is None and _is_history(lead, step.to_stage):
                continue  # it was in this stage before the engine looked: nothing is entered now
            entered = {"stage": {"name": step.to_stage}}
            self._happens(outcome, "entered", entered, chain)
            if step.from_stage is not None:
                self._happens(outcome, "left", {"stage": {"name": step.from_stage}}, chain)
            key = key_of("stage", lead.contact_id, step.to_stage, step.at.isoformat())
            self._do_all(outcome, step.actions, key, step.because)
            if any(stage.name == step.to_stage and stage.qualifies for stage in lifecycle.stages):
                self._happens(outcome, "qualified", {}, chain)

    def _happens(
        self, outcome: Outcome, kind: Kind, details: dict[str, Any], chain: tuple[str, ...]
    ) -> None:
        contact_id = outcome.lead.contact_id
        outcome.happened.append(Happening(kind, contact_id, self._now, details, chain=chain))

    def _do_all(
        self, outcome: Outcome, actions: Actions, key: str, because: str, **told: Any
    ) -> None:
        for place, action in enumerate(actions):
            self._doer.do(outcome, action, Told(f"{key}-{place}", because, told))

    # Clocks

    def _clocks(self, outcome: Outcome, seen: Seen) -> Iterator[Happening]:
        lead, now = seen.known.lead, self._now
        found = review(
            self._rules, lead, self._timeline(outcome, seen), seen.state.clocks, now,
            version=self._version, since=self._began_at,
        )  # fmt: skip
        outcome.reviews += found
        for each in found:
            if each.clock is None:
                continue
            clock = {"sla": each.clock.sla, "due_at": each.clock.due_at}
            for due in each.steps:
                because = f"{each.clock.sla}: {due}"
                self._do_all(
                    outcome, due.step.actions, key_of("clock", due.key), because, clock=clock
                )
                step = {"clock": {**clock, "step": due.place + 1}}
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
        activities = tuple(
            Activity(row["occurred_at"], row["type"], row["direction"] or "inbound", row["holds"])
            for row in seen.activities
            if row["type"] in self._rules.activity_types
        )
        return Timeline(lead.contact_id, at.spells, (*seen.state.assignments, *given), activities)

    # Recipes

    def _recipes(self, outcome: Outcome, seen: Seen, happened: Sequence[Happening]) -> None:
        lead, now = seen.known.lead, self._now
        tags = frozenset(name for kind, name in seen.state.memberships if kind == "tag")
        entries = enrol(self._programs, happened, lead, seen.state.enrolments, now)
        outcome.notes += [
            f"{each.recipe}: {each.why}" for each in entries.refusals if each.code in _TOLD
        ]
        due = [
            each
            for each in seen.state.enrolments
            if not each.is_over and (each.resume_at is None or each.resume_at <= now)
        ]
        for enrolment in (*due, *entries.enrolments):
            advanced = advance(
                self._programs.by_name.get(enrolment.recipe), enrolment, lead, now,
                hours=self._hours(lead.fields.get("owner")), tags=tags,
            )  # fmt: skip
            outcome.enrolments.append(advanced.enrolment)
            for planned in advanced.actions:
                because = f"recipe {enrolment.recipe}"
                told = Told(
                    key_of("recipe", planned.key), because, enrolment.cause.details,
                    planned.owner, planned.due_at, planned.chain,
                )  # fmt: skip
                self._doer.do(outcome, planned.action, told)

    def _hours(self, owner: str | None) -> Any:
        name = self._rules.calendar_of(owner)
        calendar = self._definitions.calendars.get(name or "")
        return calendar.business() if calendar else None

    # What is next

    def _next(self, outcome: Outcome, seen: Seen) -> datetime | None:
        at = standing(seen.state, seen.known.lead.fields, _last_active(seen))
        for step in outcome.moves:
            at = at.after(step)
        moments = [
            seen.known.next_at,
            next_look(self._definitions.lifecycle, at, self._now),
            *(each.next_at for each in outcome.reviews),
            *(each.resume_at for each in outcome.enrolments if not each.is_over),
        ]
        if any(step.recycles for step in outcome.moves):
            moments.append(self._now + timedelta(microseconds=1))
        return min(
            (each for each in moments if each is not None and each > self._now), default=None
        )


_TOLD = {"loop", "too-long-a-chain", "max-per-day"}


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


def _object(text: str | None) -> dict[str, Any]:
    """What a JSON object holds; nothing if it is none."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_history(lead: Any, stage: str) -> bool:
    return bool(lead.fields.get("lifecycle_stage") == stage)


def _last_active(seen: Seen) -> datetime | None:
    return max(
        (row["occurred_at"] for row in seen.activities if row["direction"] != "outbound"),
        default=None,
    )
