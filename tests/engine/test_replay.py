"""A replay of the past decides what the real engine would have decided, moment by moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from replay_company import START, Lived, make, random_past, replayed
from revops.store.engine_tables import ASSIGNMENTS, CLOCKS, SPELLS

if TYPE_CHECKING:
    from pathlib import Path

    from revops.engine.replay import Replayed


def lived(company: Lived) -> dict[str, list[tuple[Any, ...]]]:
    """What the engine decided."""
    spells, given, clocks = SPELLS.c, ASSIGNMENTS.c, CLOCKS.c
    kept = sa.select(clocks.id, clocks.owner, clocks.due_at, clocks.stopped_at, clocks.state)
    return {
        "stages": sorted(
            company.rows(sa.select(spells.contact_id, spells.stage, spells.entered_at))
        ),
        "owners": sorted(
            (one, at, str(who), sla)
            for one, at, who, sla in company.rows(
                sa.select(given.contact_id, given.at, given.owner, given.sla)
            )
        ),
        "clocks": sorted(
            (id_, str(who), due, str(stop), state)
            for id_, who, due, stop, state in company.rows(kept)
        ),
    }


def told(found: Replayed) -> dict[str, list[tuple[Any, ...]]]:
    """What the replay decided."""
    tracks = found.tracks.values()
    return {
        "stages": sorted((t.person.contact_id, s.stage, s.entered_at)
                         for t in tracks for s in t.spells),
        "owners": sorted((d.contact_id, d.at, str(d.owner), d.sla)
                         for t in tracks for d in t.decisions),
        "clocks": sorted((k.id, str(k.owner), k.due_at, str(k.stopped_at), str(k.state))
                         for t in tracks for k in t.clocks.values()),
    }  # fmt: skip


@pytest.mark.parametrize("seed", [2])
def test_it_decides_what_the_engine_would_have(tmp_path: Path, seed: int) -> None:
    past = random_past(seed, contacts=3, days=12)
    with make(tmp_path / "lived") as workspace:
        company = Lived(workspace, past)
        company.live()
        wanted = lived(company)
    with make(tmp_path / "told") as workspace:
        Lived(workspace, past).know(past.end)
        found = told(replayed(workspace, past.end))
    quiet = {each[0] for each in wanted["stages"]} - {each[0] for each in found["stages"]}
    wanted["stages"] = [each for each in wanted["stages"] if each[0] not in quiet]
    assert found["stages"] == wanted["stages"]
    assert found["owners"] == wanted["owners"]
    assert found["clocks"] == wanted["clocks"]
    assert found["clocks"]


def test_what_happens_later_changes_nothing(tmp_path: Path) -> None:
    past = random_past(4, contacts=12)
    middle = START + (past.end - START) / 2
    found = []
    for name, end in (("all", past.end), ("half", middle)):
        with make(tmp_path / name) as workspace:
            Lived(workspace, past).know(end)
            found.append(told(replayed(workspace, middle)))
    assert found[0] == found[1]
    assert found[0]["clocks"]


def test_ranges_of_contacts_make_no_difference(tmp_path: Path) -> None:
    past = random_past(5, contacts=12)
    with make(tmp_path / "told") as workspace:
        Lived(workspace, past).know(past.end)
        whole = told(replayed(workspace, past.end))
        parts = told(replayed(workspace, past.end, size=5))
    assert whole == parts
    assert whole["owners"]
