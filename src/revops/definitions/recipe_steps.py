"""What a recipe does, step by step: it acts, waits, or branches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from revops.definitions.actions import ActionOrWord, Actions
from revops.definitions.model import Condition, Definition, Duration, Name, exactly_one
from revops.definitions.triggers import one_or_more

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Again(Definition):
    """A lead may come into the recipe anew after some time, once it is through."""

    after: Annotated[Duration, Field(description="Time since it came in last")]


class Moment(Definition):
    """A time that the activity or record that set the recipe off names, or some time from it."""

    until: Annotated[
        str,
        Field(
            max_length=120,
            pattern=r"^[a-z_]+(\.\w+)+$",
            description="The place that holds it",
            examples=["activity.properties.starts_at", "renewal.renews_on"],
        ),
    ]
    before: Annotated[Duration | None, Field(description="So long before it")] = None
    after: Annotated[Duration | None, Field(description="So long after it")] = None

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if self.before is not None and self.after is not None:
            raise ValueError("give `before` or `after`, not both")
        return self


class BusinessWait(Definition):
    """Working time, on the calendar of the lead's owner: hours, or days however long each is."""

    model_config = exactly_one("business", "business_days")

    business: Annotated[Duration | None, Field(description="So much working time")] = None
    business_days: Annotated[
        int | None, Field(ge=1, le=1000, description="So many working days")
    ] = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.business is None) == (self.business_days is None):
            raise ValueError("give either business or business_days")
        return self


class WorkingHours(Definition):
    """The next time at which the lead's owner works; at once if that is now."""

    until: Literal["working_hours"]


Wait = Duration | BusinessWait | WorkingHours | Moment
"""How long a step waits."""


class Case(Definition):
    """One way of a branch: exactly one of `when`, `where` and `tagged`, and its steps."""

    model_config = exactly_one("when", "where", "tagged")

    when: Annotated[
        Condition | None, Field(description="Condition on the lead, asked as it comes here")
    ] = None
    where: Annotated[
        Condition | None,
        Field(description="Condition on the activity or record that set the recipe off"),
    ] = None
    tagged: Annotated[Name | None, Field(description="The lead has this tag")] = None
    steps: Annotated[tuple[Step, ...], Field(description="What is done then")] = ()

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(each is not None for each in (self.when, self.where, self.tagged)) != 1:
            raise ValueError("a case of a branch is exactly one of when, where and tagged")
        return self


class Step(Definition):
    """One step of a recipe: exactly one of `do`, `wait` and `branch`."""

    model_config = exactly_one("do", "wait", "branch")

    do: Annotated[
        Actions | None,
        BeforeValidator(one_or_more, json_schema_input_type=(Actions | ActionOrWord)),
        Field(description="What is done, in order"),
    ] = None
    due: Annotated[
        BusinessWait | Moment | None, Field(description="When the tasks of this step are due")
    ] = None
    wait: Annotated[
        Wait | None,
        Field(description="How long to wait; time runs from when the recipe comes here"),
    ] = None
    branch: Annotated[
        tuple[Case, ...] | None, Field(description="The first case that holds is taken")
    ] = None
    otherwise: Annotated[tuple[Step, ...], Field(description="What is done if no case holds")] = ()

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(each is not None for each in (self.do, self.wait, self.branch)) != 1:
            raise ValueError("a step is exactly one of do, wait and branch")
        if self.due is not None and self.do is None:
            raise ValueError("`due` belongs to `do`")
        if self.otherwise and self.branch is None:
            raise ValueError("`otherwise` belongs to `branch`")
        return self


Case.model_rebuild()


def walk(steps: Iterable[Step], path: str) -> Iterator[tuple[str, Step]]:
    """Every step with its path, those in branches after the branch itself."""
    for i, step in enumerate(steps):
        here = f"{path}[{i}]"
        yield here, step
        for n, case in enumerate(step.branch or ()):
            yield from walk(case.steps, f"{here}.branch[{n}].steps")
        yield from walk(step.otherwise, f"{here}.otherwise")
