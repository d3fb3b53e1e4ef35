"""Taking turns by accumulated credit, in whole millionths of a turn.

At each decision every eligible member earns its weighted share of one turn, whoever has the most
credit is chosen, and pays a whole turn. So credit is always share minus turns taken, and the
credits of a pool add up to zero. How far they can go is proved in docs/routing.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import add
from typing import TYPE_CHECKING

from revops.leads.routing.availability import FOREVER
from revops.leads.routing.decision import TURN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from revops.definitions.routing import Reset

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""The start of the period of a pool that is never reset."""
_JANUARY_AND_BEYOND = 32  # days, from the first of any month into the next


@dataclass(frozen=True, slots=True)
class Credit:
    """How one member of a pool stands in one period.

    Attributes:
        pool: Its name.
        member: Id of the user.
        period_start: When everybody had nothing.
        share: What it has earned, in millionths of a turn.
        taken: The turns it took.
    """

    pool: str
    member: str
    period_start: datetime
    share: int
    taken: int

    @property
    def credit(self) -> int:
        """What is owed to the member, in millionths of a turn; less than nothing if it owes."""
        return self.share - self.taken * TURN


@dataclass(frozen=True, kw_only=True)
class Turns:
    """What has been given so far, as it is kept in the store.

    Attributes:
        as_of: When the counts were taken.
        credits: Of the periods that `period` names; those of earlier ones are not needed.
        today: Leads each user has been given since its day began; see `day_starts`.
        open_leads: Leads each user is working.
        accounts: Who has leads of an account already, by the account's id.
        attainment: Further factors on the weight of users, such as from quotas.
    """

    as_of: datetime
    credits: Iterable[Credit] = ()
    today: Mapping[str, int] = field(default_factory=dict)
    open_leads: Mapping[str, int] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    attainment: Mapping[str, float] = field(default_factory=dict)


def period(reset: Reset, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant of the period and of the next; weeks begin on Monday in the zone."""
    if reset == "never":
        return BEGINNING, FOREVER
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if reset == "weekly":
        start = midnight - timedelta(days=midnight.weekday())
        end = start + timedelta(days=7)
    else:
        start = midnight.replace(day=1)
        end = (start + timedelta(days=_JANUARY_AND_BEYOND)).replace(day=1)
    return start.astimezone(UTC), end.astimezone(UTC)


def split(weights: Sequence[int], eligible: Sequence[int]) -> list[list[int]]:
    """One turn shared out among the eligible, by largest remainder; the others get nothing.

    Millionths that cannot be shared out because several remainders are equal go round: the
    answers are to be used in turn, so that equal weights earn equally over a round.

    Args:
        weights: Of all members, positive where eligible.
        eligible: Their places, in order.
    """
    total = sum(weights[place] for place in eligible)
    shares, remainders = [0] * len(weights), dict.fromkeys(eligible, 0)
    for place in eligible:
        shares[place], remainders[place] = divmod(weights[place] * TURN, total)
    left = TURN - sum(shares)
    if not left:
        return [shares]
    edge = sorted(remainders.values(), reverse=True)[left - 1]
    for place in eligible:
        shares[place] += remainders[place] > edge
    tied = [place for place in eligible if remainders[place] == edge]
    left = TURN - sum(shares)
    return [
        _with_one_more(shares, (tied[(start + i) % len(tied)] for i in range(left)))
        for start in range(len(tied) if left < len(tied) else 1)
    ]


def _with_one_more(shares: list[int], places: Iterable[int]) -> list[int]:
    result = shares.copy()
    for place in places:
        result[place] += 1
    return result


class Rota:
    """The credits of the members of one pool in one period.

    Attributes:
        credit: Of each member, in the order of the ids.
        taken: Turns each member took.
        was_used: Whether a turn was taken since it was opened.
    """

    __slots__ = ("_turns", "credit", "taken", "was_used")

    def __init__(self, rows: Sequence[Credit | None]) -> None:
        self.credit = [row.credit if row else 0 for row in rows]
        self.taken = [row.taken if row else 0 for row in rows]
        self.was_used = False
        self._turns = sum(self.taken)

    def earn(self, shares: Sequence[Sequence[int]]) -> list[int]:
        """The credits once everybody has earned its share of the next turn."""
        return list(map(add, self.credit, shares[self._turns % len(shares)]))

    def take(self, earned: list[int], place: int) -> None:
        """The turn goes to the member at this place, who pays for it."""
        self.credit = earned.copy()
        self.credit[place] -= TURN
        self.taken[place] += 1
        self._turns += 1
        self.was_used = True
