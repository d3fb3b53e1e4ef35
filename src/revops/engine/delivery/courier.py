"""Delivers what is due: claims letters, sends many at once, and settles what became of them."""

from __future__ import annotations

import traceback
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from revops.connectors.push import Refused, Unavailable
from revops.engine.delivery.gate import Gate, Limits
from revops.engine.delivery.patience import Patience
from revops.kit.duration import format_duration
from revops.store.outbox import claim, give_up, prune, settle, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from random import Random

    import sqlalchemy as sa

    from revops.connectors.push import Answer, Push
    from revops.store import Store
    from revops.store.outbox import Letter, Verdict

KEPT = timedelta(days=90)
"""How long a letter is kept after it was delivered."""
PRUNED_EVERY = timedelta(days=1)
PRUNED_AT_ONCE, PRUNED_AT_MOST = 1_000, 20_000
LEASE = timedelta(minutes=5)
THREADS = 16
MOST = 10_000


@dataclass(frozen=True)
class Destination:
    """A receiver: the way to it, what it is given at most, and how long it is tried."""

    push: Push
    limits: Limits = field(default_factory=Limits)
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True)
class Deliveries:
    """What was done, and what is left.

    Attributes:
        delivered: How many letters their receivers took.
        postponed: How many attempts failed and will be made again.
        dead: How many letters were given up.
        pending: How many letters are left, by destination.
        unknown: How many wait for a destination that is not defined, until it is.
        shut: Destinations that do not answer, and when they are asked again.
        next_at: When there is something to do again; None where nothing is left.
    """

    delivered: int
    postponed: int
    dead: int
    pending: Mapping[str, int]
    unknown: Mapping[str, int]
    shut: Mapping[str, datetime]
    next_at: datetime | None


