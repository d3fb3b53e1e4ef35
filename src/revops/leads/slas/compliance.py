"""How well promises are kept: the open clocks, and the share kept in time.

Rows are counted here and not in SQL: the time on a clock is not in any column, it follows from
calendars, and 100,000 clocks are counted in a fraction of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from revops.leads.slas.clocks import State
from revops.leads.slas.wording import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta, tzinfo

    from revops.definitions.slas import ServiceLevel
    from revops.leads.slas.clocks import Clock

Level = Literal["green", "amber", "red", "grey"]
Period = Literal["day", "week", "month", "quarter"]
_AMBER_FROM = 0.75
"""Part of the time used from which a clock is told to hurry: the last quarter."""


@dataclass(frozen=True, slots=True)
class OpenClock:
    """A clock on which somebody still has to act.

    Attributes:
        clock: The clock.
        left: Time left on it, in its own time; negative once it is overdue.
        level: grey while it stands still, red once it is overdue, amber in the last quarter.
    """

    clock: Clock
    left: timedelta
    level: Level

    def __str__(self) -> str:
        """The time left in words."""
        if self.level == "grey":
            return f"stands still, {spoken(self.left)} left"
        return f"{spoken(self.left)} {'overdue' if self.level == 'red' else 'left'}"


def open_clocks(clocks: Iterable[Clock]) -> list[OpenClock]:
    """The clocks that are open, the one with the least time left first."""
    found = [OpenClock(each, each.left, _level(each)) for each in clocks if each.is_open]
    return sorted(found, key=lambda each: (each.left, each.clock.id))


def _level(clock: Clock) -> Level:
    if clock.state is State.PAUSED:
        return "grey"
    if clock.state is State.BREACHED:
        return "red"
    return "amber" if clock.elapsed >= _AMBER_FROM * clock.length else "green"


class Group(NamedTuple):
    """What is counted together: a service level, an owner, a period; '' where all are."""

    sla: str
    owner: str
    period: str


class Judged(Protocol):
    """What is asked of a clock, worked out or kept, to count it."""

    @property
    def sla(self) -> str:
        """The service level."""

    @property
    def owner(self) -> str | None:
        """Who had to keep it."""

    @property
    def due_at(self) -> datetime:
        """When it was due."""

    @property
    def state(self) -> State:
        """How it stands."""


@dataclass(frozen=True, slots=True)
class Compliance:
    """How many promises of a group were kept.

    Attributes:
        group: What is counted.
        met: Kept in time.
        breached: Not kept in time, whether or not later.
        running: Open and not yet due; they count neither way.
        target: The percentage that is to be kept.
    """

    group: Group
    met: int
    breached: int
    running: int
    target: float

    @property
    def percent(self) -> float | None:
        """The percentage kept of those that are decided; None if there are none."""
        decided = self.met + self.breached
        return 100 * self.met / decided if decided else None

    @property
    def is_on_target(self) -> bool | None:
        """Whether the target is reached; None if nothing is decided."""
        return None if self.percent is None else self.percent >= self.target


def compliance(
    clocks: Iterable[Judged],
    levels: Iterable[ServiceLevel],
    *,
    zone: tzinfo,
    by_owner: bool = False,
    period: Period | None = None,
) -> list[Compliance]:
    """How many promises were kept, by service level and, if asked, by owner and period.

    Cancelled clocks are left out. A clock belongs to the period in which it was due.

    Args:
        clocks: The clocks.
        levels: The service levels, for their targets; clocks of others are left out.
        zone: The time zone of the periods.
        by_owner: Whether to count each owner apart.
        period: The periods to count apart.
    """
    targets = {each.name: each.target for each in levels}
    counts: dict[Group, dict[State, int]] = {}
    for clock in clocks:
        if clock.sla in targets and clock.state not in {State.CANCELLED, State.WAIVED}:
            when = period_of(clock.due_at, period, zone) if period else ""
            group = Group(clock.sla, (clock.owner or "nobody") if by_owner else "", when)
            tally = counts.setdefault(group, dict.fromkeys(State, 0))
            tally[clock.state] += 1
    order = list(targets)
    return [
        Compliance(
            group,
            met=tally[State.MET],
            breached=tally[State.BREACHED],
            running=tally[State.RUNNING] + tally[State.PAUSED],
            target=targets[group.sla],
        )
        for group, tally in sorted(
            counts.items(), key=lambda item: (order.index(item[0].sla), item[0])
        )
    ]


def period_of(instant: datetime, period: Period, zone: tzinfo) -> str:
    """The name of the period of an instant: 2026-03-02, 2026-W10, 2026-03 or 2026-Q1."""
    day = instant.astimezone(zone).date()
    if period == "week":
        year, week, _weekday = day.isocalendar()
        return f"{year}-W{week:02}"
    if period == "quarter":
        return f"{day.year}-Q{(day.month + 2) // 3}"
    return f"{day:%Y-%m}" if period == "month" else day.isoformat()
