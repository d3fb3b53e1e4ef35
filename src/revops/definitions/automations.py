"""`automations.yaml`: recipes (what is done when something happens), digests, and destinations."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from revops.definitions.actions import Action, Text
from revops.definitions.destinations import Destination
from revops.definitions.model import Condition, Definition, Duration, Name
from revops.definitions.recipe_examples import Example
from revops.definitions.recipe_steps import Again, Case, Step, walk
from revops.definitions.triggers import RecordName, Schedule, TriggerOrWord, one_or_more

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_NESTED = 4
"""Branches inside each other."""
MOST_STEPS = 200
"""Steps of one recipe, those in its branches included."""
_Reader = Annotated[str, Field(min_length=1, max_length=320)]
_Readers = Annotated[tuple[_Reader, ...], Field(min_length=1)]
Placed = tuple[str, str]
"""Where a condition stands in the file, and its text."""


class Recipe(Definition):
    """What is done when something happens."""

    name: Name
    why: Annotated[str, Field(max_length=2000, description="What it is for")] = ""
    active: Annotated[bool, Field(description="Whether it is in use")] = True
    trigger: Annotated[TriggerOrWord, Field(description="What sets it off")]
    when: Annotated[
        Condition | None, Field(description="Only leads for which this holds come in")
    ] = None
    suppress_when: Annotated[
        Condition | None,
        Field(description="Leads for which this holds stay out, and leave if they are in"),
    ] = None
    stop_when: Annotated[
        Condition | None, Field(description="A lead leaves when this holds: it is done with")
    ] = None
    reenroll: Annotated[
        Literal["never", "always"] | Again,
        Field(
            description="Whether a lead comes in again: never; always, even while it is in; or "
            "`after` some time, once it is through"
        ),
    ] = "never"
    per: Annotated[
        Literal["lead", "account"],
        Field(description="Whose turn `reenroll` counts: each lead's, or once for its account"),
    ] = "lead"
    max_per_day: Annotated[
        int | None, Field(ge=1, description="Leads that come in within 24 hours at most")
    ] = None
    max_age: Annotated[
        Duration, Field(description="What happened longer ago, as imports tell, sets nothing off")
    ] = timedelta(days=7)
    calendar: Annotated[
        Name | None, Field(description="Working hours; without it those of the lead's owner")
    ] = None
    steps: Annotated[tuple[Step, ...], Field(min_length=1, description="What is done, in order")]
    examples: Annotated[tuple[Example, ...], Field(description="What it does, by example")] = ()

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        found = list(self.walk())
        if len(found) > MOST_STEPS:
            raise ValueError(f"the recipe has more than {MOST_STEPS} steps")
        deepest = max(path.count(".branch[") + path.count(".otherwise[") for path, _ in found)
        if deepest > MOST_NESTED:
            raise ValueError(f"more than {MOST_NESTED} branches are inside each other")
        return self

    def walk(self) -> Iterator[tuple[str, Step]]:
        """Every step with its path, those in branches after the branch itself."""
        return walk(self.steps, "steps")

    def actions(self) -> Iterator[tuple[str, Action]]:
        """Every action with its path."""
        for path, step in self.walk():
            yield from ((f"{path}.do[{i}]", action) for i, action in enumerate(step.do or ()))

    def cases(self) -> Iterator[tuple[str, Case]]:
        """Every case of a branch with its path."""
        for path, step in self.walk():
            yield from ((f"{path}.branch[{i}]", case) for i, case in enumerate(step.branch or ()))


class Digest(Definition):
    """A summary that is sent again and again."""

    name: Name
    active: Annotated[bool, Field(description="Whether it is in use")] = True
    schedule: Schedule
    to: Annotated[
        _Readers,
        BeforeValidator(one_or_more, json_schema_input_type=(_Reader | _Readers)),
        Field(description="A #channel or a recipient; of `owner`, each gets what is theirs"),
    ]
    what: Annotated[
        Literal["lead_activity", "pipeline", "mqls", "scoring_health"],
        Field(description="What it is about"),
    ]
    when: Annotated[
        Condition | None, Field(description="Only leads for which this holds are in it")
    ] = None
    subject: Text
    body: Text


class Automations(Definition):
    """The whole of `automations.yaml`."""

    destinations: dict[Name, Destination] = Field(
        default_factory=dict,
        description="Where messages go; the first of slack and of email takes what names none",
    )
    recipes: tuple[Recipe, ...] = ()
    digests: tuple[Digest, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, names in (
            ("recipe", Counter(recipe.name for recipe in self.recipes)),
            ("digest", Counter(digest.name for digest in self.digests)),
        ):
            twice = [name for name, count in names.items() if count > 1]
            if twice:
                raise ValueError(f"the {what} '{twice[0]}' is given twice")
        return self

    def conditions(self) -> Iterator[Placed]:
        """The conditions about a lead (scope `Vocabulary.threshold()`)."""
        for index, recipe in enumerate(self.recipes):
            for key in ("when", "suppress_when", "stop_when"):
                yield from _given(f"recipes[{index}].{key}", getattr(recipe, key))
            for path, case in recipe.cases():
                yield from _given(f"recipes[{index}].{path}.when", case.when)
        for index, digest in enumerate(self.digests):
            yield from _given(f"digests[{index}].when", digest.when)

    def record_conditions(self) -> Iterator[tuple[Literal["activity"] | RecordName, str, str]]:
        """The conditions about what sets a recipe off: the kind of record, path and text."""
        for index, recipe in enumerate(self.recipes):
            if record := recipe.trigger.record:
                asked = [("trigger.where", recipe.trigger.where)]
                asked += [(f"{path}.where", case.where) for path, case in recipe.cases()]
                for path, text in asked:
                    for place, found in _given(f"recipes[{index}].{path}", text):
                        yield record, place, found

    def activity_conditions(self) -> Iterator[Placed]:
        """The conditions about one activity (scope `Vocabulary.activity()`)."""
        for record, path, text in self.record_conditions():
            if record == "activity":
                yield path, text


def _given(path: str, text: str | None) -> Iterator[Placed]:
    if text is not None:
        yield path, text