@dataclass
class Courier:
    """Delivers the letters of a store; one for each process, kept as long as it works.

    Attributes:
        store: Where the outbox is. Only the thread that calls uses it.
        destinations: By the names that messages have.
        clock: Tells the time.
        random: Where the jitter comes from.
        threads: How many letters are on their way at once, in all.
        lease: How long a claim holds: longer than an attempt takes. A worker that is killed
            delays its letters by so much.
    """

    store: Store
    destinations: Mapping[str, Destination]
    clock: Callable[[], datetime]
    random: Random
    threads: int = THREADS
    lease: timedelta = LEASE
    _prune_at: datetime = field(init=False, default=datetime.min.replace(tzinfo=UTC))
    _gates: dict[str, Gate] = field(init=False)
    _pool: ThreadPoolExecutor = field(init=False)
    _flying: dict[Future[Answer], Letter] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._gates = {name: Gate(each.limits) for name, each in self.destinations.items()}
        self._pool = ThreadPoolExecutor(self.threads, "delivery")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Wait for what is on its way and settle it; what takes too long is delivered again."""
        try:
            if done := wait(self._flying, self.lease.total_seconds()).done:
                with self.store.write() as connection:
                    self._settle(connection, done)
        finally:
            self._pool.shutdown(wait=False)
            for destination in self.destinations.values():
                destination.push.close()

    def deliver_due(self, most: int = MOST) -> Deliveries:
        """Deliver until nothing more may go now.

        Args:
            most: How many attempts are made at most.

        Raises:
            RevopsError: The store cannot be used; what was on its way is delivered again.
        """
        tally: Counter[str] = Counter()
        done: Collection[Future[Answer]] = ()
        while self._flying or self._is_due():
            with self.store.write() as connection:
                tally += self._settle(connection, done)
                letters = self._claim(connection, most - tally.total() - len(self._flying))
            self._send(letters)
            if not self._flying:
                break
            done = wait(self._flying, self.lease.total_seconds(), FIRST_COMPLETED).done
            if not done:  # what is left trickles for ever; its claims are over, others may go on
                break
        return self._report(tally)

    def prune(self) -> int:
        """Drop what was delivered long ago, once a day, in small transactions.

        Returns:
            How many letters were dropped.
        """
        now = self.clock()
        if now < self._prune_at:
            return 0
        dropped = 0
        for _ in range(PRUNED_AT_MOST // PRUNED_AT_ONCE):
            with self.store.write() as connection:
                some = prune(connection, now - KEPT, PRUNED_AT_ONCE)
            dropped += some
            if some < PRUNED_AT_ONCE:
                self._prune_at = now + PRUNED_EVERY
                break
        return dropped

    def _is_due(self) -> bool:
        """Whether anything may go now; asked by reading, which waits for no other writer."""
        next_at = self._report(Counter()).next_at
        return next_at is not None and next_at <= self.clock()

    def _claim(self, connection: sa.Connection, most: int) -> list[Letter]:
        """Take as much as may go now; in changing order, to be fair to all destinations."""
        now = self.clock()
        busy = Counter(letter.destination for letter in self._flying.values())
        names = self.random.sample(list(self._gates), len(self._gates))
        rooms = {name: self._gates[name].room(now, busy[name]) for name in names}
        limit = min(most, self.threads - len(self._flying))
        return claim(connection, now, now + self.lease, rooms, limit)

    def _send(self, letters: Sequence[Letter]) -> None:
        now = self.clock()
        for name, count in Counter(letter.destination for letter in letters).items():
            self._gates[name].take(now, count)
        for letter in letters:
            self._flying[self._pool.submit(self._attempt, letter, now)] = letter

    def _attempt(self, letter: Letter, now: datetime) -> Answer:
        """Try once, unless every attempt ended its worker: this would be the next one."""
        destination = self.destinations[letter.destination]
        if letter.attempts > destination.patience.attempts:
            return Refused(f"given up: of {letter.attempts - 1} attempts, the last ended nowhere")
        return destination.push.deliver(letter, now)

    def _settle(self, connection: sa.Connection, done: Collection[Future[Answer]]) -> Counter[str]:
        """Write down what became of letters, and of destinations that do not answer any more."""
        now = self.clock()
        verdicts = [self._verdict(self._flying.pop(each), _answer(each), now) for each in done]
        settle(connection, verdicts, now)
        tally = Counter[str](verdict.state for verdict in verdicts)
        errors = {each.letter.destination: each.error for each in verdicts if each.error}
        for name, error in errors.items():
            tally["dead"] += self._give_up(connection, name, error, now)
        return tally

    def _verdict(self, letter: Letter, answer: Answer, now: datetime) -> Verdict:
        gate, patience = self._gates[letter.destination], self._patience(letter.destination)
        if isinstance(answer, Unavailable):
            gate.failed(answer, now, patience, self.random)
        else:
            gate.answered()
        return patience.verdict(letter, answer, now, self.random)

    def _give_up(self, connection: sa.Connection, name: str, error: str, now: datetime) -> int:
        """A destination that fails for as long as letters are kept loses those that are as old."""
        patience = self._patience(name)
        if not self._gates[name].is_hopeless(now, patience):
            return 0
        why = f"given up: {name} has been failing for {format_duration(patience.age)}: {error}"
        return give_up(connection, name, now - patience.age, why, now)

    def _patience(self, name: str) -> Patience:
        return self.destinations[name].patience

    def _report(self, tally: Counter[str]) -> Deliveries:
        now = self.clock()
        with self.store.read() as connection:
            left = waiting(connection)
        known = [each for each in left if each.destination in self._gates]
        starts = [max(each.next_at, self._gates[each.destination].opens_at) for each in known]
        return Deliveries(
            delivered=tally["delivered"],
            postponed=tally["pending"],
            dead=tally["dead"],
            pending={each.destination: each.letters for each in known},
            unknown={each.destination: each.letters for each in left if each not in known},
            shut={
                name: gate.shut_until for name, gate in self._gates.items() if gate.shut_until > now
            },
            next_at=min(starts, default=None),
        )


def _answer(attempt: Future[Answer]) -> Answer:
    """What came of an attempt; a fault of ours is told by its place, for its text may be secret."""
    fault = attempt.exception()
    if fault is None:
        return attempt.result()
    place = traceback.extract_tb(fault.__traceback__)[-1]
    return Unavailable(f"{type(fault).__name__} in {Path(place.filename).name}:{place.lineno}")
