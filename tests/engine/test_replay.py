"""A replay of the past decides what the real engine would have decided, moment by moment."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import sqlalchemy as sa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from replay_company import FILES, START, Lived, make, random_past, replayed
from revops.engine.replay import Given
from revops.kit.clock import plain_utc
from revops.store.engine_tables import ASSIGNMENTS, CLOCKS, SPELLS

if TYPE_CHECKING:
    from pathlib import Path

    from revops.engine.replay import Replayed


NOBODY_ASKS_FOR_OWNERS = {
    "routing": FILES["routing"].replace(" AND owner IS NULL", ""),
    "slas": FILES["slas"].replace("applies_to: total >= 36", "applies_to: total >= 48"),
}
AN_ACTION_SETS_THE_STAGE = {
    "slas": FILES["slas"].replace(
        "{route: {rotate: seniors}}]", "{route: {rotate: seniors}}, {stage: Nurture}]"
    )
}


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
                         for t in tracks for k in found.clocks_of(t)),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("files", "contacts", "days"),
    [({}, 3, 12), (NOBODY_ASKS_FOR_OWNERS, 2, 9), (AN_ACTION_SETS_THE_STAGE, 2, 9)],
    ids=["owners change answers", "stages are settled first", "an action sets the stage"],
)
def test_it_decides_what_the_engine_would_have(
    tmp_path: Path, files: dict[str, str], contacts: int, days: int
) -> None:
    past = random_past(2, contacts=contacts, days=days)
    with make(tmp_path / "lived", files) as workspace:
        company = Lived(workspace, past)
        company.live()
        wanted = lived(company)
    with make(tmp_path / "told", files) as workspace:
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


def test_nor_does_a_later_recycling_of_which_no_history_tells(tmp_path: Path) -> None:
    past = random_past(4, contacts=12)
    found = []
    for name, recycled_at in (("none", None), ("later", past.end - timedelta(days=9))):
        for each in past.contacts:
            each["recycled_at"] = recycled_at
        with make(tmp_path / name) as workspace:
            Lived(workspace, past).know(past.end)
            found.append(told(replayed(workspace, past.end)))
    assert found[0] == found[1]
    assert found[0]["owners"]


def test_ranges_of_contacts_make_no_difference(tmp_path: Path) -> None:
    past = random_past(5, contacts=12)
    with make(tmp_path / "told") as workspace:
        Lived(workspace, past).know(past.end)
        whole = told(replayed(workspace, past.end))
        parts = told(replayed(workspace, past.end, size=5))
    assert whole == parts
    assert whole["owners"]


@pytest.mark.parametrize("files", [{}, NOBODY_ASKS_FOR_OWNERS], ids=["asked again", "settled"])
def test_who_is_like_others_need_not_be_looked_at(tmp_path: Path, files: dict[str, str]) -> None:
    past = random_past(6, contacts=30, days=12)
    past.activities = past.activities[::3]
    with make(tmp_path / "told", files) as workspace:
        Lived(workspace, past).know(past.end)
        each_alone = replayed(workspace, past.end)
        together = replayed(workspace, past.end, everybody=False)
    assert together.contacts == each_alone.contacts
    assert len(together.tracks) < len(each_alone.tracks)
    assert told(together)["owners"] == told(each_alone)["owners"]
    assert told(together)["clocks"] == told(each_alone)["clocks"]
    assert told(together)["clocks"]


@given(
    st.lists(st.integers(0, 400), max_size=12),
    st.integers(1, 90),
    st.lists(st.integers(0, 400), min_size=1, max_size=8),
)
@settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_long_silences_say_when_somebody_is_silent(
    active: list[int], length: int, asked: list[int]
) -> None:
    end = START + timedelta(days=400)
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE activities (contact_id TEXT, occurred_at TIMESTAMP, direction TEXT)"
        )
        con.execute("CREATE TABLE wanted AS SELECT 'c' AS contact_id")
        for day in active:
            at = plain_utc(START + timedelta(days=day))
            con.execute("INSERT INTO activities VALUES ('c', $1, 'inbound')", [at])
        found = Given(con, START, end).silences(timedelta(days=length)).get("c")
    for day in asked:
        last = max((each for each in active if each <= day), default=None)
        told_at = found.last_at(START + timedelta(days=day)) if found else None
        assert (told_at is None) == (last is None)
        if told_at is not None and last is not None:
            is_silent = told_at + timedelta(days=length) <= START + timedelta(days=day)
            assert is_silent == (last + length <= day)
