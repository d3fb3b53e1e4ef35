"""Recipes as flat programs: a lead's place in one is a single number."""

from __future__ import annotations

import zlib
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from revops.definitions.actions import Actions
    from revops.definitions.automations import Automations, Recipe
    from revops.definitions.recipe_steps import BusinessWait, Case, Moment, Step, Wait
    from revops.leads.recipes.happening import Happening

STEM = "automations"


@dataclass(frozen=True, slots=True)
class Do:
    """Do these."""

    path: str
    actions: Actions
    due: BusinessWait | Moment | None


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    path: str
    wait: Wait


@dataclass(frozen=True, slots=True)
class Unless:
    """Go to another step unless the case holds."""

    path: str
    case: Case
    to: int


@dataclass(frozen=True, slots=True)
class Goto:
    """Go to another step."""

    to: int


Op = Do | Pause | Unless | Goto


@dataclass(frozen=True)
class Program:
    """A recipe that can be run.

    Attributes:
        recipe: The recipe.
        place: Where it stands: `automations.recipes[3]`.
        ops: Its steps. All jumps lead forward, so that it always ends.
    """

    recipe: Recipe
    place: str
    ops: tuple[Op, ...]

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.recipe.name

    @cached_property
    def shape(self) -> str:
        """Eight digits that change when a step is added, taken away or moved.

        Other texts, waits or conditions in the same steps leave it as it is.
        """
        parts = (f"{type(op).__name__}{getattr(op, 'to', '')}" for op in self.ops)
        return f"{zlib.crc32(' '.join(parts).encode()):08x}"


class Programs:
    """All recipes of a workspace, found by name and by what sets them off."""

    def __init__(self, programs: Iterable[Program]) -> None:
        self.by_name: Mapping[str, Program] = {each.name: each for each in programs}
        self._by_key: dict[tuple[str, str], list[Program]] = defaultdict(list)
        for program in self.by_name.values():
            if program.recipe.active:
                for key in _keys(program.recipe):
                    self._by_key[key].append(program)

    def set_off_by(self, happening: Happening) -> Iterator[Program]:
        """The active recipes whose trigger a happening answers to, in the order of the file."""
        for program in self._by_key.get(_key(happening), ()):
            if _suits(program, happening):
                yield program


def compile_recipes(automations: Automations) -> Programs:
    """The programs of all recipes, those that are not active included."""
    return Programs(
        Program(recipe, f"{STEM}.recipes[{index}]", tuple(_ops(recipe.steps, "steps", 0)))
        for index, recipe in enumerate(automations.recipes)
    )


# Triggers -----------------------------------------------------------------------------------------


def _keys(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What the recipe answers to: the kind of happening, and what it must be about."""
    trigger = recipe.trigger
    match trigger.kind:
        case "activity" | "changed" as kind:
            yield from ((kind, name) for name in getattr(trigger, kind))
        case "entered" | "left" | "clock" as kind:
            yield kind, getattr(trigger, kind)
        case "created":
            yield "created", trigger.record or ""
        case "schedule":
            yield "schedule", recipe.name
        case "qualified":
            yield "qualified", ""


def _key(happening: Happening) -> tuple[str, str]:
    about = {
        "activity": "activity.type",
        "changed": "change.field",
        "entered": "stage.name",
        "left": "stage.name",
        "clock": "clock.sla",
        "schedule": "schedule.recipe",
    }
    if happening.kind == "created":
        return "created", happening.record_name
    place = about.get(happening.kind)
    return happening.kind, str(happening.detail(place)) if place else ""


def _suits(program: Program, happening: Happening) -> bool:
    trigger, place = program.recipe.trigger, f"{program.place}.trigger"
    asked = {
        "where": trigger.where is not None,
        "count": trigger.count > 1,
        "after_silence": trigger.after_silence is not None,
    }
    if any(is_asked and f"{place}.{key}" not in happening.holds for key, is_asked in asked.items()):
        return False
    if trigger.kind == "clock":
        step: object = happening.detail("clock.step")
        return step == trigger.step
    value: object = happening.detail("change.to")
    return trigger.to is None or value == trigger.to


# Steps --------------------------------------------------------------------------------------------


def _ops(steps: Sequence[Step], path: str, start: int) -> list[Op]:
    """The steps as a program whose first index is `start`."""
    ops: list[Op] = []
    for i, step in enumerate(steps):
        ops += _step(step, f"{path}[{i}]", start + len(ops))
    return ops


def _step(step: Step, path: str, start: int) -> list[Op]:
    if step.do is not None:
        return [Do(path, step.do, step.due)]
    if step.wait is not None:
        return [Pause(path, step.wait)]
    return _branch(step, path, start)


def _branch(step: Step, path: str, start: int) -> list[Op]:
    """Each case: unless it holds go to the next; its steps; go to the end."""
    ops: list[Op] = []
    for i, case in enumerate(step.branch or ()):
        here = f"{path}.branch[{i}]"
        body = _ops(case.steps, f"{here}.steps", start + len(ops) + 1)
        after = start + len(ops) + len(body) + 2
        ops += [Unless(here, case, after), *body, Goto(_END)]
    ops += _ops(step.otherwise, f"{path}.otherwise", start + len(ops))
    end = start + len(ops)
    return [replace(op, to=end) if isinstance(op, Goto) and op.to == _END else op for op in ops]


_END = -1
