"""The rules in order: the first that matches decides who gets a lead."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from revops.kit.errors import RevopsError
from revops.kit.issue import did_you_mean
from revops.leads.routing.availability import persons
from revops.leads.routing.decision import Considered, Decision
from revops.leads.routing.loads import Loads
from revops.leads.routing.roster import Roster
from revops.leads.routing.seats import seats
from revops.leads.routing.targets import Landing, Targets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from revops.definitions.calendars import Calendar
    from revops.definitions.people import People
    from revops.definitions.routing import Routing, Rule
    from revops.leads.lead import Lead
    from revops.leads.routing.availability import Absence
    from revops.leads.routing.targets import Resolve
    from revops.leads.routing.turns import Credit, Turns

STEM = "routing"
FALLBACK = "fallback"
ROTATE = "rotate"


class _Step(NamedTuple):
    """A rule, ready to be tried: its condition's place, and the answers it may give."""

    key: str | None
    name: str
    sla: str | None
    resolve: Resolve
    holds: str
    matched: Considered
    failed: Considered


class Router:
    """Routes the leads of one pass, one after the other; asks nothing of the world.

    Who gets a lead depends on the definitions, on what has been given before, and on `now`.
    """

    def __init__(
        self,
        routing: Routing,
        people: People,
        calendars: Mapping[str, Calendar],
        zone: ZoneInfo,
        turns: Turns,
        absences: Iterable[Absence] = (),
    ) -> None:
        everybody = persons(people, calendars, zone, absences)
        self._accounts = dict(turns.accounts)
        self._loads = Loads(turns, everybody)
        stored: dict[str, list[Credit]] = defaultdict(list)
        for credit in turns.credits:
            stored[credit.pool].append(credit)
        self._rosters = {
            name: Roster(
                name, pool, seats(pool, people, everybody, turns.attainment),
                self._loads, stored[name], zone,
            )
            for name, pool in routing.pools.items()
        }  # fmt: skip
        self._everybody = everybody
        self._rosters_of: dict[str, list[Roster]] = defaultdict(list)
        for roster in self._rosters.values():
            for member in roster.members:
                self._rosters_of[member].append(roster)
        self._targets = Targets(STEM, routing, everybody, self._rosters, self._accounts)
        self._steps = [self._step(index, rule) for index, rule in enumerate(routing.rules)]

    def route(self, lead: Lead, now: datetime) -> Decision:
        """Who gets the lead by the rules; the turn is taken."""
        considered: list[Considered] = []
        holds = lead.holds
        for step in self._steps:
            if step.key is not None and step.key not in holds:
                considered.append(step.failed)
                continue
            landing = step.resolve(lead, now)
            if isinstance(landing, Landing):
                considered.append(step.matched)
                return self._decide(lead, now, step.name, step.sla, landing, considered)
            considered.append(
                Considered(step.name, matched=False, why=f"{step.holds}, but {landing}")
            )
        return self._decide(lead, now, FALLBACK, None, self._targets.fallback(), considered)

    def rotate(
        self, lead: Lead, now: datetime, pool: str, not_to: Collection[str] = ()
    ) -> Decision:
        """A turn in a pool, whatever the rules say; `not_to` are those who had the lead.

        Raises:
            RevopsError: `unknown-pool`.
        """
        if pool not in self._rosters:
            mend = did_you_mean(pool, self._rosters) or "add it to pools in routing.yaml"
            raise RevopsError("unknown-pool", f"there is no pool '{pool}'", mend)
        landing = self._targets.turn(pool, lead, now, frozenset(not_to))
        return self._decide(lead, now, ROTATE, None, landing, [])

    def keep_up(
        self, open_leads: Mapping[str, int], accounts: Mapping[str, str | None], now: datetime
    ) -> None:
        """Take over what others changed since the last pass; users and accounts not named stay.

        Args:
            open_leads: Leads that users are working.
            accounts: Who has leads of an account, None for nobody.
            now: When.
        """
        for account, owner in accounts.items():
            if owner is None:
                self._accounts.pop(account, None)
            else:
                self._accounts[account] = owner
        for user, count in open_leads.items():
            self._loads.set_open(user, count)
            for roster in self._rosters_of.get(user, ()):
                roster.note(user, now)

    def credits(self) -> list[Credit]:
        """How the members of every pool stand in which a turn was taken; to be saved."""
        return [credit for roster in self._rosters.values() for credit in roster.credits()]

    def _decide(
        self,
        lead: Lead,
        now: datetime,
        rule: str,
        sla: str | None,
        landing: Landing,
        considered: list[Considered],
    ) -> Decision:
        if landing.owner is not None:
            self._give(lead, landing.owner, now)
        return Decision(
            lead.contact_id, now, rule, landing.owner, landing.queue, landing.pool,
            (landing.sla or sla) if landing.is_spilled else (sla or landing.sla),
            f"{rule}: {landing.how}", tuple(considered), landing.ballots,
        )  # fmt: skip

    def _give(self, lead: Lead, owner: str, now: datetime) -> None:
        """Keep up what later decisions depend on."""
        account, previous = lead.fields.get("account_id"), lead.fields.get("owner")
        if account:
            self._accounts[account] = owner
        self._loads.give(owner, previous, now)
        for user in {owner, previous}:
            for roster in self._rosters_of.get(user or "", ()):
                roster.note(user or "", now)

    def _step(self, index: int, rule: Rule) -> _Step:
        condition = " ".join(rule.when.split()) if rule.when is not None else ""
        holds = f"holds: {condition}" if condition else "it is for all leads"
        return _Step(
            key=f"{STEM}.rules[{index}].when" if rule.when is not None else None,
            name=rule.name,
            sla=rule.sla,
            resolve=self._targets.resolve(rule.to),
            holds=holds,
            matched=Considered(rule.name, matched=True, why=holds),
            failed=Considered(rule.name, matched=False, why=f"does not hold: {condition}"),
        )
