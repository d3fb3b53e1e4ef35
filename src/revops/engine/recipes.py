"""Recipes in a pass: which ones a lead comes into, and what follows for it in each."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.engine.agenda import BEGAN
from revops.engine.doing import Told
from revops.engine.state import read_row
from revops.leads.recipes import DAY, advance, compile_recipes, enrol
from revops.store.engine_tables import ENROLMENTS
from revops.store.outbox import key_of
from revops.store.tables import META

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from revops.definitions.automations import Recipe
    from revops.definitions.kinds import Definitions
    from revops.engine.doing import Doer
    from revops.engine.outcome import Outcome
    from revops.kit.calendar import BusinessCalendar
    from revops.leads.lead import Lead
    from revops.leads.recipes import Enrolment, Happening, Planned
    from revops.leads.slas.rules import Rules

_TOLD = {"loop", "too-long-a-chain", "max-per-day"}
_AT_ONCE = 500


@dataclass
class Shared:
    """What leads share in recipes; it grows as a pass decides on one after the other.

    Attributes:
        entered: How many came into each recipe with a `max_per_day` in the last 24 hours.
        of_accounts: The enrolments of each account in recipes `per: account`, by id.
    """

    entered: Counter[str] = field(default_factory=Counter)
    of_accounts: defaultdict[str, dict[str, Enrolment]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def keep(self, enrolment: Enrolment) -> None:
        """Let the leads that come later know where one stands."""
        if enrolment.account_id is not None:
            self.of_accounts[enrolment.account_id][enrolment.id] = enrolment


def shared(
    connection: sa.Connection, recipes: Iterable[Recipe], accounts: Collection[str], now: datetime
) -> Shared:
    """What leads of these accounts share; until the transaction ends no other worker asks it."""
    active = [recipe for recipe in recipes if recipe.active]
    limited = [recipe.name for recipe in active if recipe.max_per_day is not None]
    per_account = [recipe.name for recipe in active if recipe.per == "account"]
    found = Shared()
    if limited or per_account:
        held = sa.select(META.c.value).where(META.c.key == BEGAN)
        connection.execute(held.with_for_update())
    if limited:
        count = sa.select(ENROLMENTS.c.recipe, sa.func.count()).where(
            ENROLMENTS.c.came_in_at > now - DAY, ENROLMENTS.c.recipe.in_(limited)
        )
        for name, entered in connection.execute(count.group_by(ENROLMENTS.c.recipe)):
            found.entered[name] = entered
    for start in range(0, len(accounts) if per_account else 0, _AT_ONCE):
        some = sorted(accounts)[start : start + _AT_ONCE]
        theirs = sa.select(ENROLMENTS).where(
            ENROLMENTS.c.account_id.in_(some), ENROLMENTS.c.recipe.in_(per_account)
        )
        for row in connection.execute(theirs):
            found.keep(read_row(row))
    return found


class Recipes:
    """The recipes of a workspace in one transaction of a pass."""

    def __init__(
        self, definitions: Definitions, rules: Rules, doer: Doer, shared: Shared, now: datetime
    ) -> None:
        self._programs = compile_recipes(definitions.automations)
        self._rules = rules
        self._doer = doer
        self._shared = shared
        self._now = now
        self._hours: dict[tuple[str | None, str | None], BusinessCalendar | None] = {}

    def follow(self, outcome: Outcome, happened: Sequence[Happening]) -> None:
        """Let a lead into the recipes that were set off, and go on where it is in one."""
        had, lead = outcome.state.enrolments, _at_its_account(outcome)
        colleagues = self._shared.of_accounts.get(lead.fields.get("account_id") or "", {})
        entries = enrol(
            self._programs, happened, lead, [*had, *colleagues.values()], self._now,
            entered=self._shared.entered,
        )  # fmt: skip
        outcome.notes += [
            f"{each.recipe}: {each.why}" for each in entries.refusals if each.code in _TOLD
        ]
        self._shared.entered.update(each.recipe for each in entries.enrolments)
        for enrolment in (*filter(self._is_due, had), *entries.enrolments):
            self._go_on(outcome, enrolment)

    def _is_due(self, enrolment: Enrolment) -> bool:
        resume_at = enrolment.resume_at
        return not enrolment.is_over and (resume_at is None or resume_at <= self._now)

    def _go_on(self, outcome: Outcome, enrolment: Enrolment) -> None:
        program = self._programs.by_name.get(enrolment.recipe)
        calendar = program.recipe.calendar if program is not None else None
        advanced = advance(
            program, enrolment, outcome.lead, self._now,
            hours=self._hours_of(outcome.owner, calendar), tags=outcome.tags,
        )  # fmt: skip
        outcome.enrolments.append(advanced.enrolment)
        self._shared.keep(advanced.enrolment)
        for planned in advanced.actions:
            self._doer.do(outcome, planned.action, _told(enrolment, planned, advanced.late))

    def _hours_of(self, owner: str | None, calendar: str | None) -> BusinessCalendar | None:
        """Each is made once: working out its holidays takes longer than asking it."""
        if (owner, calendar) not in self._hours:
            self._hours[owner, calendar] = self._rules.hours(owner, calendar)
        return self._hours[owner, calendar]


def _at_its_account(outcome: Outcome) -> Lead:
    """The lead, at the account that was found for it just now."""
    lead = outcome.lead
    return replace(lead, fields={**lead.fields, "account_id": outcome.value("account_id")})


def _told(enrolment: Enrolment, planned: Planned, late: str) -> Told:
    return Told(
        key_of("recipe", planned.key),
        f"recipe {enrolment.recipe}",
        {**enrolment.cause.details, "recipe": enrolment.recipe},
        planned.owner,
        planned.due_at,
        planned.chain,
        late,
        enrolment.cause.record,
    )
