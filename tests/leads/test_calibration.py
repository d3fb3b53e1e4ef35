"""Calibration: points, decays, thresholds, and a definition that is written anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from revops.definitions.editing import edited
from revops.definitions.scoring import Decay, Scoring, Signal
from revops.leads.calibration import (
    JUDGED,
    Item,
    Part,
    Sign,
    check_threshold,
    fading_of,
    scores_named,
    signs_of,
    suggest,
    suggest_threshold,
    values_of,
)
from revops.leads.calibration.points import FEW, step_of

if TYPE_CHECKING:
    from pathlib import Path

few = settings(max_examples=20, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
WEIGHTS = (0.0, 0.5, 1.0, 2.0)


def signals(weights: tuple[float, ...], points: float, seed: int, count: int = 4000) -> Any:
    """Leads that each have a signal or not, and were won by these weights."""
    random = np.random.default_rng(seed)
    has = random.random((count, len(weights))) < 0.3
    odds = has @ np.array(weights) - 1.5
    won = random.random(count) < 1 / (1 + np.exp(-odds))
    signs = [
        Sign(
            Item(Part.SIGNAL, at, f"s{at}", points, 1.0),
            has[:, at].astype(float),
            is_upwards=True,
            has=has[:, at],
        )
        for at in range(len(weights))
    ]
    return signs, won


class TestPoints:
    @few
    @given(seed=st.integers(0, 10_000))
    def test_they_have_the_order_of_the_true_weights(self, seed: int) -> None:
        signs, won = signals(WEIGHTS, 10, seed)
        found = [each.points for each in suggest(signs, won)]
        assert found == sorted(found)
        assert found[0] < found[-1]
        assert sum(found) == pytest.approx(40, abs=10)
        assert all(points % 5 == 0 for points in found)

    @few
    @given(seed=st.integers(0, 10_000))
    def test_levels_keep_their_order_and_favour_stays_favour(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        level = random.integers(0, 4, 500)
        won = random.random(500) < random.random(4)[level]
        signs = [
            Sign(
                Item(Part.ATTRIBUTE, 0, "size", float(points), 1.0),
                (level >= points).astype(float),
                is_upwards=True,
                has=level == points,
            )
            for points in (1, 2, 3)
        ]
        found = [each.points for each in suggest(signs, won)]
        assert found == sorted(found)
        assert found[0] >= 0

    def test_without_evidence_they_stay(self) -> None:
        signs, won = signals(WEIGHTS, 20, 1, count=40)
        assert {(each.points, each.note) for each in suggest(signs, won)} == {(20, FEW)}

    def test_points_are_in_fives_where_people_think_in_fives(self) -> None:
        assert step_of([5, 10, 15, 20, 25, -10, 3]) == 5
        assert step_of([1, 2, 3, 5]) == 1


class TestDecay:
    signal = Signal(
        name="price",
        event="page_view",
        points=20,
        decay=Decay(points=5, every="1 week"),  # type: ignore[arg-type]
    )

    def test_it_ends_where_an_occurrence_no_longer_tells(self) -> None:
        random = np.random.default_rng(0)
        ages = np.where(random.random(6000) < 0.5, random.integers(0, 180, 6000), np.nan)
        won = random.random(6000) < np.where(ages < 60, 0.5, 0.2)
        fading = fading_of(self.signal, ages, won)
        assert fading is not None
        assert fading.days == 60
        assert fading.suggested == {"every": "2 weeks"}

    def test_nothing_is_said_of_what_never_told(self) -> None:
        random = np.random.default_rng(0)
        ages = np.where(random.random(2000) < 0.5, random.integers(0, 180, 2000), np.nan)
        fading = fading_of(self.signal, ages, random.random(2000) < 0.3)
        assert fading is not None
        assert (fading.days, fading.suggested) == (None, {})


class TestThreshold:
    def test_only_scores_are_read(self) -> None:
        assert scores_named("total >= 65 AND fit >= 35") == {"total": 65, "fit": 35}
        assert scores_named("Total >= 40.5") == {"total": 40.5}
        assert not scores_named("total >= 65 OR fit >= 35")
        assert not scores_named("total >= 65 AND happened('demo_request', '30 days')")

    @few
    @given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 50)), min_size=5, max_size=60))
    def test_four_in_five_of_those_won_reach_it(self, pairs: list[tuple[int, int]]) -> None:
        total, fit = np.array(pairs, dtype=float).T
        scores = {"total": total, "fit": fit}
        won = np.ones(len(pairs), dtype=bool)
        condition = suggest_threshold({"total": 1, "fit": 1}, scores, won)
        checked = check_threshold("total >= 0", condition, scores, scores, won)
        assert checked.won is not None
        assert checked.won.value >= 0.8

    def test_it_is_just_below(self) -> None:
        scores = {"total": np.arange(0, 100, dtype=float)}
        won = np.ones(100, dtype=bool)
        assert suggest_threshold({}, scores, won) == "total >= 19"


YAML = """\
# ours
models:
  - name: one
    fit:
      attributes:
        - name: size
          tiers:
            - {when: "account.employees > 10", points: 10}   # big
    engagement:
      signals:
        - name: price
          event: page_view
          points: 20    # looks at what it costs
          decay: {points: 5, every: 1 week}
    thresholds:
      mql: >-
        total >= 65
        AND fit >= 10
    bands: []
