from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from math import lcm
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revops.definitions.calendars import WEEKDAYS
from revops.leads.lead import Lead
from revops.leads.lifecycle.standing import Spell
from revops.leads.slas.clocks import State, clocks
from revops.leads.slas.timeline import Activity, Assignment, Timeline
from sla_company import (
    CALENDARS,
    DAY,
    HOUR,
    MINUTE,
    STEPS,
    at,
    call,
    mql,
    rules,
    the_clock,
    the_clocks,
    timeline,
)

CONTACT = rules({})


class TestStates:
    def test_it_runs_until_it_is_due(self) -> None:
        clock = the_clock(CONTACT, timeline(mql("03-02 09:00")), "03-02 12:59")
        assert (clock.state, clock.due_at) == (State.RUNNING, at("03-02 13:00"))
        assert (clock.elapsed, clock.left) == (3 * HOUR + 59 * MINUTE, MINUTE)
        assert clock.id == "first_contact|c1|2026-03-02T09:00:00+00:00"

    def test_nothing_done_by_then_is_a_breach(self) -> None:
        clock = the_clock(CONTACT, timeline(mql("03-02 09:00")), "03-02 13:00")
        assert (clock.state, clock.is_open) == (State.BREACHED, True)

    def test_done_at_the_very_moment_is_in_time(self) -> None:
        happened = timeline(mql("03-02 09:00"), activities=(call("03-02 13:00"),))
        clock = the_clock(CONTACT, happened, "03-02 18:00")
        assert (clock.state, clock.stopped_at) == (State.MET, at("03-02 13:00"))
        assert (clock.ended_by, clock.is_done) == ("call", True)

    def test_done_too_late_is_a_breach_that_is_over(self) -> None:
        happened = timeline(mql("03-02 09:00"), activities=(call("03-02 13:01"),))
        clock = the_clock(CONTACT, happened, "03-02 18:00")
        assert (clock.state, clock.is_open, clock.is_done) == (State.BREACHED, False, True)
        assert clock.left == -MINUTE

    def test_what_is_later_than_now_is_not_known(self) -> None:
        happened = timeline(mql("03-02 09:00"), activities=(call("03-02 12:00"),))
        assert the_clock(CONTACT, happened, "03-02 11:00").state is State.RUNNING
        assert the_clocks(CONTACT, happened, "03-02 08:00") == ()

    def test_only_what_we_do_is_a_contact(self) -> None:
        ours = Activity(at("03-02 12:00"), "email_sent", "outbound")
        theirs = Activity(at("03-02 11:00"), "call", "inbound")
        clock = the_clock(
            CONTACT, timeline(mql("03-02 09:00"), activities=(ours, theirs)), "03-03 09:00"
        )
        assert clock.ended_by == "email_sent"

    def test_a_contact_before_the_start_does_not_count(self) -> None:
        happened = timeline(mql("03-02 09:00"), activities=(call("03-02 08:59"),))
        assert the_clock(CONTACT, happened, "03-02 10:00").state is State.RUNNING

    def test_nights_weekends_and_holidays_do_not_count(self) -> None:
        friday = mql("04-02 15:00")  # before Good Friday and Easter Monday in Berlin
        clock = the_clock(CONTACT, timeline(friday, owner="u_berlin"), "04-02 15:00")
        assert clock.due_at == at("04-07 11:15")

    def test_every_time_zone_has_its_day(self) -> None:
        entered = mql("03-02 16:00")
        dues = {
            owner: the_clock(CONTACT, timeline(entered, owner=owner), "03-02 16:00").due_at
            for owner in ("u_london", "u_york", "far", "max", "lost")
        }
        assert dues == {
            "u_london": at("03-03 12:00"),
            "u_york": at("03-02 20:00"),
            "far": at("03-03 04:00"),  # the hours of London, in Tokyo
            "max": at("03-03 12:00"),  # of the team
            "lost": at("03-02 20:00"),  # of nobody: every hour
        }

    def test_who_is_on_no_calendar_has_the_default_one(self) -> None:
        known = rules({}, calendar="london")
        clock = the_clock(known, timeline(mql("03-02 16:00"), owner="lost"), "03-02 16:00")
        assert clock.due_at == at("03-03 12:00")

    def test_the_owner_changes_and_with_them_the_hours(self) -> None:
        happened = Timeline(
            "c1",
            (mql("03-02 16:00"),),
            (
                Assignment(at("03-02 16:30"), "u_york", previous_owner="u_london"),
                Assignment(at("03-02 19:00"), "u_berlin", previous_owner="u_york"),
            ),
        )
        clock = the_clock(CONTACT, happened, "03-03 09:00")
        # 30 minutes in London, 2.5 hours in New York, the last hour in Berlin from 8:30.
        assert (clock.due_at, clock.owner) == (at("03-03 08:30"), "u_berlin")
        assert clock.elapsed == 4 * HOUR + 30 * MINUTE

    def test_the_first_owner_is_known_from_the_first_change(self) -> None:
        happened = Timeline(
            "c1",
            (mql("03-02 16:00"),),
            (Assignment(at("03-05 09:00"), "u_york", previous_owner="u_london"),),
        )
        assert the_clock(CONTACT, happened, "03-06 09:00").owner == "u_london"

    def test_an_owner_of_old_is_in_the_record(self) -> None:
        lead = Lead("c1", {"owner": "u_york"})
        (clock,) = clocks(CONTACT, lead, Timeline("c1", (mql("03-02 16:00"),)), at("03-02 17:00"))
        assert (clock.owner, clock.due_at) == ("u_york", at("03-02 20:00"))


