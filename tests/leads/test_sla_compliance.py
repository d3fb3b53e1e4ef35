from __future__ import annotations

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.leads.lifecycle.standing import Spell
from revops.leads.slas.clocks import Clock, State
from revops.leads.slas.compliance import compliance, open_clocks, period_of
from revops.leads.slas.effort import shortfall, shortfalls
from revops.leads.slas.speed import (
    Response,
    by_hour_of_day,
    by_response_time,
    median_wait,
    responses,
    speed_to_lead,
)
from revops.leads.slas.timeline import Activity
from sla_company import DAY, HOUR, MINUTE, at, call, mql, rules, the_clock, timeline

KNOWN = rules({"pauses": [{"stage": "Waiting"}]}, {"name": "other", "target": 50})
ONE = rules({"pauses": [{"stage": "Waiting"}]})
NOW = "03-02 12:30"


def clock(entered: str, *calls: str, owner: str = "u_london", waits: str = "") -> Clock:
    spells = (Spell("Waiting", at(waits)),) if waits else ()
    activities = tuple(call(each) for each in calls)
    return the_clock(ONE, timeline(mql(entered), *spells, owner=owner, activities=activities), NOW)


class TestOpenClocks:
    def test_least_time_left_first_with_its_colour(self) -> None:
        rows = open_clocks(
            [
                clock("03-02 12:00"),
                clock("03-02 09:15"),
                clock("02-27 16:00"),
                clock("03-02 09:00", waits="03-02 10:00"),
                clock("03-02 09:00", "03-02 10:00"),
            ]
        )
        assert [(row.level, str(row)) for row in rows] == [
            ("red", "30 minutes overdue"),
            ("amber", "45 minutes left"),
            ("grey", "stands still, 3 hours left"),
            ("green", "3 hours 30 minutes left"),
        ]


class TestCompliance:
    CLOCKS = (
        clock("03-02 09:00", "03-02 10:00"),
        clock("03-02 09:00", "03-02 10:00", owner="max"),
        clock("02-26 09:00", "02-26 16:00"),
        clock("02-27 09:00"),
        clock("03-02 12:00"),
    )

    def test_only_what_is_decided_counts(self) -> None:
        (row,) = compliance(self.CLOCKS, KNOWN.levels.slas, zone=UTC)
        assert (row.met, row.breached, row.running, row.percent) == (2, 2, 1, 50.0)
        assert (row.target, row.is_on_target) == (90, False)

    def test_by_owner_and_month_in_which_it_was_due(self) -> None:
        rows = compliance(self.CLOCKS, KNOWN.levels.slas, zone=UTC, by_owner=True, period="month")
        assert [(row.group.owner, row.group.period, row.percent) for row in rows] == [
            ("max", "2026-03", 100.0),
            ("u_london", "2026-02", 0.0),
            ("u_london", "2026-03", 100.0),
        ]

    def test_nothing_decided_is_neither(self) -> None:
        (row,) = compliance([clock("03-02 12:00")], KNOWN.levels.slas, zone=UTC)
        assert (row.percent, row.is_on_target) == (None, None)

    def test_what_is_not_defined_or_was_cancelled_is_left_out(self) -> None:
        cancelled = clock("03-02 09:00")._replace(state=State.CANCELLED)
        unknown = clock("03-02 09:00")._replace(sla="gone")
        assert compliance([cancelled, unknown], KNOWN.levels.slas, zone=UTC) == []

    @pytest.mark.parametrize(
        ("period", "name"),
        [("day", "2026-01-01"), ("week", "2026-W01"), ("month", "2026-01"), ("quarter", "2026-Q1")],
    )
    def test_periods_are_those_of_the_zone(self, period: str, name: str) -> None:
        late = at("01-01 00:30") - HOUR
        assert period_of(late, period, ZoneInfo("Europe/Berlin")) == name  # type: ignore[arg-type]

    @given(st.lists(st.sampled_from(State), max_size=30))
    def test_the_parts_add_up(self, states: list[State]) -> None:
        some = clock("03-02 09:00")
        clocks = [
            some._replace(state=state, owner=f"o{index % 3}") for index, state in enumerate(states)
        ]
        whole = compliance(clocks, KNOWN.levels.slas, zone=UTC)
        parts = compliance(clocks, KNOWN.levels.slas, zone=UTC, by_owner=True)
        for name in ("met", "breached", "running"):
            assert sum(getattr(each, name) for each in whole) == sum(
                getattr(each, name) for each in parts
            )
        counted = sum(each.met + each.breached + each.running for each in whole)
        assert counted == sum(state not in {State.CANCELLED, State.WAIVED} for state in states)


def response(
    minutes: float | None, *, converted: bool = False, started: str = "03-02 09:00"
) -> Response:
    """An answer after so many minutes, or a wait of ten hours for none."""
    waited = timedelta(minutes=600 if minutes is None else minutes)
    return Response(
        "c1", at(started), waited, waited / 2, minutes is not None, minutes is not None, converted
    )


