"""Recipes that run in circles, branches nobody takes, and what can never happen."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from revops.definitions.lints.conditions import is_never, tree_of
from revops.definitions.lints.finding import Finding, Lint
from revops.kit.issue import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlglot import exp

    from revops.definitions.actions import Action, Value
    from revops.definitions.automations import Recipe
    from revops.definitions.kinds import Definitions
    from revops.definitions.recipe_steps import Step
    from revops.definitions.triggers import Trigger
    from revops.kit.condition import Scope

_STEM = "automations"
_STAGE = "lifecycle_stage"
_OWNER = "owner"


# Circles ------------------------------------------------------------------------------------------


def circles(definitions: Definitions) -> Iterator[Finding]:
    """Recipes that set each other off run until the loop guard stops them."""
    recipes = {i: each for i, each in enumerate(definitions.automations.recipes) if each.active}
    leads_to = {
        i: [n for n, other in recipes.items() if _sets_off(each, other, is_itself=i == n)]
        for i, each in recipes.items()
    }
    for first in recipes:
        if circle := _shortest_circle(first, leads_to):
            way = " -> ".join(recipes[i].name for i in circle)
            yield Finding(
                _STEM, f"recipes[{first}]", "circular-recipes", Level.WARNING,
                f"recipes set each other off in a circle: {way}",
                "narrow a trigger, or give `when` what tells the second time from the first",
            )  # fmt: skip


def _sets_off(recipe: Recipe, other: Recipe, *, is_itself: bool) -> bool:
    trigger = other.trigger
    for _path, action in recipe.actions():
        for field, value in _changes(action):
            is_there = is_itself and value in {trigger.entered, trigger.to} - {None}
            is_gone = is_itself and trigger.left is not None
            if not (is_there or is_gone) and _answers(trigger, field, value):
                return True
    return False


def _changes(action: Action) -> Iterator[tuple[str, Value]]:
    """The fields that an action changes, and to what; None where that is not known."""
    match action.kind:
        case "stage":
            yield _STAGE, action.stage
        case "set":
            yield from (
                (name, None if isinstance(value, str) and "{{" in value else value)
                for name, value in (action.set or {}).items()
            )
        case "route" | "assign":
            yield _OWNER, None
        case "enrich" if action.enrich is not None:
            yield from ((name, None) for name in action.enrich.fields)


def _answers(trigger: Trigger, field: str, value: Value) -> bool:
    if field == _STAGE and (trigger.entered == value or trigger.left not in {None, value}):
        return True
    is_watched = field in (trigger.changed or ())
    return is_watched and (trigger.to is None or value is None or trigger.to == value)


def _shortest_circle(first: int, leads_to: Mapping[int, Sequence[int]]) -> list[int]:
    """The shortest way from a recipe back to itself by later ones only, or nothing."""
    ways = deque([[first]])
    seen = set()
    while ways:
        way = ways.popleft()
        for following in leads_to[way[-1]]:
            if following == first:
                return [*way, first]
            if following > first and following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return []


# Branches -----------------------------------------------------------------------------------------


def unreachable(definitions: Definitions) -> Iterator[Finding]:
    """A case that cannot hold, or that an earlier one always takes, is never taken."""
    scope = definitions.vocabulary.threshold()
    for index, recipe in enumerate(definitions.automations.recipes):
        known = tree_of(recipe.when, scope)
        if is_never(known, []):
            message = "this can never hold, so that no lead comes in"
            yield _never(f"recipes[{index}].when", message)
        else:
            yield from _never_taken(recipe.steps, f"recipes[{index}].steps", known, scope)


def _never_taken(
    steps: Sequence[Step], path: str, known: list[exp.Expr], scope: Scope
) -> Iterator[Finding]:
    """Cases that cannot hold with what is known, or that earlier ones take.

    What was known before a wait or an action may not hold any more after it.
    """
    for i, step in enumerate(steps):
        here = f"{path}[{i}]"
        if step.branch is None:
            known = []
            continue
        earlier: list[exp.Expr] = []
        keys: set[tuple[str | None, ...]] = set()
        for n, case in enumerate(step.branch):
            place, key = f"{here}.branch[{n}]", (case.when, case.where, case.tagged)
            holds = [*known, *tree_of(case.when, scope)]
            if key in keys or is_never(holds, earlier):
                yield _never(place, "this case is never taken")
            keys.add(key)
            earlier += tree_of(case.when, scope)
            yield from _never_taken(case.steps, f"{place}.steps", holds, scope)
        if step.otherwise and is_never([], earlier):
            yield _never(f"{here}.otherwise", "this is never done: a case always holds")
        yield from _never_taken(step.otherwise, f"{here}.otherwise", known, scope)


def _never(path: str, message: str) -> Finding:
    mend = "change the condition, or the order of the cases"
    return Finding(_STEM, path, "never-reached", Level.WARNING, message, mend)


# Schedules ----------------------------------------------------------------------------------------


def never_falls(definitions: Definitions) -> Iterator[Finding]:
    """A time in the zones of owners never comes if there is no owner."""
    if any(user.active for user in definitions.people.users):
        return
    automations = definitions.automations
    schedules = [
        *((f"recipes[{i}].trigger", each.trigger.schedule)
          for i, each in enumerate(automations.recipes)),
        *((f"digests[{i}]", each.schedule) for i, each in enumerate(automations.digests)),
    ]  # fmt: skip
    for path, schedule in schedules:
        if schedule is not None and schedule.time_zone == _OWNER:
            message = "this never falls: there is nobody in whose time zone it could"
            mend = "add people to people.yaml, or write time_zone: workspace"
            yield Finding(
                _STEM, f"{path}.schedule.time_zone", "never-falls", Level.WARNING, message, mend
            )


def idle(definitions: Definitions) -> Iterator[Finding]:
    """A recipe that does nothing is forgotten half-way."""
    for index, recipe in enumerate(definitions.automations.recipes):
        if not any(True for _ in recipe.actions()):
            message = f"the recipe '{recipe.name}' does nothing"
            yield Finding(
                _STEM, f"recipes[{index}].steps", "without-effect", Level.WARNING, message
            )


FLOW_LINTS: tuple[Lint, ...] = (circles, unreachable, never_falls, idle)
