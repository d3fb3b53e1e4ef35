"""Figures and their intervals, against scikit-learn, SciPy and counting pairs by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from scipy.stats.contingency import relative_risk
from sklearn.metrics import average_precision_score, roc_auc_score

from revops.leads.validation.ranking import deciles, top_quarter
from revops.leads.validation.statistics import (
    auc,
    average_precision,
    captured,
    ratio,
    share,
)

laws = settings(
    max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate)
)
leads = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=4, max_size=60)


def arrays(rows: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([row[0] for row in rows], float), np.array([row[1] for row in rows])


def random(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    scores = np.round(draw.normal(50, 15, n))
    return scores, draw.random(n) < 1 / (1 + np.exp(-(scores - 55) / 10))


@given(part=st.integers(0, 80), more=st.integers(0, 80))
@laws
def test_shares_have_wilsons_interval(part: int, more: int) -> None:
    assume(part + more > 0)
    found = share(part, part + more)
    wanted = binomtest(part, part + more).proportion_ci(method="wilson")
    assert found is not None
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=1e-9)
    assert found.low <= found.value <= found.high


def test_no_share_of_nothing() -> None:
    assert share(0, 0) is None


@given(won=st.integers(1, 40), n=st.integers(40, 90), other=st.integers(1, 40))
@laws
def test_ratios_have_katz_interval(won: int, n: int, other: int) -> None:
    found = ratio(won, n, other, 70)
    risk = relative_risk(won, n, other, 70)
    wanted = risk.confidence_interval(0.95)
    assert found is not None
    assert found.value == pytest.approx(risk.relative_risk)
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))


def test_a_group_without_wins_still_has_a_ratio() -> None:
    found = ratio(0, 10, 5, 10)
    assert found is not None
    # 0.5 of 11 against 5.5 of 11.
    assert found.value == pytest.approx(1 / 11)
    assert ratio(0, 0, 5, 10) is None


@given(rows=leads)
@laws
def test_auc_is_scikit_learns_and_delongs(rows: list[tuple[int, bool]]) -> None:
    scores, won = arrays(rows)
    yes, no = scores[won], scores[~won]
    found = auc(scores, won)
    if min(len(yes), len(no)) < 2:
        assert found is None
        return
    assert found is not None
    assert found.value == pytest.approx(roc_auc_score(won, scores))
    # Each pair of a winner and another: 1 if the winner is ahead, half if they are level.
    pairs = (yes[:, None] > no[None, :]) + 0.5 * (yes[:, None] == no[None, :])
    variance = pairs.mean(1).var(ddof=1) / len(yes) + pairs.mean(0).var(ddof=1) / len(no)
    assert found.low == pytest.approx(max(found.value - 1.959964 * variance**0.5, 0), abs=1e-6)


@given(rows=leads)
@laws
def test_average_precision_is_scikit_learns(rows: list[tuple[int, bool]]) -> None:
    scores, won = arrays(rows)
    found = average_precision(scores, won)
    if not won.any():
        assert found is None
        return
    assert found is not None
    assert found.value == pytest.approx(average_precision_score(won, scores))
    assert found.low <= found.value <= found.high
    assert average_precision(scores, won) == found


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    many, all_won = random(200_000)
    truth = roc_auc_score(all_won, many)
    found = [auc(*random(150, seed)) for seed in range(200)]
    covered = sum(each is not None and each.low <= truth <= each.high for each in found)
    assert 180 <= covered <= 199


class TestRanking:
    def test_of_leads_of_one_score_a_limit_takes_its_share(self) -> None:
        won = np.array([True] * 3 + [False] * 7)
        same = np.full(10, 7.0)
        assert captured(same, won, 0.25) == pytest.approx(0.75)
        quarter = top_quarter(same, won)
        assert quarter is not None
        assert quarter.won.value == pytest.approx(0.25)
        assert [each.lift.value for each in deciles(same, won)] == pytest.approx([1.0] * 10)

    def test_the_best_first(self) -> None:
        scores = np.arange(20.0)
        won = scores >= 16
        quarter = top_quarter(scores, won)
        assert quarter is not None
        assert (quarter.won.value, quarter.from_total) == (1.0, 14.25)
        found = deciles(scores, won)
        assert [each.won for each in found] == pytest.approx([2, 2, 0, 0, 0, 0, 0, 0, 0, 0])
        assert found[0].lift.value == pytest.approx(5)
        assert [each.least_total for each in found[:2]] == [18, 16]

    @given(rows=leads)
    @laws
    def test_every_win_is_in_one_tenth(self, rows: list[tuple[int, bool]]) -> None:
        scores, won = arrays(rows)
        found = deciles(scores, won)
        assume(found)
        assert sum(each.won for each in found) == pytest.approx(won.sum())

    def test_nothing_of_nobody(self) -> None:
        nobody = np.array([]), np.array([], bool)
        assert (deciles(*nobody), top_quarter(*nobody), auc(*nobody)) == ((), None, None)
