"""Where a rule leads: each target as a function of a lead, which says who, or why nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from revops.leads.lead import Lead
from revops.leads.routing.decision import TURN
from revops.leads.routing.roster import NO_ONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from revops.definitions.routing import Routing, Row, Target
    from revops.leads.routing.availability import Person
    from revops.leads.routing.decision import Ballot
    from revops.leads.routing.roster import Roster


class Landing(NamedTuple):
    """Where a lead ends.

    Attributes:
        how: Why there, as a part of a sentence.
        owner: The user, if one gets it.
        queue: The queue, if it waits in one.
        pool: The pool in which the owner took a turn.
        sla: That of the queue or of the fallback.
        is_spilled: Whether it was meant to go elsewhere, and nobody there could take it.
        ballots: The choices that were made on the way.
    """

    how: str
    owner: str | None = None
    queue: str | None = None
    pool: str | None = None
    sla: str | None = None
    is_spilled: bool = False
    ballots: tuple[Ballot, ...] = ()


Resolve = Callable[[Lead, datetime], Landing | str]
"""Where a target sends a lead; a text says why it sends it nowhere."""


class Targets:
    """The targets of a routing definition during a pass."""

    def __init__(
        self,
        stem: str,
        routing: Routing,
        everybody: Mapping[str, Person],
        rosters: Mapping[str, Roster],
        accounts: Mapping[str, str],
    ) -> None:
        self._stem = stem
        self._routing = routing
        self._everybody = everybody
        self._rosters = rosters
        self._accounts = accounts

    def resolve(self, target: Target, way: tuple[str, ...] = ()) -> Resolve:
        """The target as a function; `way` names the tables that led to it."""
        if target.account_owner is not None:
            return self._account_owner(must_be_present=target.account_owner == "present")
        if target.owner is not None:
            return self._user(target.owner)
        if target.pool is not None:
            return self._pool(target.pool)
        if target.territory is not None:
            return self._territory(target.territory, way)
        return self._queue(target.queue or "")

    def turn(
        self, name: str, lead: Lead, now: datetime, not_to: frozenset[str] = NO_ONE
    ) -> Landing:
        """A turn in a pool, or wherever a lead goes when nobody of the pool can take it."""
        ballots: tuple[Ballot, ...] = ()
        tried: list[str] = []
        pool: str | None = name
        while pool is not None and pool not in tried:
            ballot = self._rosters[pool].choose(lead, now, not_to)
            ballots = (*ballots, ballot)
            if ballot.chosen is not None:
                return _given(ballot, ballots, tried)
            tried.append(pool)
            overflow = self._routing.pools[pool].fallback
            pool = overflow.pool if overflow else None
        landing = self.fallback() if overflow is None or overflow.queue is None else (
            self._in_queue(overflow.queue)
        )  # fmt: skip
        how = f"nobody of {_pools(tried)} can take it: {landing.how}"
        return landing._replace(how=how, is_spilled=True, ballots=ballots)

    def fallback(self) -> Landing:
        """Where a lead goes that nobody else gets."""
        given = self._routing.fallback
        if given is None:
            return Landing("there is no fallback")
        if given.queue is not None:
            landing = self._in_queue(given.queue)
            return landing._replace(sla=given.sla or landing.sla)
        person = self._everybody.get(given.owner or "")
        if person is None or not person.user.active:
            return Landing(f"the fallback '{given.owner}' does not work here", sla=given.sla)
        return Landing(f"'{given.owner}' is the fallback", owner=given.owner, sla=given.sla)

    def _account_owner(self, *, must_be_present: bool) -> Resolve:
        def resolve(lead: Lead, now: datetime) -> Landing | str:
            fields = lead.fields
            account = fields.get("account_id")
            owner = fields.get("account.owner") or self._accounts.get(account or "")
            if not owner:
                return "the account has no owner" if account else "there is no account"
            person = self._everybody.get(owner)
            if person is None or not person.user.active:
                return f"'{owner}' owns the account and does not work here"
            absent, _until = person.absent(now)
            if absent is None:
                return Landing(f"'{owner}' owns the account", owner=owner)
            how = f"'{owner}' owns the account and is {absent}"
            return how if must_be_present else Landing(how, owner=owner)

        return resolve

    def _user(self, name: str) -> Resolve:
        person = self._everybody.get(name)
        if person is None or not person.user.active:
            return lambda _lead, _now: f"'{name}' does not work here"
        landing = Landing(f"'{name}' is named", owner=name)
        return lambda _lead, _now: landing

    def _pool(self, name: str) -> Resolve:
        def resolve(lead: Lead, now: datetime) -> Landing:
            owner = self._accounts.get(lead.fields.get("account_id") or "")
            if owner is not None:
                person = self._everybody.get(owner)
                if person is not None and person.user.active:
                    how = f"'{owner}' has the account's other leads"
                    return Landing(how, owner=owner, ballots=(self._rosters[name].kept(owner),))
            return self.turn(name, lead, now)

        return resolve

    def _queue(self, name: str) -> Resolve:
        landing = self._in_queue(name)
        return lambda _lead, _now: landing

    def _in_queue(self, name: str) -> Landing:
        sla = self._routing.queues[name].sla
        return Landing(f"it waits in queue '{name}'", queue=name, sla=sla)

    def _territory(self, name: str, way: tuple[str, ...]) -> Resolve:
        nowhere = f"no territory of '{name}' holds"
        if name in way:
            return lambda _lead, _now: f"the territories of '{name}' lead back to it"
        rows = [
            self._row(row, f"territories.{name}[{index}]", f"{name}, row {index + 1}", (*way, name))
            for index, row in enumerate(self._routing.territories[name])
        ]

        def resolve(lead: Lead, now: datetime) -> Landing | str:
            for key, title, follow in rows:
                if key is None or key in lead.holds:
                    landing = follow(lead, now)
                    if isinstance(landing, Landing):
                        return landing._replace(how=f"{title}: {landing.how}")
            return nowhere

        return resolve

    def _row(
        self, row: Row, path: str, title: str, way: tuple[str, ...]
    ) -> tuple[str | None, str, Resolve]:
        key = f"{self._stem}.{path}.when" if row.when is not None else None
        return key, f"territory '{row.name or title}'", self.resolve(row.to, way)


def _given(ballot: Ballot, ballots: tuple[Ballot, ...], tried: list[str]) -> Landing:
    place = ballot.chosen or 0
    owner = ballot.members[place]
    credit = f"{ballot.credits[place] / TURN:.2f} turns"
    how = f"'{owner}' has the most credit in pool '{ballot.pool}', {credit}"
    if tried:
        how = f"nobody of {_pools(tried)} can take it: {how}"
    return Landing(how, owner=owner, pool=ballot.pool, is_spilled=bool(tried), ballots=ballots)


def _pools(names: list[str]) -> str:
    return " and ".join(f"pool '{name}'" for name in names)
