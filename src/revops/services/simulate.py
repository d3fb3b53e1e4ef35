"""The company's own past under proposed definitions, beside the present ones."""

from __future__ import annotations

import gc
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.engine.replay import Given, flips, qualified_leads, replay, sales, side
from revops.kit.chart import Bars, Series
from revops.kit.clock import parse_zone
from revops.kit.errors import RevopsError
from revops.leads.routing import Absence
from revops.services.proposed import proposed_catalog
from revops.services.score import past_of, vocabulary
from revops.store.engine_tables import ABSENCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from revops.definitions.catalog import Catalog
    from revops.engine.replay import Flip, Qualified, Side
    from revops.services.workspace import Workspace
    from revops.store.facts import Facts

    _Side = tuple[Side, int, dict[str, Qualified]]

MEMORY_LIMIT = "1GiB"
_MANY = 5_000
"""Contacts from which on starting a process is worth it."""
_TOO_MANY = 400_000
"""Contacts from which on one replay after the other is made, so that both fit into memory."""
_WEEKS_SHOWN = 30
_LOADS_SHOWN = 15


@dataclass(frozen=True)
class Figure:
    """One line of the comparison; counts are whole, parts are from 0 to 1.

    Attributes:
        group: What it belongs to.
        name: What it is.
        unit: count, share, amount, days or turns.
        now: Under the present definitions; None where there is none.
        then: Under those proposed.
    """

    group: str
    name: str
    unit: str
    now: float | None
    then: float | None

    @property
    def difference(self) -> float | None:
        """By how much the proposal changes it."""
        return None if self.now is None or self.then is None else self.then - self.now


@dataclass(frozen=True)
class Simulation:
    """A past under two sets of definitions.

    Attributes:
        start, end: The time.
        contacts: How many there were by its end.
        now_version, then_version: Of the definitions.
        now, then: What each amounts to.
        flips: The leads decided otherwise.
        currency: Of all amounts; those in others are left out.
        notes: What is to be known besides.
    """

    start: datetime
    end: datetime
    contacts: int
    now_version: str
    then_version: str
    now: Side
    then: Side
    flips: tuple[Flip, ...]
    currency: str
    notes: tuple[str, ...] = ()

    def figures(self) -> list[Figure]:
        """All figures beside each other."""
        return [*_leads(self), *_became(self), *_loads(self), *_promises(self)]

    def charts(self) -> list[Bars]:
        """Before and after, as pictures."""
        return [_weeks(self), _sharing(self)]


def simulate(
    workspace: Workspace,
    proposed: Path | Catalog,
    start: datetime,
    end: datetime,
    *,
    present: Catalog | None = None,
    facts: Facts | None = None,
) -> Simulation:
    """Replay a time of the past under the workspace's definitions and proposed ones.

    Args:
        workspace: Whose past.
        proposed: A folder with the definitions proposed, or these.
        start: The beginning; what lies before is settled silently under either.
        end: The end; nothing later is looked at.
        present: The definitions that the proposal stands beside; by default the workspace's.
        facts: Replay these instead of the workspace's own.

    Raises:
        RevopsError: The time ends before it begins, definitions have errors, or a process that
            replayed was ended from outside.
    """
    if end <= start:
        raise RevopsError(
            "bad-time", "the time to be simulated would end before it begins", "mend --from or --to"
        )
    source = facts or workspace.facts()
    with _replayers(source) as replayers:
        catalog = present or workspace.catalog
        other = proposed_catalog(workspace, proposed) if isinstance(proposed, Path) else proposed
        away = _absences(workspace, start)
        sides = replayers.both((catalog, other), source, start, end, away)
    (one, contacts, now), (two, _, then) = sides
    return Simulation(
        start, end, contacts, catalog.version, other.version, one, two,
        tuple(flips(now, then)), catalog.settings.base_currency, tuple(_notes(source, start)),
    )  # fmt: skip


@dataclass(frozen=True)
class _Replayers:
    """Who replays the two sides.

    Attributes:
        pool: Processes, already starting; None where the contacts are so few that it is done here.
        threads: Threads of each for SQL; None for all there are.
    """

    pool: ProcessPoolExecutor | None = None
    threads: int | None = None

    def both(
        self,
        catalogs: tuple[Catalog, Catalog],
        facts: Facts,
        start: datetime,
        end: datetime,
        away: Sequence[Absence],
    ) -> list[_Side]:
        given = facts, start, end, away
        if self.pool is None:
            return [_replayed(each, *given) for each in catalogs]
        found = [self.pool.submit(_replayed, each, *given, self.threads) for each in catalogs]
        return [each.result() for each in found]


