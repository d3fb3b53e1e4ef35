from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from revops.leads.lead import Lead
from revops.leads.lifecycle.standing import Spell
from revops.leads.slas.clocks import State
from revops.leads.slas.review import Kept, Review, review
from revops.leads.slas.timeline import Activity, Timeline
from sla_company import DAY, HOUR, MINUTE, STEPS, at, call, mql, rules, timeline

if TYPE_CHECKING:
    from datetime import datetime

    from revops.leads.slas.rules import Rules

KNOWN = rules({"escalations": STEPS})


class Record:
    """What an engine keeps of one contact's clocks, and what it was told to do."""

    def __init__(self, known: Rules = KNOWN) -> None:
        self.known = known
        self.version = "1"
        self.kept: dict[str, Kept] = {}
        self.done: list[str] = []
        self.corrections: list[str] = []
        self.last_at: datetime | None = None

    def look(self, happened: Timeline, now: datetime) -> tuple[Review, ...]:
        found = review(
            self.known,
            Lead("c1"),
            happened,
            tuple(self.kept.values()),
            now,
            version=self.version,
            last_at=self.last_at,
        )
        for each in found:
            self._keep(each, now)
        self.last_at = now
        return found

    def _keep(self, each: Review, now: datetime) -> None:
        if each.kept is not None:
            del self.kept[each.kept.id]
        self.done += [str(step) for step in each.steps]
        self.corrections += [each.correction] if each.correction else []
        source = each.clock or each.kept
        assert source is not None
        gone = each.clock is None
        self.kept[source.id] = Kept(
            source.id,
            source.sla,
            source.owner,
            source.started_at,
            source.due_at,
            source.stopped_at or (now if gone else None),
            State.CANCELLED if gone else source.state,
            each.steps_fired,
            each.next_at,
            self.version,
        )

    @property
    def only(self) -> Kept:
        (kept,) = self.kept.values()
        return kept


MQL = mql("03-02 09:00")


class TestEscalation:
    def test_each_step_is_taken_once_and_in_order(self) -> None:
        record = Record()
        for hour in range(9, 17):
            record.look(timeline(MQL), at(f"03-02 {hour:02}:00"))
            record.look(timeline(MQL), at(f"03-02 {hour:02}:00"))
        record.look(timeline(MQL), at("03-02 17:00"))
        assert record.done == ["step 1, rep", "step 2, manager", "step 3, next rep"]
        assert record.only.next_at is None

    def test_next_is_the_step_or_the_breach(self) -> None:
        record = Record()
        nexts = []
        for now in ("03-02 09:00", "03-02 10:00", "03-02 13:00", "03-02 17:00"):
            record.look(timeline(MQL), at(now))
            nexts.append(record.only.next_at)
        assert nexts == [at("03-02 10:00"), at("03-02 13:00"), at("03-02 17:00"), None]

    def test_without_steps_the_breach_alone_is_waited_for(self) -> None:
        record = Record(rules({}))
        record.look(timeline(MQL), at("03-02 09:00"))
        assert record.only.next_at == at("03-02 13:00")
        (breach,) = record.look(timeline(MQL), at("03-02 13:00"))
        assert breach.is_breach
        assert record.only.next_at is None

    def test_after_downtime_all_are_taken_and_say_how_late(self) -> None:
        record = Record()
        (breach,) = record.look(timeline(MQL), at("03-03 10:30"))
        assert breach.is_breach
        assert record.done == [
            "step 1, rep, 1 day late",
            "step 2, manager, 21 hours 30 minutes late",
            "step 3, next rep, 17 hours 30 minutes late",
        ]
        assert record.look(timeline(MQL), at("03-03 10:30")) == ()

    def test_what_is_over_is_not_escalated_any_more(self) -> None:
        record = Record()
        record.look(timeline(MQL), at("03-02 09:00"))
        record.look(timeline(MQL, activities=(call("03-02 14:00"),)), at("03-03 10:30"))
        assert (record.done, record.only.state) == ([], State.BREACHED)

    def test_a_step_at_the_start_is_taken_at_once(self) -> None:
        record = Record(rules({"escalations": [{"at": "start", "who": "rep"}, *STEPS]}))
        record.look(timeline(MQL), at("03-02 09:00"))
        assert record.done == ["step 1, rep"]

    def test_every_step_has_a_key_of_its_own(self) -> None:
        (found,) = Record().look(timeline(MQL), at("03-03 10:30"))
        assert len({step.key for step in found.steps}) == 3

    def test_while_it_stands_still_nothing_falls_due(self) -> None:
        record = Record(rules({"escalations": STEPS, "pauses": [{"stage": "Waiting"}]}))
        waits = timeline(MQL, Spell("Waiting", at("03-02 09:30")))
        record.look(waits, at("03-02 17:00"))
        assert (record.done, record.only.next_at) == ([], None)
        went_on = timeline(MQL, Spell("Waiting", at("03-02 09:30"), at("03-03 09:00"), "advanced"))
        record.look(went_on, at("03-03 09:30"))
        assert record.done == ["step 1, rep"]

    def test_a_pause_after_the_breach_puts_the_next_step_off(self) -> None:
        record = Record(rules({"escalations": STEPS, "pauses": [{"stage": "Waiting"}]}))
        record.look(timeline(MQL), at("03-02 14:00"))
        assert record.only.next_at == at("03-02 17:00")
        waited = timeline(MQL, Spell("Waiting", at("03-02 14:00"), at("03-02 15:00"), "advanced"))
        record.look(waited, at("03-02 15:30"))
        assert record.only.next_at == at("03-03 09:00") + HOUR


