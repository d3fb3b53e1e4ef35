"""The laws of taking turns, under joins, leaves, absences, limits and changes of weight."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revops.definitions.people import People, User
from revops.definitions.routing import Member, Pool, Routing, Rule, Target
from revops.leads.lead import Lead
from revops.leads.routing import TURN, Absence, Credit, Router, Turns, certificate, period
from revops.leads.routing.turns import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
IDS = "abcdefgh"
LEAD = Lead("c")


@dataclass
class Team:
    """A pool through time: each `turn` is a pass of its own, so all of it is kept and fetched."""

    weights: dict[str, float] = field(default_factory=dict)
    away: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    capacity: int | None = None
    credits: dict[str, Credit] = field(default_factory=dict)
    today: dict[str, int] = field(default_factory=dict)

    def router(self, order: Iterable[str] | None = None) -> Router:
        members = tuple(
            Member(user=each, weight=self.weights[each], capacity_per_day=self.capacity)
            for each in (order or self.weights)
        )
        routing = Routing(
            rules=(Rule(name="all", to=Target(pool="p")),), pools={"p": Pool(members=members)}
        )
        people = People(users=tuple(User(id=i, active=i not in self.gone) for i in IDS))
        absences = [Absence(each, NOW, NOW + timedelta(days=1)) for each in self.away]
        turns = Turns(as_of=NOW, credits=self.credits.values(), today=self.today)
        return Router(routing, people, {}, UTC_ZONE, turns, absences)

    def able(self) -> set[str]:
        full = {i for i in IDS if self.capacity and self.today.get(i, 0) >= self.capacity}
        return set(self.weights) - self.away - self.gone - full

    def turn(self) -> str | None:
        router = self.router()
        owner = router.route(LEAD, NOW).owner
        self.credits |= {each.member: each for each in router.credits()}
        if owner:
            self.today[owner] = self.today.get(owner, 0) + 1
        return owner


weights = st.sampled_from((0.001, 0.5, 1.0, 1.0, 1.0, 1.1, 2.0, 7.0))
changes = st.one_of(
    st.tuples(st.just("turns"), st.integers(1, 6), weights),
    st.tuples(
        st.sampled_from(("join", "leave", "away", "back", "quit")), st.integers(0, 7), weights
    ),
)


def change(team: Team, what: str, who: str, weight: float) -> None:
    """Somebody joins, leaves, changes weight, goes away, comes back or quits."""
    if what == "join":
        team.weights[who] = weight
    elif what == "leave":
        team.weights.pop(who, None)
    elif what == "away":
        team.away |= {who}
    elif what == "back":
        team.away -= {who}
    else:
        team.gone ^= {who}


@settings(max_examples=60, deadline=None)
@given(
    first=st.dictionaries(st.sampled_from(IDS), weights, min_size=1),
    capacity=st.sampled_from((None, None, 3)),
    history=st.lists(changes, max_size=14),
)
def test_whatever_happens_the_laws_hold(
    first: dict[str, float], capacity: int | None, history: Sequence[tuple[str, int, float]]
) -> None:
    team = Team(weights=dict(first), capacity=capacity)
    for what, number, weight in history:
        if what != "turns":
            change(team, what, IDS[number], weight)
            continue
        for _ in range(number):
            able = team.able()
            before = dict(team.credits)
            owner = team.turn()
            assert (owner in able) if able else owner is None
            assert sum(each.credit for each in team.credits.values()) == 0
            for member, credit in team.credits.items():
                earned = credit.share - (before[member].share if member in before else 0)
                assert (earned > 0) if member in able else (earned == 0)
    rows = certificate(team.credits.values())
    assert all(row.is_kept for row in rows)
    assert sum(row.count for row in rows) == sum(team.today.values())


@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 8), turns=st.integers(1, 60), weight=weights)
def test_equal_weights_give_counts_that_differ_by_at_most_one(
    size: int, turns: int, weight: float
) -> None:
    router = Team(weights=dict.fromkeys(IDS[:size], weight)).router()
    counts = dict.fromkeys(IDS[:size], 0)
    for _ in range(turns):
        owner = router.route(LEAD, NOW).owner
        assert owner
        counts[owner] += 1
        assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize("size", [3, 6, 7])
def test_equal_weights_never_drift_apart(size: int) -> None:
    """A third has no whole number of millionths; what is left over goes round."""
    router = Team(weights=dict.fromkeys(IDS[:size], 1.0)).router()
    for _ in range(size):
        router.route(LEAD, NOW)
    assert {each.credit for each in router.credits()} == {0}


@settings(max_examples=40, deadline=None)
@given(of=st.dictionaries(st.sampled_from(IDS), weights, min_size=1), turns=st.integers(1, 120))
def test_weighted_counts_stay_near_their_share(of: dict[str, float], turns: int) -> None:
    """With all of them always there: at most one turn ahead, and behind by less than H(n) - 1."""
    router = Team(weights=of).router()
    ahead = 1 - 1 / len(of)
    behind = sum(1 / k for k in range(2, len(of) + 1))
    for _ in range(turns):
        router.route(LEAD, NOW)
        for each in router.credits():
            assert -ahead * TURN <= each.credit <= behind * TURN


def test_a_changed_set_goes_no_further_than_proved() -> None:
    """Two at a time, always the two nearest to each other: what an adversary would do."""
    team = Team(weights=dict.fromkeys(IDS, 1.0))
    worst = 0.0
    for _ in range(150):
        standing = sorted(IDS, key=lambda each: credit(team, each))
        near = min(
            pairwise(standing),
            key=lambda two: abs(credit(team, two[0]) - credit(team, two[1])),
        )
        team.away = frozenset(IDS) - set(near)
        team.turn()
        worst = max(worst, *(abs(row.difference) for row in certificate(team.credits.values())))
    assert 1 < worst <= (len(IDS) - 1) / 2


def credit(team: Team, member: str) -> int:
    return team.credits[member].credit if member in team.credits else 0


def test_of_the_same_credit_fewer_turns_decide() -> None:
    start, _end = period("weekly", NOW, UTC_ZONE)
    row = Credit("p", "a", start, share=TURN, taken=1)
    decision = Team(weights={"a": 1.0, "b": 1.0}, credits={"a": row}).router().route(LEAD, NOW)
    assert decision.owner == "b"
    assert decision.passed_over[0].why == "the same credit and more turns: 1 > 0"


def test_nobody_returns_to_a_flood() -> None:
    team = Team(weights=dict.fromkeys("abc", 1.0), away=frozenset("c"))
    for _ in range(20):
        team.turn()
    team.away = frozenset()
    assert [team.turn() for _ in range(6)].count("c") == 2


@settings(max_examples=30, deadline=None)
@given(
    of=st.dictionaries(st.sampled_from(IDS), weights, min_size=1),
    order=st.randoms(use_true_random=False),
    turns=st.integers(1, 20),
)
def test_neither_the_order_of_members_nor_of_passes_matters(
    of: dict[str, float], order: st.randoms, turns: int
) -> None:
    one = Team(weights=of).router()
    shuffled = list(of)
    order.shuffle(shuffled)
    another = Team(weights=of).router(shuffled)
    apart = Team(weights=of)  # fetched and saved after every turn
    for _ in range(turns):
        decision = one.route(LEAD, NOW)
        assert decision == another.route(LEAD, NOW)
        assert decision.owner == apart.turn()
    assert one.credits() == another.credits() == list(apart.credits.values())


@settings(max_examples=60, deadline=None)
@given(
    of=st.lists(st.integers(1, 10**9), min_size=1, max_size=50),
    chosen=st.sets(st.integers(0, 49)),
)
def test_a_turn_is_shared_out_to_the_last_millionth(of: list[int], chosen: set[int]) -> None:
    eligible = tuple(sorted(place for place in chosen if place < len(of))) or (0,)
    total = sum(of[place] for place in eligible)
    for shares in split(of, eligible):
        assert sum(shares) == TURN
        for place, share in enumerate(shares):
            due = of[place] * TURN / total if place in eligible else 0
            assert abs(share - due) < 1 or share == due


def test_equal_remainders_take_it_in_turn() -> None:
    shares = split([5] * 7, tuple(range(7)))
    assert len(shares) == 7
    assert {sum(each[place] for each in shares) for place in range(7)} == {TURN}


@pytest.mark.parametrize(
    ("reset", "moment", "starts", "ends"),
    [
        ("weekly", "2026-03-04T12:00Z", "2026-03-01T23:00Z", "2026-03-08T23:00Z"),
        ("weekly", "2026-03-01T22:59Z", "2026-02-22T23:00Z", "2026-03-01T23:00Z"),
        ("weekly", "2026-03-29T12:00Z", "2026-03-22T23:00Z", "2026-03-29T22:00Z"),  # summer begins
        ("monthly", "2026-03-31T21:59Z", "2026-02-28T23:00Z", "2026-03-31T22:00Z"),
        ("monthly", "2026-12-31T23:00Z", "2026-12-31T23:00Z", "2027-01-31T23:00Z"),
    ],
)
def test_periods_begin_at_midnight_in_the_zone(
    reset: str, moment: str, starts: str, ends: str
) -> None:
    found = period(reset, datetime.fromisoformat(moment), ZoneInfo("Europe/Berlin"))  # type: ignore[arg-type]
    assert found == (datetime.fromisoformat(starts), datetime.fromisoformat(ends))


def test_a_new_period_begins_with_nothing_owed() -> None:
    router = Team(weights={"a": 1.0, "b": 1.0}).router()
    monday = datetime(2026, 3, 9, tzinfo=UTC)
    assert router.route(LEAD, monday - timedelta(seconds=1)).owner == "a"
    assert router.route(LEAD, monday).owner == "a"
    starts = {each.period_start for each in router.credits()}
    assert starts == {monday, monday - timedelta(days=7)}
    rows = certificate(router.credits())
    assert [(row.member, row.count, row.difference) for row in rows] == [
        ("a", 1, 0.5), ("b", 0, -0.5), ("a", 1, 0.5), ("b", 0, -0.5),
    ]  # fmt: skip


def test_attainment_is_a_factor_on_the_weight() -> None:
    members = (Member(user="a", weight=2, attainment=1.5), Member(user="b"))
    pools = {"p": Pool(members=members)}
    routing = Routing(rules=(Rule(name="all", to=Target(pool="p")),), pools=pools)
    people = People(users=(User(id="a"), User(id="b")))
    turns = Turns(as_of=NOW, attainment={"b": 1.5})
    router = Router(routing, people, {}, UTC_ZONE, turns)
    owners = [router.route(LEAD, NOW).owner for _ in range(9)]
    assert (owners.count("a"), owners.count("b")) == (6, 3)
