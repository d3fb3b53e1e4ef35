"""Measures how fast open clocks are worked out from what happened, and swept for what is due.

Run: python bench/sla.py [CLOCKS]. A third of the leads have an owner on each of three calendars;
every clock has an escalation of four steps. Prints each time beside that of a bare loop that only
compares one instant for each clock, in the same run.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from revops.definitions.calendars import Calendar
from revops.definitions.people import People
from revops.definitions.slas import ServiceLevels
from revops.leads.lead import Lead
from revops.leads.lifecycle.standing import Spell
from revops.leads.slas.clocks import clocks
from revops.leads.slas.escalation import due_steps, next_at
from revops.leads.slas.rules import Rules
from revops.leads.slas.timeline import Activity, Assignment, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from revops.leads.slas.clocks import Clock

NOW = datetime(2026, 4, 15, 15, 30, tzinfo=UTC)
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-12:30, 13:15-17:30")
CALENDARS = {
    place: Calendar.model_validate(
        {"time_zone": zone, "hours": WEEK, "holidays": {"country": country}}
    )
    for place, zone, country in (
        ("york", "America/New_York", "US"),
        ("berlin", "Europe/Berlin", "DE"),
        ("tokyo", "Asia/Tokyo", "JP"),
    )
}
PEOPLE = People.model_validate({"users": [{"id": place, "calendar": place} for place in CALENDARS]})
LEVELS = ServiceLevels.model_validate(
    {
        "slas": [
            {
                "name": "first_contact",
                "promise": "Contact within 4 business hours",
                "starts": {"stage": "MQL"},
                "stops": [
                    {"activity": ["call", "email_sent"], "direction": "outbound"},
                    {"accepted": True},
                ],
                "within": "4 hours",
                "escalations": [
                    {"after": "1 hour", "actions": [{"tag": "a"}]},
                    {"at": "breach", "actions": [{"tag": "b"}]},
                    {"after": "12 hours", "actions": [{"tag": "c"}]},
                    {"after": "48 hours", "actions": [{"tag": "d"}]},
                ],
            }
        ]
    }
)


def timelines(count: int) -> list[tuple[Lead, Timeline]]:
    draw = random.Random(7)  # noqa: S311 - the same leads in every run
    made = []
    for number in range(count):
        start = NOW - timedelta(seconds=draw.randrange(30 * 86_400))
        owner = draw.choice(list(CALENDARS))
        timeline = Timeline(
            f"c{number}",
            (Spell("Lead", start - timedelta(days=9), start, "advanced"), Spell("MQL", start)),
            (Assignment(start + timedelta(seconds=1), owner, previous_owner=owner),),
            (Activity(start - timedelta(hours=1), "email_sent", "outbound"),),
        )
        made.append((Lead(f"c{number}"), timeline))
    return made


def measured(what: str, work: Callable[[], object], floor: float = 0.0) -> float:
    """The seconds of the processor that it takes: they depend less on what else is running."""
    clock, begun = time.perf_counter(), time.process_time()
    work()
    waited, taken = time.perf_counter() - clock, time.process_time() - begun
    ratio = f", {taken / floor:,.0f} x the bare loop" if floor else ""
    print(f"{what:<52} {waited:6.2f} s ({taken:.2f} s of processor){ratio}")
    return taken


def main(count: int) -> None:
    leads = timelines(count)
    rules = Rules(LEVELS, PEOPLE, CALENDARS)
    sla = LEVELS.slas[0]
    for lead, line in leads[:100]:
        clocks(rules, lead, line, NOW)  # the working time of the year is added up once
    found: list[Clock] = []

    def work_out() -> None:
        found.extend(clock for lead, line in leads for clock in clocks(rules, lead, line, NOW))

    def sweep() -> None:
        for clock, at in zip(found, nexts, strict=True):
            if at is not None and at <= NOW:
                taken = due_steps(clock, sla, 0, NOW)
                due.append((taken, next_at(clock, len(taken))))

    alone = {place: calendar.business() for place, calendar in CALENDARS.items()}
    due: list[object] = []
    taken = measured("clocks worked out from what happened", work_out)
    nexts = [next_at(clock, 0) for clock in found]
    assert len(found) == count
    floor = measured(
        "bare loop that compares when each is next due",
        lambda: [at for at in nexts if at is not None and at <= NOW],
    )
    swept = measured("sweep: which steps are due, how late, what is next", sweep, floor)
    measured(
        "the due times alone, each added on the calendar",
        lambda: [alone[clock.owner or ""].add(clock.started_at, clock.length) for clock in found],
        floor,
    )
    print(
        f"{len(due):,} of {count:,} clocks were due; worked out: {taken / floor:,.0f} x bare loop"
    )
    assert swept < 2 * max(count / 100_000, 1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
