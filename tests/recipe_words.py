"""Short words for recipes, happenings and enrolments, for the tests of recipes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from revops.definitions.automations import Automations
from revops.leads.lead import Lead
from revops.leads.recipes import Happening, Programs, compile_recipes, enrol

if TYPE_CHECKING:
    from revops.leads.recipes import Enrolment, Entries, Program

NOW = datetime(2026, 3, 6, 16, tzinfo=UTC)  # a Friday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LEAD = Lead("7")


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
    (one,) = come_in(Programs([known]), entered(**given)).enrolments
    return one


def codes(entries: Entries) -> list[str]:
    return [refusal.code for refusal in entries.refusals]