class TestEnds:
    @pytest.mark.parametrize("outcome", ["rejected", "recycled", "archived", "moved"])
    def test_a_lead_that_is_sent_away_is_promised_nothing(self, outcome: str) -> None:
        spell = mql("03-02 09:00", "03-02 10:00", outcome)
        clock = the_clock(CONTACT, timeline(spell), "03-03 09:00")
        assert (clock.state, clock.stopped_at) == (State.CANCELLED, at("03-02 10:00"))
        assert not clock.is_done

    @pytest.mark.parametrize("outcome", ["advanced", None])
    def test_going_on_does_not_discharge_a_promise(self, outcome: str | None) -> None:
        spell = mql("03-02 09:00", "03-02 10:00", outcome)
        clock = the_clock(CONTACT, timeline(spell, Spell("SQL", at("03-02 10:00"))), "03-03 09:00")
        assert (clock.state, clock.is_open) == (State.BREACHED, True)

    def test_a_rejection_is_what_it_waits_for_if_it_says_so(self) -> None:
        decided = rules({"stops": [{"accepted": True}, {"rejected": True}]})
        spell = mql("03-02 09:00", "03-02 10:00", "rejected")
        assert the_clock(decided, timeline(spell), "03-03 09:00").state is State.MET

    def test_sent_away_too_late_is_still_a_breach(self) -> None:
        spell = mql("03-02 09:00", "03-02 14:00", "archived")
        clock = the_clock(CONTACT, timeline(spell), "03-03 09:00")
        assert (clock.state, clock.is_open) == (State.BREACHED, False)

    def test_a_rejection_with_a_code_gives_its_reason_at_once(self) -> None:
        known = rules({"starts": {"rejected": True}, "stops": [{"rejected": "with_reason"}]})
        with_code = timeline(mql("03-02 09:00", "03-02 10:00", "rejected", "FIT-01"))
        without = timeline(mql("03-02 09:00", "03-02 10:00", "rejected"))
        assert the_clock(known, with_code, "03-03 09:00").state is State.MET
        assert the_clock(known, without, "03-02 11:00").state is State.RUNNING

    def test_each_stay_has_a_clock(self) -> None:
        happened = timeline(
            mql("03-02 09:00", "03-02 10:00", "recycled"),
            mql("03-12 09:00", "03-12 12:00", "accepted"),
        )
        found = the_clocks(CONTACT, happened, "03-20 09:00")
        assert [each.state for each in found] == [State.CANCELLED, State.MET]
        assert len({each.id for each in found}) == 2


