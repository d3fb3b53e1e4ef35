"""The n-th activity and the first after a silence: the statement against a plain walk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from revops.definitions.automations import Automations
from revops.definitions.kinds import Definitions
from revops.definitions.workspace import Settings
from revops.engine.activity_marks import activity_marks

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
START = datetime(2026, 3, 2, tzinfo=UTC).replace(tzinfo=None)
PLACE = "automations.recipes[0].trigger"


class Act(NamedTuple):
    """One activity: whose, when, its id, type, direction and path."""

    who: str
    at: int
    id: int
    type: str
    direction: str | None
    path: str


def marked(trigger: dict[str, Any], key: str, acts: list[Act]) -> set[int]:
    """The ids of the activities that meet it, as the engine asks and as the trigger reads."""
    recipe = {"name": "r", "trigger": {"activity": "view", **trigger}, "steps": [{"do": ["route"]}]}
    automations = Automations.model_validate({"recipes": [recipe]})
    definitions = Definitions(settings=Settings(company="A"), automations=automations)
    mark = activity_marks(definitions, definitions.vocabulary)[f"{PLACE}.{key}"]
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE activities (contact_id TEXT, occurred_at TIMESTAMP, id BIGINT, "
            "type TEXT, direction TEXT, path TEXT)"
        )
        rows = [(each.who, START + each.at * MINUTE, *each[2:]) for each in acts]
        if rows:
            con.executemany("INSERT INTO activities VALUES (?, ?, ?, ?, ?, ?)", rows)
        sql = f"SELECT id, {mark.sql(dialect='duckdb')} FROM activities"
        held = {row[0] for row in con.execute(sql).fetchall() if row[1]}
    return held & {each.id for each in acts if is_such(trigger, each)}


def is_such(trigger: dict[str, Any], act: Act) -> bool:
    return act.type == "view" and ("where" not in trigger or act.path == "/p")


def before(acts: list[Act], act: Act) -> list[Act]:
    """What the same lead had done up to an activity, this one last."""
    own = [each for each in acts if each.who == act.who]
    return sorted(each for each in own if (each.at, each.id) <= (act.at, act.id))


ACTS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(0, 400),
        st.sampled_from(["view", "click"]),
        st.sampled_from([None, "inbound", "outbound"]),
        st.sampled_from(["/p", "/q"]),
    ),
    max_size=25,
).map(lambda rows: [Act(who, at, n, *rest) for n, (who, at, *rest) in enumerate(rows)])
WHERE = st.sampled_from([{}, {"where": "path = '/p'"}])
LAW = settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))


@LAW
@given(ACTS, WHERE, st.integers(2, 4), st.none() | st.integers(1, 200))
def test_the_nth_within_a_time(
    acts: list[Act], where: dict[str, str], count: int, minutes: int | None
) -> None:
    within = {"within": f"{minutes} minutes"} if minutes else {}
    trigger = {"count": count, **within, **where}
    expected = set()
    for act in filter(lambda each: is_such(trigger, each), acts):
        such = [each for each in before(acts, act) if is_such(trigger, each)]
        near = [each for each in such if minutes is None or act.at - each.at < minutes]
        expected |= {act.id} if len(near) >= count else set()
    assert marked(trigger, "count", acts) == expected


@LAW
@given(ACTS, WHERE, st.integers(1, 200))
def test_the_first_after_a_silence(acts: list[Act], where: dict[str, str], minutes: int) -> None:
    trigger = {"after_silence": f"{minutes} minutes", **where}
    back = minutes / 24  # the part of a silence in which a return goes on; at most an hour
    expected = set()
    for act in filter(lambda each: is_such(trigger, each), acts):
        known = before(acts, act)
        seen = [each.at for each in known if each.direction != "outbound"]
        earlier = [at for at in seen if act.at - at >= back]
        is_back = bool(earlier) and act.at - max(earlier) >= minutes
        such = [each for each in known if is_such(trigger, each) and act.at - each.at < back]
        expected |= {act.id} if is_back and len(such) == 1 else set()
    assert marked(trigger, "after_silence", acts) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([0, 720 * 60], {1}),
        ([0, 720 * 60 - 1], set()),
        ([720 * 60], set()),
        ([0, 800 * 60, 800 * 60 + 30], {1}),
        ([0, 800 * 60, 800 * 60 + 90], {1}),
    ],
)
def test_a_return_after_a_month(minutes: list[int], expected: set[int]) -> None:
    acts = [Act("a", at, n, "view", None, "/") for n, at in enumerate(minutes)]
    assert marked({"after_silence": "30 days"}, "after_silence", acts) == expected


def test_who_clicks_first_and_then_looks_comes_back_too() -> None:
    acts = [
        Act("a", 0, 0, "view", None, "/"),
        Act("a", 800 * 60, 1, "click", None, "/"),
        Act("a", 800 * 60 + 59, 2, "view", None, "/"),
    ]
    assert marked({"after_silence": "30 days"}, "after_silence", acts) == {2}
    acts[2] = acts[2]._replace(at=800 * 60 + 60)
    assert marked({"after_silence": "30 days"}, "after_silence", acts) == set()
