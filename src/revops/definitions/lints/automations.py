"""Recipes that name what does not exist: fields, stages, clocks, people, destinations, places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.definitions.lints.conditions import condition_finding
from revops.definitions.lints.finding import Finding, Lint
from revops.definitions.lints.recipe_flow import FLOW_LINTS
from revops.definitions.places import digest_places, recipe_places, recipients_of, texts_of
from revops.definitions.record_figures import record_scope
from revops.definitions.scope import Placed
from revops.kit.condition import ConditionError
from revops.kit.issue import Level, did_you_mean
from revops.kit.texts import check_text
from revops.records import ACTIVITY_TYPES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from revops.definitions.actions import Action
    from revops.definitions.kinds import Definitions

NEEDS = {"revops", "automations", "lists", "lifecycle", "people", "slas", "routing"}
STEM = "automations"
_ANYWHERE = ("owner", "manager", "previous_owner", "contact")
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


def bad_texts(definitions: Definitions) -> Iterator[Finding]:
    """A place that does not exist stays empty in every message."""
    words = definitions.vocabulary
    texts = [
        (f"recipes[{index}].{path}.{key}", text, known)
        for index, recipe in enumerate(definitions.automations.recipes)
        for known in (recipe_places(words, recipe.trigger),)
        for path, action in recipe.actions()
        for key, text in texts_of(action)
    ]
    texts += [
        (f"digests[{index}].{key}", getattr(digest, key), digest_places(digest.what))
        for index, digest in enumerate(definitions.automations.digests)
        for key in ("subject", "body")
    ]
    for path, text, known in texts:
        for error in check_text(text, known):
            line = error.line - 1 if "\n" in text else None
            yield Finding(STEM, path, "bad-text", Level.ERROR, error.message, error.mend, line)


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
            yield from _unknown(f"{here}.trigger.changed", "field", name, watched)
        for path, action in recipe.actions():
            for name in action.set or ():
                yield from _unknown(
                    f"{here}.{path}.set.{name}", "field of contacts", name, contact, Level.WARNING
                )
        for i, example in enumerate(recipe.examples):
            for name in example.given.fields:
                path = f"{here}.examples[{i}].given.fields.{name}"
                yield from _unknown(path, "field", name, {*watched, *_SCORES})


def unknown_names(definitions: Definitions) -> Iterator[Finding]:
    """A stage, clock, pool or calendar that does not exist does nothing."""
    lifecycle = definitions.lifecycle
    recycling = (lifecycle.recycling.stage,) if lifecycle.recycling else ()
    stages = {*(stage.name for stage in lifecycle.stages), *recycling}
    clocks = {sla.name: len(sla.escalations) for sla in definitions.slas.slas}
    for index, recipe in enumerate(definitions.automations.recipes):
        trigger, here = recipe.trigger, f"recipes[{index}]"
        for kind in ("entered", "left"):
            yield from _unknown(f"{here}.trigger.{kind}", "stage", getattr(trigger, kind), stages)
        if "lifecycle_stage" in (trigger.changed or ()) and trigger.to is not None:
            yield from _unknown(f"{here}.trigger.to", "stage", str(trigger.to), stages)
        yield from _unknown(f"{here}.trigger.clock", "service level", trigger.clock, clocks)
        steps = clocks.get(trigger.clock or "", 0)
        if trigger.clock in clocks and trigger.step != "breach" and trigger.step > steps:
            message = f"the escalation of '{trigger.clock}' has only {steps} steps"
            yield Finding(STEM, f"{here}.trigger.step", "unknown-step", Level.ERROR, message)
        calendar = recipe.calendar
        yield from _unknown(f"{here}.calendar", "calendar", calendar, definitions.calendars)
        for path, action in recipe.actions():
            yield from _unknown(f"{here}.{path}.stage", "stage", action.stage, stages)
            pool = action.route.rotate if action.route else None
            pools = definitions.routing.pools
            yield from _unknown(f"{here}.{path}.route.rotate", "pool", pool, pools)


def unknown_activities(definitions: Definitions) -> Iterator[Finding]:
    """A type that is nearly a usual one is a slip of the pen; others may be one's own."""
    for index, recipe in enumerate(definitions.automations.recipes):
        for name in recipe.trigger.activity or ():
            if name not in ACTIVITY_TYPES and (mend := did_you_mean(name, ACTIVITY_TYPES)):
                message = f"'{name}' is not a usual type of activity"
                path = f"recipes[{index}].trigger.activity"
                yield Finding(STEM, path, "unknown-event", Level.WARNING, message, mend)