@contextmanager
def _replayers(facts: Facts) -> Iterator[_Replayers]:
    with facts.connect() as con:
        (count,) = con.execute("SELECT COUNT(*) FROM contacts").fetchone() or (0,)
    if count < _MANY:
        yield _Replayers()
        return
    at_once = 2 if count < _TOO_MANY else 1
    try:
        # What a replay makes is kept to its end or freed at once: looking for circles finds
        # nothing. Of two in turn each has its own process, so that nothing of the first is left.
        with ProcessPoolExecutor(
            at_once, get_context("spawn"), initializer=gc.disable,
            max_tasks_per_child=1 if at_once == 1 else None,
        ) as pool:  # fmt: skip
            if at_once > 1:
                for _ in range(at_once):
                    pool.submit(gc.disable)  # lets it start while definitions are read
            yield _Replayers(pool, max((os.cpu_count() or 1) // at_once, 1))
    except BrokenProcessPool as error:
        raise RevopsError(
            "process-ended",
            "a process that replayed was ended from outside, most often for lack of memory",
            "close what else takes memory, or simulate a shorter time",
        ) from error


def _replayed(
    catalog: Catalog,
    facts: Facts,
    start: datetime,
    end: datetime,
    away: Sequence[Absence],
    threads: int | None = None,
) -> _Side:
    with facts.connect(memory_limit=MEMORY_LIMIT, threads=threads) as con:
        given = Given(con, start, end)
        found = replay(catalog, vocabulary(catalog, facts), past_of(catalog, facts), given, away)
        began = sales(con, start, end, catalog.settings.base_currency)
    leads = qualified_leads(found, catalog.lifecycle, began)
    zone = parse_zone(catalog.settings.time_zone)
    return side(found, catalog.lifecycle, leads, began, zone), found.contacts, leads


def _absences(workspace: Workspace, start: datetime) -> list[Absence]:
    with workspace.store.read() as connection:
        rows = connection.execute(sa.select(ABSENCES).where(ABSENCES.c.ends_at > start)).all()
    return [Absence(row.user_id, row.starts_at, row.ends_at, row.reason or "") for row in rows]


def _notes(facts: Facts, start: datetime) -> Iterator[str]:
    with facts.connect() as con:
        row = con.execute(
            "SELECT COUNT(*) FROM contacts WHERE (created_at IS NULL OR created_at <= $1)"
            " AND NOT lifecycle_stage IS NULL AND NOT id IN (SELECT record_id FROM contact_history"
            " WHERE field = 'lifecycle_stage')",
            [start.replace(tzinfo=None)],
        ).fetchone()
    if row and row[0]:
        yield (
            f"{row[0]:,} contacts have a stage and no history of it: they are taken to have been "
            "in it at the beginning"
        )


# Figures


def _leads(found: Simulation) -> Iterator[Figure]:
    now, then = found.now, found.then
    weeks = max((found.end - found.start).total_seconds() / (7 * 86_400), 1e-9)
    yield Figure("Leads", "qualified", "count", now.qualified, then.qualified)
    yield Figure("Leads", "times qualified", "count", now.mqls, then.mqls)
    yield Figure("Leads", "times a week", "count", now.mqls / weeks, then.mqls / weeks)
    kinds = Counter(each.change for each in found.flips)
    yield Figure("Leads", "qualified only so", "count", kinds["fewer"], kinds["more"])
    for kind in ("earlier", "later"):
        days = [abs(each.days) for each in found.flips if each.change == kind and each.days]
        yield Figure("Leads", f"qualified {kind}", "count", None, len(days))
        if days:
            yield Figure("Leads", f"days {kind}, median", "days", None, median(days))
    yield Figure("Leads", "to another owner", "count", None, kinds["other owner"])


def _became(found: Simulation) -> Iterator[Figure]:
    sides = (found.now, found.then)
    for name, counts in (
        ("taken further by sales", [each.accepted for each in sides]),
        ("with an opportunity", [each.with_deal for each in sides]),
        ("won", [each.won for each in sides]),
    ):
        yield Figure("What became of them", name, "count", *counts)
        shares = [
            count / each.qualified if each.qualified else None
            for count, each in zip(counts, sides, strict=True)
        ]
        yield Figure("What became of them", f"{name}, part", "share", *shares)
    revenue = f"Revenue won, {found.currency}"
    yield Figure(revenue, "captured", "amount", *[each.captured for each in sides])
    yield Figure(revenue, "missed", "amount", *[each.missed for each in sides])


def _loads(found: Simulation) -> Iterator[Figure]:
    sides = (found.now, found.then)
    counts = [{load.owner: load.given for load in each.loads} for each in sides]
    for owner in sorted({*counts[0], *counts[1]}):
        yield Figure("Given to", owner, "count", *[each.get(owner, 0) for each in counts])
    yield Figure("Given to", "farthest from a fair share", "turns", *[x.unfair for x in sides])


def _promises(found: Simulation) -> Iterator[Figure]:
    now = {each.sla: each for each in found.now.promises}
    then = {each.sla: each for each in found.then.promises}
    names = sorted({*now, *then})
    for sla in names:
        pair = (now.get(sla), then.get(sla))
        yield Figure("Promises broken", sla, "count", *[x.breached if x else None for x in pair])
    for sla in names:
        pair = (now.get(sla), then.get(sla))
        yield Figure("Promises kept", sla, "share", *[x.kept if x else None for x in pair])


# Pictures


def _weeks(found: Simulation) -> Bars:
    weeks = sorted({*found.now.by_week, *found.then.by_week})[-_WEEKS_SHOWN:]
    return Bars(
        "Leads qualified, by week",
        tuple(f"{each:%Y-%m-%d}" for each in weeks),
        (
            Series("now", tuple(found.now.by_week.get(each, 0) for each in weeks)),
            Series("proposed", tuple(found.then.by_week.get(each, 0) for each in weeks)),
        ),
    )


def _sharing(found: Simulation) -> Bars:
    counts: list[Mapping[str, int]] = [
        {load.owner: load.given for load in each.loads} for each in (found.now, found.then)
    ]
    owners = sorted({*counts[0], *counts[1]}, key=lambda each: (-counts[0].get(each, 0), each))
    owners = owners[:_LOADS_SHOWN]
    return Bars(
        "Leads given to each owner",
        tuple(owners),
        (
            Series("now", tuple(counts[0].get(each, 0) for each in owners)),
            Series("proposed", tuple(counts[1].get(each, 0) for each in owners)),
        ),
    )