"""


class TestWriting:
    def test_comments_and_layout_stay(self) -> None:
        text = edited(
            YAML,
            {
                ("models", 0, "fit", "attributes", 0, "tiers", 0, "points"): 15.0,
                ("models", 0, "engagement", "signals", 0, "points"): 30.0,
                ("models", 0, "engagement", "signals", 0, "decay", "every"): "2 weeks",
                ("models", 0, "thresholds", "mql"): "total >= 50",
                ("models", 3, "name"): "nobody",
            },
        )
        expected = (
            YAML.replace("points: 10}", "points: 15}")
            .replace("points: 20 ", "points: 30 ")
            .replace("1 week", '"2 weeks"')
            .replace(">-\n        total >= 65\n        AND fit >= 10", '"total >= 50"')
        )
        assert text == expected

    @given(st.integers(-500, 500))
    @few
    def test_what_is_written_is_read(self, points: int) -> None:
        from ruamel import yaml

        place = ("models", 0, "engagement", "signals", 0, "points")
        text = edited(YAML, {place: float(points)})
        value: Any = yaml.YAML(typ="safe").load(text)
        for step in place:
            value = value[step]
        assert value == points


def test_it_recovers_the_order_of_planted_weights_on_a_simulated_company(tmp_path: Path) -> None:
    """The simulator says who did what; who was won is drawn by weights that are known."""
    from datetime import UTC, datetime

    from revops.definitions.scope import Vocabulary
    from revops.leads.scoring import ASKED_AT, Past, score_at
    from revops.simulator import simulate
    from revops.store.facts import facts_from_folder

    end = datetime(2026, 1, 1, tzinfo=UTC)
    simulate(None, tmp_path, contacts=3000, activities=60000, until=end)
    true = {"page_view": 0.3, "webinar_registration": 0.8, "form_submit": 1.4, "demo_request": 2.2}
    names = sorted(true)
    signals = [{"name": name, "event": name, "points": 25} for name in names]
    model = {"name": "m", "engagement": {"signals": signals}}
    scoring = Scoring.model_validate({"models": [model]})
    vocabulary = Vocabulary({})
    with facts_from_folder(tmp_path).connect() as con:
        con.execute(
            f"CREATE TEMP TABLE {ASKED_AT} AS SELECT id AS contact_id,"
            " TIMESTAMP '2025-12-31' AS as_of FROM contacts ORDER BY id"
        )
        score_at(con, scoring, vocabulary, Past())
        con.execute(
            f"CREATE TEMP TABLE {JUDGED} AS SELECT row_number() OVER (ORDER BY contact_id) - 1"
            f" AS nr, contact_id, as_of FROM {ASKED_AT}"
        )
        signs = signs_of(con, scoring.models[0])
    odds = sum(sign.column * true[sign.item.name] for sign in signs) - 1.5
    won = np.random.default_rng(4).random(len(odds)) < 1 / (1 + np.exp(-odds))
    found = {each.item.name: each.points for each in suggest(signs, won)}
    assert spearmanr([true[name] for name in names], [found[name] for name in names])[0] > 0.9
    changed = values_of(scoring.models[0], suggest(signs, won), ())
    assert changed["engagement", "signals", names.index("demo_request"), "points"] > 25
