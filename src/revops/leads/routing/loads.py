"""How many leads each person was given today and is working, kept up during a pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from revops.leads.routing.availability import Person
    from revops.leads.routing.turns import Turns


class Loads:
    """Counts of leads by user, whatever rule gave them; a day ends at the person's midnight."""

    def __init__(self, turns: Turns, everybody: Mapping[str, Person]) -> None:
        self._everybody = everybody
        self._as_of = turns.as_of
        self._today = dict(turns.today)
        self._open = dict(turns.open_leads)
        self._day_ends: dict[str, datetime] = {}

    def today(self, user: str, now: datetime) -> int:
        """Leads given to the user since the last midnight in its zone."""
        person = self._everybody[user]
        ends = self._day_ends.get(user) or person.day(self._as_of)[1]
        if now >= ends:
            self._today[user] = 0
            ends = person.day(now)[1]
        self._day_ends[user] = ends
        return self._today.get(user, 0)

    def open_leads(self, user: str) -> int:
        """Leads the user is working."""
        return self._open.get(user, 0)

    def set_open(self, user: str, count: int) -> None:
        """The user is working so many leads, whatever was given."""
        self._open[user] = count

    def give(self, owner: str, previous: str | None, now: datetime) -> None:
        """A lead goes to its new owner."""
        self._today[owner] = self.today(owner, now) + 1
        if owner == previous:
            return
        self._open[owner] = self._open.get(owner, 0) + 1
        if self._open.get(previous or "", 0) > 0:
            self._open[previous or ""] -= 1
