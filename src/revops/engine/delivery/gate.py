"""How much may be sent to one destination now: by its limits, and by whether it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from revops.connectors.push import Unavailable
    from revops.engine.delivery.patience import Patience

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Limits:
    """What one destination is given at most, by each worker.

    Attributes:
        at_once: How many letters are on their way at the same time.
        per_minute: How many are sent in any minute, apart from a burst of `at_once`; None for
            as many as can be.
        failures: After so many failures in a row it is left alone for a while, then asked with
            one letter.
    """

    at_once: int = 4
    per_minute: int | None = None
    failures: int = 5

    @property
    def spacing(self) -> timedelta:
        """The time that one letter takes of the minute."""
        return _MINUTE / self.per_minute if self.per_minute else timedelta(0)


@dataclass
class Gate:
    """Whether letters to one destination may go now; it forgets everything with its worker.

    Attributes:
        limits: What it keeps to.
        next_free_at: When the next letter may go by the rate (GCRA's theoretical arrival time).
        failures: How many attempts failed in a row.
        failing_since: When the first of them did.
        shut_until: Until when nothing is sent.
    """

    limits: Limits
    next_free_at: datetime = field(default=_LONG_AGO)
    failures: int = 0
    failing_since: datetime | None = None
    shut_until: datetime = field(default=_LONG_AGO)

    def room(self, now: datetime, busy: int) -> int:
        """How many more may go now, when so many are on their way."""
        if now < self.opens_at:
            return 0
        at_once = 1 if self.is_doubtful else self.limits.at_once
        room = max(at_once - busy, 0)
        if spacing := self.limits.spacing:
            room = min(room, (now - self._start(now)) // spacing + 1)
        return room

    def _start(self, now: datetime) -> datetime:
        """Unused time counts for a burst of `at_once`, not more."""
        if not self.limits.per_minute:
            return now
        return max(self.next_free_at, now - self.limits.spacing * (self.limits.at_once - 1))

    @property
    def is_doubtful(self) -> bool:
        """Whether it failed too often to be trusted with more than one letter."""
        return self.failures >= self.limits.failures

    @property
    def opens_at(self) -> datetime:
        """When the next letter may go."""
        return max(self.next_free_at, self.shut_until)

    def take(self, now: datetime, letters: int) -> None:
        """Count letters that go now."""
        self.next_free_at = self._start(now) + self.limits.spacing * letters

    def answered(self) -> None:
        """It took or refused a letter: it is alive."""
        self.failures = 0
        self.failing_since = None

    def failed(self, fault: Unavailable, now: datetime, patience: Patience, random: Random) -> None:
        """An attempt failed: after too many, or if it asks for it, it is left alone."""
        self.failures += 1
        self.failing_since = self.failing_since or now
        wait = fault.after or timedelta(0)
        if self.is_doubtful:
            wait = max(wait, patience.wait(self.failures, random))
        self.shut_until = max(self.shut_until, now + wait)

    def is_hopeless(self, now: datetime, patience: Patience) -> bool:
        """Whether it has failed for as long as a letter is kept."""
        return self.failing_since is not None and now - self.failing_since >= patience.age
