"""Recipes that name what does not exist: fields, stages, clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.definitions.lints.conditions import condition_finding
from revops.definitions.lints.finding import Finding, Lint, unknown
from revops.definitions.lints.recipe_flow import FLOW_LINTS
from revops.definitions.record_figures import record_scope
from revops.definitions.scope import Placed
from revops.kit.condition import ConditionError
from revops.kit.issue import Level, did_you_mean
from revops.records import ACTIVITY_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.kinds import Definitions

NEEDS = {"revops", "automations", "lists", "lifecycle", "people", "slas", "routing"}
STEM = "automations"
_SCORES = ("fit", "engagement", "total")


def unreadable(definitions: Definitions) -> Iterator[Finding]:
    """A condition that is not one cannot be decided; nobody comes past it."""
    automations, words = definitions.automations, definitions.vocabulary
    placed = [Placed(path, text, words.threshold()) for path, text in automations.conditions()]
    placed += [
        Placed(path, text, record_scope(words, record))
        for record, path, text in automations.record_conditions()
    ]
    for each in placed:
        try:
            each.parse()
        except ConditionError as error:
            yield condition_finding(STEM, each, error)


def unasked(definitions: Definitions) -> Iterator[Finding]:
    """A case that asks of a record, in a recipe that none sets off, never holds."""
    for index, recipe in enumerate(definitions.automations.recipes):
        for path, case in recipe.cases():
            if case.where is not None and recipe.trigger.record is None:
                yield Finding(
                    STEM, f"recipes[{index}].{path}.where", "without-record", Level.ERROR,
                    "no activity or record sets this recipe off, so that there is none to ask of",
                    "ask of the lead in `when`",
                )  # fmt: skip


def unknown_fields(definitions: Definitions) -> Iterator[Finding]:
    """A field that no record has never changes, and cannot be set."""
    words = definitions.vocabulary
    contact = words.fields("contacts")
    for index, recipe in enumerate(definitions.automations.recipes):
        here = f"recipes[{index}]"
        watched = {*contact, *(f"account.{name}" for name in words.fields("accounts"))}
        if record := recipe.trigger.record:
            watched |= {f"{record}.{name}" for name in record_scope(words, record).fields}
        for name in recipe.trigger.changed or ():
            yield from unknown(STEM, f"{here}.trigger.changed", "field", name, watched)
        for i, example in enumerate(recipe.examples):
            for name in example.given.fields:
                path = f"{here}.examples[{i}].given.fields.{name}"
                yield from unknown(STEM, path, "field", name, {*watched, *_SCORES})


def unknown_names(definitions: Definitions) -> Iterator[Finding]:
    """A stage, clock or calendar that does not exist does nothing."""
    stages = definitions.lifecycle.places
    clocks = {sla.name: len(sla.escalations) for sla in definitions.slas.slas}
    for index, recipe in enumerate(definitions.automations.recipes):
        trigger, here = recipe.trigger, f"recipes[{index}]"
        for kind in ("entered", "left"):
            yield from unknown(
                STEM, f"{here}.trigger.{kind}", "stage", getattr(trigger, kind), stages
            )
        if "lifecycle_stage" in (trigger.changed or ()) and trigger.to is not None:
            yield from unknown(STEM, f"{here}.trigger.to", "stage", str(trigger.to), stages)
        yield from unknown(STEM, f"{here}.trigger.clock", "service level", trigger.clock, clocks)
        steps = clocks.get(trigger.clock or "", 0)
        if trigger.clock in clocks and trigger.step != "breach" and trigger.step > steps:
            message = f"the escalation of '{trigger.clock}' has only {steps} steps"
            yield Finding(STEM, f"{here}.trigger.step", "unknown-step", Level.ERROR, message)
        calendar = recipe.calendar
        yield from unknown(STEM, f"{here}.calendar", "calendar", calendar, definitions.calendars)


def unknown_activities(definitions: Definitions) -> Iterator[Finding]:
    """A type that is nearly a usual one is a slip of the pen; others may be one's own."""
    for index, recipe in enumerate(definitions.automations.recipes):
        for name in recipe.trigger.activity or ():
            if name not in ACTIVITY_TYPES and (mend := did_you_mean(name, ACTIVITY_TYPES)):
                message = f"'{name}' is not a usual type of activity"
                path = f"recipes[{index}].trigger.activity"
                yield Finding(STEM, path, "unknown-event", Level.WARNING, message, mend)


LINTS: tuple[Lint, ...] = (
    unreadable,
    unasked,
    unknown_fields,
    unknown_names,
    unknown_activities,
    *FLOW_LINTS,
)
