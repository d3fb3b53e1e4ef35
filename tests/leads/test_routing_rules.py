"""Which rule decides, where a lead goes, and what is said about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from revops.definitions.calendars import Calendar
from revops.definitions.people import People, Team, User
from revops.definitions.routing import Routing
from revops.kit.errors import RevopsError
from revops.leads.lead import Lead
from revops.leads.routing import Absence, Considered, Decision, Router, Turns

UTC_ZONE = ZoneInfo("UTC")
NOW = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)  # a Tuesday
OFFICE = Calendar(time_zone="Europe/Berlin", hours={"tue": "09:00-17:00", "wed": "09:00-17:00"})
PEOPLE = People(
    teams=(Team(name="sales", manager="max", calendar="office"),),
    users=(
        User(id="max", team="sales"),
        User(id="ann", team="sales", languages=("en", "de")),
        User(id="bob", team="sales", languages=("en",), skills=("Healthcare",)),
        User(id="old", team="sales", active=False),
    ),
)
POOL = {"members": [{"user": "ann"}, {"user": "bob"}]}


def router(
    *rules: dict[str, Any],
    absences: tuple[Absence, ...] = (),
    turns: Turns | None = None,
    **further: Any,
) -> Router:
    named = [{"name": f"r{index}", **rule} for index, rule in enumerate(rules)]
    routing = Routing.model_validate({"rules": named, **further}, strict=False)
    return Router(
        routing, PEOPLE, {"office": OFFICE}, UTC_ZONE, turns or Turns(as_of=NOW), absences
    )


def lead(*holds: str, **fields: Any) -> Lead:
    return Lead("c1", fields, holds=frozenset(f"routing.{each}" for each in holds))


def owned(owner: str | None = None, account: str | None = "a1") -> Lead:
    return Lead("c1", {"account.owner": owner, "account_id": account})


def why_not(decision: Decision) -> dict[str, str]:
    return {each.member: each.why for each in decision.passed_over}


class TestRules:
    def test_the_first_that_matches_decides_and_all_before_it_say_why_not(self) -> None:
        made = router(
            {"when": "account.employees  >\n 1000", "to": {"owner": "max"}},
            {"to": {"account_owner": True}},
            {"when": "opted_in", "to": {"owner": "ann"}, "sla": "fast"},
            {"to": {"owner": "bob"}},
        ).route(lead("rules[2].when", account_id="a1"), NOW)
        assert (made.rule, made.owner, made.queue, made.sla) == ("r2", "ann", None, "fast")
        failed, missed = "does not hold: account.employees > 1000", "the account has no owner"
        assert made.considered == (
            Considered("r0", matched=False, why=failed),
            Considered("r1", matched=False, why=f"it is for all leads, but {missed}"),
            Considered("r2", matched=True, why="holds: opted_in"),
        )
        assert made.reason == "r2: 'ann' is named"

    def test_what_no_rule_matches_goes_to_the_fallback_with_its_own_promise(self) -> None:
        queues = {"waiting": {"sla": "an hour"}}
        rule = {"when": "opted_in", "to": {"owner": "ann"}, "sla": "fast"}
        made = router(rule, queues=queues, fallback={"queue": "waiting"}).route(lead(), NOW)
        assert (made.rule, made.owner, made.queue, made.sla) == (
            "fallback", None, "waiting", "an hour",
        )  # fmt: skip
        own = router(rule, queues=queues, fallback={"queue": "waiting", "sla": "own"})
        assert own.route(lead(), NOW).sla == "own"
        assert router(rule, fallback={"owner": "bob"}).route(lead(), NOW).owner == "bob"

    def test_without_a_fallback_nobody_has_it_and_it_says_so(self) -> None:
        made = router({"when": "opted_in", "to": {"owner": "ann"}}).route(lead(), NOW)
        assert (made.owner, made.queue) == (None, None)
        assert made.reason == "fallback: there is no fallback"

    def test_a_fallback_who_left_gets_nothing(self) -> None:
        made = router(fallback={"owner": "old"}).route(lead(), NOW)
        assert (made.owner, made.reason) == (
            None,
            "fallback: the fallback 'old' does not work here",
        )

    def test_a_rule_for_a_queue_may_promise_more_than_the_queue(self) -> None:
        queues = {"waiting": {"sla": "an hour"}}
        assert (
            router({"to": {"queue": "waiting"}}, queues=queues).route(lead(), NOW).sla == "an hour"
        )
        sooner = router({"to": {"queue": "waiting"}, "sla": "now"}, queues=queues)
        assert sooner.route(lead(), NOW).sla == "now"

    def test_nobody_who_left_is_named(self) -> None:
        made = router({"to": {"owner": "old"}}, {"to": {"owner": "ann"}}).route(lead(), NOW)
        assert made.owner == "ann"
        assert made.considered[0].why == "it is for all leads, but 'old' does not work here"


class TestAccounts:
    RULES = ({"to": {"account_owner": True}}, {"to": {"owner": "max"}})

    @pytest.mark.parametrize(
        ("given", "owner", "why"),
        [
            (owned("ann"), "ann", "it is for all leads"),
            (owned(None), "max", "it is for all leads, but the account has no owner"),
            (owned(None, None), "max", "it is for all leads, but there is no account"),
            (
                owned("old"),
                "max",
                "it is for all leads, but 'old' owns the account and does not work here",
            ),
            (
                owned("new"),
                "max",
                "it is for all leads, but 'new' owns the account and does not work here",
            ),
        ],
    )
    def test_the_owner_gets_the_lead_if_there_is_one(
        self, given: Lead, owner: str, why: str
    ) -> None:
        made = router(*self.RULES).route(given, NOW)
        assert (made.owner, made.considered[0].why) == (owner, why)

    def test_an_owner_who_is_away_keeps_the_lead_unless_he_must_be_present(self) -> None:
        away = (Absence("ann", NOW - timedelta(days=1), NOW + timedelta(days=2)),)
        kept = router(*self.RULES, absences=away).route(owned("ann"), NOW)
        assert kept.owner == "ann"
        assert kept.reason == (
            "r0: 'ann' owns the account and is absent until 2026-03-05 15:00 (Europe/Berlin)"
        )
        rules = ({"to": {"account_owner": "present"}}, self.RULES[1])
        assert router(*rules, absences=away).route(owned("ann"), NOW).owner == "max"
        assert router(*rules).route(owned("ann"), NOW).owner == "ann"

    def test_contacts_of_one_account_go_to_one_owner_and_take_one_turn(self) -> None:
        made = router({"to": {"pool": "p"}}, pools={"p": POOL})
        first = made.route(owned(None, "a1"), NOW)
        again = made.route(owned(None, "a1"), NOW)
        other = made.route(owned(None, "a2"), NOW)
        assert (first.owner, again.owner, other.owner) == ("ann", "ann", "bob")
        assert (first.pool, again.pool) == ("p", None)
        assert again.reason == "r0: 'ann' has the account's other leads"
        assert why_not(again) == {"bob": "the account's leads have one owner"}
        assert sum(each.taken for each in made.credits()) == 2

    def test_whose_leads_they_were_before_counts_unless_he_left(self) -> None:
        turns = Turns(as_of=NOW, accounts={"a1": "max", "a2": "old"})
        made = router({"to": {"pool": "p"}}, pools={"p": POOL}, turns=turns)
        assert made.route(owned(None, "a1"), NOW).owner == "max"
        assert made.route(owned(None, "a2"), NOW).owner == "ann"

    def test_without_an_account_nobody_is_kept_together(self) -> None:
        made = router({"to": {"pool": "p"}}, pools={"p": POOL})
        assert [made.route(owned(None, None), NOW).owner for _ in range(3)] == ["ann", "bob", "ann"]


class TestTerritories:
    TABLES = {  # noqa: RUF012 - never changed
        "size": [
            {"name": "large", "when": "account.employees > 1000", "to": {"territory": "place"}},
            {"when": "account.employees > 10", "to": {"owner": "bob"}},
        ],
        "place": [{"name": "west", "when": "account.state = 'CA'", "to": {"owner": "ann"}}],
    }

    def test_the_first_row_decides_and_a_row_may_lead_on(self) -> None:
        made = router({"to": {"territory": "size"}}, territories=self.TABLES).route(
            lead("territories.size[0].when", "territories.place[0].when"), NOW
        )
        assert made.owner == "ann"
        assert made.reason == "r0: territory 'large': territory 'west': 'ann' is named"

    def test_a_row_that_leads_nowhere_leaves_it_to_the_next(self) -> None:
        made = router({"to": {"territory": "size"}}, territories=self.TABLES).route(
            lead("territories.size[0].when", "territories.size[1].when"), NOW
        )
        assert (made.owner, made.reason) == ("bob", "r0: territory 'size, row 2': 'bob' is named")

    def test_a_place_in_no_territory_goes_on(self) -> None:
        rules = ({"to": {"territory": "size"}}, {"to": {"owner": "max"}})
        made = router(*rules, territories=self.TABLES).route(lead(), NOW)
        assert made.owner == "max"
        assert made.considered[0].why == "it is for all leads, but no territory of 'size' holds"

    def test_a_circle_ends(self) -> None:
        tables = {"a": [{"to": {"territory": "b"}}], "b": [{"to": {"territory": "a"}}]}
        rules = ({"to": {"territory": "a"}}, {"to": {"owner": "max"}})
        assert router(*rules, territories=tables).route(lead(), NOW).owner == "max"


class TestPools:
    def test_each_other_member_is_told_why_not(self) -> None:
        away = (Absence("max", NOW, NOW + timedelta(days=1)),)
        members = [{"user": each} for each in ("ann", "bob", "max", "old")]
        made = router({"to": {"pool": "p"}}, pools={"p": {"members": members}}, absences=away)
        first, second = made.route(lead(), NOW), made.route(lead(), NOW)
        assert first.reason == "r0: 'ann' has the most credit in pool 'p', 0.50 turns"
        assert why_not(first) == {
            "bob": "the same credit and turns, and a later id",
            "max": "absent until 2026-03-04 15:00 (Europe/Berlin)",
            "old": "inactive",
        }
        assert why_not(second)["ann"] == "less credit: 0.00 < 1.00"

    def test_working_hours_are_those_of_the_members(self) -> None:
        pools = {"p": {**POOL, "working_hours": True}}
        made = router({"to": {"pool": "p"}}, pools=pools)
        assert made.route(lead(), datetime(2026, 3, 3, 8, tzinfo=UTC)).owner == "ann"
        early = made.route(lead(), datetime(2026, 3, 3, 7, 59, tzinfo=UTC))
        assert early.owner is None
        assert why_not(early) == dict.fromkeys(
            ("ann", "bob"), "not at work until 2026-03-03 09:00 (Europe/Berlin)"
        )
        assert made.route(lead(), datetime(2026, 3, 3, 16, tzinfo=UTC)).owner is None

    def test_the_full_wait_for_their_own_midnight(self) -> None:
        pools = {"p": {**POOL, "capacity_per_day": 2}}
        turns = Turns(as_of=NOW, today={"ann": 1})
        made = router({"to": {"pool": "p"}}, pools=pools, turns=turns)
        assert [made.route(lead(), NOW).owner for _ in range(4)] == ["ann", "bob", "bob", None]
        assert why_not(made.route(lead(), NOW))["ann"] == "full: 2 of 2 today"
        midnight = datetime(2026, 3, 3, 23, tzinfo=UTC)  # in Berlin
        assert made.route(lead(), midnight - timedelta(seconds=1)).owner is None
        assert made.route(lead(), midnight).owner is not None

    def test_open_leads_count_whatever_rule_gave_them(self) -> None:
        pools = {"p": {"members": [{"user": "ann", "open_leads": 2}]}}
        rules = ({"when": "opted_in", "to": {"owner": "ann"}}, {"to": {"pool": "p"}})
        made = router(*rules, pools=pools, turns=Turns(as_of=NOW, open_leads={"ann": 1}))
        made.route(lead("rules[0].when"), NOW)
        assert why_not(made.route(lead(), NOW)) == {"ann": "full: 2 of 2 open leads"}

    def test_a_lead_taken_from_somebody_makes_room(self) -> None:
        pools = {"p": {"members": [{"user": "ann", "open_leads": 2}]}}
        rules = ({"when": "opted_in", "to": {"owner": "bob"}}, {"to": {"pool": "p"}})
        made = router(*rules, pools=pools, turns=Turns(as_of=NOW, open_leads={"ann": 2}))
        assert made.route(lead(), NOW).owner is None
        made.route(lead("rules[0].when", owner="ann"), NOW)
        assert made.route(lead(), NOW).owner == "ann"

    @pytest.mark.parametrize(
        ("fields", "owner", "why"),
        [
            ({"language": "DE-at"}, "ann", "does not speak de"),
            ({"language": "fr"}, None, "does not speak fr"),
            ({"language": None}, "ann", "the same credit and turns, and a later id"),
            ({"account.industry": "healthcare"}, "bob", "does not have the skill healthcare"),
        ],
    )
    def test_needs_are_met(self, fields: dict[str, Any], owner: str | None, why: str) -> None:
        needs = {"language": "language", "skill": "account.industry"}
        made = router({"to": {"pool": "p"}}, pools={"p": {**POOL, "needs": needs}})
        decision = made.route(lead(**fields), NOW)
        assert decision.owner == owner
        assert why in why_not(decision).values()

    def test_nobody_in_the_pool_leads_to_its_fallback_and_that_promise(self) -> None:
        away = tuple(Absence(user, NOW, NOW + timedelta(days=1)) for user in ("ann", "bob"))
        pools = {"p": {**POOL, "fallback": {"queue": "waiting"}}}
        made = router(
            {"to": {"pool": "p"}, "sla": "fast"}, pools=pools, absences=away,
            queues={"waiting": {"sla": "an hour"}},
        ).route(lead(), NOW)  # fmt: skip
        assert (made.rule, made.owner, made.queue, made.sla) == ("r0", None, "waiting", "an hour")
        assert made.reason == "r0: nobody of pool 'p' can take it: it waits in queue 'waiting'"
        assert set(why_not(made)) == {"ann", "bob"}

    def test_pools_that_fall_back_on_each_other_end_in_the_fallback(self) -> None:
        away = tuple(Absence(user, NOW, NOW + timedelta(days=1)) for user in ("ann", "bob"))
        pools = {
            "p": {"members": [{"user": "ann"}], "fallback": {"pool": "q"}},
            "q": {"members": [{"user": "bob"}], "fallback": {"pool": "p"}},
        }
        made = router(
            {"to": {"pool": "p"}}, pools=pools, absences=away, fallback={"owner": "max"}
        ).route(lead(), NOW)
        assert made.owner == "max"
        assert [each.pool for each in made.passed_over] == ["p", "q"]
        present = router({"to": {"pool": "p"}}, pools=pools, absences=away[:1]).route(lead(), NOW)
        assert (present.owner, present.pool) == ("bob", "q")

    def test_a_team_is_a_pool_of_all_but_its_manager(self) -> None:
        made = router({"to": {"pool": "p"}}, pools={"p": {"team": "sales"}})
        assert {made.route(lead(), NOW).owner for _ in range(9)} == {"ann", "bob"}


class TestRotation:
    def test_who_had_the_lead_does_not_get_it_again(self) -> None:
        made = router(pools={"p": POOL})
        decision = made.rotate(lead(), NOW, "p", not_to=["ann"])
        assert (decision.rule, decision.owner, decision.pool) == ("rotate", "bob", "p")
        assert why_not(decision) == {"ann": "had it before"}

    def test_a_pool_that_is_not_there_is_named(self) -> None:
        with pytest.raises(RevopsError) as caught:
            router(pools={"sales": POOL}).rotate(lead(), NOW, "sale")
        assert caught.value.code == "unknown-pool"
        assert caught.value.issues[0].mend == "did you mean 'sales'?"
