"""People on calendars, service levels and timelines for the tests of service levels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from revops.definitions.calendars import Calendar
from revops.definitions.people import People
from revops.definitions.slas import ServiceLevels
from revops.leads.lead import Lead
from revops.leads.lifecycle.standing import Spell
from revops.leads.slas.clocks import Clock, clocks
from revops.leads.slas.rules import Rules
from revops.leads.slas.timeline import Activity, Assignment, Timeline

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


def _calendar(zone: str, hours: dict[str, str], **holidays: object) -> Calendar:
    return Calendar.model_validate({"time_zone": zone, "hours": hours, "holidays": holidays})


CALENDARS = {
    "london": _calendar("Europe/London", dict.fromkeys(WEEKDAYS, "09:00-17:00")),
    "berlin": _calendar(
        "Europe/Berlin", dict.fromkeys(WEEKDAYS, "08:30-12:00, 13:00-17:15"), country="DE"
    ),
    "york": _calendar(
        "America/New_York",
        {**dict.fromkeys(WEEKDAYS, "09:00-17:30"), "fri": "09:00-15:00"},
        country="US",
        dates=["2026-03-10"],
    ),
    "night": _calendar("Australia/Lord_Howe", {"mon": "22:00-24:00", "tue": "00:00-24:00"}),
    "always": _calendar(
        "America/New_York", dict.fromkeys((*WEEKDAYS, "sat", "sun"), "00:00-24:00")
    ),
}
PEOPLE = People.model_validate(
    {
        "teams": [{"name": "sdr", "manager": "max", "calendar": "london"}],
        "users": [
            *({"id": f"u_{name}", "calendar": name} for name in CALENDARS),
            {"id": "max", "team": "sdr"},
            {"id": "lea", "team": "sdr", "manager": "max"},
            {"id": "far", "calendar": "london", "time_zone": "Asia/Tokyo"},
            {"id": "lost"},
        ],
    }
)
FIRST_CONTACT = {
    "name": "first_contact",
    "promise": "Contact within 4 business hours",
    "starts": {"stage": "MQL"},
    "stops": [{"activity": ["call", "email_sent"], "direction": "outbound"}, {"accepted": True}],
    "within": "4 hours",
}
STEPS = [
    {"after": "1 hour", "who": "rep", "actions": [{"task": "Call"}]},
    {"at": "breach", "who": "manager", "actions": [{"tag": "late"}]},
    {"after": "8 hours", "who": "next rep", "actions": ["route"]},
]


def at(text: str) -> datetime:
    """An instant in UTC: `03-02 09:00` of 2026."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


def levels(*slas: dict[str, Any], **more: Any) -> ServiceLevels:
    """Definitions, each service level being the first contact's but for what is given."""
    return ServiceLevels.model_validate({"slas": [FIRST_CONTACT | sla for sla in slas], **more})


def rules(*slas: dict[str, Any], **more: Any) -> Rules:
    """The same, made ready."""
    return Rules(levels(*slas, **more), PEOPLE, CALENDARS)


def timeline(
    *spells: Spell, owner: str | None = "u_london", activities: tuple[Activity, ...] = ()
) -> Timeline:
    """A contact that one person has always owned."""
    handed = (Assignment(at("01-01 00:00"), owner),) if owner else ()
    return Timeline("c1", spells, handed, activities)


def mql(entered: str, left: str = "", outcome: str | None = None, code: str | None = None) -> Spell:
    """A stay in MQL."""
    return Spell("MQL", at(entered), at(left) if left else None, outcome, code)  # type: ignore[arg-type]


def call(when: str, *, holds: tuple[str, ...] = ()) -> Activity:
    """A call by us."""
    return Activity(at(when), "call", "outbound", frozenset(holds))


def the_clocks(
    known: Rules, happened: Timeline, now: str, *, holds: tuple[str, ...] = ()
) -> tuple[Clock, ...]:
    """The clocks of the contact."""
    return clocks(known, Lead("c1", holds=frozenset(holds)), happened, at(now))


def the_clock(known: Rules, happened: Timeline, now: str) -> Clock:
    """The only clock of the contact."""
    (clock,) = the_clocks(known, happened, now)
    return clock
