"""How long a historical validation takes, next to DuckDB's bare GROUP BY over the same Parquet.

    python bench/validate.py [--activities N ...] [--data DIR | --company DIR] [--runs N]

For each size a company is simulated (50 activities a contact; kept in DIR if that is given, and
used again); `--company` names the folder of one that is there already. `group` counts activities
by contact and type; `validate` finds every lead with a known outcome, scores each as of the day
before its first opportunity, and measures, as `revops validate` does. Each runs in a fresh
process. Prints the median seconds, their ratio (and that of processor seconds, which depend less
on what else the machine does), leads, and the greatest peak of resident memory.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

import score as scoring
from revops.services.init import init_workspace
from revops.services.validate import validate as judge_all
from revops.services.workspace import Workspace, open_workspace
from revops.store.facts import Facts, facts_from_folder
from score import UNTIL, Place, clocks, group, median, prepare, since

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Company(Workspace):
    """A workspace whose facts are a company's files."""

    data: Path

    def facts(self) -> Facts:
        return facts_from_folder(self.data)


def validate(place: Place) -> dict[str, Any]:
    settings = open_workspace(place.workspace).settings
    with closing(Company(place.workspace, settings, place.data)) as workspace:
        began = clocks()
        with judge_all(workspace, now=UNTIL) as judged:
            taken = since(began)
            found = judged.found
            auc = found.auc.value if found.auc else None
            return {**taken, "rows": found.leads, "auc": auc}


TASKS: dict[str, Callable[[Place], dict[str, Any]]] = {"group": group, "validate": validate}


def measure(task: str, place: Place) -> dict[str, Any]:
    return scoring.measure(task, place, __file__)


def place_of(folder: Path, size: int, given: argparse.Namespace) -> Place:
    if given.company is None:
        return prepare(folder, size, given.motion)
    place = Place(given.company.resolve(), folder / f"workspace-{given.motion}")
    if not place.workspace.exists():
        init_workspace(place.workspace, given.motion, "Example")
    return place


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--activities", type=int, nargs="+", default=[1_000_000])
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--company", type=Path)
    arguments.add_argument("--motion", default="enterprise")
    arguments.add_argument("--runs", type=int, default=3)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        compare((given.data or Path(scratch)).resolve(), given)


def compare(folder: Path, given: argparse.Namespace) -> None:
    print(f"{os.cpu_count()} cores, {platform.machine()}, DuckDB {duckdb.__version__}")
    head = f"{'activities':>11} {'group':>8} {'validate':>9} {'ratio':>6} {'work':>6} {'peak':>9}"
    print(f"{head}  leads")
    for size in [0] if given.company else sorted(given.activities):
        place = place_of(folder, size, given)
        grouped = [measure("group", place) for _ in range(given.runs)]
        judged = [measure("validate", place) for _ in range(given.runs)]
        bare, full = median(grouped, "seconds"), median(judged, "seconds")
        work = median(judged, "processor") / median(grouped, "processor")
        print(
            f"{grouped[0]['activities']:>11,} {bare:>6.2f} s {full:>7.2f} s {full / bare:>6.2f}"
            f" {work:>6.2f} {max(each['peak'] for each in judged):>5,.0f} MiB"
            f"  {judged[0]['rows']:,}, AUC {judged[0]['auc']:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--task"]:
        answer = TASKS[sys.argv[2]](Place(*map(Path, sys.argv[3:5])))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scoring.MIB
        print(json.dumps({**answer, "peak": peak}))
    else:
        main()