class TestCorrections:
    def test_a_late_call_mends_a_breach(self) -> None:
        record = Record()
        record.look(timeline(MQL), at("03-02 14:00"))
        record.look(timeline(MQL, activities=(call("03-02 09:12"),)), at("03-02 15:00"))
        assert record.only.state is State.MET
        assert record.corrections == [
            "was breached; call of 2026-03-02 09:12 UTC became known late: met"
        ]

    def test_a_call_after_the_breach_is_no_correction(self) -> None:
        record = Record()
        record.look(timeline(MQL), at("03-02 14:00"))
        record.look(timeline(MQL, activities=(call("03-02 14:12"),)), at("03-02 15:00"))
        assert (record.only.state, record.corrections) == (State.BREACHED, [])
        assert record.only.stopped_at == at("03-02 14:12")

    def test_a_call_that_never_was_reopens_it(self) -> None:
        record = Record()
        record.look(timeline(MQL, activities=(call("03-02 10:12"),)), at("03-02 11:00"))
        record.look(timeline(MQL), at("03-02 12:00"))
        assert record.only.state is State.RUNNING
        assert record.corrections == [
            "was met; what ended it at 2026-03-02 10:12 UTC is no longer so: running"
        ]

    def test_an_earlier_call_is_the_one_that_counts(self) -> None:
        record = Record()
        record.look(timeline(MQL, activities=(call("03-02 10:12"),)), at("03-02 11:00"))
        both = (call("03-02 10:12"), call("03-02 10:02"))
        record.look(timeline(MQL, activities=both), at("03-02 12:00"))
        assert record.only.stopped_at == at("03-02 10:02")
        assert record.corrections == [
            "was met; call of 2026-03-02 10:02 UTC became known late: met"
        ]

    def test_a_pause_that_was_not_known_mends_a_breach(self) -> None:
        record = Record(rules({"pauses": [{"stage": "Waiting"}]}))
        record.look(timeline(MQL), at("03-02 14:00"))
        waited = timeline(MQL, Spell("Waiting", at("03-02 10:00"), at("03-02 12:00"), "advanced"))
        record.look(waited, at("03-02 14:30"))
        assert record.corrections == [
            "was breached; due at 2026-03-02 15:00 UTC, not at 2026-03-02 13:00 UTC: running"
        ]

    def test_a_clock_in_the_past_is_a_clock_and_says_so(self) -> None:
        record = Record()
        record.look(timeline(), at("03-02 14:00"))
        record.look(timeline(MQL), at("03-02 15:00"))
        assert record.only.state is State.BREACHED
        assert record.corrections == [
            "its start of 2026-03-02 09:00 UTC became known 6 hours later"
        ]

    def test_another_start_is_the_same_clock_and_its_steps_are_not_taken_again(self) -> None:
        record = Record()
        record.look(timeline(MQL), at("03-02 10:30"))
        record.look(timeline(mql("03-02 09:10")), at("03-02 10:40"))
        assert record.only.started_at == at("03-02 09:10")
        assert record.done == ["step 1, rep, 30 minutes late"]
        assert record.corrections == [
            "was counted from 2026-03-02 09:00 UTC; its start was at 2026-03-02 09:10 UTC: running"
        ]

    def test_a_start_that_never_was_cancels_the_clock(self) -> None:
        record = Record()
        record.look(timeline(MQL), at("03-02 10:30"))
        record.look(timeline(), at("03-02 11:30"))
        assert (record.only.state, record.only.stopped_at) == (State.CANCELLED, at("03-02 11:30"))
        assert record.look(timeline(), at("03-02 12:30")) == ()
        assert "its start is no longer among the facts" in record.corrections[0]

    def test_a_service_level_that_is_no_more_cancels_what_is_open(self) -> None:
        record = Record()
        record.look(timeline(MQL), at("03-02 10:30"))
        record.known, record.version = rules({"name": "other"}), "2"
        record.look(timeline(MQL), at("03-02 11:30"))
        assert "was running; it is no longer defined: cancelled" in record.corrections


