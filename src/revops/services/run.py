"""Let the engine act: decide what is due, save it, and deliver what is to be told."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import SystemRandom
from threading import Thread
from typing import TYPE_CHECKING

from revops.engine.delivery import Courier, Deliveries
from revops.engine.destinations import destinations
from revops.engine.passes import Passed, run_passes
from revops.engine.world import World
from revops.kit.issue import Issue, Level
from revops.leads.slas.clocks import State
from revops.services.align import require_go_live
from revops.services.score import now as this_second
from revops.services.score import past_of, vocabulary
from revops.services.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from threading import Event

    from revops.engine.outcome import Outcome
    from revops.services.workspace import Workspace

POLL_SECONDS = 0.2
"""How long a worker that has nothing to do waits before it looks again."""


@dataclass(frozen=True)
class Round:
    """What one round of a worker did."""

    passed: Passed
    seconds: float


@dataclass(frozen=True)
class Decided:
    """One thing that was decided for a contact, in words."""

    contact_id: str
    kind: str
    decided: str


def run(
    workspace: Workspace,
    *,
    now: datetime | None = None,
    is_dry: bool = False,
    acts_at_first: bool = False,
) -> Passed:
    """Decide and save what is due: stages, owners, clocks, recipes, and what is to be told.

    Args:
        workspace: Whose definitions and store.
        now: The instant of the decisions; by default now.
        is_dry: Tell what would be done, and save nothing.
        acts_at_first: Whether the first run on a store does what the rules say of everybody who is
            there, rather than only settle their stages.

    Raises:
        RevopsError: The definitions have errors, or scoring must be signed off first.
    """
    at = now or this_second()
    if not is_dry:
        require_go_live(workspace, at)
    world = replace(world_of(workspace), acts_at_first=acts_at_first)
    return run_passes(world, at, is_dry=is_dry)


def deliver(workspace: Workspace) -> tuple[Deliveries, list[Issue]]:
    """Deliver what is due, and drop what was delivered long ago.

    The issues name destinations whose letters wait: those that cannot be used, and those that are
    no longer defined.
    """
    with _courier(workspace) as (courier, unusable):
        return _deliver(workspace, courier, unusable)


def _deliver(
    workspace: Workspace, courier: Courier, unusable: Sequence[Issue]
) -> tuple[Deliveries, list[Issue]]:
    delivered = courier.deliver_due()
    courier.prune()
    return delivered, [*unusable, *_undefined(workspace, delivered)]


def _undefined(workspace: Workspace, delivered: Deliveries) -> Iterator[Issue]:
    """The destinations that letters wait for and the definitions do not have."""
    defined = workspace.catalog.automations.destinations
    for name, letters in delivered.unknown.items():
        if name not in defined:
            wait = "message waits" if letters == 1 else "messages wait"
            message = f"{letters:,} {wait} for '{name}', which is not defined any more"
            mend = (
                f"call the destination '{name}' again in automations.yaml, or define one of that"
                f" name; revops outbox list --destination {name} shows them"
            )
            yield Issue("", 0, "", "undefined-destination", Level.WARNING, message, mend)


def work(
    workspace: Workspace,
    stop: Event,
    told: Callable[[Round], None],
    warned: Callable[[Issue], None],
    poll: float = POLL_SECONDS,
) -> None:
    """Decide and deliver as changes arrive and clocks fall due, until told to stop.

    Any number of processes may do so on PostgreSQL; on SQLite one decides at a time.

    Args:
        workspace: Whose definitions and store.
        stop: Set by whoever wants it to end.
        told: Hears of each round.
        warned: Hears why letters wait (see `deliver`), in another thread and once, until that
            is mended.
        poll: How many seconds to wait where there is nothing to do.

    Raises:
        RevopsError: The definitions have errors, or scoring must be signed off first.
    """
    require_go_live(workspace, this_second())
    world = world_of(workspace)
    arguments = (workspace, stop, warned, poll)
    delivering = Thread(target=_deliver_until, args=arguments, name="courier")
    delivering.start()
    try:
        while not stop.is_set():
            began = time.perf_counter()
            passed = run_passes(world, datetime.now(UTC))
            told(Round(passed, time.perf_counter() - began))
            if not passed.outcomes:
                stop.wait(poll)
    finally:
        stop.set()
        delivering.join()


def _deliver_until(
    workspace: Workspace, stop: Event, warned: Callable[[Issue], None], poll: float
) -> None:
    """Deliver in a thread of its own, so that a slow receiver holds up no decision."""
    known: set[str] = set()
    with open_workspace(workspace.folder) as own, _courier(own) as (courier, unusable):
        while not stop.is_set():
            _, issues = _deliver(own, courier, unusable)
            for issue in issues:
                if issue.mend not in known:  # the message counts letters, and changes with them
                    warned(issue)
            known = {issue.mend for issue in issues}
            stop.wait(poll)


@contextmanager
def _courier(workspace: Workspace) -> Iterator[tuple[Courier, list[Issue]]]:
    defined = workspace.catalog.automations.destinations
    usable, issues = destinations(defined, os.environ)
    with Courier(workspace.store, usable, lambda: datetime.now(UTC), SystemRandom()) as courier:
        yield courier, issues


def world_of(workspace: Workspace) -> World:
    """What the engine works with in a workspace."""
    catalog = workspace.catalog
    facts = workspace.facts()
    return World(
        catalog,
        catalog.version,
        vocabulary(catalog, facts),
        workspace.store,
        workspace.facts,
        lambda found: past_of(catalog, found),
    )


def decided(outcome: Outcome) -> Iterator[Decided]:
    """All that was decided for a contact, in words."""
    for kind, words in _words(outcome):
        yield Decided(outcome.lead.contact_id, kind, words)


def _account(outcome: Outcome) -> Iterator[tuple[str, str]]:
    found = outcome.match
    if found is not None and (found.account_id or found.how == "ambiguous"):
        yield "account", f"{found.account_id or 'none'}: {found.why}"


def _clocks(outcome: Outcome) -> Iterator[tuple[str, str]]:
    for review in outcome.reviews:
        clock = review.clock
        if clock is not None:
            if clock.state is State.WAIVED:
                continue
            yield "clock", f"{clock.sla}: {clock.state}, due {clock.due_at:%Y-%m-%d %H:%M} UTC"
        if review.correction:
            yield "correction", review.correction


def _words(outcome: Outcome) -> Iterator[tuple[str, str]]:
    yield from _account(outcome)
    kind = "settled" if outcome.is_settled else "stage"
    for move in outcome.moves:
        yield kind, f"{move.from_stage or 'new'} -> {move.to_stage}: {move.because}"
    for decision in outcome.decisions:
        who = decision.owner or decision.queue or "nobody"
        yield "owner", f"{who} by {decision.reason}"
    yield from _clocks(outcome)
    for enrolment in outcome.enrolments:
        yield "recipe", f"{enrolment.recipe}: {enrolment.state} {enrolment.note}".rstrip()
    for task in outcome.tasks:
        yield "task", f"{task.owner or 'anybody'}: {task.subject}"
    for message in outcome.messages:
        yield "message", f"{message.channel} to {message.destination}: {message.cause}"
    for note in outcome.notes:
        yield "not done", note
