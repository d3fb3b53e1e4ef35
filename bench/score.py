"""How long a full scoring takes, next to DuckDB's bare GROUP BY over the same Parquet files.

    python bench/score.py [--activities N ...] [--data DIR] [--motion NAME] [--runs N] [--by-time]

For each size a company is simulated (50 activities a contact; kept in DIR if that is given, and
used again). With `--by-time` its activities are sorted by time, as systems write their logs; else
they are sorted by contact, as the engine keeps its facts.

Each measurement runs in a fresh process: `group` counts activities by contact and
type, `score` works out and stores scores and lines as `revops score` does, `explain` explains
contacts one after another in a warm process. Prints the median seconds of the runs, their ratio
(and that of processor seconds, which depend less on what else the machine does), the greatest peak
of resident memory, the latency of explanations, and the exponent with which the
time grows from the smallest to the largest size.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from revops.leads.scoring import Prepared
from revops.services.explain import Explainer
from revops.services.init import init_workspace
from revops.services.score import MEMORY_LIMIT, plan
from revops.services.score_run import ScoreRun, new_folder, record, settle
from revops.services.workspace import open_workspace
from revops.simulator import simulate
from revops.store.facts import facts_from_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from revops.definitions.scoring import ScoringModel

UNTIL = datetime(2026, 7, 1, tzinfo=UTC)
ACTIVITIES_PER_CONTACT = 50
EXPLAINED = 60
WARM_UP = 5
MIB = 1024
GROUP_BY = """
SELECT count(*), sum(n) FROM (
    SELECT contact_id, type, count(*) AS n FROM read_parquet($1) GROUP BY contact_id, type
)
"""


@dataclass(frozen=True)
class Place:
    """Where one size's company and workspace are."""

    data: Path
    workspace: Path

    @property
    def activities(self) -> str:
        folder = self.data / "activities"
        return str(folder / "*.parquet" if folder.is_dir() else self.data / "activities.parquet")


def clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def since(began: tuple[float, float]) -> dict[str, float]:
    now = clocks()
    return {"seconds": now[0] - began[0], "processor": now[1] - began[1]}


def group(place: Place) -> dict[str, Any]:
    with duckdb.connect() as con:
        began = clocks()
        groups, activities = con.execute(GROUP_BY, [place.activities]).fetchall()[0]
        taken = since(began)
    return {**taken, "rows": groups, "activities": int(activities)}


def score(place: Place) -> dict[str, Any]:
    with closing(open_workspace(place.workspace)) as workspace:
        catalog, store = workspace.catalog, workspace.store
        began = clocks()
        facts = facts_from_folder(place.data)
        with facts.connect(memory_limit=MEMORY_LIMIT) as con:
            Prepared(con, plan(catalog, facts, UNTIL))
            run = ScoreRun(UNTIL, catalog.version, con)
            run = settle(run, (), new_folder(place.workspace, UNTIL))
            record(store, run)
            contacts, qualified = run.counts()
            taken = since(began)
            lines = con.execute("SELECT count(*) FROM lines").fetchall()[0][0]
    return {**taken, "rows": contacts, "qualified": qualified, "lines": lines}


def explain(place: Place) -> dict[str, Any]:
    facts = facts_from_folder(place.data)
    with facts.connect(only=["contacts"]) as con:
        sample = "SELECT id FROM contacts ORDER BY hash(id) LIMIT ?"
        ids = [row[0] for row in con.execute(sample, [EXPLAINED + WARM_UP]).fetchall()]
    seconds = []
    with (
        closing(open_workspace(place.workspace)) as workspace,
        Explainer(workspace, as_of=UNTIL, facts=facts) as explainer,
    ):
        for contact_id in ids:
            began = time.perf_counter()
            explainer.explain(contact_id)
            seconds.append(time.perf_counter() - began)
    warm = statistics.quantiles(seconds[WARM_UP:], n=100, method="inclusive")
    return {"seconds": sum(seconds), "first": seconds[0], "p50": warm[49], "p99": warm[98]}


TASKS: dict[str, Callable[[Place], dict[str, Any]]] = {
    "group": group,
    "score": score,
    "explain": explain,
}


def measure(task: str, place: Place, script: str = __file__) -> dict[str, Any]:
    """Run one task in a process of its own; its answer, and its peak memory in MiB."""
    command = [sys.executable, script, "--task", task, str(place.data), str(place.workspace)]
    finished = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    answer: dict[str, Any] = json.loads(finished.stdout)
    return answer


