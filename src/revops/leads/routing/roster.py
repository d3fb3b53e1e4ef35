"""One pool during a pass: who can take a lead now, and whose turn it is."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from revops.leads.routing.availability import FOREVER
from revops.leads.routing.decision import TURN, Ballot
from revops.leads.routing.seats import language, skill
from revops.leads.routing.turns import Credit, Rota, period, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from revops.definitions.routing import Pool
    from revops.leads.lead import Lead
    from revops.leads.routing.loads import Loads
    from revops.leads.routing.seats import Seat

NO_ONE: frozenset[str] = frozenset()
_REMEMBERED = 256  # needs, and sets of eligible members

_Key = tuple[str, str, frozenset[str]]


class _Standing(NamedTuple):
    """Who can take a lead with certain needs.

    Attributes:
        why: For each member why not, None for the eligible.
        eligible: Their places.
        shares: What everybody earns, to be used in turn; see `split`.
        pick: From something of every member to that of the eligible.
    """

    why: tuple[str | None, ...]
    eligible: tuple[int, ...]
    shares: Sequence[Sequence[int]] = ()
    pick: Callable[[list[int]], Sequence[int]] = tuple


class Roster:
    """A pool; it remembers who can take leads until something changes.

    Attributes:
        name: Of the pool.
        members: The ids of its members, in order.
    """

    def __init__(
        self,
        name: str,
        pool: Pool,
        members: Sequence[Seat],
        loads: Loads,
        credits_: Iterable[Credit],
        zone: ZoneInfo,
    ) -> None:
        self.name = name
        self.members = tuple(seat.id for seat in members)
        self._pool, self._seats, self._loads, self._zone = pool, members, loads, zone
        self._places = {member: place for place, member in enumerate(self.members)}
        self._weights = [seat.weight for seat in members]
        self._stored = {(each.member, each.period_start): each for each in credits_}
        self._rotas: dict[datetime, Rota] = {}
        self._rota = Rota([])
        self._since, self._until = FOREVER, FOREVER
        self._away: list[str | None] = []
        self._full: list[str | None] = []
        self._standings: dict[_Key, _Standing] = {}
        self._splits: dict[tuple[int, ...], list[list[int]]] = {}

    def choose(self, lead: Lead, now: datetime, not_to: frozenset[str] = NO_ONE) -> Ballot:
        """Give the next turn to a member who can take the lead, if there is one.

        The most credit decides; then the fewest turns in the period; then the first id.
        """
        if not self._since <= now < self._until:
            self._look(now)
        key = self._key(lead, not_to)
        standing = self._standings.get(key) or self._stand(key)
        if not standing.eligible:
            return Ballot(self.name, self.members, standing.why)
        earned = self._rota.earn(standing.shares)
        able = standing.pick(earned)
        most = max(able)
        taken: tuple[int, ...] = ()
        if able.count(most) == 1:
            place = standing.eligible[able.index(most)]
        else:
            taken = tuple(self._rota.taken)
            tied = (at for at in standing.eligible if earned[at] == most)
            place = min(tied, key=taken.__getitem__)
        self._rota.take(earned, place)
        return Ballot(self.name, self.members, standing.why, earned, taken, place)

    def kept(self, owner: str) -> Ballot:
        """The choice that was not made because the lead goes to its account's owner."""
        nobody_else: tuple[None, ...] = (None,) * len(self.members)
        return Ballot(self.name, self.members, nobody_else, chosen=self._places.get(owner))

    def note(self, member: str, now: datetime) -> None:
        """The member has more leads than before, or fewer."""
        place = self._places[member]
        if self._full and self._seats[place].is_limited:
            full = self._seats[place].full(self._loads, now)
            if (full is None) != (self._full[place] is None):
                self._standings.clear()
            self._full[place] = full

    def credits(self) -> Iterator[Credit]:
        """How the members stand in every period in which turns were taken."""
        for start, rota in self._rotas.items():
            if rota.was_used:
                for member, credit, taken in zip(
                    self.members, rota.credit, rota.taken, strict=True
                ):
                    yield Credit(self.name, member, start, credit + taken * TURN, taken)

    def _key(self, lead: Lead, not_to: frozenset[str]) -> _Key:
        needs = self._pool.needs
        return (
            language(lead.fields.get(needs.language)) if needs.language else "",
            skill(lead.fields.get(needs.skill)) if needs.skill else "",
            not_to,
        )

    def _look(self, now: datetime) -> None:
        """See who is there, and until when that is so."""
        start, until = period(self._pool.reset, now, self._zone)
        seen = [seat.away(now) for seat in self._seats]
        self._away = [why for why, _until in seen]
        self._full = [seat.full(self._loads, now) for seat in self._seats]
        self._since, self._until = now, min([until, *(known for _why, known in seen)])
        self._standings.clear()
        if start not in self._rotas:
            self._rotas[start] = Rota([self._stored.get((each, start)) for each in self.members])
        self._rota = self._rotas[start]

    def _stand(self, key: _Key) -> _Standing:
        """Who can take leads with these needs, remembered until something changes."""
        if len(self._standings) >= _REMEMBERED:
            self._standings.clear()
        spoken, brought, not_to = key
        why = tuple(
            away or full or seat.lacks(spoken, brought)
            or ("had it before" if seat.id in not_to else None)
            for seat, away, full in zip(self._seats, self._away, self._full, strict=True)
        )  # fmt: skip
        eligible = tuple(place for place, each in enumerate(why) if each is None)
        standing = _Standing(why, eligible)
        if eligible:
            standing = _Standing(why, eligible, self._shares(eligible), self._pick(eligible))
        self._standings[key] = standing
        return standing

    def _shares(self, eligible: tuple[int, ...]) -> list[list[int]]:
        if eligible not in self._splits:
            if len(self._splits) >= _REMEMBERED:
                self._splits.clear()
            self._splits[eligible] = split(self._weights, eligible)
        return self._splits[eligible]

    def _pick(self, eligible: tuple[int, ...]) -> Callable[[list[int]], Sequence[int]]:
        """A quick way to the values of the eligible."""
        if len(eligible) == len(self.members):
            return lambda values: values
        if len(eligible) == 1:
            return lambda values: (values[eligible[0]],)
        return itemgetter(*eligible)