class TestStarts:
    ASKED = "demo_request"

    def asked(self, *times: str) -> Timeline:
        asked = tuple(Activity(at(time), self.ASKED) for time in times)
        return timeline(activities=(*asked, call("03-02 12:00")))

    def test_a_further_start_changes_nothing_while_it_runs(self) -> None:
        known = rules({"starts": {"activity": self.ASKED}})
        found = the_clocks(
            known, self.asked("03-02 09:00", "03-02 10:00", "03-02 13:00"), "03-02 13:30"
        )
        assert [each.started_at for each in found] == [at("03-02 09:00"), at("03-02 13:00")]

    def test_or_begins_anew_if_it_is_to(self) -> None:
        known = rules({"starts": {"activity": self.ASKED}, "restarts": True})
        first, second = the_clocks(known, self.asked("03-02 09:00", "03-02 10:00"), "03-02 13:30")
        assert (first.state, first.stopped_at) == (State.CANCELLED, at("03-02 10:00"))
        assert (second.state, second.due_at) == (State.MET, at("03-02 14:00"))

    def test_two_starts_at_once_are_one_clock(self) -> None:
        known = rules({"starts": {"activity": self.ASKED}, "restarts": True})
        assert len(the_clocks(known, self.asked("03-02 12:00", "03-02 12:00"), "03-03 09:00")) == 1

    def test_a_routing_rule_starts_the_clock_that_it_names(self) -> None:
        known = rules(
            {"name": "fast", "starts": {"promised": True}},
            {"name": "slow", "starts": {"promised": True}},
            {"name": "taken", "starts": {"promised": True}, "stops": [{"assigned": True}]},
        )
        happened = Timeline(
            "c1",
            assignments=(
                Assignment(at("03-02 09:00"), "u_london", "fast"),
                Assignment(at("03-02 10:00"), None, "taken"),
                Assignment(at("03-02 11:00"), "u_york"),
            ),
        )
        fast, taken = the_clocks(known, happened, "03-02 12:00")
        assert (fast.sla, fast.state) == ("fast", State.RUNNING)
        assert (taken.sla, taken.state) == ("taken", State.MET)
        assert taken.stopped_at == at("03-02 11:00")

    def test_leaving_a_stage_can_be_either(self) -> None:
        known = rules({"starts": {"left_stage": "Lead"}, "stops": [{"left_stage": "MQL"}]})
        lead = Spell("Lead", at("03-01 09:00"), at("03-02 09:00"), "advanced")
        happened = timeline(lead, mql("03-02 09:00", "03-02 11:00", "advanced"))
        clock = the_clock(known, happened, "03-02 12:00")
        assert (clock.state, clock.ended_by) == (State.MET, "end of MQL")

    def test_only_activities_that_meet_the_condition_count(self) -> None:
        known = rules({"stops": [{"activity": "call", "where": "campaign IS NULL"}]})
        ours = call("03-02 12:00", holds=("slas.slas[0].stops[0].where",))
        mass = call("03-02 10:00", holds=("slas.slas[1].stops[0].where",))
        happened = timeline(mql("03-02 09:00"), activities=(ours, mass))
        assert the_clock(known, happened, "03-03 09:00").stopped_at == ours.at

    def test_whom_it_applies_to_is_asked_when_it_starts(self) -> None:
        known = rules({"applies_to": "total >= 76"})
        happened = timeline(mql("03-02 09:00"))
        (began,) = the_clocks(known, happened, "03-02 09:30", holds=("slas.slas[0].applies_to",))
        (waived,) = the_clocks(known, happened, "03-02 10:00")
        assert (waived.id, waived.state, waived.is_open) == (began.id, State.WAIVED, False)
        for was, warm, state in (
            (State.RUNNING, False, State.RUNNING),
            (State.WAIVED, True, State.WAIVED),
            (State.WAIVED, False, State.WAIVED),
        ):
            lead = Lead("c1", holds=frozenset(["slas.slas[0].applies_to"] if warm else []))
            kept = {began.id: was}
            (found,) = clocks(known, lead, happened, at("03-02 10:00"), known=kept)
            assert found.state is state

    def test_a_clock_that_was_waived_holds_no_later_start(self) -> None:
        known = rules({"applies_to": "total >= 76", "starts": {"activity": "call"}, "stops": []})
        happened = timeline(activities=(call("03-02 09:00"), call("03-02 10:00")))
        (first, _) = the_clocks(known, happened, "03-02 11:00")
        lead = Lead("c1", holds=frozenset(["slas.slas[0].applies_to"]))
        kept = {first.id: State.WAIVED}
        found = clocks(known, lead, happened, at("03-02 11:00"), known=kept)
        assert [each.state for each in found] == [State.WAIVED, State.RUNNING]

    def test_what_began_before_a_day_can_be_left_out(self) -> None:
        found = clocks(
            CONTACT,
            Lead("c1"),
            timeline(mql("02-02 09:00", "02-03 09:00", "recycled"), mql("03-02 09:00")),
            at("03-02 10:00"),
            since=at("03-01 00:00"),
        )
        assert [each.started_at for each in found] == [at("03-02 09:00")]


