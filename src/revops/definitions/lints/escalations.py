"""Escalations that reach nobody, come out of order, or do what cannot be done."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from revops.definitions.lints.finding import Finding, Lint
from revops.definitions.places import CLOCK_PLACES, lead_places, recipients_of, texts_of
from revops.kit.issue import Level, did_you_mean
from revops.kit.texts import check_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.kinds import Definitions
    from revops.definitions.people import People
    from revops.definitions.slas import ServiceLevel, Step

STEM = "slas"
_ALWAYS = ("owner", "manager", "previous_owner", "contact")


def no_escalation(definitions: Definitions) -> Iterator[Finding]:
    """A promise is broken in silence where nobody is told."""
    for index, sla in enumerate(definitions.slas.slas):
        if not sla.escalations:
            message = f"nobody is told when '{sla.name}' is broken"
            mend = "add a step to `escalations`, such as at: breach"
            yield _finding(f"slas[{index}]", "no-escalation", message, mend, Level.WARNING)


def out_of_order(definitions: Definitions) -> Iterator[Finding]:
    """Steps are taken in the order in which they stand; one that is due earlier would wait."""
    for index, sla in enumerate(definitions.slas.slas):
        timed = [
            (i, after)
            for i, step in enumerate(sla.escalations)
            if (after := _after(sla, step)) is not None
        ]
        for (_, earlier), (i, later) in pairwise(timed):
            if later < earlier:
                path = f"slas[{index}].escalations[{i}]"
                message = f"step {i + 1} is due before the step above it"
                yield _finding(path, "out-of-order", message, "put the steps in order of time")


def to_nobody(definitions: Definitions) -> Iterator[Finding]:
    """An escalation that nobody hears of changes nothing."""
    for path, step in _steps(definitions):
        if not step.actions:
            message = "this step does nothing"
            mend = "say in `actions` who is told, or what is done"
            yield _finding(path, "escalates-to-nobody", message, mend)
        for i, action in enumerate(step.actions):
            for key, who in recipients_of(action):
                yield from _reaches(f"{path}.actions[{i}].{key}", who, definitions.people)


def bad_texts(definitions: Definitions) -> Iterator[Finding]:
    """A place that does not exist stays empty in every message."""
    known = lead_places(definitions.vocabulary) | CLOCK_PLACES
    for path, step in _steps(definitions):
        for i, action in enumerate(step.actions):
            for key, text in texts_of(action):
                for error in check_text(text, known):
                    place = f"{path}.actions[{i}].{key}"
                    yield _finding(place, "bad-text", error.message, error.mend)


def unknown_targets(definitions: Definitions) -> Iterator[Finding]:
    """A lead cannot go to a stage or a pool that does not exist, nor keep a field nobody has."""
    lifecycle = definitions.lifecycle
    ends = {lifecycle.nurture.stage, lifecycle.archive.stage}
    stages = {*(stage.name for stage in lifecycle.stages), *ends}
    fields = definitions.vocabulary.fields("contacts")
    for path, step in _steps(definitions):
        for i, action in enumerate(step.actions):
            pool = action.route.rotate if action.route is not None else None
            named = [
                ("stage", "stage", action.stage, stages),
                ("route.rotate", "pool", pool, definitions.routing.pools),
                *((f"set.{name}", "field", name, fields) for name in action.set or ()),
            ]
            for key, kind, name, known in named:
                if name is not None and name not in known:
                    place, message = f"{path}.actions[{i}].{key}", f"there is no {kind} '{name}'"
                    yield _finding(place, f"unknown-{kind}", message, did_you_mean(name, known))


def _reaches(path: str, who: str, people: People) -> Iterator[Finding]:
    """What is wrong with a recipient, if it is nobody."""
    word, _, name = who.partition(":")
    if word in {"team", "manager"} and name:
        yield from _team(path, word, name, people)
    elif word == "user" and name:
        yield from _user(path, name, people)
    elif who == "manager":
        managers = {team.name: team.manager for team in people.teams}
        if not any(user.manager or managers.get(user.team or "") for user in people.users):
            yield _nobody(path, "no owner has a manager", "give the teams one in people.yaml")
    elif who not in _ALWAYS and "@" not in who:
        mend = did_you_mean(who, _ALWAYS) or f"{', '.join(_ALWAYS)}, team:NAME or user:ID"
        yield _finding(path, "unknown-recipient", f"'{who}' is not a recipient", mend)


def _team(path: str, word: str, name: str, people: People) -> Iterator[Finding]:
    managers = {team.name: team.manager for team in people.teams}
    active = {user.id: user.team for user in people.users if user.active}
    if name not in managers:
        mend = did_you_mean(name, managers) or "add it to people.yaml"
        yield _finding(path, "unknown-team", f"there is no team '{name}'", mend)
    elif word == "team" and name not in active.values():
        yield _nobody(path, f"nobody works on team '{name}'", "add people to it")
    elif word == "manager" and managers[name] not in active:
        yield _nobody(path, f"team '{name}' has no manager", "give it one in people.yaml")


def _user(path: str, name: str, people: People) -> Iterator[Finding]:
    users = {user.id: user.active for user in people.users}
    if name not in users:
        mend = did_you_mean(name, users) or "add it to people.yaml"
        yield _finding(path, "unknown-user", f"there is no user '{name}'", mend)
    elif not users[name]:
        yield _nobody(path, f"'{name}' does not work here any more", "name another")


def _nobody(path: str, message: str, mend: str) -> Finding:
    return _finding(path, "escalates-to-nobody", message, mend)


def _steps(definitions: Definitions) -> Iterator[tuple[str, Step]]:
    for index, sla in enumerate(definitions.slas.slas):
        for i, step in enumerate(sla.escalations):
            yield f"slas[{index}].escalations[{i}]", step


def _after(sla: ServiceLevel, step: Step) -> timedelta | None:
    """The time on the clock at which a step is due; None where it depends on the day."""
    if step.after is not None:
        return step.after
    return timedelta(0) if step.at == "start" else sla.within


def _finding(path: str, code: str, message: str, mend: str, level: Level = Level.ERROR) -> Finding:
    return Finding(STEM, path, code, level, message, mend)


ESCALATION_LINTS: tuple[Lint, ...] = (
    no_escalation,
    out_of_order,
    to_nobody,
    bad_texts,
    unknown_targets,
)
