"""A day in the life of the demonstration: leads and activities arrive, and the engine works them.

The records of the day are kept back until their moments. The stages that the simulated company
gave from that day on are left out, for the engine decides these.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import sqlalchemy as sa

from revops.engine.passes import run_passes
from revops.kit.errors import RevopsError
from revops.services.importing import import_paths
from revops.services.run import world_of
from revops.store.engine_tables import CLOCKS
from revops.store.forms import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from revops.engine.passes import Passed
    from revops.services.workspace import Workspace

STORIES = 2
"""Requests of the day at whose very moment the engine looks."""
STEPS = 3
"""Moments after each of them at which it looks because a clock falls due."""
_WANTED = ("demo_request", "trial_signup", "meeting_booked")
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SATURDAY = 5
_KEPT_BACK = {
    "contacts": ("created_at", "created_at"),
    "activities": ("occurred_at", "occurred_at, id"),
    "contact_history": ("changed_at", "changed_at"),
}
"""What arrives on the day: by which time, and in which order."""


@dataclass(frozen=True)
class Day:
    """A working day, as it was worked.

    Attributes:
        starts_at: Its first moment, UTC.
        ends_at: The moment after its last.
        settled: Contacts that the engine found in a stage when it looked for the first time.
        passes: The moments at which it looked.
    """

    starts_at: datetime
    ends_at: datetime
    settled: int
    passes: tuple[datetime, ...]


def day_before(end: datetime) -> datetime:
    """The start of the last working day (UTC) that is over at an instant."""
    start = end.replace(hour=0, minute=0, second=0, microsecond=0) - _DAY
    while start.weekday() >= _SATURDAY:
        start -= _DAY
    return start


class Feed:
    """The simulated company's records, which arrive when they were made.

    Args:
        workspace: Where they arrive.
        data: The files of the whole company.
        since: What is later than this arrives bit by bit.
    """

    def __init__(self, workspace: Workspace, data: Path, since: datetime) -> None:
        self._workspace = workspace
        self._data = data
        self._until = since
        self._con = duckdb.connect()
        self._con.execute("SET TimeZone = 'UTC'")
        for name, (moment, _) in _KEPT_BACK.items():
            self._con.execute(f"CREATE VIEW {name} AS {_as_of_then(name, data, since)}")
            later = f"SELECT * FROM {name} WHERE {moment} >= {_at(since)}"
            self._con.execute(f"CREATE TABLE new_{name} AS {later}")

    def before(self) -> None:
        """Import all that was before."""
        kept_back = {f"{name}.parquet" for name in _KEPT_BACK}
        others = [
            each for each in sorted(self._data.glob("*.parquet")) if each.name not in kept_back
        ]
        with tempfile.TemporaryDirectory(prefix="revops-demo-") as scratch:
            written = [
                self._write(Path(scratch), name, f"FROM {name} WHERE {moment} < {_at(self._until)}")
                for name, (moment, _) in _KEPT_BACK.items()
            ]
            self._import([*others, *written])

    def until(self, now: datetime) -> None:
        """Import what has happened since the last time."""
        with tempfile.TemporaryDirectory(prefix="revops-demo-") as scratch:
            written = []
            for name, (moment, order) in _KEPT_BACK.items():
                between = f"{moment} > {_at(self._until)} AND {moment} <= {_at(now)}"
                rows = f"FROM new_{name} WHERE {between} ORDER BY {order}"
                if self._con.execute(f"SELECT 1 FROM ({rows}) LIMIT 1").fetchone():
                    written.append(self._write(Path(scratch), name, rows))
            self._import(written, now)
        self._until = now

    def requests(self, until: datetime) -> list[datetime]:
        """Some moments until then at which somebody who is no customer asks for something."""
        kinds = ", ".join(map(text, _WANTED))
        rows = self._con.execute(
            f"SELECT DISTINCT epoch_us(a.occurred_at) FROM new_activities AS a"
            f" JOIN contacts AS c ON c.id = a.contact_id"
            f" WHERE a.type IN ({kinds}) AND a.occurred_at < {_at(until)}"
            f" AND coalesce(c.lifecycle_stage, 'Lead') IN ('Subscriber', 'Lead') ORDER BY 1"
        ).fetchall()
        found = [_EPOCH + timedelta(microseconds=row[0]) for row in rows]
        parts = min(STORIES, len(found))
        return [found[(2 * i + 1) * len(found) // (2 * parts)] for i in range(parts)]

    def _write(self, folder: Path, name: str, rows: str) -> Path:
        path = folder / f"{name}.parquet"
        self._con.execute(f"COPY ({rows}) TO {text(str(path))} (FORMAT parquet)")
        return path

    def _import(self, paths: Sequence[Path], at: datetime | None = None) -> None:
        outcomes = import_paths(self._workspace, paths, at=at) if paths else []
        if wrong := [issue for outcome in outcomes for issue in outcome.errors]:
            raise RevopsError.of(wrong)


def work_day(workspace: Workspace, feed: Feed, starts_at: datetime, end: datetime) -> Day:
    """Let the engine find everybody where they are, then work the day as it goes.

    It looks when somebody asks for something and when clocks fall due after that, a bounded number
    of times; what arrives in between is looked at with the next. What came after the day arrives
    at the end, and is left to the next run.
    """
    world, ends_at = world_of(workspace), min(starts_at + _DAY, end)
    settled = run_passes(world, starts_at).counts["contacts"]
    passes: list[datetime] = []

    def look(now: datetime) -> Passed:
        feed.until(now)
        passes.append(now)
        return run_passes(world, now)

    requests = feed.requests(ends_at)
    for request, following in zip(requests, [*requests, ends_at][1:], strict=True):
        look(request)
        for _ in range(STEPS):
            due = _next_due(workspace, request=request, now=passes[-1])
            if due is None or due >= following:
                break
            look(due)
    look(ends_at)
    feed.until(end)
    return Day(starts_at, ends_at, settled, tuple(passes))


def _next_due(workspace: Workspace, *, request: datetime, now: datetime) -> datetime | None:
    """When a clock that began with a request falls due next."""
    next_at = sa.select(sa.func.min(CLOCKS.c.next_at)).where(
        CLOCKS.c.started_at >= request, CLOCKS.c.next_at > now
    )
    with workspace.store.read() as connection:
        return connection.execute(next_at).scalar()


def _as_of_then(name: str, data: Path, since: datetime) -> str:
    """The records of a file, without the stages that contacts were given from then on."""
    file, history = (text(str(data / f"{each}.parquet")) for each in (name, "contact_history"))
    stage = f"field = 'lifecycle_stage' AND changed_at >= {_at(since)}"
    if name == "contact_history":
        return f"SELECT * FROM {file} WHERE NOT ({stage})"
    if name != "contacts":
        return f"SELECT * FROM {file}"
    is_new = f"created_at >= {_at(since)}"
    return (
        f"SELECT c.* REPLACE (CASE WHEN {is_new} THEN NULL WHEN h.contact_id IS NULL"
        f" THEN c.lifecycle_stage ELSE h.stage END AS lifecycle_stage,"
        f" CASE WHEN {is_new} THEN NULL ELSE c.owner END AS owner) FROM {file} AS c LEFT JOIN"
        f" (SELECT contact_id, arg_min(old_value, changed_at) AS stage FROM {history}"
        f" WHERE {stage} GROUP BY contact_id) AS h ON h.contact_id = c.id"
    )


def _at(moment: datetime) -> str:
    return f"TIMESTAMPTZ {text(moment.isoformat())}"