class TestSpeed:
    def test_average_median_and_share(self) -> None:
        clocks = [
            clock("03-02 09:00", "03-02 09:10"),
            clock("03-02 09:00", "03-02 09:20"),
            clock("02-27 16:50", "03-02 09:20"),
            clock("02-27 16:00"),
            clock("03-02 12:00"),
        ]
        speed = speed_to_lead(responses(clocks, at(NOW)))
        assert (speed.answered, speed.waiting) == (3, 2)
        assert speed.average_worked == 20 * MINUTE
        assert speed.median_worked == 30 * MINUTE
        assert speed.average == (10 * MINUTE + 20 * MINUTE + 64 * HOUR + 30 * MINUTE) / 3
        assert speed.percent_within == 75.0  # one is not due

    def test_nobody_is_not_a_number(self) -> None:
        speed = speed_to_lead([])
        assert (speed.average, speed.median, speed.percent_within) == (None, None, None)

    def test_those_who_still_wait_make_the_median_later(self) -> None:
        answered = [(10 * MINUTE, True), (20 * MINUTE, True)]
        waiting = [(1 * DAY, False)] * 2
        assert median_wait(answered) == 10 * MINUTE
        assert median_wait([*answered, *waiting]) == 20 * MINUTE
        assert median_wait([*answered, *waiting, *waiting]) is None

    @given(st.lists(st.integers(1, 10_000), min_size=1))
    def test_with_all_answered_it_is_the_lower_median(self, minutes: list[int]) -> None:
        found = median_wait([(each * MINUTE, True) for each in minutes])
        assert found == sorted(minutes)[(len(minutes) - 1) // 2] * MINUTE

    def test_by_hour_of_day_in_the_zone(self) -> None:
        rows = by_hour_of_day(
            [response(5), response(None), response(10, started="03-02 23:30")],
            ZoneInfo("Europe/Berlin"),
        )
        assert len(rows) == 24
        assert {row.hour: row.speed.answered for row in rows if row.speed.answered} == {10: 1, 0: 1}
        assert rows[10].speed.percent_within == 50.0

    def test_conversion_by_response_time(self) -> None:
        found = [
            *[response(4.99, converted=True)] * 2,
            response(5, converted=True),
            response(10),
            response(30),
            *[response(60, converted=i == 0) for i in range(4)],
            response(1440),
            response(None),
        ]
        rows = by_response_time(found)
        assert [(row.name, row.leads, row.percent, row.lift, row.benchmark) for row in rows] == [
            ("under 5 minutes", 2, 100.0, 4.0, 21.0),
            ("5 to 10 minutes", 1, 100.0, 4.0, 10.0),
            ("10 to 30 minutes", 1, 0.0, 0.0, 4.0),
            ("30 minutes to 1 hour", 1, 0.0, 0.0, 2.0),
            ("1 to 24 hours", 4, 25.0, 1.0, 1.0),
            ("over 24 hours", 1, 0.0, 0.0, 0.4),
            ("never", 1, 0.0, 0.0, None),
        ]


class TestEffort:
    RULES = rules(
        before_rejecting=[
            {"codes": ["ENG-01"], "touches": 3, "counts": [{"activity": "call"}]},
            {
                "touches": 2,
                "over": "14 days",
                "counts": [{"activity": ["call", "email_sent"], "direction": "outbound"}],
            },
        ]
    )

    def test_what_is_missing_is_said(self) -> None:
        calls = (call("03-03 09:00"), call("03-04 09:00"), call("03-01 09:00"))
        line = timeline(activities=calls)
        found = shortfall(self.RULES, line, "ENG-01", at("03-02 09:00"), at("03-09 09:00"))
        assert found is not None
        assert (found.touches, found.words) == (2, "2 of 3 attempts")
        found = shortfall(self.RULES, line, "FIT-01", at("03-02 09:00"), at("03-09 09:00"))
        assert found is not None
        assert found.words == "6 days of 14 days since the first"

    def test_enough_is_enough(self) -> None:
        mail = Activity(at("03-03 09:00"), "email_sent", "outbound")
        line = timeline(activities=(mail, call("03-09 09:00")))
        assert shortfall(self.RULES, line, None, at("03-02 09:00"), at("03-17 09:00")) is None

    def test_each_rejection_is_looked_at(self) -> None:
        line = timeline(
            mql("03-02 09:00", "03-05 09:00", "rejected", "FIT-01"),
            mql("04-02 09:00", "04-05 09:00", "accepted"),
            mql("05-02 09:00", "05-05 09:00", "rejected", "ENG-01"),
            activities=(call("05-03 09:00"),),
        )
        found = shortfalls(self.RULES, line)
        assert [(each.code, each.touches) for each in found] == [("FIT-01", 0), ("ENG-01", 1)]
