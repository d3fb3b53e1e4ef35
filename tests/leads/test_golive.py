"""What was agreed, how far the roll-out is, what a pilot shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from revops.definitions.alignment import Alignment
from revops.definitions.rollout import Rollout
from revops.definitions.scoring import Scoring
from revops.leads.golive.alignment import GO_LIVE, agreement
from revops.leads.golive.pilot import Comparison, Share, draw
from revops.leads.golive.rollout import Proof, rollout_state
from revops.leads.golive.sign_off import SignOff

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
WORDS = Alignment.model_validate(
    {
        "go_live": "signed_off",
        "stakeholders": {"sales": "VP Sales", "marketing": "VP Marketing"},
        "terms": {
            "MQL": {"definition": "fit and interest"},
            "SQL": {"definition": "accepted", "approved_by": ["sales"]},
        },
    }
)
CONFIRMED = Scoring.model_validate(
    {
        "models": [
            {
                "name": "all",
                "fit": {
                    "attributes": [
                        {
                            "name": "size",
                            "status": "CONFIRMED",
                            "tiers": [{"when": "account.employees > 5", "points": 5}],
                        }
                    ]
                },
            }
        ]
    }
)
SIGNED = (
    SignOff(1, "approval", "MQL", "sales", "fit and interest", "ada", NOW),
    SignOff(2, "approval", "MQL", "marketing", "fit and interest", "ben", NOW),
    SignOff(3, "approval", "SQL", "sales", "accepted", "ada", NOW),
)


def test_all_signed_and_confirmed_may_go_live() -> None:
    found = agreement(WORDS, CONFIRMED, SIGNED, NOW)
    assert found.is_signed_off
    assert found.may_go_live
    assert [each.by for each in found.approvals] == ["ada", "ben", "ada"]


@pytest.mark.parametrize("missing", range(3))
def test_one_approval_less_is_not_enough(missing: int) -> None:
    signed = [each for place, each in enumerate(SIGNED) if place != missing]
    found = agreement(WORDS, CONFIRMED, signed, NOW)
    assert not found.may_go_live
    assert [(each.term, each.stakeholder) for each in found.missing] == [
        (SIGNED[missing].subject, SIGNED[missing].role)
    ]


def test_another_wording_is_asked_for_again_and_an_assumed_criterion_waits() -> None:
    terms = {**WORDS.terms, "MQL": WORDS.terms["MQL"].model_copy(update={"definition": "fit"})}
    changed = WORDS.model_copy(update={"terms": terms})
    found = agreement(changed, CONFIRMED, SIGNED, NOW)
    assert [each.state for each in found.approvals] == ["outdated", "outdated", "approved"]
    text = CONFIRMED.model_dump_json(by_alias=True).replace("CONFIRMED", "ASSUMED")
    assumed = agreement(WORDS, Scoring.model_validate_json(text), SIGNED, NOW)
    assert [each.name for each in assumed.assumed] == ["size"]
    assert not assumed.may_go_live


def test_nothing_counts_before_it_is_signed_after_it_is_taken_back_or_over() -> None:
    override = SignOff(4, "override", GO_LIVE, None, "", "eve", NOW, NOW + DAY, "why not")
    assert not agreement(WORDS, CONFIRMED, [override], NOW - DAY).may_go_live
    assert agreement(WORDS, CONFIRMED, [override], NOW).may_go_live
    assert not agreement(WORDS, CONFIRMED, [override], NOW + DAY).may_go_live
    back = SignOff(5, "override", GO_LIVE, None, "", "eve", NOW, None, "x", NOW + DAY / 2)
    assert agreement(WORDS, CONFIRMED, [back], NOW).may_go_live
    assert not agreement(WORDS, CONFIRMED, [back], NOW + DAY / 2).may_go_live


def test_a_gate_opens_the_next_phase_and_what_is_proven_is_not_ticked() -> None:
    phase = {"title": "A", "goal": "g", "output": "o", "gate": "w"}
    plan = Rollout.model_validate(
        {
            "phases": [
                {
                    **phase,
                    "name": "one",
                    "steps": {
                        "1a": {
                            "title": "s",
                            "items": {"talk": "Talk", "t": {"text": "T", "proof": "terms"}},
                        }
                    },
                },
                {**phase, "name": "two", "steps": {"2a": {"title": "s", "items": {"do": "Do"}}}},
            ]
        }
    )
    ticked = SignOff(1, "item", "1a.talk", None, "Talk", "ada", NOW, note="done")
    proofs = {"terms": Proof(holds=False, evidence="2 of 3")}
    one, two = rollout_state(plan, [ticked], proofs, NOW)
    assert [(each.id, each.is_done, each.note) for each in one.items] == [
        ("1a.talk", True, "done"),
        ("1a.t", False, "2 of 3"),
    ]
    assert (one.is_open, two.is_open, one.passed) == (True, False, None)
    passed = SignOff(2, "override", "one", None, "w", "ada", NOW, note="in a hurry")
    one, two = rollout_state(plan, [ticked, passed], proofs, NOW)
    assert (one.passed, one.overridden, two.is_open) == (passed, passed, True)


@given(st.integers(1, 500), st.integers(0, 500))
def test_the_interval_of_a_share_is_wilsons(of: int, count: int) -> None:
    share = Share(min(count, of), of)
    expected = binomtest(share.count, of).proportion_ci(method="wilson")
    assert share.interval == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_the_difference_is_newcombes() -> None:
    found = Comparison("accepted", Share(56, 70), Share(48, 80))
    assert found.difference == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert found.verdict == "better"
    assert Comparison("accepted", Share(48, 80), Share(56, 70)).verdict == "worse"
    assert Comparison("accepted", Share(5, 9), Share(4, 9)).verdict == "no difference shown"
    assert Comparison("accepted", Share(0, 0), Share(4, 9)).verdict == "no leads yet"


shares = st.integers(1, 200).flatmap(lambda of: st.builds(Share, st.integers(0, of), st.just(of)))


@given(shares, shares)
def test_sides_swapped_turn_the_difference_round(one: Share, other: Share) -> None:
    there, back = Comparison("", one, other).difference, Comparison("", other, one).difference
    assert there is not None
    assert back is not None
    assert there == pytest.approx((-back[0], -back[2], -back[1]), abs=1e-12)
    assert there[1] <= there[0] <= there[2]


@given(st.lists(st.text(min_size=1), min_size=3, unique=True), st.integers(0, 99))
def test_a_draw_does_not_depend_on_the_order_of_the_candidates(names: list[str], seed: int) -> None:
    drawn = draw(names, 2, seed)
    assert drawn == draw(names[::-1], 2, seed)
    assert len(set(drawn)) == 2
    assert set(drawn) <= set(names)
