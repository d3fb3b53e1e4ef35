"""What is decided about a lead, with all that was considered; the words are made when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

TURN = 1_000_000
"""One turn, in the unit of credits and shares: a millionth of a turn."""


class Considered(NamedTuple):
    """A rule that was tried.

    Attributes:
        rule: Its name.
        matched: Whether it is the one that decided.
        why: Its condition and whether that held, or why it had nobody to go to.
    """

    rule: str
    matched: bool
    why: str


class PassedOver(NamedTuple):
    """A member of a pool that the lead came to, and that did not get it."""

    member: str
    why: str
    pool: str


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a choice among the members of a pool was made of.

    Attributes:
        pool: Its name.
        members: Their ids.
        why: For each member, why it could not be chosen; None where it could.
        credits: After each had earned its share; empty where no turn was taken.
        taken: The turns each had taken before, where credit alone did not decide.
        chosen: The place of who gets the lead among the members.
    """

    pool: str
    members: Sequence[str]
    why: Sequence[str | None]
    credits: Sequence[int] = ()
    taken: Sequence[int] = ()
    chosen: int | None = None

    def passed_over(self) -> Iterator[PassedOver]:
        """Everybody but the chosen one, in the order of the ids."""
        for place, (member, why) in enumerate(zip(self.members, self.why, strict=True)):
            if place != self.chosen:
                yield PassedOver(member, why or self._less(place), self.pool)

    def _less(self, place: int) -> str:
        """Why a member that could be chosen had no turn."""
        if self.chosen is None or not self.credits:
            return "the account's leads have one owner"
        mine, most = self.credits[place], self.credits[self.chosen]
        if mine != most:
            digits = 2 if most - mine >= TURN // 100 else 6
            return f"less credit: {mine / TURN:.{digits}f} < {most / TURN:.{digits}f}"
        if self.taken[place] != self.taken[self.chosen]:
            return (
                f"the same credit and more turns: {self.taken[place]} > {self.taken[self.chosen]}"
            )
        return "the same credit and turns, and a later id"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who gets a lead.

    Attributes:
        contact_id: Whose lead.
        at: When it was decided.
        rule: The rule that matched; `fallback` where none did, `rotate` where a turn was asked for.
        owner: The user who gets it; None if it waits in a queue or nobody could be found.
        queue: The queue it waits in.
        pool: The pool in which the owner took a turn; None where no turn was taken.
        sla: The service level whose clock starts.
        reason: Why this owner or queue, in one sentence without a full stop.
        considered: Every rule that was tried, in order, with why it did or did not match.
        ballots: The choices in pools that were made on the way.
    """

    contact_id: str
    at: datetime
    rule: str
    owner: str | None
    queue: str | None
    pool: str | None
    sla: str | None
    reason: str
    considered: tuple[Considered, ...] = ()
    ballots: tuple[Ballot, ...] = ()

    @property
    def passed_over(self) -> tuple[PassedOver, ...]:
        """Everybody else in the pools that the lead came to, and why it was not they."""
        return tuple(each for ballot in self.ballots for each in ballot.passed_over())