def by_time(place: Place) -> Place:
    """The same company with its activities sorted by time."""
    data = place.data.with_name(f"{place.data.name}-by-time")
    if not (data / "whole").exists():
        print("sorting by time ...", flush=True)
        (data / "activities").mkdir(parents=True, exist_ok=True)
        for each in place.data.glob("*.parquet"):
            if each.stem != "activities" and not (data / each.name).exists():
                (data / each.name).symlink_to(each)
        apart("--sort", place.activities, str(data))
    return Place(data, place.workspace)


def sort(activities: str, data: Path) -> None:
    target = str(data / "activities" / "activities.parquet")
    with duckdb.connect() as con:
        con.execute("SET memory_limit = '8GiB'")
        con.execute("SET temp_directory = $1", [str(data / "spill")])
        by_time = con.sql("FROM read_parquet($1) ORDER BY occurred_at", params=[activities])
        by_time.to_parquet(target)
    (data / "whole").touch()


def apart(*arguments: str) -> None:
    """Run a part of this script in a process of its own, so that its peak is not the others'."""
    subprocess.run([sys.executable, __file__, *arguments], check=True)


def prepare(folder: Path, activities: int, motion: str) -> Place:
    place = Place(folder / f"company-{activities}", folder / f"workspace-{motion}-{activities}")
    if not (place.data / "whole").exists():
        print(f"simulating {activities:,} activities ...", flush=True)
        apart("--simulate", str(place.data), str(activities))
    if not place.workspace.exists():
        init_workspace(place.workspace, motion, "Example")
    return place


def make(data: Path, activities: int) -> None:
    contacts = max(activities // ACTIVITIES_PER_CONTACT, 10)
    simulate(None, data, contacts=contacts, activities=activities, until=UNTIL)
    (data / "whole").touch()


def describe(place: Place) -> str:
    """How much the definitions ask for."""
    with closing(open_workspace(place.workspace)) as workspace:
        models = workspace.catalog.scoring.models
    parts = [f"{model.name}: {_signals(model)}" for model in models]
    return "; ".join(parts)


def _signals(model: ScoringModel) -> str:
    signals = model.engagement.signals
    windowed = sum(each.count > 1 and each.within is not None for each in signals)
    return f"{len(signals)} signals, {windowed} with count and within"


def median(answers: list[dict[str, Any]], name: str) -> float:
    return statistics.median(float(answer[name]) for answer in answers)


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """The slope of log seconds over log size."""
    return statistics.linear_regression(list(map(math.log, sizes)), list(map(math.log, seconds)))[0]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--activities", type=int, nargs="+", default=[1_000_000])
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--motion", default="enterprise")
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--by-time", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = (given.data or Path(scratch)).resolve()
        compare(folder, sorted(given.activities), given)


def compare(folder: Path, sizes: list[int], given: argparse.Namespace) -> None:
    runs = given.runs
    print(f"{os.cpu_count()} cores, {platform.machine()}, DuckDB {duckdb.__version__}")
    print(
        f"{'activities':>11} {'group':>8} {'score':>8} {'ratio':>6} {'work':>6} {'peak':>9}"
        "  explained"
    )
    taken = []
    for size in sizes:
        place = prepare(folder, size, given.motion)
        if given.by_time:
            place = by_time(place)
        grouped = [measure("group", place) for _ in range(runs)]
        scored = [measure("score", place) for _ in range(runs)]
        explained = measure("explain", place)
        bare, full = median(grouped, "seconds"), median(scored, "seconds")
        work = median(scored, "processor") / median(grouped, "processor")
        taken.append(full)
        print(
            f"{grouped[0]['activities']:>11,} {bare:>6.2f} s {full:>6.2f} s {full / bare:>6.2f}"
            f" {work:>6.2f} {max(each['peak'] for each in scored):>5,.0f} MiB"
            f"  p50 {explained['p50'] * 1000:.0f} ms, p99 {explained['p99'] * 1000:.0f} ms"
            f" (first {explained['first']:.2f} s, peak {explained['peak']:,.0f} MiB)",
            flush=True,
        )
        print(
            f"{'':11} {grouped[0]['rows']:,} groups; {scored[0]['rows']:,} contacts,"
            f" {scored[0]['lines']:,} lines, {scored[0]['qualified']:,} qualified"
        )
    print(describe(place))
    if len(sizes) > 1:
        print(f"the time grows as activities to the power {exponent(sizes, taken):.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--task"]:
        answer = TASKS[sys.argv[2]](Place(*map(Path, sys.argv[3:5])))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
        print(json.dumps({**answer, "peak": peak}))
    elif sys.argv[1:2] == ["--simulate"]:
        make(Path(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1:2] == ["--sort"]:
        sort(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
