"""What people decide: accept, reject, override; and what they are told when they cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lifecycle_cases import DAY, NOON, after, lead, lifecycle, standing, way
from revops.kit.errors import RevopsError
from revops.leads.lifecycle import Override, accept, make_override, move, reject

if TYPE_CHECKING:
    from collections.abc import Callable

READY = ("phone IS NOT NULL", "bant_budget")
RIVAL = "in_list(email_domain, 'competitors')"
HELD = Override("MQL", "they called", "sam", NOON - DAY, NOON + DAY)


def told(call: Callable[[], object]) -> list[tuple[str, str, str]]:
    with pytest.raises(RevopsError) as caught:
        call()
    return [(each.code, each.message, each.mend) for each in caught.value.issues]


class TestAccept:
    def test_enters_the_stage_of_acceptance(self) -> None:
        before = standing("MQL")
        taken = accept(lifecycle(), lead(*READY), before, NOON, "dina")
        assert (taken.to_stage, taken.outcome, taken.because) == (
            "SQL",
            "accepted",
            "accepted by dina",
        )
        held = after(before, taken)
        assert held.spells[0].outcome == "accepted"
        assert way(lead(*READY), held) == []

    def test_all_that_is_missing_is_told_at_once(self) -> None:
        found = told(lambda: accept(lifecycle(), lead(RIVAL), standing("MQL"), NOON, "dina"))
        assert [code for code, _message, _mend in found] == [
            "suppressed",
            "missing-field",
            "entry-not-met",
        ]
        assert found[1][1] == "phone is not known"
        assert found[2][1] == "SQL: not: bant_budget"

    def test_a_stage_where_nobody_accepts(self) -> None:
        ((code, message, mend),) = told(
            lambda: accept(lifecycle(), lead(*READY), standing("Lead"), NOON, "dina")
        )
        assert code == "not-acceptable"
        assert "Lead" in message
        assert mend == "leads are accepted in MQL"

    @pytest.mark.parametrize("stage", [None, "Recycled", "Archived"])
    def test_a_lead_that_sales_does_not_have(self, stage: str | None) -> None:
        found = told(lambda: accept(lifecycle(), lead(*READY), standing(stage), NOON, "dina"))
        assert found[0][0] == "not-with-sales"

    def test_an_override_is_lifted_first(self) -> None:
        before = standing("MQL", override=HELD)
        found = told(lambda: accept(lifecycle(), lead(*READY), before, NOON, "dina"))
        assert found[0][:2] == ("overridden", "the contact is held in MQL by sam: they called")
        assert accept(lifecycle(), lead(*READY), before, NOON + DAY, "dina").to_stage == "SQL"


class TestReject:
    @pytest.mark.parametrize(
        ("code", "place", "recycles"),
        [("SMALL", "Recycled", True), ("LATER", "Recycled", True), ("NEVER", "Archived", False)],
    )
    def test_does_what_the_code_says(self, code: str, place: str, recycles: bool) -> None:
        back = reject(lifecycle(), lead(), standing("MQL"), code, NOON, "dina")
        assert (back.to_stage, back.outcome, back.rejection_code) == (place, "rejected", code)
        assert back.fields.get("recycled_at") == (NOON if recycles else None)

    def test_says_who_and_why_and_what_is_done(self) -> None:
        back = reject(lifecycle(), lead(), standing("MQL"), "LATER", NOON, "dina")
        assert back.because == "rejected by dina: LATER, Bad timing"
        assert [(each.kind, each.given) for each in back.actions] == [
            ("enroll", "nurture"),
            ("tag", "later"),
        ]

    def test_a_code_may_name_its_own_stage(self) -> None:
        reasons = [{"code": "SMALL", "reason": "Too small", "stage": "Lead"}]
        stages = [
            {"name": "Lead"},
            {"name": "MQL", "qualifies": True, "rejection_reasons": ["SMALL"]},
        ]
        of = lifecycle(stages=stages, rejection_reasons=reasons, recycling=None)
        back = reject(of, lead(), standing("MQL"), "SMALL", NOON, "dina")
        assert (back.to_stage, back.recycles) == ("Lead", True)

    @pytest.mark.parametrize(
        ("code", "mend"), [("SMAL", "did you mean 'SMALL'?"), ("XYZ", "one of SMALL, LATER")]
    )
    def test_an_unknown_code(self, code: str, mend: str) -> None:
        ((found, _message, told_mend),) = told(
            lambda: reject(lifecycle(), lead(), standing("MQL"), code, NOON, "dina")
        )
        assert found == "unknown-code"
        assert told_mend.startswith(mend)

    def test_where_nobody_rejects(self) -> None:
        ((code, _message, mend),) = told(
            lambda: reject(lifecycle(), lead(), standing("Lead"), "SMALL", NOON, "dina")
        )
        assert (code, mend) == ("not-rejectable", "leads are rejected in MQL")

    @pytest.mark.parametrize(("code", "days"), [("NEVER", 5), ("LATER", 0)])
    def test_a_return_that_cannot_be(self, code: str, days: float) -> None:
        found = told(
            lambda: reject(
                lifecycle(), lead(), standing("MQL"), code, NOON, "d", returns_at=NOON + days * DAY
            )
        )
        assert found[0][0] == "bad-return"

    def test_a_rejection_is_not_undone_by_the_same_scores(self) -> None:
        fit = lead(qualified=True)
        before = standing("MQL")
        back = after(before, reject(lifecycle(), fit, before, "LOCKED", NOON, "dina"))
        assert way(fit, back) == []


class TestOverride:
    def test_is_made(self) -> None:
        made = make_override(lifecycle(), "SQL", " they called ", "sam", NOON, NOON + DAY)
        assert made == Override("SQL", "they called", "sam", NOON, NOON + DAY)
        assert move(lifecycle(), lead(), standing("Lead", override=made), NOON)[0].to_stage == "SQL"

    @pytest.mark.parametrize(
        ("stage", "reason", "days", "code"),
        [
            ("SLQ", "x", None, "unknown-stage"),
            ("SQL", " ", None, "no-reason"),
            ("SQL", "x", 0, "bad-expiry"),
            ("SQL", "x", -1, "bad-expiry"),
        ],
    )
    def test_cannot_be(self, stage: str, reason: str, days: float | None, code: str) -> None:
        ends = None if days is None else NOON + days * DAY
        found = told(lambda: make_override(lifecycle(), stage, reason, "sam", NOON, ends))
        assert found[0][0] == code

    def test_recycling_and_the_archive_are_stages_too(self) -> None:
        assert make_override(lifecycle(), "Archived", "left the company", "sam", NOON)
