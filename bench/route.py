"""Leads routed a second, against a plain loop that picks members in turn without any checks.

    python bench/route.py

A tree of eight rules, territories of four rows, and pools of 10, 20 and 50 people in four time
zones, with working hours, absences, capacities and languages. Each run starts anew.
"""

from __future__ import annotations

import math
import random
import resource
from datetime import UTC, datetime, timedelta
from itertools import cycle
from time import perf_counter
from zoneinfo import ZoneInfo

from revops.definitions.calendars import Calendar
from revops.definitions.people import People, User
from revops.definitions.routing import Routing
from revops.leads.lead import Lead
from revops.leads.routing import Absence, Router, Turns

SIZES = (1_000, 10_000, 100_000)
RUNS = 3
NOW = datetime(2026, 3, 3, 14, 30, tzinfo=UTC)
ZONES = ("America/New_York", "America/Chicago", "Europe/London", "Europe/Berlin")
POOLS = {"small": 10, "middle": 20, "large": 50}
LANGUAGES = ("en", "de", "fr", None)


def routing() -> Routing:
    pools = {
        name: {
            "members": [
                {"user": f"u{i:02}", "weight": 1 + i % 3, "capacity_per_day": 5_000}
                for i in range(size)
            ],
            "working_hours": True,
            "needs": {"language": "language"},
            "fallback": {"queue": "waiting"},
        }
        for name, size in POOLS.items()
    }
    territory = [{"when": f"account.state = 'S{i}'", "to": {"pool": "middle"}} for i in range(4)]
    rules = [
        {"name": "owned", "when": "account.named", "to": {"account_owner": True}},
        *(
            {"name": f"size {i}", "when": f"account.employees > {i}", "to": {"pool": "small"}}
            for i in range(5)
        ),
        {"name": "places", "to": {"territory": "places"}, "sla": "4 hours"},
        {"name": "everybody", "to": {"pool": "large"}, "sla": "same day"},
    ]
    return Routing.model_validate(
        {
            "rules": rules,
            "pools": pools,
            "territories": {"places": territory},
            "queues": {"waiting": {"sla": "1 hour"}},
            "fallback": {"queue": "waiting"},
        },
        strict=False,
    )


def people() -> People:
    users = (
        User(id=f"u{i:02}", calendar=ZONES[i % 4], languages=("en", "de")[: 1 + i % 2])
        for i in range(max(POOLS.values()))
    )
    return People(users=tuple(users))


def calendars() -> dict[str, Calendar]:
    hours = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-17:30")
    return {zone: Calendar.model_validate({"time_zone": zone, "hours": hours}) for zone in ZONES}


def leads(count: int) -> list[Lead]:
    """A tenth belongs to an owner, a tenth to a size, three tenths to a place, the rest to all."""
    chance = random.Random(7)  # noqa: S311 - leads are no secret
    kinds = [
        frozenset({"routing.rules[0].when"}),
        *(frozenset({f"routing.rules[{i}].when"}) for i in range(1, 3)),
        *(frozenset({f"routing.territories.places[{i}].when"}) for i in range(3)),
        *(frozenset[str]() for _ in range(4)),
    ]
    return [
        Lead(
            contact_id=f"c{i}",
            fields={
                "account_id": f"a{chance.randrange(5 * count)}",
                "account.owner": f"u{chance.randrange(50):02}",
                "language": chance.choice(LANGUAGES),
            },
            holds=chance.choice(kinds),
        )
        for i in range(count)
    ]


def route(given: list[Lead], step: timedelta) -> tuple[float, int]:
    """Seconds to route them all, one every `step`, and how many found an owner."""
    absences = [Absence(f"u{i:02}", NOW, NOW + timedelta(days=9)) for i in range(3)]
    start = perf_counter()
    router = Router(routing(), people(), calendars(), ZoneInfo("UTC"), Turns(as_of=NOW), absences)
    now, owned = NOW, 0
    for lead in given:
        owned += router.route(lead, now).owner is not None
        now += step
    router.credits()
    return perf_counter() - start, owned


def with_reasons(given: list[Lead]) -> float:
    """Seconds to route them all and to write out why everybody else was passed over."""
    router = Router(routing(), people(), calendars(), ZoneInfo("UTC"), Turns(as_of=NOW))
    start = perf_counter()
    for lead in given:
        decision = router.route(lead, NOW)
        assert decision.passed_over is not None
    return perf_counter() - start


def floor(given: list[Lead]) -> float:
    members = cycle([user.id for user in people().users])
    start = perf_counter()
    owners = {}
    for lead in given:
        owners[lead.contact_id] = next(members)
    return perf_counter() - start


def main() -> None:
    taken = []
    print(f"{'leads':>8} {'leads/s':>10} {'seconds':>8} {'floor':>9} {'ratio':>6}  owned")
    for size in SIZES:
        given = leads(size)
        seconds, owned = min(route(given, timedelta(0)) for _ in range(RUNS))
        least = min(floor(given) for _ in range(RUNS))
        taken.append(seconds)
        print(
            f"{size:>8,} {size / seconds:>10,.0f} {seconds:>8.3f} {least:>8.4f}s"
            f" {seconds / least:>6.0f}  {owned / size:.0%}"
        )
    growth = math.log(taken[-1] / taken[-2]) / math.log(SIZES[-1] / SIZES[-2])
    print(f"the time grows as leads to the power {growth:.2f}")
    given = leads(SIZES[1])
    seconds, _owned = min(route(given, timedelta(seconds=1)) for _ in range(RUNS))
    print(f"one lead a second of their time: {len(given) / seconds:,.0f} leads/s")
    seconds = min(with_reasons(given) for _ in range(RUNS))
    print(f"with every reason written out: {len(given) / seconds:,.0f} leads/s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