class TestOtherDefinitions:
    ENDED = timeline(MQL, activities=(call("03-02 12:00"),))

    def test_what_ended_stays_as_it_was_judged(self) -> None:
        record = Record()
        record.look(self.ENDED, at("03-02 14:00"))
        record.known, record.version = rules({"within": "1 hour"}), "2"
        assert record.look(self.ENDED, at("03-02 15:00")) == ()
        assert record.only.state is State.MET

    def test_unless_it_ended_otherwise(self) -> None:
        record = Record()
        record.look(self.ENDED, at("03-02 14:00"))
        record.known, record.version = rules({"within": "1 hour"}), "2"
        earlier = timeline(MQL, activities=(call("03-02 12:00"), call("03-02 11:00")))
        record.look(earlier, at("03-02 15:00"))
        assert record.only.state is State.BREACHED

    def test_what_is_open_goes_on_under_the_new_ones(self) -> None:
        record = Record()
        record.look(timeline(MQL), at("03-02 10:30"))
        record.known, record.version = rules({"within": "6 hours", "escalations": STEPS}), "2"
        record.look(timeline(MQL), at("03-02 10:40"))
        assert record.only.due_at == at("03-02 15:00")
        assert record.done == ["step 1, rep, 30 minutes late"]


# Whatever happens, and in whichever order it becomes known, the record ends up the same.

MINUTES = st.integers(0, 4 * 1440)
START = at("03-02 08:00")


@st.composite
def histories(draw: st.DrawFn) -> Timeline:
    edges = sorted(draw(st.lists(MINUTES, min_size=2, max_size=6, unique=True)))
    stages = ["MQL", "Waiting", "MQL", "SQL", "MQL", "Lead"]
    outcomes = st.sampled_from(["advanced", "rejected", "recycled", "accepted", "moved"])
    spells = []
    for index, begin in enumerate(edges):
        end = START + edges[index + 1] * MINUTE if index + 1 < len(edges) else None
        outcome = draw(outcomes) if end else None
        spells.append(Spell(stages[index], START + begin * MINUTE, end, outcome))
    acts = draw(
        st.lists(st.tuples(MINUTES, st.sampled_from(["call", "demo_request", "note"])), max_size=6)
    )
    activities = (Activity(START + minute * MINUTE, kind, "outbound") for minute, kind in acts)
    return timeline(*spells, activities=tuple(activities))


EVERYTHING = rules(
    {"escalations": STEPS, "pauses": [{"stage": "Waiting"}]},
    {"name": "asked", "starts": {"activity": "demo_request"}, "restarts": True},
    {"name": "decided", "stops": [{"stage": "SQL"}, {"rejected": True}], "hours": "calendar"},
)


@settings(max_examples=60, deadline=None)
@given(histories(), st.randoms(use_true_random=False), st.lists(MINUTES, max_size=8))
def test_the_order_in_which_things_become_known_does_not_matter(
    happened: Timeline, draw: object, looks: list[int]
) -> None:
    known = list(happened.activities)
    draw.shuffle(known)  # type: ignore[attr-defined]
    spells = list(happened.spells)
    draw.shuffle(spells)  # type: ignore[attr-defined]
    gradual, at_once = Record(EVERYTHING), Record(EVERYTHING)
    for count, minute in enumerate(sorted(looks)):
        part = Timeline("c1", tuple(spells), happened.assignments, tuple(known[:count]))
        gradual.look(part, START + minute * MINUTE)
    end = START + 10 * DAY
    shuffled = Timeline("c1", tuple(spells), happened.assignments, tuple(known))
    gradual.look(shuffled, end)
    at_once.look(happened, end)

    def verdicts(record: Record) -> set[tuple[object, ...]]:
        return {
            (kept.id, kept.state, kept.stopped_at, kept.due_at, kept.owner)
            for kept in record.kept.values()
            if kept.id in at_once.kept
        }

    assert verdicts(gradual) == verdicts(at_once)
    gone = [kept for id_, kept in gradual.kept.items() if id_ not in at_once.kept]
    assert all(kept.state is State.CANCELLED for kept in gone)
    assert gradual.look(shuffled, end) == ()  # and looking again changes nothing


@settings(max_examples=60, deadline=None)
@given(histories(), st.lists(MINUTES, min_size=1, max_size=20))
def test_no_step_is_taken_twice_or_out_of_order(happened: Timeline, looks: list[int]) -> None:
    record, taken = Record(EVERYTHING), []
    for minute in sorted(looks):
        for found in record.look(happened, START + minute * MINUTE):
            taken += [(found.steps[0].key.rpartition("|")[0], step.place) for step in found.steps]
    assert len(taken) == len(set(taken))
    for clock in {each for each, _place in taken}:
        places = [place for each, place in taken if each == clock]
        assert places == list(range(len(places)))


@settings(max_examples=60, deadline=None)
@given(histories(), MINUTES)
def test_nothing_falls_due_before_it_said_it_would(happened: Timeline, minute: int) -> None:
    record, now = Record(EVERYTHING), START + minute * MINUTE
    record.look(happened, now)
    nexts = [kept.next_at for kept in record.kept.values() if kept.next_at is not None]
    assert all(each > now for each in nexts)
    edges = [edge for each in happened.spells for edge in (each.entered_at, each.left_at) if edge]
    moments = [*nexts, *edges, *(each.at for each in happened.activities)]
    then = min((each for each in moments if each > now), default=now)
    if then > now:
        assert record.look(happened, then - MINUTE / 60) == ()
    if then in nexts:
        assert record.look(happened, then) != ()
