"""The demonstration: a simulated company, imported, scored, and told about."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING

from revops.services import demo_findings
from revops.services.demo_day import Feed, day_before, work_day
from revops.services.demo_folder import replaced
from revops.services.demo_stories import report_day
from revops.services.init import init_workspace
from revops.services.score import score
from revops.services.workspace import open_workspace
from revops.simulator import SimulatedCompany, simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from revops.services.demo_findings import BandCount, Bar, FunnelStep, Gap, HotLead
    from revops.services.demo_stories import DayReport

_COMPANY = "Demonstration Inc"
_DATA = "data"


@dataclass(frozen=True)
class DemoReport:
    """What the demonstration did and found.

    Attributes:
        folder: The workspace.
        until: The end of the simulated year and the instant of the scores, UTC.
        motion: Whose definitions were used.
        definitions_version: Their version.
        rows: Rows simulated, by name of file.
        funnel: How far the contacts got, widest first.
        histogram: Contacts by ten points of the total, lowest first.
        bands: Contacts by band, best first.
        qualified: How many are worth a call now.
        hottest: The best of them.
        gaps: What the records lack.
        day: What the engine made of the last working day.
        seconds: How long each step took.
        next_commands: What to try now, with what it does.
    """

    folder: Path
    until: datetime
    motion: str
    definitions_version: str
    rows: Mapping[str, int]
    funnel: tuple[FunnelStep, ...]
    histogram: tuple[Bar, ...]
    bands: tuple[BandCount, ...]
    qualified: int
    hottest: tuple[HotLead, ...]
    gaps: tuple[Gap, ...]
    day: DayReport
    seconds: Mapping[str, float]
    next_commands: tuple[tuple[str, str], ...]


def run_demo(
    folder: Path,
    *,
    contacts: int = 20_000,
    activities: int = 600_000,
    motion: str = "full",
    seed: int = 7,
    until: datetime | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> DemoReport:
    """Make a workspace with a simulated company in it, import it, score it and look at it.

    Args:
        folder: Where the workspace is to be; a former demonstration there is replaced.
        contacts: Number of contacts.
        activities: Number of activities.
        motion: Which templates' definitions are used.
        seed: The same seed and day give the same company.
        until: End of the simulated year; by default the midnight (UTC) that began today.
        on_progress: Called with the name of each step that begins.

    Raises:
        RevopsError: The folder holds something else, or a size is out of its limits.
    """
    end = until or today()
    clock = _Clock(on_progress or (lambda _step: None))
    with replaced(folder) as draft:
        with clock.step("workspace"):
            init_workspace(draft, motion, _COMPANY)
        with clock.step("simulate"):
            company = simulate(
                None,
                draft / _DATA,
                contacts=contacts,
                activities=activities,
                seed=seed,
                until=end,
            )
        with open_workspace(draft) as workspace:
            starts_at = day_before(end)
            feed = Feed(workspace, draft / _DATA, starts_at)
            with clock.step("import"):
                feed.before()
            with clock.step("facts"):
                workspace.facts()
            with clock.step("work"):
                day = report_day(workspace, work_day(workspace, feed, starts_at, end))
            with clock.step("score"), score(workspace, as_of=end) as run:
                qualified = run.counts()[1]
                hottest = demo_findings.hottest(run.con, end)
                report = DemoReport(
                    folder=folder,
                    until=end,
                    motion=motion,
                    definitions_version=run.definitions_version,
                    rows=company.rows,
                    funnel=demo_findings.funnel(run.con),
                    histogram=demo_findings.histogram(run.con),
                    bands=demo_findings.bands(run.con, workspace.catalog.scoring),
                    qualified=qualified,
                    hottest=hottest,
                    gaps=demo_findings.gaps(run.con),
                    day=day,
                    seconds={},
                    next_commands=_next_commands(folder, hottest, end),
                )
    return replace(report, seconds=clock.seconds)


def write_company(
    out: Path,
    *,
    contacts: int = 20_000,
    activities: int = 600_000,
    seed: int = 7,
    until: datetime | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> SimulatedCompany:
    """Write a simulated company's canonical files, as Parquet, and nothing else.

    Raises:
        RevopsError: The folder holds something else, or a size is out of its limits.
    """
    with replaced(out) as draft:
        company = simulate(
            None,
            draft,
            contacts=contacts,
            activities=activities,
            seed=seed,
            until=until or today(),
            on_progress=on_progress,
        )
    return replace(company, folder=out)


def today() -> datetime:
    """The midnight, UTC, that began today."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def canonical_files(folder: Path) -> list[Path]:
    """The files of a simulated company that an import takes: all but its truth."""
    return [*sorted(folder.glob("*.parquet")), *sorted(folder.glob("activities/*.parquet"))]


def _next_commands(
    folder: Path, hottest: Sequence[HotLead], as_of: datetime
) -> tuple[tuple[str, str], ...]:
    place = f"--workspace {shlex.quote(str(folder))}"
    month_ago = (as_of - timedelta(days=30)).date()
    why = [
        (
            f"revops explain {lead.contact_id} {place}",
            f"every point of {lead.name or 'a lead'}'s score",
        )
        for lead in hottest[:1]
    ]
    return (
        *why,
        (f"revops score {place} --as-of {month_ago}", "the scores as they were a month ago"),
        (f"revops score {place} --account", "which companies are interested, not only who"),
        (f"revops check {place}", "whether the definitions are sound; then change some"),
        ("revops init my-company", "a workspace for your own records"),
    )


@dataclass
class _Clock:
    """Tells which step begins and keeps how long each took."""

    tell: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.tell(name)
        began = perf_counter()
        yield
        self.seconds[name] = perf_counter() - began