class TestLengths:
    @pytest.mark.parametrize(
        ("given", "due"),
        [
            ({"within": "48 hours", "hours": "calendar"}, "03-08 15:00"),
            ({"within": "3 days", "hours": "business_days"}, "03-11 15:00"),
            ({"within": "24 hours", "hours": "business"}, "03-11 15:00"),
            ({"within": "5 days", "hours": "business_days", "calendar": "york"}, "03-13 15:00"),
        ],
    )
    def test_what_a_clock_counts(self, given: dict[str, Any], due: str) -> None:
        clock = the_clock(rules(given), timeline(mql("03-06 15:00")), "03-06 15:00")
        if "calendar" in given:  # Friday has 6 hours there; an hour of it is a sixth of a day
            assert clock.due_at == at("03-16 13:00") + timedelta(minutes=85)
        else:
            assert clock.due_at == at(due)

    @pytest.mark.parametrize(
        ("entered", "due"),
        [("03-02 10:00", "03-02 17:00"), ("03-06 18:00", "03-09 17:00")],
    )
    def test_the_same_business_day(self, entered: str, due: str) -> None:
        known = rules({"within": None, "by": "close_of_business"})
        assert the_clock(known, timeline(mql(entered)), entered).due_at == at(due)


class TestPauses:
    PAUSED = rules({"pauses": [{"stage": "Waiting"}], "escalations": STEPS})

    def test_it_stands_still(self) -> None:
        happened = timeline(mql("03-02 09:00"), Spell("Waiting", at("03-02 11:00")))
        clock = the_clock(self.PAUSED, happened, "03-09 09:00")
        assert (clock.state, clock.elapsed, clock.left) == (State.PAUSED, 2 * HOUR, 2 * HOUR)
        assert clock.due_at == at("03-02 13:00")  # the earliest this can be
        assert clock.step_ats == (at("03-02 10:00"), None, None)

    def test_and_goes_on(self) -> None:
        waited = Spell("Waiting", at("03-02 11:00"), at("03-04 16:00"), "advanced")
        clock = the_clock(self.PAUSED, timeline(mql("03-02 09:00"), waited), "03-04 16:30")
        assert (clock.state, clock.due_at) == (State.RUNNING, at("03-05 10:00"))
        assert clock.step_ats == (at("03-02 10:00"), at("03-05 10:00"), at("03-05 14:00"))

    def test_it_may_stand_still_from_the_start(self) -> None:
        happened = timeline(Spell("Waiting", at("03-01 11:00")), mql("03-02 09:00"))
        clock = the_clock(self.PAUSED, happened, "03-02 16:00")
        assert (clock.state, clock.elapsed) == (State.PAUSED, timedelta(0))
        assert clock.due_at == at("03-02 13:00")

    def test_what_is_done_while_it_stands_still_is_in_time(self) -> None:
        happened = timeline(
            mql("03-02 09:00"),
            Spell("Waiting", at("03-02 11:00")),
            activities=(call("03-20 09:00"),),
        )
        clock = the_clock(self.PAUSED, happened, "03-21 09:00")
        assert (clock.state, clock.elapsed) == (State.MET, 2 * HOUR)

    def test_after_the_breach_it_stands_still_and_is_broken(self) -> None:
        happened = timeline(mql("03-02 09:00"), Spell("Waiting", at("03-02 14:00")))
        clock = the_clock(self.PAUSED, happened, "03-09 09:00")
        assert (clock.state, clock.due_at) == (State.BREACHED, at("03-02 13:00"))
        assert clock.step_ats[2] is None

    def test_a_pause_from_the_moment_it_is_due_comes_too_late(self) -> None:
        waited = Spell("Waiting", at("03-02 13:00"), at("03-03 11:00"), "advanced")
        for pause in (waited, Spell("Waiting", at("03-02 13:00"))):
            clock = the_clock(self.PAUSED, timeline(mql("03-02 09:00"), pause), "03-04 09:00")
            assert (clock.state, clock.due_at) == (State.BREACHED, at("03-02 13:00"))

    def test_what_happens_after_the_end_changes_nothing(self) -> None:
        ended = timeline(mql("03-02 09:00"), activities=(call("03-02 10:00"),))
        later = timeline(
            mql("03-02 09:00"),
            Spell("Waiting", at("03-02 11:00"), at("03-03 11:00")),
            activities=(call("03-02 10:00"),),
        )
        now = "03-09 09:00"
        assert the_clock(self.PAUSED, ended, now) == the_clock(self.PAUSED, later, now)


