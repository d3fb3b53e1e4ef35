"""Bands against expectations, weights against lift, and the gate."""

from __future__ import annotations

import numpy as np
import pytest

from revops.leads.validation import gate
from revops.leads.validation.bands import conversion_by_band, rises, spread
from revops.leads.validation.ranking import TopQuarter
from revops.leads.validation.statistics import Estimate
from revops.leads.validation.weights import Tally, weigh


def bands(*rows: tuple[float, int, int]) -> dict[str, str]:
    """The verdict of each band, from totals with how many leads and wins they have."""
    totals = np.concatenate([np.full(leads, total) for total, leads, _ in rows])
    won = np.concatenate([np.arange(leads) < wins for _, leads, wins in rows])
    found = conversion_by_band(totals, won)
    return {band.name: band.verdict for band in found}


class TestBands:
    def test_edges_are_those_of_the_rounded_total(self) -> None:
        totals = np.array([0, 25.49, 25.5, 50.49, 50.5, 75.49, 75.5, 100.0])
        found = conversion_by_band(totals, np.zeros(8, bool))
        assert [(band.name, band.leads) for band in found] == [
            ("0-25", 2),
            ("26-50", 2),
            ("51-75", 2),
            ("76-100", 2),
        ]

    def test_expectations(self) -> None:
        as_wanted = bands((10, 1000, 20), (40, 1000, 100), (60, 1000, 200), (90, 1000, 400))
        assert set(as_wanted.values()) == {"as expected"}
        off = bands((10, 1000, 200), (40, 1000, 10), (60, 3, 0))
        assert off == {
            "0-25": "above",
            "26-50": "below",
            "51-75": "as expected",
            "76-100": "no leads",
        }

    def test_a_higher_band_must_not_win_less(self) -> None:
        won = np.arange(400) < 200
        totals = np.where(won, 10.0, 90.0)
        assert not rises(conversion_by_band(totals, won))
        assert rises(conversion_by_band(100 - totals, won))

    def test_spread(self) -> None:
        found = spread("won", np.array([0.0, 9.4, 9.5, 100.0]))
        assert found.histogram == (2, 1, 0, 0, 0, 0, 0, 0, 0, 1)
        assert (found.leads, found.median) == (4, pytest.approx(9.45))
        assert spread("won", np.array([])).leads == 0


def tally(name: str, points: float, leads: int, won: int, **more: float) -> Tally:
    weight, ahead_of = more.get("weight", 1.0), more.get("points_of_others", 0.0)
    others, won_of_others = 4000 - leads, 400 - won
    often = leads / 4000
    return Tally(
        "m", "fit", name, points, weight, leads, won, often, others, won_of_others, ahead_of
    )


def verdicts(*tallies: Tally) -> dict[str, str]:
    return {each.signal: each.verdict for each in weigh(tallies)}


class TestWeights:
    """Of 4,000 leads a tenth is won; 1,000 with 200 wins have three times the others' rate."""

    GOOD = tally("good", 20, 1000, 200)

    def test_points_in_proportion_are_right(self) -> None:
        # The others win 200 of 3,000: lift is 3; two of the same size fit one scale.
        found = weigh([self.GOOD, tally("too", 20, 1000, 200)])
        assert [each.verdict for each in found] == ["about right", "about right"]
        assert found[0].lift is not None
        assert found[0].deserved is not None
        assert found[0].lift.value == pytest.approx(3)
        assert found[0].deserved.value == pytest.approx(20)

    def test_more_than_the_lift_calls_for(self) -> None:
        assert verdicts(self.GOOD, tally("loud", 60, 1000, 200)) == {
            "good": "under-weighted",
            "loud": "over-weighted",
        }
        assert verdicts(self.GOOD, tally("idle", 20, 1000, 100))["idle"] == "over-weighted"

    def test_the_wrong_way(self) -> None:
        assert verdicts(self.GOOD, tally("bad", 20, 1000, 40))["bad"] == "wrong way"
        assert verdicts(self.GOOD, tally("bad", -20, 1000, 200))["bad"] == "wrong way"

    def test_too_much_taken_away_is_over_weighted_too(self) -> None:
        assert verdicts(self.GOOD, tally("n", -300, 1000, 90))["n"] == "over-weighted"
        assert verdicts(self.GOOD, tally("n", -0.1, 1000, 20))["n"] == "under-weighted"

    def test_a_tier_is_held_against_the_other_tiers(self) -> None:
        """Five points with few wins are right where all others have thirty."""
        low = tally("low", 5, 1000, 40, points_of_others=30)
        assert verdicts(self.GOOD, low)["low"] == "about right"

    def test_of_few_nothing_is_said(self) -> None:
        assert verdicts(self.GOOD, tally("rare", 20, 9, 9))["rare"] == "too few to tell"
        assert verdicts(self.GOOD, tally("none", 20, 0, 0))["none"] == "never seen"

    def test_the_weight_of_the_dimension_counts(self) -> None:
        halved = tally("halved", 40, 1000, 200, weight=0.5)
        assert set(verdicts(self.GOOD, halved).values()) == {"about right"}


class TestGate:
    def test_two_hundred_leads(self) -> None:
        short = gate.sample({"won": 50, "lost": 100, "disqualified": 30})
        assert (short.state, short.mend.split()[0]) == ("cannot tell", "20")
        assert gate.sample({"won": 50, "lost": 100, "disqualified": 50}).state == "pass"
        assert gate.sample({"won": 0, "lost": 300}).state == "cannot tell"
        assert gate.sample({"won": 300, "lost": 0}).state == "cannot tell"

    def test_better_than_chance(self) -> None:
        assert gate.order(Estimate(0.6, 0.51, 0.7)).state == "pass"
        assert gate.order(Estimate(0.52, 0.48, 0.56)).state == "mend"
        assert gate.order(None).state == "cannot tell"

    def test_half_of_those_won_in_the_top_quarter(self) -> None:
        assert gate.top(TopQuarter(65, Estimate(0.5, 0.4, 0.6))).state == "pass"
        assert gate.top(TopQuarter(65, Estimate(0.49, 0.4, 0.6))).state == "mend"

    def test_competitors_near_zero(self) -> None:
        assert gate.competitors([]) is None
        low = gate.competitors([("c1", 10.0)])
        high = gate.competitors([("c2", 45.0), ("c1", 0.0)])
        assert low is not None
        assert high is not None
        assert (low.state, high.state) == ("pass", "mend")
        assert "c2 (45)" in high.mend

    def test_bands_say_what_to_mend(self) -> None:
        won = np.arange(400) < 200
        falling = conversion_by_band(np.where(won, 10.0, 90.0), won)
        assert "reweigh" in gate.conversion(falling).mend
        high = conversion_by_band(np.full(400, 10.0), won)
        assert "0-25: more than expected" in gate.conversion(high).mend

    def test_the_verdict_is_the_worst(self) -> None:
        made = {state: gate.Check(state, state, "") for state in ("pass", "mend", "cannot tell")}
        enough, few = made["pass"], made["cannot tell"]
        assert gate.verdict(enough, [made["pass"]]) == "pass"
        assert gate.verdict(enough, [made["pass"], made["cannot tell"]]) == "cannot tell"
        assert gate.verdict(enough, made.values()) == "mend"
        assert gate.verdict(few, made.values()) == "cannot tell"
