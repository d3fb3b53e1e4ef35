"""What moves a contact by rule, what keeps it where it is, and what that says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lifecycle_cases import DAY, NOON, after, lead, lifecycle, standing, way
from revops.leads.lifecycle import (
    Deal,
    Override,
    Spell,
    Standing,
    move,
    next_look,
    prospects,
    reject,
)

OPTED_IN, KNOWN, EMAIL = "opted_in IS TRUE", "account_id IS NOT NULL", "email IS NOT NULL"
SILENT, RIVAL = "engagement < 10", "in_list(email_domain, 'competitors')"
DEMO, ASKS = "happened('demo_request', '7 days')", "happened('contact_sales', '7 days')"
GROWN, HUGE = "account.employees >= 50", "account.employees >= 500"
FILLED = frozenset({"amount"})


def deal(is_won: bool | None = None, *, days_ago: float = 1, **parts: Any) -> Deal:
    at = NOON - days_ago * DAY
    closed_at = None if is_won is None else at
    opened_at = at if is_won is None else at - 30 * DAY
    values = {"id": "d1", "stage": "Discovery", "filled": FILLED, **parts}
    return Deal(opened_at=opened_at, closed_at=closed_at, is_won=is_won, **values)


def rejected(code: str, at_days_ago: float, **parts: Any) -> Standing:
    """Was an MQL, and was rejected."""
    at = NOON - at_days_ago * DAY
    before = standing("MQL", at - 5 * DAY)
    return after(before, reject(lifecycle(), lead(), before, code, at, "dina", **parts))


class TestForward:
    def test_nobody_enters_without_a_reason(self) -> None:
        assert way(lead(), standing()) == []

    def test_the_first_stage(self) -> None:
        (entered,) = move(lifecycle(), lead(OPTED_IN), standing(), NOON)
        assert (entered.from_stage, entered.to_stage) == (None, "Subscriber")
        assert entered.outcome is None
        assert entered.fields == {"lifecycle_stage": "Subscriber"}

    def test_goes_straight_to_the_latest_that_holds(self) -> None:
        assert way(lead(OPTED_IN, KNOWN, EMAIL, qualified=True), standing("Subscriber")) == ["MQL"]

    def test_never_back_because_an_earlier_one_holds(self) -> None:
        assert way(lead(OPTED_IN, KNOWN, EMAIL), standing("MQL")) == []

    def test_what_is_required_must_be_known(self) -> None:
        assert way(lead(KNOWN), standing("Subscriber")) == []
        assert way(lead(KNOWN, EMAIL), standing("Subscriber")) == ["Lead"]

    def test_a_person_decides_on_the_way_of_a_person(self) -> None:
        assert way(lead("bant_budget", qualified=True), standing("MQL")) == []

    def test_a_stage_of_rules_may_still_ask_for_where_one_comes_from(self) -> None:
        stages = [
            {"name": "A"},
            {"name": "B"},
            {"name": "C", "entry": {"when": "fit > 5"}, "only_from": ["B"]},
        ]
        of = lifecycle(stages=stages, recycling=None)
        fits = lead("fit > 5", of=of)
        assert way(fits, standing("A"), of=of) == []
        assert way(fits, standing("B"), of=of) == ["C"]

    def test_any_of_the_thresholds_is_enough(self) -> None:
        stages = [{"name": "A"}, {"name": "B", "entry": {"reaches": ["pql", "hot"]}}]
        of = lifecycle(stages=stages, recycling=None)
        (moved,) = move(of, lead(reached=frozenset({"hot"}), total=80.0), standing("A"), NOON)
        assert moved.because == "reaches hot (total 80)"
        assert way(lead(qualified=True), standing("A"), of=of) == []

    def test_an_end_is_not_left_while_its_condition_holds(self) -> None:
        stages = [
            {"name": "A", "qualifies": True, "entry": {"when": "fit > 5"}},
            {"name": "Out", "entry": {"when": "fit > 9"}, "recycles": True},
        ]
        of = lifecycle(stages=stages, recycling=None, rejection_reasons=[])
        both = lead("fit > 5", "fit > 9", of=of)
        assert way(both, standing("Out"), of=of) == []
        assert prospects(of, both, standing("Out"), NOON)[0].why == "Out is the end: fit > 9"
        assert way(lead("fit > 5", of=of), standing("Out"), of=of) == ["A"]

    def test_actions_and_words(self) -> None:
        who = lead(qualified=True, fit=62.0, engagement=40.5, total=51.25)
        (entered,) = move(lifecycle(), who, standing("Subscriber"), NOON)
        assert [(each.kind, each.given) for each in entered.actions] == [
            ("untag", "reader"),
            ("tag", "hot"),
        ]
        assert entered.because == "qualified by score (fit 62, engagement 40.5, total 51.25)"
        assert entered.outcome == "advanced"

    def test_the_words_of_a_condition_have_its_values(self) -> None:
        who = lead(KNOWN, EMAIL, fields={"account_id": "a1", "email": "x@y.z"})
        (entered,) = move(lifecycle(), who, standing("Subscriber"), NOON)
        assert entered.because == "account_id IS NOT NULL (account_id a1)"

    def test_prospects_say_why_not(self) -> None:
        told = prospects(lifecycle(), lead(RIVAL, qualified=True), standing("Subscriber"), NOON)
        assert [(each.subject, each.why) for each in told] == [
            ("Lead", "not: account_id IS NOT NULL"),
            ("MQL", "suppressed: competitors"),
            ("SQL", "a person decides"),
            ("Opportunity", "on no deal that is open"),
            ("Customer", "on no deal that is won"),
        ]


class TestBack:
    def test_an_exit_leads_where_it_says(self) -> None:
        (left,) = move(lifecycle(), lead(SILENT), standing("MQL"), NOON)
        assert (left.to_stage, left.outcome, left.recycles) == ("Lead", "moved", False)

    def test_who_would_leave_at_once_does_not_enter(self) -> None:
        assert way(lead(SILENT, qualified=True), standing("Lead")) == []

    def test_without_a_place_it_goes_back_where_it_came_from(self) -> None:
        stages = [
            {"name": "A"},
            {"name": "B"},
            {"name": "C", "exit": {"when": "fit < 5"}},
        ]
        of = lifecycle(stages=stages, recycling=None)
        spells = (Spell("A", NOON - 2 * DAY, NOON - DAY), Spell("C", NOON - DAY))
        unfit = lead("fit < 5", of=of)
        assert way(unfit, Standing(spells, "C"), of=of) == ["A"]
        assert way(unfit, standing("C"), of=of) == ["B"]

    def test_a_dropped_lead_cools_down_and_counts_again(self) -> None:
        dropped = after(standing("MQL"), *move(lifecycle(), lead(SILENT), standing("MQL"), NOON))
        fit = lead(qualified=True)
        assert way(fit, dropped, NOON + 29 * DAY) == []
        assert next_look(lifecycle(), dropped, NOON) == NOON + 30 * DAY
        again = after(dropped, *move(lifecycle(), fit, dropped, NOON + 30 * DAY))
        assert [spell.stage for spell in again.spells] == ["MQL", "Lead", "MQL"]
        assert not again.spells[-1].is_recycled  # it was never sent back by sales


class TestDeals:
    def test_an_open_deal_skips_the_person(self) -> None:
        (entered,) = move(lifecycle(), lead(), standing("MQL", deals=(deal(),)), NOON)
        assert entered.to_stage == "Opportunity"
        assert entered.because == "deal d1 is open since 2026-03-01 12:00 UTC"

    def test_not_before_what_is_required_of_it_is_known(self) -> None:
        bare = deal(filled=frozenset())
        assert way(lead(), standing("MQL", deals=(bare,))) == []

    def test_pipeline_stages(self) -> None:
        stages = [
            {"name": "A"},
            {"name": "B", "entry": {"deal": "open", "deal_stages": ["Proposal"]}},
        ]
        of = lifecycle(stages=stages, recycling=None)
        for stage, expected in (("Discovery", []), ("Proposal", ["B"])):
            assert way(lead(), standing("A", deals=(deal(stage=stage),)), of=of) == expected

    def test_a_won_deal_makes_a_customer(self) -> None:
        deals = (deal(is_won=True), deal(is_won=False, id="d2"))
        assert way(lead(), standing("Opportunity", deals=deals)) == ["Customer"]

    def test_a_lost_deal_recycles_once(self) -> None:
        before = standing("Opportunity", deals=(deal(is_won=False),))
        (left,) = move(lifecycle(), lead(), before, NOON)
        assert (left.to_stage, left.outcome, left.recycles) == ("Recycled", "recycled", True)
        assert left.fields == {"lifecycle_stage": "Recycled", "recycled_at": NOON}
        assert way(lead(), after(before, left), NOON + DAY) == []

    def test_a_loss_does_not_count_while_another_deal_goes_on(self) -> None:
        deals = (deal(is_won=False), deal(id="d2"))
        assert way(lead(), standing("Opportunity", deals=deals)) == []

    def test_a_deal_from_before_the_recycling_says_nothing(self) -> None:
        old, new = deal(days_ago=30), deal(days_ago=3, id="d2")
        before = rejected("LOCKED", 20)
        assert way(lead(), Standing(before.spells, "Recycled", deals=(old,),
                                    recycled_at=before.recycled_at)) == []  # fmt: skip
        assert way(lead(), Standing(before.spells, "Recycled", deals=(old, new),
                                    recycled_at=before.recycled_at)) == ["Opportunity"]  # fmt: skip

    def test_moments(self) -> None:
        assert way(lead(), standing("MQL", deals=(deal(days_ago=0),))) == ["Opportunity"]
        assert way(lead(), standing("MQL", deals=(deal(days_ago=-0.001),))) == []
        recycled_at = NOON - DAY
        at_once = standing("MQL", deals=(deal(days_ago=1),), recycled_at=recycled_at)
        assert way(lead(), at_once) == []

    def test_an_end_is_left_by_qualifying_anew(self) -> None:
        stages = [
            {"name": "Known", "entry": {"when": "email IS NOT NULL"}},
            {"name": "MQL", "qualifies": True, "entry": {"reaches": "qualified"}},
            {"name": "Opportunity", "entry": {"deal": "open"}},
            {"name": "Lost", "entry": {"deal": "lost"}, "only_from": ["Opportunity"],
             "recycles": True},
        ]  # fmt: skip
        of = lifecycle(stages=stages, recycling={"stage": "Known"}, rejection_reasons=[])
        before = standing("Opportunity", deals=(deal(is_won=False),))
        (lost,) = move(of, lead(EMAIL, of=of), before, NOON)
        assert (lost.to_stage, lost.recycles) == ("Lost", True)
        ended = after(before, lost)
        late = NOON + 30 * DAY
        assert way(lead(EMAIL, of=of), ended, late, of) == []
        (again,) = move(of, lead(EMAIL, of=of, qualified=True), ended, late)
        assert (again.to_stage, again.is_recycled) == ("MQL", True)


class TestSentBack:
    def test_what_recycled_leads_wait_for(self) -> None:
        fit = lead(qualified=True)
        before = rejected("LATER", 59.5)
        assert way(fit, before) == []
        assert next_look(lifecycle(), before, NOON) == NOON + DAY / 2
        (again,) = move(lifecycle(), fit, before, NOON + DAY / 2)
        assert (again.to_stage, again.is_recycled) == ("MQL", True)

    def test_comes_back_where_it_is_said_when_it_does_not_qualify(self) -> None:
        before = rejected("LATER", 60)
        (back,) = move(lifecycle(), lead(), before, NOON)
        assert (back.from_stage, back.to_stage) == ("Recycled", "Lead")
        assert back.because == "its time came on 2026-03-02 12:00 UTC"
        assert way(lead(), after(before, back), NOON + DAY) == []

    def test_comes_back_on_the_day_that_was_named(self) -> None:
        before = rejected("LOCKED", 10, returns_at=NOON + DAY)
        assert way(lead(), before) == []
        assert way(lead(), before, NOON + DAY) == ["Lead"]

    def test_a_demo_request_ends_the_wait(self) -> None:
        assert way(lead(DEMO, qualified=True), rejected("LATER", 1)) == ["MQL"]

    def test_but_not_a_reason_that_still_holds(self) -> None:
        before = rejected("SMALL", 40)
        assert way(lead(DEMO, qualified=True), before) == []
        assert way(lead(GROWN, qualified=True), before) == ["MQL"]
        told = prospects(lifecycle(), lead(DEMO, qualified=True), before, NOON)[0]
        assert told.why == "rejected with SMALL until account.employees >= 50"

    def test_nor_at_the_moment_of_recycling_when_scores_are_still_the_old_ones(self) -> None:
        assert way(lead(DEMO, qualified=True), rejected("LOCKED", 0)) == []

    def test_a_recycling_dated_ahead_is_none_yet(self) -> None:
        one, deals = lead(OPTED_IN, KNOWN, EMAIL, qualified=True), (deal(),)
        for ahead in (NOON + DAY, None):
            assert way(one, standing("Subscriber", recycled_at=ahead)) == ["MQL"]
            assert way(one, standing("MQL", deals=deals, recycled_at=ahead)) == ["Opportunity"]
        (entered,) = move(lifecycle(), one, standing("Subscriber", recycled_at=NOON + DAY), NOON)
        assert not entered.is_recycled

    def test_archived_for_good(self) -> None:
        before = rejected("NEVER", 400)
        assert before.stage == "Archived"
        assert way(lead(DEMO, ASKS, HUGE, qualified=True), before) == []

    def test_archived_until_it_grows(self) -> None:
        before = rejected("GROWS", 40)
        assert way(lead(ASKS, qualified=True), before) == []
        assert way(lead(HUGE, qualified=True), before) == ["MQL"]

    def test_silence_leads_to_the_archive(self) -> None:
        before = rejected("LOCKED", 179)
        assert way(lead(), before) == []
        assert next_look(lifecycle(), before, NOON) == NOON + DAY
        (gone,) = move(lifecycle(), lead(), before, NOON + DAY)
        assert (gone.to_stage, gone.outcome) == ("Archived", "archived")
        assert gone.because == "no activity for 180 days"
        assert not gone.recycles

    def test_but_not_while_it_does_something(self) -> None:
        before = rejected("LOCKED", 179)
        active = Standing(before.spells, "Recycled", last_active_at=NOON - DAY)
        assert way(lead(), active, NOON + DAY) == []
        assert way(lead(), active, NOON + 179 * DAY) == ["Archived"]

    def test_the_archive_is_left_by_its_trigger_only(self) -> None:
        spells = (Spell("Recycled", NOON - 300 * DAY, NOON - 90 * DAY, "archived"),
                  Spell("Archived", NOON - 90 * DAY))  # fmt: skip
        archived = Standing(spells, "Archived")
        assert way(lead(DEMO, qualified=True), archived) == []
        assert way(lead(ASKS, qualified=True), archived) == ["MQL"]


class TestRecyclingIntoAStageOfTheOrder:
    """Where leads are sent back to a stage that others pass as well."""

    OF = lifecycle(
        stages=[
            {"name": "Visitor"},
            {"name": "Known", "entry": {"when": "email IS NOT NULL"}},
            {"name": "MQL", "qualifies": True, "rejection_reasons": ["SMALL"],
             "entry": {"reaches": "qualified"}},
            {"name": "HOT", "qualifies": True, "entry": {"when": "fit > 90"}},
        ],
        rejection_reasons=[{"code": "SMALL", "reason": "Too small"}],
        recycling={"stage": "Known", "archive_after": "100 days", "on_enter": [{"tag": "back"}]},
    )  # fmt: skip

    def sent_back(self, days_ago: float) -> Standing:
        at = NOON - days_ago * DAY
        before = standing("MQL", at - DAY)
        return after(before, reject(self.OF, lead(of=self.OF), before, "SMALL", at, "dina"))

    def test_only_who_was_sent_back_is_archived_for_silence(self) -> None:
        assert way(lead(of=self.OF), standing("Known", NOON - 500 * DAY), of=self.OF) == []
        assert way(lead(of=self.OF), self.sent_back(99.9), of=self.OF) == []
        assert way(lead(of=self.OF), self.sent_back(100), of=self.OF) == ["Archived"]

    def test_only_who_was_sent_back_is_nurtured(self) -> None:
        (known,) = move(self.OF, lead(EMAIL, of=self.OF), standing("Visitor"), NOON)
        assert (known.actions, known.recycles) == ((), False)
        before = standing("MQL")
        back = reject(self.OF, lead(of=self.OF), before, "SMALL", NOON, "dina")
        assert [each.given for each in back.actions] == ["back"]

    @pytest.mark.parametrize(("stage", "recycles"), [("Visitor", False), ("MQL", True)])
    def test_by_hand_it_starts_anew_only_for_who_was_with_sales(
        self, stage: str, recycles: bool
    ) -> None:
        spells = (Spell(stage, NOON - 10 * DAY),)
        (moved,) = move(self.OF, lead(of=self.OF), Standing(spells, "Known", NOON - DAY), NOON)
        assert moved.recycles is recycles

    def test_a_wait_that_was_ended_does_not_begin_again_further_on(self) -> None:
        asks = lead(DEMO, of=self.OF, qualified=True)
        back = self.sent_back(1)
        again = after(back, *move(self.OF, asks, back, NOON))
        assert again.stage == "MQL"
        assert way(lead("fit > 90", of=self.OF), back, NOON + DAY, self.OF) == []
        assert way(lead("fit > 90", of=self.OF), again, NOON + DAY, self.OF) == ["HOT"]


class TestSuppressed:
    def test_never_qualifies(self) -> None:
        assert way(lead(RIVAL, qualified=True), standing("Lead")) == []

    def test_may_become_what_it_is(self) -> None:
        assert way(lead(RIVAL, KNOWN, EMAIL), standing("Subscriber")) == ["Lead"]
        deals = (deal(is_won=True),)
        assert way(lead(RIVAL), standing("Opportunity", deals=deals)) == ["Customer"]


class TestRecord:
    def test_the_first_spell_is_where_the_record_says_and_does_nothing(self) -> None:
        since = NOON - 40 * DAY
        (entered,) = move(lifecycle(), lead(), Standing((), "mql", since), NOON)
        assert (entered.from_stage, entered.to_stage, entered.at) == (None, "MQL", since)
        assert entered.actions == ()

    def test_by_label_too(self) -> None:
        assert way(lead(), Standing((), "marketing qualified lead")) == ["MQL"]

    def test_and_goes_on_from_there(self) -> None:
        assert way(lead(qualified=True), Standing((), "Subscriber")) == ["Subscriber", "MQL"]

    def test_a_change_of_the_record_is_followed(self) -> None:
        spells = (Spell("Lead", NOON - 10 * DAY),)
        changed = Standing(spells, "SQL", NOON - DAY)
        (moved,) = move(lifecycle(), lead(), changed, NOON)
        assert (moved.to_stage, moved.at, moved.outcome) == ("SQL", NOON - DAY, "moved")
        assert moved.because == "the record was set to SQL"

    @pytest.mark.parametrize("recorded_at", [None, NOON - 11 * DAY, NOON + DAY])
    def test_what_is_older_than_the_spell_is_not_news(self, recorded_at: Any) -> None:
        spells = (Spell("Lead", NOON - 10 * DAY),)
        assert way(lead(), Standing(spells, "SQL", recorded_at)) == []

    def test_back_by_hand_into_recycling_starts_anew(self) -> None:
        spells = (Spell("MQL", NOON - 10 * DAY),)
        (moved,) = move(lifecycle(), lead(), Standing(spells, "Recycled", NOON - DAY), NOON)
        assert moved.outcome == "recycled"
        assert moved.fields["recycled_at"] == NOON - DAY

    @pytest.mark.parametrize("spells", [(), (Spell("Lead", NOON - 10 * DAY),)])
    def test_a_stage_of_no_lifecycle_is_left_alone(self, spells: tuple[Spell, ...]) -> None:
        foreign = Standing(spells, "Kunde", NOON - DAY)
        assert way(lead(OPTED_IN, KNOWN, EMAIL, qualified=True), foreign) == []

    def test_before_its_spell_began_nothing_is_decided(self) -> None:
        assert way(lead(qualified=True), standing("Lead", NOON + DAY)) == []


class TestOverride:
    def made(self, stage: str, expires_in: float | None = 5) -> Override:
        ends = None if expires_in is None else NOON + expires_in * DAY
        return Override(stage, "known to us", "sam", NOON - DAY, ends)

    def test_wins_over_the_rules_and_says_who_and_why(self) -> None:
        before = standing("MQL", override=self.made("Lead"))
        (moved,) = move(lifecycle(), lead(qualified=True), before, NOON)
        assert moved.to_stage == "Lead"
        assert moved.because == "override by sam until 2026-03-07 12:00 UTC: known to us"
        assert way(lead(qualified=True), after(before, moved), NOON + 4.9 * DAY) == []

    def test_rules_go_on_when_it_has_expired(self) -> None:
        before = standing("Lead", override=self.made("Lead"))
        assert next_look(lifecycle(), before, NOON) == NOON + 5 * DAY
        assert way(lead(qualified=True), before, NOON + 5 * DAY) == ["MQL"]

    def test_who_does_not_belong_there_goes_back(self) -> None:
        before = standing("Lead", override=self.made("SQL"))
        held = after(before, *move(lifecycle(), lead(), before, NOON))
        assert held.stage == "SQL"
        (back,) = move(lifecycle(), lead(), held, NOON + 5 * DAY)
        assert (back.to_stage, back.because) == ("Lead", "the override by sam has expired")
        assert way(lead(), after(held, back), NOON + 6 * DAY) == []

    def test_who_was_there_before_stays(self) -> None:
        spells = (Spell("MQL", NOON - 9 * DAY, NOON - 8 * DAY, "accepted"),
                  Spell("SQL", NOON - 8 * DAY))  # fmt: skip
        before = Standing(spells, "SQL", override=self.made("SQL"))
        assert way(lead(), before, NOON + 5 * DAY) == []

    def test_who_entered_as_it_ended_stays(self) -> None:
        spells = (Spell("MQL", NOON, NOON + 5 * DAY, "accepted"), Spell("SQL", NOON + 5 * DAY))
        before = Standing(spells, "SQL", override=self.made("SQL"))
        assert way(lead(), before, NOON + 6 * DAY) == []

    def test_who_belongs_there_stays(self) -> None:
        before = standing("Lead", override=self.made("SQL"))
        held = after(before, *move(lifecycle(), lead(), before, NOON))
        assert way(lead("bant_budget"), held, NOON + 5 * DAY) == []

    def test_without_an_end_it_stays(self) -> None:
        before = standing("Customer", override=self.made("Lead", None))
        assert way(lead(), before, NOON + 5000 * DAY) == ["Lead"]

    def test_puts_back_what_the_record_says(self) -> None:
        spells = (Spell("Lead", NOON - 10 * DAY),)
        changed = Standing(spells, "SQL", NOON - DAY, override=self.made("Lead"))
        assert way(lead(), changed) == ["SQL", "Lead"]

    def test_reaches_also_who_is_in_no_known_stage(self) -> None:
        before = Standing((), "Kunde", NOON - DAY, override=self.made("Customer"))
        assert way(lead(), before) == ["Customer"]


def test_time_alone_moves_nobody_who_waits_for_nothing() -> None:
    assert next_look(lifecycle(), standing("Lead"), NOON) is None
    assert next_look(lifecycle(), standing(), NOON + timedelta(days=900)) is None
