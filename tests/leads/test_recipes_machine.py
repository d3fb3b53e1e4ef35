"""Who comes into recipes, and what follows: by hand, and by laws."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revops.definitions.automations import Automations
from revops.kit.calendar import BusinessCalendar, parse_spans
from revops.leads.lead import Lead
from revops.leads.recipes import (
    Happening,
    advance,
    cause_of,
    compile_recipes,
    enrol,
    read_enrolment,
)
from revops.leads.recipes.enrolling import MOST_CHAINED

if TYPE_CHECKING:
    from revops.leads.recipes import Enrolment, Entries, Program, Programs

NOW = datetime(2026, 3, 6, 16, tzinfo=UTC)  # a Friday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LEAD = Lead("7")
OFFICE = BusinessCalendar(ZoneInfo("UTC"), (*[parse_spans("09:00-17:00")] * 5, (), ()))


def recipe(steps: Any = ("route",), **given: Any) -> dict[str, Any]:
    does = [{"do": [each]} if isinstance(each, str) else each for each in steps]
    return {"name": "r", "trigger": {"entered": "MQL"}, "steps": does, **given}


def programs(*recipes: dict[str, Any]) -> Programs:
    return compile_recipes(Automations.model_validate({"recipes": recipes}))


def only(*recipes: dict[str, Any]) -> Program:
    (program,) = programs(*recipes).by_name.values()
    return program


def entered(at: datetime = NOW, **given: Any) -> Happening:
    return Happening("entered", "7", at, {"stage": {"name": "MQL"}}, **given)


def come_in(known: Programs, *happenings: Happening, **given: Any) -> Entries:
    lead, had, now = given.pop("lead", LEAD), given.pop("had", ()), given.pop("now", NOW)
    return enrol(known, happenings or (entered(),), lead, had, now, **given)


def enrolled(known: Program, **given: Any) -> Enrolment:
    from revops.leads.recipes import Programs

    (one,) = come_in(Programs([known]), entered(**given)).enrolments
    return one


def codes(entries: Entries) -> list[str]:
    return [refusal.code for refusal in entries.refusals]


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
            ({"activity": ["call", "chat"]}, "activity", {"activity": {"type": "chat"}}, "", (), True),
            ({"activity": "call"}, "activity", {"activity": {"type": "chat"}}, "", (), False),
            ({"activity": "call", "where": "x"}, "activity", {"activity": {"type": "call"}}, "", (),
             False),
            ({"activity": "call", "where": "x"}, "activity", {"activity": {"type": "call"}}, "",
             ("where",), True),
            ({"activity": "call", "where": "x", "count": 3}, "activity",
             {"activity": {"type": "call"}}, "", ("where",), False),
            ({"activity": "call", "count": 3, "after_silence": "9 days"}, "activity",
             {"activity": {"type": "call"}}, "", ("count", "after_silence"), True),
            ({"changed": "title"}, "changed", {"change": {"field": "title", "to": "x"}}, "", (), True),
            ({"changed": ["title", "phone"], "to": "x"}, "changed",
             {"change": {"field": "phone", "to": "y"}}, "", (), False),
            ({"changed": "opportunity.stage", "to": "Won"}, "changed",
             {"change": {"field": "opportunity.stage", "to": "Won"}}, "opportunity:1", (), True),
            ({"clock": "c"}, "clock", {"clock": {"sla": "c", "step": "breach"}}, "", (), True),
            ({"clock": "c"}, "clock", {"clock": {"sla": "c", "step": 1}}, "", (), False),
            ({"clock": "c", "step": 2}, "clock", {"clock": {"sla": "c", "step": 2}}, "", (), True),
            ({"schedule": {"every": "day"}}, "schedule", {"schedule": {"recipe": "r"}}, "", (), True),
            ({"schedule": {"every": "day"}}, "schedule", {"schedule": {"recipe": "s"}}, "", (), False),
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
        """Whoever enters the first stage is moved to the second, by as many recipes as there are."""
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
        assert advance(program, waits, LEAD, NOW + 3 * HOUR).why == ("2 hours late",)
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


# Laws ---------------------------------------------------------------------------------------------

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
        assert all(b - a >= 2 * HOUR for a, b in zip(ats, ats[1:], strict=False))


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
        one.id, one.recipe, one.contact_id, kept, one.entered_at, one.step, one.state, None, None
    )
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