# The oracle: a walk by the minute through calendars that were read off minute by minute.

FIRST = at("03-01 00:00")
MINUTES = 80 * 1440
UNITS = lcm(480, 465, 510, 360, 120, 1380, 1440)
"""Parts of a working day, of which each minute of every one of these days is a whole number."""


@cache
def minutes_of(calendar: str, *, by_day: bool) -> list[int]:
    """What each minute from the first of March on is worth on a calendar, in units of a day."""
    days, is_open = read_off(calendar)
    lengths: dict[date, int] = {}
    for day, works in zip(days, is_open, strict=True):
        lengths[day] = lengths.get(day, 0) + works
    inside = list(zip(days, is_open, strict=True))[1440:-1440]
    assert {UNITS % lengths[day] for day, works in inside if works} == {0}
    return [works and UNITS // (lengths[day] if by_day else 1440) for day, works in inside]


@cache
def read_off(calendar: str) -> tuple[list[date], list[int]]:
    """The local day of each minute, and whether people work, from a day before to a day after."""
    given = CALENDARS[calendar]
    zone, country = ZoneInfo(given.time_zone), given.holidays.country
    public = set(holidays.country_holidays(country, years=2026)) if country else set()
    free = {*public, *given.holidays.dates}
    spans = {
        day: [
            tuple(int(part[:2]) * 60 + int(part[3:]) for part in span.strip().split("-"))
            for span in hours.split(",")
        ]
        for day, hours in given.hours.items()
    }
    days, is_open = [], []
    for minute in range(-1440, MINUTES + 1440):
        local = (FIRST + minute * MINUTE).astimezone(zone)
        day, clock = local.date(), local.hour * 60 + local.minute
        ours = () if day in free else spans.get(WEEKDAYS[day.weekday()], ())
        days.append(day)
        is_open.append(int(any(start <= clock < end for start, end in ours)))
    return days, is_open


OWNERS = st.sampled_from([f"u_{name}" for name in CALENDARS])
MOMENTS = st.integers(0, 40 * 1440)  # over the spring changes of clocks, and Easter
PAUSES = st.lists(st.tuples(MOMENTS, st.integers(1, 6000)), max_size=3)


def walked(
    start: int, length: int, worth: list[list[int]], owners: list[int], still: set[int]
) -> tuple[list[int], int | None]:
    """What has passed by each minute from the start on, and the minute by which `length` has."""
    passed, total = [], 0
    for minute in range(start, MINUTES):
        passed.append(total)
        if minute not in still:
            total += worth[owners[minute]][minute]
        if total >= length:
            return passed, minute + 1
    return passed, None


@settings(max_examples=50, deadline=None)
@given(
    MOMENTS,
    st.integers(1, 2 * 1440),
    st.lists(st.tuples(MOMENTS, OWNERS), max_size=3, unique_by=lambda each: each[0]),
    OWNERS,
    PAUSES,
    PAUSES,
    st.sampled_from(["business", "business_days"]),
)
def test_a_clock_agrees_with_a_walk_by_the_minute(
    start: int,
    length: int,
    turns: list[tuple[int, str]],
    first: str,
    stays: list[tuple[int, int]],
    silences: list[tuple[int, int]],
    hours: str,
) -> None:
    def when(minute: int) -> datetime:
        return FIRST + minute * MINUTE

    by_day = hours == "business_days"
    known = rules(
        {
            "within": f"{length} minutes",
            "hours": hours,
            "pauses": [
                {"stage": "Waiting"},
                {"from": {"activity": "away"}, "to": {"activity": "back"}},
            ],
        }
    )
    turns = sorted(turns)
    previous = [first, *(owner for _at, owner in turns)]
    happened = Timeline(
        "c1",
        (
            Spell("MQL", when(start)),
            *(Spell("Waiting", when(begin), when(begin + long)) for begin, long in stays),
        ),
        (
            Assignment(FIRST - DAY, first),
            *(
                Assignment(when(minute), owner, None, before)
                for (minute, owner), before in zip(turns, previous, strict=False)
            ),
        ),
        tuple(
            Activity(when(moment), name)
            for begin, long in silences
            for moment, name in ((begin, "away"), (begin + long, "back"))
        ),
    )
    worth = [minutes_of(name, by_day=by_day) for name in CALENDARS]
    names = [f"u_{name}" for name in CALENDARS]
    owners = [names.index(first)] * MINUTES
    for minute, owner in turns:
        owners[minute:] = [names.index(owner)] * (MINUTES - minute)
    backs = sorted(begin + long for begin, long in silences)
    still = {
        minute
        for begin, end in (
            *((begin, begin + long) for begin, long in stays),
            *((begin, next(b for b in backs if b >= begin)) for begin, _long in silences),
        )
        for minute in range(begin, end)
    }
    passed, due = walked(start, length * UNITS // 1440, worth, owners, still)
    (clock,) = clocks(known, Lead("c1"), happened, when(MINUTES))
    if due is None:
        assert clock.due_at >= when(MINUTES)
    elif by_day:  # a length in days may end inside a minute
        assert when(due - 1) < clock.due_at <= when(due)
    else:
        assert clock.due_at == when(due)
    halfway = len(passed) // 2
    (clock,) = clocks(known, Lead("c1"), happened, when(start + halfway))
    assert abs(clock.elapsed - passed[halfway] * DAY / UNITS) < timedelta(milliseconds=1)
    is_still = start + halfway - 1 in still
    assert clock.state is (State.PAUSED if is_still else State.RUNNING)
