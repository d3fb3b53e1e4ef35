"""Examples of what a recipe does: for people to read, and for tests to run."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from revops.definitions.actions import Action, Value
from revops.definitions.model import Definition, Duration, Name
from revops.definitions.triggers import FieldPath
from revops.kit.issue import did_you_mean


class GivenActivity(Definition):
    """An activity of an example."""

    type: Name
    after: Annotated[Duration | None, Field(description="Time since the example began")] = None
    times: Annotated[int, Field(ge=1, le=1000, description="How often it happens")] = 1
    path: str | None = None
    properties: dict[Name, Value] = Field(default_factory=dict)


class Given(Definition):
    """The lead of an example, and what happens to it."""

    stage: Annotated[Name | None, Field(description="The stage it is in")] = None
    fields: dict[FieldPath, Value] = Field(
        default_factory=dict, description="Fields of the contact, account.*, and scores"
    )
    tags: tuple[Name, ...] = ()
    activities: Annotated[
        tuple[GivenActivity, ...], Field(description="What it does, and we with it")
    ] = ()
    record: dict[FieldPath, Value] = Field(
        default_factory=dict, description="The record that sets the recipe off"
    )


def _action_kind(name: str) -> str:
    if name not in Action.model_fields:
        mend = did_you_mean(name, Action.model_fields)
        raise ValueError(f"there is no action '{name}'" + (f"; {mend}" if mend else ""))
    return name


class Example(Definition):
    """What a recipe does for one lead: read by people, run by tests."""

    given: Given = Given()
    then: Annotated[
        tuple[
            Annotated[
                str,
                AfterValidator(_action_kind),
                Field(json_schema_extra={"enum": list(Action.model_fields)}),
            ],
            ...,
        ],
        Field(description="The actions that follow, in order, all waits included"),
    ]
