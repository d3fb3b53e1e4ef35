"""The oracle's own rules, one worked example each, with the arithmetic written out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from scoring_oracle import conditions as c
from scoring_oracle.oracle import (
    Result,
    completions,
    decayed,
    duration,
    in_force,
    score_account,
    score_contact,
)

NOW = datetime.fromisoformat("2026-03-01 12:00")
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)


def happening(
    days_ago: float | timedelta, kind: str = "page_view", **fields: Any
) -> dict[str, Any]:
    ago = days_ago if isinstance(days_ago, timedelta) else timedelta(days=days_ago)
    blank = dict.fromkeys(("direction", "session_id", "path", "source", "campaign", "properties"))
    return {"id": "a", "type": kind, "occurred_at": NOW - ago, **blank, **fields}


def score(
    model: dict[str, Any],
    *activities: dict[str, Any],
    contact: dict[str, Any] | None = None,
    account: dict[str, Any] | None = None,
    **rest: Any,
) -> Result:
    person = {"id": "c", "created_at": NOW - 424 * DAY, **(contact or {})}
    definition = {"models": [{"name": "m", **model}]}
    result = score_contact(definition, person, account, activities, as_of=NOW, **rest)
    assert result is not None
    return result


def engagement(*activities: dict[str, Any], **signal: Any) -> float:
    signal = {"name": "s", "event": "page_view", "points": 10, **signal}
    return score({"engagement": {"signals": [signal]}}, *activities).engagement


TITLE = c.Field("title")
ALWAYS, NEVER = c.Literal(literal=True), c.Literal(literal=False)
FIT_60 = {"attributes": [{"name": "a", "tiers": [{"when": ALWAYS, "points": 60}]}]}


class TestConditions:
    ROW = c.Row({"title": "VP Sales", "n": 3, "none": None, "zero": 0}, {"l": ("VP Sales",)})

    @pytest.mark.parametrize(
        ("condition", "value"),
        [
            (c.Like(TITLE, "vp%"), False),
            (c.Like(TITLE, "vp%", ignores_case=True), True),
            (c.Like(TITLE, "VP_Sales"), True),
            (c.Like(TITLE, "VP.Sales"), False),
            (c.Like(c.Field("none"), "%"), None),
            (c.In(TITLE, ("a", "VP Sales")), True),
            (c.In(c.Field("none"), ("a",), negated=True), None),
            (c.InList("title", "l"), True),
            (c.IsNull(c.Field("none")), True),
            (c.Compare(c.Field("none"), "=", c.Field("none")), None),
            (c.And((c.Compare(c.Field("none"), "=", c.Literal(1.0)), NEVER)), False),
            (c.And((c.Compare(c.Field("none"), "=", c.Literal(1.0)), ALWAYS)), None),
            (c.Or((c.Compare(c.Field("none"), "=", c.Literal(1.0)), ALWAYS)), True),
            (c.Not(c.Compare(c.Field("none"), "=", c.Literal(1.0))), None),
            # 3 / 2 is 1.5, not 1; 3 / 0 is unknown; 3 x 0.1 is the double above 0.3.
            (c.Compare(c.Arithmetic(c.Field("n"), "/", c.Literal(2)), "=", c.Literal(1.5)), True),
            (c.IsNull(c.Arithmetic(c.Field("n"), "/", c.Field("zero"))), True),
            (c.Compare(c.Arithmetic(c.Field("n"), "*", c.Literal(0.1)), ">", c.Literal(0.3)), True),
            # 3 BETWEEN NULL AND 2 is false whatever the NULL is; BETWEEN NULL AND 4 is unknown.
            (c.Between(c.Field("n"), c.Field("none"), c.Literal(2)), False),
            (c.Between(c.Field("n"), c.Field("none"), c.Literal(4)), None),
            (c.Compare(c.Coalesce((c.Field("none"), c.Field("n"))), "=", c.Literal(3)), True),
        ],
    )
    def test_value(self, condition: c.Node, value: object) -> None:
        assert condition.value(self.ROW) is value

    def test_written_as_sql(self) -> None:
        condition = c.Or((c.Like(TITLE, "o'b%"), c.Not(c.InList("title", "l"))))
        assert condition.sql() == "((title LIKE 'o''b%') OR (NOT in_list(title, 'l')))"

    def test_email_domain_follows_the_last_at_in_lower_case(self) -> None:
        tiers = [{"when": c.Compare(c.Field("email_domain"), "=", c.Literal("a.io")), "points": 7}]
        model = {"fit": {"attributes": [{"name": "a", "tiers": tiers}]}}
        assert score(model, contact={"email": '"x@y"@A.io'}).fit == 7
        assert score(model, contact={"email": "a.io"}).fit == 0


class TestFit:
    def test_first_tier_that_holds_and_the_cap(self) -> None:
        employees = c.Field("account.employees")
        tiers = [
            {"when": c.Between(employees, c.Literal(500), c.Literal(5000)), "points": 20},
            {"when": c.Compare(employees, ">=", c.Literal(500)), "points": 15},
        ]
        fit: dict[str, Any] = {"attributes": [{"name": "size", "tiers": tiers}]}
        for size, points in ((499, 0), (500, 20), (5000, 20), (5001, 15), (None, 0)):
            assert score({"fit": fit}, account={"employees": size}).fit == points
        assert score({"fit": fit}).fit == 0
        # 20 capped at 12; 20 - 30 is -10, floored at 0.
        assert score({"fit": {**fit, "max": 12}}, account={"employees": 500}).fit == 12
        against = [{"name": "n", "when": ALWAYS, "points": -30, "from": "fit"}]
        model = {"fit": fit, "negative": against}
        assert score(model, account={"employees": 500}).fit == 0


class TestCompletion:
    def test_window_is_open_at_its_start(self) -> None:
        late, edge = happening(1, id="b"), happening(8)
        rule = {"count": 2, "within": "7 days"}
        assert engagement(edge, late, **rule) == 0
        assert engagement(happening(8 * DAY - MICROSECOND), late, **rule) == 10

    def test_of_two_tied_occurrences_only_the_second_completes(self) -> None:
        pair = [happening(1, id="a"), happening(1, id="b")]
        rule = {"event": "page_view", "count": 2}
        assert [each["id"] for each in completions(rule, pair)] == ["b"]
        assert engagement(*reversed(pair), count=2, per="occurrence") == 10

    def test_without_a_window_all_before_count(self) -> None:
        # The 2nd and 3rd complete: 2 x 10, capped at 15.
        visits = [happening(days, id=str(days)) for days in (300, 200, 1)]
        assert engagement(*visits, count=2, per="occurrence") == 20
        assert engagement(*visits, count=2, per="occurrence", max=15) == 15
        assert engagement(*visits, count=2) == 10

    def test_distinct_ignores_null(self) -> None:
        paths = [happening(3, path="/a"), happening(2, path=None), happening(1, path="/a")]
        assert engagement(*paths, count=2, distinct="path") == 0
        # The last has a second value; of the four occurrences it alone completes.
        both = [*paths, happening(0.5, path="/b")]
        assert engagement(*both, count=2, distinct="path", per="occurrence") == 10

    def test_same_session(self) -> None:
        apart = [happening(2, session_id="1"), happening(1, session_id="2")]
        alone = [happening(2), happening(1)]
        assert engagement(*apart, count=2, same="session") == 0
        assert engagement(*alone, count=2, same="session") == 0
        assert engagement(*alone, same="session") == 10
        assert engagement(*apart, happening(0, session_id="1"), count=2, same="session") == 10

    def test_where_and_several_events(self) -> None:
        rule = {"event": ["page_view", "chat"], "where": c.Like(c.Field("path"), "/pricing%")}
        assert engagement(happening(1, "chat", path="/pricing/eu"), **rule) == 10
        assert engagement(happening(1, "call", path="/pricing"), happening(1), **rule) == 0

    def test_properties_are_read_by_name(self) -> None:
        rule = {"where": c.Compare(c.Field("properties.plan"), "=", c.Literal("pro"))}
        assert engagement(happening(1, properties='{"plan": "pro"}'), **rule) == 10
        assert engagement(happening(1, properties='{"plan": "free"}'), happening(1), **rule) == 0

    def test_what_happens_later_is_not_there(self) -> None:
        assert engagement(happening(-1)) == 0
        assert engagement(happening(0)) == 10


class TestDecay:
    WEEK = timedelta(days=7)

    def test_linear(self) -> None:
        rule = {"points": 5, "every": "1 week", "after": "14 days"}
        # 20 until 21 days; then 20 - 5 x 1; 20 - 5 x 4 = 0 from 42 days and never below.
        assert decayed(20, rule, 3 * self.WEEK - MICROSECOND) == 20
        assert decayed(20, rule, 3 * self.WEEK) == 15
        assert decayed(20, rule, 6 * self.WEEK) == 0
        assert decayed(20, rule, 60 * self.WEEK) == 0
        assert decayed(20, {"points": 5, "every": "1 week"}, self.WEEK) == 15

    def test_percent(self) -> None:
        rule = {"percent": 25, "every": "1 month"}
        assert decayed(20, rule, 30 * DAY - MICROSECOND) == 20
        assert decayed(20, rule, 60 * DAY) == pytest.approx(20 * 0.75 * 0.75)
        assert decayed(20, {"percent": 100, "every": "1 day"}, timedelta(0)) == 20
        assert decayed(20, {"percent": 100, "every": "1 day"}, DAY) == 0

    def test_half_life_moves_by_whole_days(self) -> None:
        # 30.9 days are 30 whole days, one half-life: 20 / 2; of 36 hours 1 day is 2/3 of one.
        assert decayed(20, {"half_life": "30 days"}, timedelta(days=30.9)) == pytest.approx(10)
        assert decayed(20, {"half_life": "36 hours"}, DAY) == pytest.approx(20 * 0.5 ** (2 / 3))

    def test_once_takes_the_latest_and_occurrence_the_sum(self) -> None:
        visits = [happening(8), happening(1)]
        decay = {"points": 4, "every": "1 week"}
        assert engagement(*visits, decay=decay) == 10
        # 10 for yesterday's, 10 - 4 for that of eight days ago.
        assert engagement(*visits, decay=decay, per="occurrence") == 16


class TestEngagement:
    SIGNALS = (
        {"name": "s", "event": "page_view", "points": 40},
        {"name": "w", "when": c.Compare(TITLE, "=", c.Literal("vp")), "points": 8},
    )

    def test_inactivity_takes_its_share_per_period(self) -> None:
        part = {"signals": list(self.SIGNALS), "inactivity": {"percent": 25, "every": "30 days"}}
        # (40 + 8) x 0.75^2 = 27 after 60 days without a matching activity; mail does not count.
        result = score(
            {"engagement": part}, happening(60), happening(1, "email_open"), contact={"title": "vp"}
        )
        assert result.engagement == pytest.approx(27)
        assert result.matched_at == NOW - 60 * DAY

    def test_negatives_after_inactivity_then_clamped(self) -> None:
        part = {"signals": list(self.SIGNALS), "inactivity": {"percent": 50, "every": "30 days"}}
        against = [{"name": "n", "event": "unsubscribe", "points": -15, "from": "engagement"}]
        both = happening(30), happening(1, "unsubscribe")
        # 40 x 0.5 - 15 = 5; without a page view 0 - 15 is floored at 0.
        assert score({"engagement": part, "negative": against}, *both).engagement == 5
        assert score({"engagement": part, "negative": against}, both[1]).engagement == 0
        assert score({"engagement": {**part, "max": 12}}, both[0]).engagement == 12


class TestNegatives:
    def total(self, negative: dict[str, Any], *activities: dict[str, Any], **rest: Any) -> float:
        model = {"fit": FIT_60, "negative": [{"name": "n", "points": -25, **negative}]}
        return score(model, *activities, **rest).total

    def test_condition_and_event_come_from_the_total(self) -> None:
        assert self.total({"when": ALWAYS}) == 35
        assert self.total({"when": c.Compare(TITLE, "=", c.Literal("x"))}) == 60
        bounces = {"event": "email_bounce", "count": 2, "within": "7 days"}
        assert self.total(bounces, happening(9, "email_bounce")) == 60
        # Completed once, long ago, is enough.
        old = [happening(days, "email_bounce") for days in (99, 98)]
        assert self.total(bounces, *old) == 35

    def test_inactive_for_is_strict_and_knows_directions(self) -> None:
        quiet = {"inactive_for": "30 days"}
        assert self.total(quiet, happening(30)) == 60
        assert self.total(quiet, happening(30 * DAY + MICROSECOND)) == 35
        assert self.total(quiet, happening(1, direction="outbound")) == 35
        assert self.total(quiet, happening(1, direction="inbound")) == 60

    def test_without_activity_silence_begins_at_creation(self) -> None:
        quiet = {"inactive_for": "30 days"}
        assert self.total(quiet) == 35
        assert self.total(quiet, contact={"created_at": NOW - 30 * DAY}) == 60
        assert self.total(quiet, contact={"created_at": None}) == 60
        assert self.total(quiet, contact={"created_at": NOW + DAY}) == 60

    def test_of_a_type_in_any_direction(self) -> None:
        login = {"inactive_for": "14 days", "of": "login"}
        assert self.total(login, happening(1)) == 35
        assert self.total(login, happening(1, "login", direction="outbound")) == 60

    def test_total_is_floored_at_zero_and_capped_at_100(self) -> None:
        assert self.total({"when": ALWAYS, "points": -100}) == 0
        model = {"fit": {**FIT_60, "weight": 2}}
        assert score(model).total == 100


class TestTotal:
    def test_weights(self) -> None:
        model = {
            "fit": {**FIT_60, "weight": 0.5},
            "engagement": {
                "weight": 2,
                "signals": [{"name": "s", "event": "page_view", "points": 12}],
            },
        }
        # 0.5 x 60 + 2 x 12
        assert score(model, happening(1)).total == 54

    def test_band_of_the_rounded_total(self) -> None:
        bands = [{"name": "cold", "from": 0}, {"name": "warm", "from": 51}]
        for weight, band in ((50.49 / 60, "cold"), (50.5 / 60, "warm")):
            assert score({"fit": {**FIT_60, "weight": weight}, "bands": bands}).band == band
        assert score({"bands": [{"name": "hot", "from": 1}]}).band is None
        assert score({}).band is None


class TestQualified:
    FIT = c.Compare(c.Field("fit"), ">=", c.Literal(60))

    def test_mql_or_override_unless_suppressed(self) -> None:
        high = {"mql_override": c.Happened("demo_request", "30 days")}
        assert score({"fit": FIT_60, "thresholds": {"mql": self.FIT}}).qualified
        assert not score({"thresholds": {"mql": self.FIT}}).qualified
        assert not score({"thresholds": {"hot": ALWAYS}}).qualified
        assert score({"thresholds": high}, happening(1, "demo_request")).qualified
        suppressed = {"thresholds": high, "suppress": [{"name": "s", "when": ALWAYS}]}
        assert not score(suppressed, happening(1, "demo_request")).qualified

    def test_happened_is_open_at_its_start(self) -> None:
        high = {"thresholds": {"mql": c.Happened("demo_request", "30 days")}}
        assert not score(high, happening(30, "demo_request")).qualified
        assert score(high, happening(30 * DAY - MICROSECOND, "demo_request")).qualified
        assert score(high, happening(0, "demo_request")).qualified

    def test_happened_names_a_signal_too(self) -> None:
        signal = {"name": "keen", "event": "page_view", "count": 2, "points": 1}
        model = {
            "engagement": {"signals": [signal]},
            "thresholds": {"mql": c.Happened("keen", "7 days")},
        }
        assert not score(model, happening(1)).qualified
        assert score(model, happening(99), happening(1)).qualified

    def test_happened_can_be_asked_of_any_state_of_the_contact(self) -> None:
        against = [{"name": "n", "when": c.Happened("chat", "7 days"), "points": -25}]
        assert score({"fit": FIT_60, "negative": against}, happening(1, "chat")).total == 35
        assert score({"fit": FIT_60, "negative": against}, happening(7, "chat")).total == 60

    def test_thresholds_may_ask_of_the_contact(self) -> None:
        model = {"thresholds": {"mql": c.Compare(TITLE, "=", c.Literal("vp"))}}
        assert score(model, contact={"title": "vp"}).qualified


class TestRecycle:
    def test_only_what_follows_counts_as_engagement(self) -> None:
        model = {
            "fit": FIT_60,
            "engagement": {"signals": [{"name": "s", "event": "page_view", "points": 10}]},
            "negative": [
                {"name": "e", "event": "chat", "points": -3, "from": "engagement"},
                {"name": "t", "event": "chat", "points": -7},
                {"name": "q", "inactive_for": "9 days", "points": -20},
            ],
            "thresholds": {"mql": c.Happened("chat", "30 days")},
        }
        past = [happening(5), happening(5, "chat", id="b")]
        recycled = {"recycled_at": NOW - 5 * DAY}
        # Before: 60 + (10 - 3) - 7. After: 60 - 7; the visit of five days ago still breaks silence.
        assert score(model, *past).total == 60
        assert score(model, *past).qualified
        after = score(model, *past, contact=recycled)
        assert (after.fit, after.engagement, after.total) == (60, 0, 53)
        assert not after.qualified
        assert after.matched_at is None
        later = {"recycled_at": NOW + MICROSECOND}
        assert score(model, *past, contact=later).total == 60


class TestHistory:
    CHANGES = (
        {"field": "title", "changed_at": NOW, "seq": 1, "old_value": "a", "new_value": "b"},
        {"field": "title", "changed_at": NOW, "seq": 2, "old_value": "b", "new_value": "c"},
    )

    def test_field_in_force(self) -> None:
        record = {"title": "now", "country": "DE"}
        before = in_force(record, self.CHANGES, NOW - MICROSECOND)
        assert before == {"title": "a", "country": "DE"}
        assert in_force(record, self.CHANGES, NOW)["title"] == "c"

    def test_values_have_their_type(self) -> None:
        change = {"changed_at": NOW, "seq": 1, "old_value": None}
        change = {**change, "field": "employees", "new_value": "12"}
        assert in_force({}, [change], NOW) == {"employees": 12.0}


class TestModels:
    def test_first_that_applies_scores_and_nobody_else_has_a_row(self) -> None:
        big = c.Compare(c.Field("account.employees"), ">=", c.Literal(500))
        definition = {"models": [{"name": "big", "applies_to": big}, {"name": "vp"}]}
        definition["models"][1]["applies_to"] = c.Compare(TITLE, "=", c.Literal("vp"))
        vp = {"id": "c", "title": "vp"}

        def model(contact: dict[str, Any], size: int) -> str | None:
            account = {"employees": size}
            result = score_contact(definition, contact, account, [], as_of=NOW)
            return result.model if result else None

        assert model(vp, 500) == "big"
        assert model(vp, 499) == "vp"
        assert model({"id": "c"}, 499) is None


class TestAccount:
    def test_sum_of_engagement_and_greatest_fit(self) -> None:
        part = {"signals": [{"name": "s", "event": "page_view", "points": 10}]}
        one = score({"fit": FIT_60, "engagement": part}, happening(1))
        two = score({"engagement": part}, happening(30))
        account = score_account({"committee_contacts": 2}, [one, two, None], NOW)
        # 10 + 10 + the greater of 60 and 0; the second was last seen outside (now - 30 days, now].
        assert (account.score, account.engaged_contacts, account.is_committee) == (80, 1, False)
        assert score_account({"committee_contacts": 2}, [one, one], NOW).is_committee


class TestLines:
    def test_what_gave_points_is_named(self) -> None:
        part = {"signals": [{"name": "s", "event": "page_view", "points": 10}]}
        model = {"fit": FIT_60, "engagement": part}
        lines = [
            (each.dimension, each.name, each.points) for each in score(model, happening(1)).lines
        ]
        assert lines == [("fit", "a", 60), ("engagement", "s", 10)]
        assert len(score(model).lines) == 1


def test_durations() -> None:
    assert [duration(text) for text in ("90 minutes", "1 month", "2 weeks")] == [
        timedelta(hours=1.5),
        30 * DAY,
        14 * DAY,
    ]