def unknown_people(definitions: Definitions) -> Iterator[Finding]:
    """A message to nobody is read by nobody."""
    for path, who in _recipients(definitions):
        word, colon, name = who.partition(":")
        users = [user.id for user in definitions.people.users]
        teams = [team.name for team in definitions.people.teams]
        if word in {"user", "team", "manager"} and colon:
            kind, known = ("user", users) if word == "user" else ("team", teams)
            yield from _unknown(path, kind, name, known)
        elif who not in _ANYWHERE and "@" not in who:
            mend = did_you_mean(who, _ANYWHERE) or f"{', '.join(_ANYWHERE)}, team:NAME, user:ID"
            message = f"'{who}' is not a recipient"
            yield Finding(STEM, path, "unknown-recipient", Level.ERROR, message, mend)


def _recipients(definitions: Definitions) -> Iterator[tuple[str, str]]:
    for index, recipe in enumerate(definitions.automations.recipes):
        for path, action in recipe.actions():
            for key, who in recipients_of(action):
                yield f"recipes[{index}].{path}.{key}", who
    for index, digest in enumerate(definitions.automations.digests):
        for i, who in enumerate(digest.to):
            if not who.startswith("#"):
                yield f"digests[{index}].to[{i}]", who


def unknown_destinations(definitions: Definitions) -> Iterator[Finding]:
    """A message without a destination is never sent."""
    destinations = definitions.automations.destinations
    channels = {each.channel for each in destinations.values()}
    webhooks = [name for name, each in destinations.items() if each.channel == "webhook"]
    for index, recipe in enumerate(definitions.automations.recipes):
        for path, action in recipe.actions():
            here = f"recipes[{index}].{path}.{action.kind}"
            if action.webhook is not None:
                name = action.webhook.destination
                yield from _unknown(f"{here}.destination", "webhook destination", name, webhooks)
            elif _channel(action) not in {None, *channels}:
                yield _no_destination(here, action.kind)
    for index, digest in enumerate(definitions.automations.digests):
        for i, who in enumerate(digest.to):
            channel = "slack" if who.startswith("#") else "email"
            if channel not in channels:
                yield _no_destination(f"digests[{index}].to[{i}]", channel)


def _channel(action: Action) -> str | None:
    return action.kind if action.kind in {"slack", "email"} else None


def _no_destination(path: str, channel: str) -> Finding:
    message = f"there is no {channel} destination to send this by"
    mend = f"add one with `{channel}:` to destinations"
    return Finding(STEM, path, "no-destination", Level.ERROR, message, mend)


def _unknown(
    path: str, kind: str, name: str | None, known: Collection[str], level: Level = Level.ERROR
) -> Iterator[Finding]:
    if name is not None and name not in known:
        code = "unknown-" + _CODES.get(kind, kind)
        mend = did_you_mean(name, known) or _MENDS.get(kind, "")
        yield Finding(STEM, path, code, level, f"there is no {kind} '{name}'", mend)


_CODES = {
    "field of contacts": "field",
    "service level": "clock",
    "webhook destination": "destination",
}
_MENDS = {
    "field": "declare it under custom_fields in revops.yaml",
    "field of contacts": "declare it under custom_fields in revops.yaml",
    "stage": "add it to lifecycle.yaml",
    "service level": "add it to slas.yaml",
    "pool": "add it to the pools of routing.yaml",
    "calendar": "add it to calendars.yaml",
    "user": "add it to people.yaml",
    "team": "add it to people.yaml",
    "webhook destination": "add it to destinations",
}
LINTS: tuple[Lint, ...] = (
    unreadable,
    unasked,
    bad_texts,
    unknown_fields,
    unknown_names,
    unknown_activities,
    unknown_people,
    unknown_destinations,
    *FLOW_LINTS,
)
