"""Actions for nobody, on what does not exist, or with places that stay empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.definitions.lints.finding import Finding, Lint, unknown
from revops.definitions.places import (
    CLOCK_PLACES,
    digest_places,
    lead_places,
    recipe_places,
    recipients_of,
    texts_of,
)
from revops.kit.issue import Level, did_you_mean
from revops.kit.texts import check_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.actions import Action
    from revops.definitions.kinds import Definitions
    from revops.definitions.lifecycle import Lifecycle
    from revops.definitions.people import People

NEEDS = {"revops", "lists", "lifecycle", "people", "routing"}
_ROLES = ("owner", "manager", "previous_owner", "contact")


@dataclass(frozen=True)
class Placed:
    """An action, where it stands, and the places that its texts may fill in."""

    stem: str
    path: str
    action: Action
    known: frozenset[str]


def unknown_people(definitions: Definitions) -> Iterator[Finding]:
    """What is meant for nobody is read by nobody, and an escalation to nobody changes nothing."""
    for stem, path, who in _recipients(definitions):
        word, _, name = who.partition(":")
        if word in {"team", "manager"} and name:
            teams = [team.name for team in definitions.people.teams]
            yield from unknown(stem, path, "team", name, teams)
        elif word == "user" and name:
            users = [user.id for user in definitions.people.users]
            yield from unknown(stem, path, "user", name, users)
        elif who not in _ROLES and "@" not in who:
            mend = did_you_mean(who, _ROLES) or f"{', '.join(_ROLES)}, team:NAME or user:ID"
            message = f"'{who}' is not a recipient"
            yield Finding(stem, path, "unknown-recipient", Level.ERROR, message, mend)
        if lack := _lack(who, definitions.people):
            is_escalation = stem == "slas"
            code = "escalates-to-nobody" if is_escalation else "reaches-nobody"
            level = Level.ERROR if is_escalation else Level.WARNING
            yield Finding(stem, path, code, level, *lack)


def bad_texts(definitions: Definitions) -> Iterator[Finding]:
    """A place that does not exist stays empty in every message."""
    for stem, path, text, known in _texts(definitions):
        for error in check_text(text, known):
            line = error.line - 1 if "\n" in text else None
            yield Finding(stem, path, "bad-text", Level.ERROR, error.message, error.mend, line)


def unknown_targets(definitions: Definitions) -> Iterator[Finding]:
    """A lead cannot go to a stage or a pool that does not exist, nor keep a field nobody has."""
    fields = definitions.vocabulary.fields("contacts")
    for each in placed(definitions):
        action, stages = each.action, definitions.lifecycle.places
        if each.stem != "lifecycle":  # there no action may move the lead at all
            yield from unknown(each.stem, f"{each.path}.stage", "stage", action.stage, stages)
        pool, pools = action.route.rotate if action.route else None, definitions.routing.pools
        yield from unknown(each.stem, f"{each.path}.route.rotate", "pool", pool, pools)
        for name in action.set or ():
            path = f"{each.path}.set.{name}"
            yield from unknown(each.stem, path, "field of contacts", name, fields)


def _lack(who: str, people: People) -> tuple[str, str] | None:
    """Why a recipient who is known is nobody, and what to do about it; None if it is somebody."""
    word, _, name = who.partition(":")
    managers = {team.name: team.manager for team in people.teams}
    active = {user.id: user.team for user in people.users if user.active}
    gone = {user.id for user in people.users if not user.active}
    if who == "manager":
        owned = (user for user in people.users if user.manager or managers.get(user.team or ""))
        return (
            None if any(owned) else ("no owner has a manager", "give the teams one in people.yaml")
        )
    if word == "team" and name in managers and name not in active.values():
        return f"nobody works on team '{name}'", "add people to it"
    if word == "manager" and name in managers and managers[name] not in active:
        return f"team '{name}' has no manager", "give it one in people.yaml"
    if word == "user" and name in gone:
        return f"'{name}' does not work here any more", "name another"
    return None


def _recipients(definitions: Definitions) -> Iterator[tuple[str, str, str]]:
    """Kind of definition, path and text of everybody whom an action or a digest names."""
    for each in placed(definitions):
        for key, who in recipients_of(each.action):
            yield each.stem, f"{each.path}.{key}", who
    for index, digest in enumerate(definitions.automations.digests):
        for i, who in enumerate(digest.to):
            if not who.startswith("#"):
                yield "automations", f"digests[{index}].to[{i}]", who


def _texts(definitions: Definitions) -> Iterator[tuple[str, str, str, frozenset[str]]]:
    """Kind of definition, path and text of all that is sent, and what it may name."""
    for each in placed(definitions):
        for key, text in texts_of(each.action):
            yield each.stem, f"{each.path}.{key}", text, each.known
    for index, digest in enumerate(definitions.automations.digests):
        for key in ("subject", "body"):
            known = digest_places(digest.what)
            yield "automations", f"digests[{index}].{key}", getattr(digest, key), known


def placed(definitions: Definitions) -> Iterator[Placed]:
    """Every action of every definition."""
    words = definitions.vocabulary
    known = lead_places(words)
    for path, action in _moving(definitions.lifecycle):
        yield Placed("lifecycle", path, action, known | {"stage.name"})
    for index, sla in enumerate(definitions.slas.slas):
        for i, step in enumerate(sla.escalations):
            here = f"slas[{index}].escalations[{i}].actions"
            for n, action in enumerate(step.actions):
                yield Placed("slas", f"{here}[{n}]", action, known | CLOCK_PLACES)
    for index, recipe in enumerate(definitions.automations.recipes):
        places = recipe_places(words, recipe.trigger)
        for path, action in recipe.actions():
            yield Placed("automations", f"recipes[{index}].{path}", action, places)


def _moving(lifecycle: Lifecycle) -> Iterator[tuple[str, Action]]:
    """Every action of a move, with its path."""
    lists = [
        *((f"stages[{i}].{key}", getattr(stage, key))
          for i, stage in enumerate(lifecycle.stages) for key in ("on_enter", "on_exit")),
        *((f"rejection_reasons[{i}].on_reject", reason.on_reject)
          for i, reason in enumerate(lifecycle.rejection_reasons)),
        ("recycling.on_enter", lifecycle.nurture.on_enter),
        ("archive.on_enter", lifecycle.archive.on_enter),
    ]  # fmt: skip
    for path, actions in lists:
        yield from ((f"{path}[{i}]", action) for i, action in enumerate(actions))


def moves_on(definitions: Definitions) -> Iterator[Finding]:
    """An action of a move that would move the contact on, which is for the stages to say."""
    for path, action in _moving(definitions.lifecycle):
        if action.stage is not None:
            message = "a move must not move the contact once more"
            mend = "say so with the entry or exit condition of a stage"
            yield Finding("lifecycle", f"{path}.stage", "moves-on", Level.ERROR, message, mend)


LINTS: tuple[Lint, ...] = (unknown_people, bad_texts, unknown_targets, moves_on)
