"""Recipes: what sets them off, who comes in, and what follows when.

Nothing here fetches, saves or asks for the time: the engine hands in what has happened, the lead
and its enrolments, and saves what comes back.
"""

from revops.leads.recipes.advancing import Advanced, Planned, advance, late_by
from revops.leads.recipes.enrolling import DAY, Entries, Refusal, enrol
from revops.leads.recipes.happening import (
    Enrolment,
    Happening,
    cause_of,
    read_enrolment,
)
from revops.leads.recipes.program import Program, Programs, compile_recipes
from revops.leads.recipes.schedule import (
    Entry,
    Run,
    last_due,
    next_due,
    run_due,
    timetable,
    zone_of,
)

__all__ = [
    "DAY",
    "Advanced",
    "Enrolment",
    "Entries",
    "Entry",
    "Happening",
    "Planned",
    "Program",
    "Programs",
    "Refusal",
    "Run",
    "advance",
    "cause_of",
    "compile_recipes",
    "enrol",
    "last_due",
    "late_by",
    "next_due",
    "read_enrolment",
    "run_due",
    "timetable",
    "zone_of",
]
