"""Who became an MQL and what sales made of it; the checks at their limits; drift."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revops.definitions.lifecycle import Lifecycle
from revops.leads.monitoring.checks import run_checks
from revops.leads.monitoring.figures import BandShare, Drift, Figures, Month, stability_index
from revops.leads.monitoring.flow import find_mqls

if TYPE_CHECKING:
    from collections.abc import Sequence

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
STAGES = Lifecycle.model_validate(
    {
        "stages": [
            {"name": "Lead", "definition": "known"},
            {
                "name": "MQL",
                "label": "Marketing qualified",
                "definition": "worth a call",
                "qualifies": True,
                "entry": {"when": "fit > 1"},
                "acceptance": {"stage": "SQL"},
            },
            {"name": "SQL", "definition": "taken over", "qualifies": True},
            {"name": "Customer", "definition": "pays"},
        ]
    }
)


def mqls(course: Sequence[tuple[str, int, str]], now: datetime) -> list[Any]:
    """For each time a contact became an MQL: who, on which day, decided when, accepted."""
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE contact_history (record_id TEXT, field TEXT, changed_at TIMESTAMP,"
            " old_value TEXT, new_value TEXT, seq BIGINT)"
        )
        rows = [
            [who, "lifecycle_stage", (START + day * DAY).replace(tzinfo=None), None, stage, seq]
            for seq, (who, day, stage) in enumerate(course)
        ]
        for row in rows:
            con.execute("INSERT INTO contact_history VALUES (?, ?, ?, ?, ?, ?)", row)
        find_mqls(con, STAGES, now)
        return con.execute(
            "SELECT contact_id, date_diff('day', $1, became_at), date_diff('day', $1, decided_at),"
            " is_accepted FROM mqls",
            [START.replace(tzinfo=None)],
        ).fetchall()


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        ([("a", 1, "Lead"), ("a", 2, "MQL")], [("a", 2, None, None)]),
        ([("a", 1, "MQL"), ("a", 3, "SQL")], [("a", 1, 3, True)]),
        ([("a", 1, "MQL"), ("a", 3, "Recycled")], [("a", 1, 3, False)]),
        (
            [("a", 1, "MQL"), ("a", 3, "Lead"), ("a", 4, "SQL")],
            [("a", 1, 3, False), ("a", 4, 4, True)],
        ),
        ([("a", 1, "Lead"), ("a", 5, "Customer")], [("a", 5, 5, True)]),
        ([("a", 1, "marketing QUALIFIED "), ("a", 1, "SQL")], [("a", 1, 1, True)]),
        ([("a", 1, "SQL"), ("a", 2, "MQL"), ("a", 3, "Recycled")], [("a", 1, 1, True)]),
        ([("a", 1, "nowhere")], []),
    ],
)
def test_an_mql_is_counted_each_time_it_becomes_one(
    course: list[tuple[str, int, str]], expected: list[Any]
) -> None:
    assert mqls(course, START + 99 * DAY) == expected


moves = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(0, 20),
        st.sampled_from(["Lead", "MQL", "SQL", "Customer", "Recycled", "?"]),
    ),
    max_size=12,
).map(lambda found: sorted(found, key=lambda each: each[1]))


@given(moves, st.integers(0, 20))
@settings(max_examples=40, deadline=None)
def test_what_comes_later_changes_nothing(course: list[tuple[str, int, str]], day: int) -> None:
    now = START + day * DAY
    assert mqls(course, now) == mqls([each for each in course if each[1] <= day], now)


GOOD = Figures(
    scored=1000,
    above=200,
    histogram=(100,) * 10,
    months=(Month("2026-01", 100, 100, 40, 900.0), Month("2026-02", 100, 100, 40, 1000.0)),
    currency="EUR",
    bands=(BandShare("hot", 50, 25), BandShare("warm", 50, 20)),
    silent_and_hot=0,
    rejected=40,
    main_reason=("FIT-01", 20),
    fit_of_wins=60.0,
    fit_of_wins_before=60.0,
    cycle_days=40.0,
    cycle_days_before=30.0,
    drifts=(Drift("total", 0.05), Drift("size", 0.1)),
    months_since_validation=2.0,
)


def lights(found: Figures) -> dict[str, str]:
    return {check.name: check.light for check in run_checks(found)}


def months(*rows: tuple[int, int, int, float]) -> tuple[Month, ...]:
    return tuple(Month(f"m{place}", *row) for place, row in enumerate(rows))


def test_a_sound_model_is_green_throughout() -> None:
    assert set(lights(GOOD).values()) == {"green"}


@pytest.mark.parametrize(
    ("changed", "name", "light"),
    [
        ({"above": 400}, "score inflation", "green"),
        ({"above": 401}, "score inflation", "amber"),
        ({"above": 501}, "score inflation", "red"),
        ({"scored": 0, "above": 0}, "score inflation", "unknown"),
        ({"months": months((100, 50, 25, 9), (130, 50, 25, 9))}, "MQL volume", "green"),
        ({"months": months((100, 50, 25, 9), (131, 50, 25, 9.5))}, "MQL volume", "amber"),
        ({"months": months((100, 50, 25, 9), (131, 50, 25, 9))}, "MQL volume", "red"),
        ({"months": months((100, 50, 25, 9), (69, 50, 25, 9))}, "MQL volume", "amber"),
        ({"months": months((9, 9, 9, 9), (99, 50, 25, 9))}, "MQL volume", "unknown"),
        ({"months": months((99, 99, 50, 9), (99, 100, 30, 9))}, "acceptance of MQLs", "green"),
        ({"months": months((99, 99, 50, 9), (99, 100, 14, 9))}, "acceptance of MQLs", "amber"),
        ({"months": months((99, 99, 14, 9), (99, 100, 14, 9))}, "acceptance of MQLs", "red"),
        ({"months": months((99, 19, 0, 9), (99, 100, 14, 9))}, "acceptance of MQLs", "amber"),
        ({"bands": (BandShare("hot", 100, 19),)}, "top band", "red"),
        ({"bands": (BandShare("hot", 19, 0),)}, "top band", "unknown"),
        (
            {"bands": (BandShare("hot", 50, 20), BandShare("warm", 50, 21))},
            "higher scores convert better",
            "amber",
        ),
        ({"silent_and_hot": 1}, "decay", "red"),
        ({"main_reason": ("ENG-01", 21)}, "reasons of rejections", "amber"),
        ({"fit_of_wins": 41.0}, "fit of won deals", "amber"),
        ({"cycle_days": 60.0}, "sales cycle", "green"),
        ({"cycle_days": 61.0}, "sales cycle", "amber"),
        ({"drifts": (Drift("total", 0.2), Drift("a", 0))}, "drift of the total", "amber"),
        ({"drifts": (Drift("total", 0), Drift("a", 0.26))}, "drift of inputs", "red"),
        ({"months_since_validation": 7.0}, "age of the model", "amber"),
        ({"months_since_validation": 13.0}, "age of the model", "red"),
        ({"months_since_validation": None}, "age of the model", "amber"),
    ],
)
def test_each_check_turns_at_its_limit(changed: dict[str, Any], name: str, light: str) -> None:
    assert lights(replace(GOOD, **changed))[name] == light


counts = st.dictionaries(st.sampled_from("abcde"), st.integers(1, 1000), min_size=1)


@given(counts, counts, st.integers(2, 9))
def test_the_index_has_no_direction_and_no_size(
    one: dict[str, int], other: dict[str, int], times: int
) -> None:
    index = stability_index(one, other)
    assert index >= 0
    assert stability_index(other, one) == pytest.approx(index)
    many = {name: times * count for name, count in one.items()}
    assert stability_index(many, other) == pytest.approx(index)
    assert stability_index(many, one) == pytest.approx(0, abs=1e-12)
