"""How long a simulation takes: the past of scores, stages, owners and clocks, twice.

    python bench/simulate.py [--data DIR] [--contacts N] [--activities N] [--motion NAME]
        [--until DAY]

A company is simulated (kept in DIR if that is given, and used again). Its last half year is
replayed under the definitions of a motion and under the same with a lower threshold. Prints the
seconds, their ratio to a bare GROUP BY of the activities, and the greatest peak of resident
memory of the processes.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from revops.services.init import init_workspace
from revops.services.simulate import simulate
from revops.services.workspace import open_workspace
from revops.simulator import simulate as make_company
from revops.store.facts import Facts, facts_from_folder

UNTIL = "2026-07-01"
HALF_A_YEAR = timedelta(days=181)
KIB_IN_GIB = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--activities", type=int, default=5_000_000)
    parser.add_argument("--motion", default="mid-market")
    parser.add_argument("--until", default=UNTIL, help="the day on which the half year ends")
    given = parser.parse_args()
    until = datetime.fromisoformat(given.until).replace(tzinfo=UTC)
    with tempfile.TemporaryDirectory() as scratch:
        data = given.data or Path(scratch) / "data"
        if not data.exists():
            make_company(
                None, data, contacts=given.contacts, activities=given.activities, until=until
            )
        one, other = Path(scratch) / "now", Path(scratch) / "then"
        for folder in (one, other):
            init_workspace(folder, given.motion, "Acme")
        scoring = other / "definitions" / "scoring.yaml"
        scoring.write_text(scoring.read_text().replace("total >= 65", "total >= 55"))
        with open_workspace(one) as workspace:
            facts = facts_from_folder(data)
            floor = bare_group(facts)
            began = time.perf_counter()
            found = simulate(workspace, other, until - HALF_A_YEAR, until, facts=facts)
            seconds = time.perf_counter() - began
    peaks = [
        resource.getrusage(who).ru_maxrss / KIB_IN_GIB
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    print(
        f"{found.contacts:,} contacts: {seconds:.1f} s, {seconds / floor:.0f} x the bare GROUP BY "
        f"contact_id, type ({floor:.3f} s); {found.now.mqls:,} and {found.then.mqls:,} "
        f"times qualified, {len(found.flips):,} leads otherwise; peak {peaks[0]:.2f} GiB, and "
        f"{peaks[1]:.2f} GiB of the larger process"
    )


def bare_group(facts: Facts) -> float:
    """The floor: seconds to group all activities once."""
    with facts.connect() as con:
        began = time.perf_counter()
        con.execute(
            "SELECT count(*) FROM (SELECT count(*) FROM activities GROUP BY contact_id, type)"
        ).fetchall()
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
