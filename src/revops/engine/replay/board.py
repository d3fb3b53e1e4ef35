"""Who has which leads during a replay, and the router that shares out further ones."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from revops.leads.routing import Router, Turns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from revops.definitions.kinds import Definitions
    from revops.engine.replay.track import Track
    from revops.leads.routing import Absence


class Place(NamedTuple):
    """Where a lead counts: whose it is, whether it is being worked, and of which account."""

    owner: str | None
    is_open: bool
    account: str | None


class Board:
    """Counts leads of owners and accounts; what changes is told to the router between passes.

    Args:
        definitions: The company's.
        owned: Of how many leads each user is owner at the beginning: account, owner, stage, count.
        absences: Who is away.
        start: The beginning; turns and days are counted from then on.
    """

    def __init__(
        self,
        definitions: Definitions,
        owned: Iterable[tuple[str | None, str, str | None, int]],
        absences: Iterable[Absence],
        start: datetime,
    ) -> None:
        self._users = {user.id for user in definitions.people.users}
        self._stages = {each.name for each in definitions.lifecycle.stages if each.qualifies}
        self._open: Counter[str] = Counter()
        self._accounts: dict[str, Counter[str]] = {}
        for account, owner, stage, count in owned:
            self._add(Place(owner, stage in self._stages, account), count)
        first = {account: min(each) for account, each in self._accounts.items()}
        self.router = Router(
            definitions.routing, definitions.people, definitions.calendars,
            ZoneInfo(definitions.settings.time_zone),
            Turns(as_of=start, open_leads=dict(self._open), accounts=first), absences,
        )  # fmt: skip
        self._changed: set[str] = set()
        self._moved: set[str] = set()

    def place(self, track: Track) -> Place:
        """Where a lead counts now."""
        return Place(track.owner, track.recorded in self._stages, track.account)

    def moved(self, before: Place | None, after: Place) -> None:
        """A lead counts elsewhere than before."""
        if before is None or before == after:
            return
        self._add(before, -1)
        self._add(after, 1)
        self._changed |= {each.owner for each in (before, after) if each.owner in self._users}
        self._moved |= {each.account for each in (before, after) if each.account}

    def settle(self, now: datetime) -> None:
        """Tell the router what has changed by now."""
        if not self._changed and not self._moved:
            return
        theirs = {each: self._accounts.get(each) for each in self._moved}
        owners = {account: min(each) if each else None for account, each in theirs.items()}
        self.router.keep_up({each: self._open[each] for each in self._changed}, owners, now)
        self._changed.clear()
        self._moved.clear()

    def _add(self, place: Place, count: int) -> None:
        owner = place.owner
        if owner is None or owner not in self._users:
            return
        if place.is_open:
            self._open[owner] += count
        if place.account:
            of_account = self._accounts.setdefault(place.account, Counter())
            of_account[owner] += count
            if of_account[owner] <= 0:
                del of_account[owner]
