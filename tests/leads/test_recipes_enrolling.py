"""Who comes into recipes: by hand, and by laws."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipe_words import (
    DAY,
    HOUR,
    LEAD,
    MINUTE,
    NOW,
    codes,
    come_in,
    enrolled,
    entered,
    only,
    programs,
    recipe,
)
from revops.leads.lead import Lead
from revops.leads.recipes import Happening, advance, cause_of, read_enrolment
from revops.leads.recipes.enrolling import MOST_CHAINED

if TYPE_CHECKING:
    from datetime import timedelta

    from revops.leads.recipes import Enrolment

DAILY = {"schedule": {"every": "day"}}


class TestTriggers:
    @pytest.mark.parametrize(
        ("trigger", "kind", "details", "record", "holds", "is_set_off"),
        [
            ({"entered": "MQL"}, "entered", {"stage": {"name": "MQL"}}, "", (), True),
            ({"entered": "MQL"}, "left", {"stage": {"name": "MQL"}}, "", (), False),
            ({"entered": "MQL"}, "entered", {"stage": {"name": "SQL"}}, "", (), False),
            ({"left": "MQL"}, "left", {"stage": {"name": "MQL"}}, "", (), True),
            ("qualified", "qualified", {}, "", (), True),
            ("created", "created", {}, "", (), True),
            ("created", "created", {}, "ticket:1", (), False),
            ({"created": "ticket"}, "created", {}, "ticket:1", (), True),
            ({"activity": ["call", "chat"]}, "activity", {"activity": {"type": "chat"}}, "", (),
             True),
            ({"activity": "call"}, "activity", {"activity": {"type": "chat"}}, "", (), False),
            ({"activity": "call", "where": "x"}, "activity", {"activity": {"type": "call"}}, "", (),
             False),
            ({"activity": "call", "where": "x"}, "activity", {"activity": {"type": "call"}}, "",
             ("where",), True),
            ({"activity": "call", "where": "x", "count": 3}, "activity",
             {"activity": {"type": "call"}}, "", ("where",), False),
            ({"activity": "call", "count": 3, "after_silence": "9 days"}, "activity",
             {"activity": {"type": "call"}}, "", ("count", "after_silence"), True),
            ({"changed": "title"}, "changed", {"change": {"field": "title", "to": "x"}}, "", (),
             True),
            ({"changed": ["title", "phone"], "to": "x"}, "changed",
             {"change": {"field": "phone", "to": "y"}}, "", (), False),
            ({"changed": "opportunity.stage", "to": "Won"}, "changed",
             {"change": {"field": "opportunity.stage", "to": "Won"}}, "opportunity:1", (), True),
            ({"clock": "c"}, "clock", {"clock": {"sla": "c", "step": "breach"}}, "", (), True),
            ({"clock": "c"}, "clock", {"clock": {"sla": "c", "step": 1}}, "", (), False),
            ({"clock": "c", "step": 2}, "clock", {"clock": {"sla": "c", "step": 2}}, "", (), True),
            (DAILY, "schedule", {"schedule": {"recipe": "r"}}, "", (), True),
            (DAILY, "schedule", {"schedule": {"recipe": "s"}}, "", (), False),
        ],
    )  # fmt: skip
    def test_what_sets_it_off(
        self, trigger: Any, kind: Any, details: Any, record: str, holds: Any, is_set_off: bool
    ) -> None:
        held = frozenset(f"automations.recipes[0].trigger.{key}" for key in holds)
        happening = Happening(kind, "7", NOW, details, record, holds=held)
        found = come_in(programs(recipe(trigger=trigger)), happening)
        assert len(found.enrolments) == is_set_off
        assert found.refusals == ()

    def test_what_is_not_active_is_set_off_by_nothing(self) -> None:
        assert come_in(programs(recipe(active=False))) == come_in(programs())


class TestEnrolment:
    def test_a_lead_comes_in(self) -> None:
        (one,) = come_in(programs(recipe())).enrolments
        assert (one.id, one.state, one.step) == (f"r|7|{NOW.isoformat()}", "running", 0)
        assert one.entered_at == NOW

    @pytest.mark.parametrize(
        ("given", "holds", "code"),
        [
            ({"when": "x"}, [], "condition"),
            ({"when": "x"}, ["when"], None),
            ({"suppress_when": "x"}, ["suppress_when"], "suppressed"),
            ({"suppress_when": "x"}, [], None),
            ({"max_age": "1 day"}, [], None),
        ],
    )
    def test_conditions(self, given: Any, holds: list[str], code: str | None) -> None:
        lead = Lead("7", holds=frozenset(f"automations.recipes[0].{key}" for key in holds))
        assert codes(come_in(programs(recipe(**given)), lead=lead)) == ([code] if code else [])

    def test_what_is_long_ago_sets_nothing_off(self) -> None:
        entries = come_in(programs(recipe()), entered(NOW - 7 * DAY - MINUTE))
        assert codes(entries) == ["too-old"]
        assert "1 week" in entries.refusals[0].why

    def test_the_same_happening_twice_is_one(self) -> None:
        assert codes(come_in(programs(recipe(reenroll="always")), entered(), entered())) == ["same"]

    @pytest.mark.parametrize(
        ("reenroll", "state", "later", "code"),
        [
            ("never", "done", DAY, "once-only"),
            ("never", "waiting", DAY, "already-in"),
            ("always", "waiting", MINUTE, None),
            ({"after": "2 days"}, "done", DAY, "not-yet"),
            ({"after": "2 days"}, "stopped", 2 * DAY, None),
            ({"after": "2 days"}, "waiting", 3 * DAY, "already-in"),
        ],
    )
    def test_again(self, reenroll: Any, state: Any, later: timedelta, code: str | None) -> None:
        known = programs(recipe(reenroll=reenroll))
        (first,) = come_in(known).enrolments
        at = NOW + later
        again = come_in(known, entered(at), had=[replace(first, state=state)], now=at)
        assert codes(again) == ([code] if code else [])
        assert len(again.enrolments) == (code is None)

    def test_until_when_is_told(self) -> None:
        known = programs(recipe(reenroll={"after": "2 days"}))
        (first,) = come_in(known).enrolments
        had = [replace(first, state="done")]
        (refusal,) = come_in(known, entered(NOW + DAY), had=had, now=NOW + DAY).refusals
        assert refusal.why == "it may come in again from 2026-03-08 16:00 UTC"

    def test_each_record_counts_by_itself(self) -> None:
        details = {"change": {"field": "opportunity.stage", "to": "Won"}}
        first, second = (
            Happening("changed", "7", NOW, details, f"opportunity:{n}") for n in (1, 2)
        )
        later = replace(second, at=NOW + MINUTE)
        known = programs(recipe(trigger={"changed": "opportunity.stage"}))
        entries = come_in(known, first, second, later, now=NOW + HOUR)
        assert [each.cause.record for each in entries.enrolments] == [
            "opportunity:1",
            "opportunity:2",
        ]
        assert codes(entries) == ["already-in"]

    @pytest.mark.parametrize(("per", "code"), [("account", ["already-in"]), ("lead", [])])
    def test_once_for_all_colleagues(self, per: str, code: list[str]) -> None:
        known = programs(recipe(per=per))
        (first,) = come_in(known, lead=Lead("7", {"account_id": "a"})).enrolments
        colleague = Lead("8", {"account_id": "a"})
        happening = replace(entered(), contact_id="8")
        assert codes(come_in(known, happening, lead=colleague, had=[first])) == code
        stranger = Lead("9", {"account_id": "b"})
        assert codes(come_in(known, happening, lead=stranger, had=[first])) == []

    def test_at_most_so_many_a_day(self) -> None:
        known = programs(recipe(max_per_day=3, reenroll="always"))
        entries = come_in(known, entered(), entered(NOW - MINUTE), entered={"r": 2})
        assert len(entries.enrolments) == 1
        assert codes(entries) == ["max-per-day"]


class TestLoopGuard:
    def test_a_recipe_in_its_own_chain_is_refused_and_the_chain_named(self) -> None:
        (refusal,) = come_in(programs(recipe()), entered(chain=("r", "s"))).refusals
        assert refusal.code == "loop"
        assert refusal.why.endswith("r -> s -> r")

    def test_a_chain_has_an_end(self) -> None:
        chain = tuple("abcdefghij"[:MOST_CHAINED])
        assert codes(come_in(programs(recipe()), entered(chain=chain))) == ["too-long-a-chain"]
        assert codes(come_in(programs(recipe()), entered(chain=chain[1:]))) == []

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from("ABCDEFGHIJKL"), st.sampled_from("ABCDEFGHIJKL")),
            min_size=1,
            max_size=25,
        )
    )
    def test_recipes_that_set_each_other_off_come_to_an_end(
        self, moves: list[tuple[str, str]]
    ) -> None:
        """Whoever enters the first stage of a pair is moved to the second."""
        known = programs(
            *(
                recipe(name=str(n), trigger={"entered": start}, reenroll="always",
                       steps=[{"do": [{"stage": end}]}])
                for n, (start, end) in enumerate(moves)
            )
        )  # fmt: skip
        todo = [Happening("entered", "7", NOW, {"stage": {"name": moves[0][0]}})]
        had: list[Enrolment] = []
        while todo:
            happening = todo.pop()
            found = come_in(known, happening, had=had, now=happening.at)
            had += found.enrolments
            for each in found.enrolments:
                for planned in advance(known.by_name[each.recipe], each, LEAD, NOW).actions:
                    details = {"stage": {"name": planned.action.stage}}
                    at = NOW + len(had) * MINUTE
                    todo.append(Happening("entered", "7", at, details, chain=planned.chain))
            assert len(had) < 5_000
        assert all(len(set(each.chain)) == len(each.chain) <= MOST_CHAINED for each in had)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["never", "always", {"after": "2 hours"}]),
    st.lists(st.tuples(st.integers(0, 600), st.booleans()), max_size=25),
)
def test_only_always_lets_a_lead_be_in_twice_at_once(
    reenroll: Any, events: list[tuple[int, bool]]
) -> None:
    known = programs(recipe([{"wait": "90 minutes"}, "route"], reenroll=reenroll))
    program = known.by_name["r"]
    had: dict[str, Enrolment] = {}
    for minutes, is_late in sorted(events):
        now = NOW + minutes * MINUTE
        happening = entered(now - 30 * MINUTE if is_late else now)
        for one in come_in(known, happening, had=had.values(), now=now).enrolments:
            assert one.id not in had
            had[one.id] = one
        had = {key: advance(program, one, LEAD, now).enrolment for key, one in had.items()}
        if reenroll != "always":
            assert sum(not one.is_over for one in had.values()) <= 1
    if reenroll == "never":
        assert len(had) <= 1
    elif reenroll != "always":
        ats = sorted(one.entered_at for one in had.values())
        assert all(later - earlier >= 2 * HOUR for earlier, later in pairwise(ats))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=9), JSON, max_size=4), st.sampled_from(["", "ticket:1"]))
def test_what_is_kept_of_an_enrolment_is_read_again(details: dict[str, Any], record: str) -> None:
    one = enrolled(only(recipe(per="account")), record=record, chain=("q",), holds=frozenset("ab"))
    one = replace(one, account_id="a", cause=replace(one.cause, details={"activity": details}))
    kept = cause_of(one)
    back = read_enrolment(
        one.id, one.recipe, one.contact_id, kept, one.entered_at, one.step, one.state, None, None,
        one.account_id, one.came_in_at,
    )  # fmt: skip
    assert cause_of(back) == kept
    assert replace(back, cause=replace(back.cause, details=one.cause.details)) == one
    flat = {key: value for key, value in details.items() if not isinstance(value, dict)}
    assert {key: back.cause.details["activity"][key] for key in flat} == flat


def test_of_a_huge_detail_only_the_beginning_is_kept() -> None:
    one = enrolled(only(recipe()))
    huge = {
        "text": "x" * 2_000_000,
        "many": {str(n): n for n in range(9_999)},
        "list": [1],
        "at": NOW,
    }
    kept = cause_of(replace(one, cause=replace(one.cause, details={"activity": huge})))
    assert len(kept) < 5_000
    assert NOW.isoformat() in kept
