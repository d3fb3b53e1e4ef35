"""What follows for a lead in a recipe: by hand, and by laws."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipe_words import DAY, HOUR, LEAD, MINUTE, NOW, come_in, enrolled, only, programs, recipe
from revops.definitions.automations import Automations
from revops.kit.calendar import BusinessCalendar, parse_spans
from revops.leads.lead import Lead
from revops.leads.recipes import Happening, advance

OFFICE = BusinessCalendar(ZoneInfo("UTC"), (*[parse_spans("09:00-17:00")] * 5, (), ()))
BRANCH = {
    "branch": [
        {"when": "a", "steps": [{"do": ["enrich"]}]},
        {"tagged": "t", "steps": [{"do": [{"tag": "u"}]}]},
    ],
    "otherwise": [{"do": [{"audience": "x"}]}],
}


def case(*keys: str) -> frozenset[str]:
    return frozenset(f"automations.recipes[0].{key}" for key in keys)


class TestSteps:
    def test_one_after_the_other(self) -> None:
        program = only(recipe([{"do": ["route", {"tag": "t"}]}, {"do": [{"tag": "u"}]}]))
        done = advance(program, enrolled(program), LEAD, NOW)
        assert [planned.key for planned in done.actions] == [
            f"r|7|{NOW.isoformat()}|{place}" for place in ("0|0", "0|1", "1|0")
        ]
        assert done.actions[2].place == "automations.recipes[0].steps[1].do[0]"
        assert (done.enrolment.state, done.enrolment.step) == ("done", 2)
        assert advance(program, done.enrolment, LEAD, NOW).actions == ()

    @pytest.mark.parametrize(
        ("holds", "tags", "kinds"),
        [
            (["steps[0].branch[0].when"], [], ["enrich", "set"]),
            (["steps[0].branch[0].when"], ["t"], ["enrich", "set"]),
            ([], ["t"], ["tag", "set"]),
            ([], ["other"], ["audience", "set"]),
        ],
    )
    def test_the_first_case_that_holds(
        self, holds: list[str], tags: list[str], kinds: list[str]
    ) -> None:
        program = only(recipe([BRANCH, {"do": [{"set": {"title": "x"}}]}]))
        lead = Lead("7", holds=case(*holds))
        done = advance(program, enrolled(program), lead, NOW, tags=frozenset(tags))
        assert [planned.action.kind for planned in done.actions] == kinds

    def test_branches_inside_branches(self) -> None:
        inner = {"branch": [{"when": "b", "steps": [BRANCH]}], "otherwise": [BRANCH]}
        program = only(recipe([{"branch": [{"when": "a", "steps": [inner, {"do": ["route"]}]}]}]))
        outer = "steps[0].branch[0]"
        for holds, kinds in (
            ([], []),
            ([f"{outer}.when"], ["audience", "route"]),
            (
                [f"{outer}.when", f"{outer}.steps[0].otherwise[0].branch[0].when"],
                ["enrich", "route"],
            ),
            ([f"{outer}.when", f"{outer}.steps[0].branch[0].when"], ["audience", "route"]),
        ):
            done = advance(program, enrolled(program), Lead("7", holds=case(*holds)), NOW)
            assert [planned.action.kind for planned in done.actions] == kinds
            assert done.enrolment.state == "done"

    def test_a_case_on_the_record_is_of_when_it_happened(self) -> None:
        program = only(recipe([{"branch": [{"where": "x", "steps": [{"do": ["route"]}]}]}],
                              trigger={"created": "ticket"}))  # fmt: skip
        happening = Happening("created", "7", NOW, record="ticket:1")
        for holds, actions in ((case("steps[0].branch[0].where"), 1), (frozenset(), 0)):
            (one,) = come_in(programs(program.recipe.model_dump(exclude_unset=True)),
                             replace(happening, holds=holds)).enrolments  # fmt: skip
            assert len(advance(program, one, LEAD, NOW).actions) == actions

    def test_a_branch_after_a_change_is_asked_of_the_changed_lead(self) -> None:
        program = only(recipe(["route", BRANCH]))
        first = advance(program, enrolled(program), LEAD, NOW)
        assert [planned.action.kind for planned in first.actions] == ["route"]
        assert (first.enrolment.state, first.enrolment.resume_at) == ("waiting", NOW)
        changed = Lead("7", holds=case("steps[1].branch[0].when"))
        second = advance(program, first.enrolment, changed, NOW)
        assert [planned.action.kind for planned in second.actions] == ["enrich"]

    def test_the_owner_of_the_record_is_meant(self) -> None:
        program = only(recipe(trigger={"changed": "opportunity.stage"}))
        details = {"change": {"field": "opportunity.stage"}, "opportunity": {"owner": "ann"}}
        happening = Happening("changed", "7", NOW, details, "opportunity:1", chain=("q",))
        (one,) = come_in(
            programs(program.recipe.model_dump(exclude_unset=True)), happening
        ).enrolments
        (planned,) = advance(program, one, LEAD, NOW).actions
        assert (planned.owner, planned.chain) == ("ann", ("q", "r"))


MEETING = datetime(2026, 3, 9, 15, tzinfo=UTC)


def booked(**properties: Any) -> Happening:
    return Happening("activity", "7", NOW, {"activity": {"type": "call", "properties": properties}})


class TestWaits:
    @pytest.mark.parametrize(
        ("wait", "until"),
        [
            ("90 minutes", NOW + 90 * MINUTE),
            ({"business": "2 hours"}, datetime(2026, 3, 9, 10, tzinfo=UTC)),
            ({"business_days": 1}, datetime(2026, 3, 9, 16, tzinfo=UTC)),
            ({"business_days": 5}, datetime(2026, 3, 13, 16, tzinfo=UTC)),
            ({"until": "activity.properties.at"}, MEETING),
            ({"until": "activity.properties.at", "before": "1 hour"}, MEETING - HOUR),
            ({"until": "activity.properties.at", "after": "30 minutes"}, MEETING + 30 * MINUTE),
            ({"until": "activity.properties.on"}, datetime(2026, 3, 8, tzinfo=UTC)),
        ],
    )
    def test_until(self, wait: Any, until: datetime) -> None:
        known = programs(recipe([{"wait": wait}, "route"], trigger={"activity": "call"}))
        (one,) = come_in(known, booked(at="2026-03-09T16:00:00+01:00", on="2026-03-08")).enrolments
        program = known.by_name["r"]
        waits = advance(program, one, LEAD, NOW, hours=OFFICE)
        assert waits.actions == ()
        assert (waits.enrolment.state, waits.enrolment.resume_at) == ("waiting", until)
        early = advance(program, waits.enrolment, LEAD, until - timedelta(microseconds=1))
        assert (early.actions, early.enrolment) == ((), waits.enrolment)
        (planned,) = advance(program, waits.enrolment, LEAD, until).actions
        assert planned.action.kind == "route"

    @pytest.mark.parametrize(
        ("at", "until"),
        [(NOW, None), (NOW + 2 * HOUR, datetime(2026, 3, 9, 9, tzinfo=UTC))],
    )
    def test_working_hours(self, at: datetime, until: datetime | None) -> None:
        program = only(recipe([{"wait": {"until": "working_hours"}}, "route"]))
        done = advance(program, enrolled(program), LEAD, at, hours=OFFICE)
        assert done.enrolment.resume_at == until

    @pytest.mark.parametrize("hours", [None, BusinessCalendar(ZoneInfo("UTC"), ((),) * 7)])
    def test_without_hours_all_time_is_working_time(self, hours: BusinessCalendar | None) -> None:
        for wait in ({"business": "1 day"}, {"business_days": 1}):
            program = only(recipe([{"wait": wait}]))
            done = advance(program, enrolled(program), LEAD, NOW, hours=hours)
            assert done.enrolment.resume_at == NOW + DAY

    def test_a_time_that_has_passed_is_not_waited_for(self) -> None:
        known = programs(
            recipe([{"wait": {"until": "activity.properties.at"}}, "route"],
                   trigger={"activity": "call"})
        )  # fmt: skip
        (one,) = come_in(known, booked(at="2026-03-01")).enrolments
        assert len(advance(known.by_name["r"], one, LEAD, NOW).actions) == 1

    @pytest.mark.parametrize("properties", [{}, {"at": "soon"}, {"at": None}, {"at": 7}])
    def test_a_time_that_is_not_known_ends_it(self, properties: dict[str, Any]) -> None:
        known = programs(
            recipe([{"wait": {"until": "activity.properties.at"}}, "route"],
                   trigger={"activity": "call"})
        )  # fmt: skip
        (one,) = come_in(known, booked(**properties)).enrolments
        done = advance(known.by_name["r"], one, LEAD, NOW)
        assert (done.actions, done.enrolment.state) == ((), "stopped")
        assert "activity.properties.at is not known" in done.enrolment.note

    @pytest.mark.parametrize(
        ("due", "at"),
        [
            ({"until": "activity.properties.at", "before": "1 hour"}, MEETING - HOUR),
            ({"until": "activity.properties.to"}, None),
            ({"business_days": 2}, datetime(2026, 3, 10, 16, tzinfo=UTC)),
        ],
    )
    def test_when_tasks_are_due(self, due: Any, at: datetime | None) -> None:
        known = programs(
            recipe([{"do": [{"task": "x"}], "due": due}], trigger={"activity": "call"})
        )
        (one,) = come_in(known, booked(at="2026-03-09T15:00:00Z")).enrolments
        done = advance(known.by_name["r"], one, LEAD, NOW, hours=OFFICE)
        assert done.actions[0].due_at == at
        assert bool(done.why) == (at is None)

    def test_what_comes_late_says_so(self) -> None:
        program = only(recipe([{"wait": "1 hour"}, "route"]))
        waits = advance(program, enrolled(program), LEAD, NOW).enrolment
        assert advance(program, waits, LEAD, NOW + 3 * HOUR).late == "2 hours late"
        assert advance(program, waits, LEAD, NOW + HOUR + MINUTE).why == ()


class TestEnds:
    WAITS = recipe([{"wait": "1 day"}, "route"])

    @pytest.mark.parametrize(
        ("given", "holds", "why"),
        [
            ({"stop_when": "x"}, "stop_when", "stop_when holds"),
            ({"suppress_when": "x"}, "suppress_when", "it is suppressed"),
        ],
    )
    def test_a_condition_ends_it(self, given: Any, holds: str, why: str) -> None:
        program = only({**self.WAITS, **given})
        waits = advance(program, enrolled(program), LEAD, NOW).enrolment
        done = advance(program, waits, Lead("7", holds=case(holds)), NOW + DAY)
        assert (done.actions, done.enrolment.state, done.enrolment.note) == ((), "stopped", why)
        assert done.enrolment.resume_at is None

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"active": False}, "not in use"),
            ({"steps": [{"wait": "1 day"}, {"wait": "1 day"}, {"do": ["route"]}]}, "changed"),
        ],
    )
    def test_a_change_of_the_recipe_ends_it(self, change: Any, says: str) -> None:
        program = only(self.WAITS)
        waits = advance(program, enrolled(program), LEAD, NOW).enrolment
        done = advance(only({**self.WAITS, **change}), waits, LEAD, NOW + DAY)
        assert (done.actions, done.enrolment.state) == ((), "stopped")
        assert says in done.enrolment.note
        assert advance(None, waits, LEAD, NOW + DAY).enrolment.state == "stopped"

    def test_another_text_or_wait_does_not_end_it(self) -> None:
        program = only(self.WAITS)
        waits = advance(program, enrolled(program), LEAD, NOW).enrolment
        changed = only(recipe([{"wait": "9 days"}, {"do": [{"tag": "x"}]}]))
        assert len(advance(changed, waits, LEAD, NOW + DAY).actions) == 1


ACTIONS = st.lists(
    st.sampled_from(["route", "enrich", {"tag": "x"}, {"set": {"title": "y"}}]),
    min_size=1, max_size=3,
).map(lambda actions: {"do": actions})  # fmt: skip
PAUSES = st.sampled_from(["1 minute", "2 hours", {"business": "3 hours"}]).map(
    lambda wait: {"wait": wait}
)
STEPS = st.recursive(
    st.lists(ACTIONS | PAUSES, min_size=1, max_size=3),
    lambda inner: st.lists(
        ACTIONS
        | PAUSES
        | st.builds(
            lambda first, second, other: {
                "branch": [{"when": "a", "steps": first}, {"when": "b", "steps": second}],
                "otherwise": other,
            },
            inner, inner, inner,
        ),
        min_size=1, max_size=3,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(STEPS, st.randoms(use_true_random=False), st.integers(0, 10))
def test_each_step_is_taken_once_however_often_it_is_worked_out(
    steps: list[Any], random: Any, repeats: int
) -> None:
    """A run that is broken off and repeated gives the same keys with the same actions."""
    program = only(recipe(steps))
    places = [path for path, _ in Automations(recipes=(program.recipe,)).conditions()]
    at, now, keys, rounds = enrolled(program), NOW, [], 0
    while not at.is_over:
        held = frozenset(f"automations.{place}" for place in places if random.random() < 0.5)
        lead = Lead("7", holds=held)
        now = max(now, at.resume_at or now)
        done = advance(program, at, lead, now, hours=OFFICE)
        for _ in range(repeats):
            again = advance(program, at, lead, now + random.random() * 9 * MINUTE, hours=OFFICE)
            assert [(each.key, each.action) for each in again.actions] == [
                (each.key, each.action) for each in done.actions
            ]
        keys += [planned.key for planned in done.actions]
        assert done.enrolment.step > at.step or done.enrolment.is_over or at.step == 0
        at, rounds = done.enrolment, rounds + 1
        assert rounds < 200
    assert len(set(keys)) == len(keys)
    assert all(getattr(op, "to", n + 1) > n for n, op in enumerate(program.ops))  # only forward
