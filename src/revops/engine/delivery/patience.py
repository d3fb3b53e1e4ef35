"""How long a delivery is tried, and how long to wait in between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from revops.connectors.push import Delivered, Refused
from revops.store.outbox import Verdict

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from revops.connectors.push import Answer
    from revops.store.outbox import Letter


_MOST_DOUBLINGS = 20


@dataclass(frozen=True)
class Patience:
    """When to try again, and when to give up.

    With these figures a letter that meets nothing but failures is tried about twenty times in
    about an hour.

    Attributes:
        first: The longest wait after the first failure; it doubles with each further one.
        longest: The longest wait after any.
        attempts: After so many failures it is given up.
        age: So long after it was written it is given up too, but not before `fewest` attempts.
            A destination that fails for so long loses all its letters that are as old.
        fewest: So often each letter is tried that is tried at all.
    """

    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(minutes=10)
    attempts: int = 20
    age: timedelta = timedelta(hours=1)
    fewest: int = 3

    def wait(self, failures: int, random: Random) -> timedelta:
        """How long to wait after so many failures: exponential backoff with full jitter.

        Any time up to the longest is as likely, so that many that failed together do not return
        together (Brooker, "Exponential Backoff And Jitter", 2015).
        """
        longest = min(self.longest, self.first * (1 << min(failures - 1, _MOST_DOUBLINGS)))
        return longest * random.random()

    def verdict(self, letter: Letter, answer: Answer, now: datetime, random: Random) -> Verdict:
        """What becomes of a letter after an attempt."""
        if isinstance(answer, Delivered):
            return Verdict(letter, "delivered")
        if isinstance(answer, Refused):
            return Verdict(letter, "dead", error=answer.reason)
        if self.is_over(letter, now):
            why = f"given up after {letter.attempts} attempts: {answer.reason}"
            return Verdict(letter, "dead", error=why)
        wait = max(self.wait(letter.attempts, random), answer.after or timedelta(0))
        return Verdict(letter, "pending", now + wait, answer.reason)

    def is_over(self, letter: Letter, now: datetime) -> bool:
        """Whether a letter that failed once more is given up."""
        is_old = now - letter.created_at >= self.age
        return letter.attempts >= (self.fewest if is_old else self.attempts)
