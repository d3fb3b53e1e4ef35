"""`lifecycle.yaml`: the stages a lead passes, who owns each, and what a rejection does."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from revops.definitions.model import Condition, Definition, Duration, Name

Sentence = Annotated[str, Field(min_length=1, max_length=1000)]


def _as_criteria(value: Any) -> Any:
    # Strict validation goes on with what this returns, and knows lists as tuples.
    parts = {"criteria": value} if isinstance(value, list) else value
    if not isinstance(parts, dict):
        return parts
    return {k: tuple(each) if isinstance(each, list) else each for k, each in parts.items()}


class Criteria(Definition):
    """What must hold: sentences for people, and a condition for the engine.

    A plain list of sentences may stand for it.
    """

    criteria: Annotated[tuple[Sentence, ...], Field(description="What must hold, in words")] = ()
    helpful: Annotated[
        tuple[Sentence, ...], Field(description="What speaks for it without being needed")
    ] = ()
    when: Annotated[
        Condition | None,
        Field(description="The same as a condition on the contact and its scores"),
    ] = None


Listed = Annotated[
    Criteria,
    BeforeValidator(_as_criteria, json_schema_input_type=(Criteria | tuple[Sentence, ...])),
]


class Stage(Definition):
    """One stage of the lifecycle."""

    name: Annotated[Name, Field(description="As records name it, such as MQL")]
    label: Annotated[str, Field(description="The name in full")] = ""
    definition: Annotated[str, Field(description="What being in the stage means")] = ""
    owner: Annotated[str, Field(description="Who is responsible, in words")] = ""
    entry: Annotated[Listed, Field(description="When a contact enters")] = Criteria()
    exit: Annotated[Listed, Field(description="When a contact leaves")] = Criteria()
    actions: Annotated[
        tuple[Sentence, ...], Field(description="What is done when a contact enters")
    ] = ()
    sla: Annotated[str, Field(description="What is promised, in words")] = ""
    required_fields: Annotated[
        tuple[Name, ...], Field(description="Fields that must be filled to enter")
    ] = ()
    rejection_reasons: Annotated[
        tuple[Name, ...], Field(description="Codes with which sales may reject here")
    ] = ()


class RejectionReason(Definition):
    """Why sales sends a lead back, and what happens to it then."""

    code: Name
    reason: Annotated[Sentence, Field(description="What the code says")]
    action: Annotated[
        Literal["nurture", "recycle", "archive"],
        Field(
            description="Nurture until something changes, recycle after a time, or archive for good"
        ),
    ] = "nurture"
    after: Annotated[Duration | None, Field(description="Time until the lead comes back")] = None
    note: Annotated[str, Field(description="What to watch for")] = ""

    @model_validator(mode="after")
    def _archived_for_good(self) -> Self:
        if self.action == "archive" and self.after is not None:
            raise ValueError("an archived lead does not come back; remove `after`")
        return self


class Recycling(Definition):
    """What happens to a rejected lead; its engagement starts anew and its fit is kept."""

    stage: Annotated[Name, Field(description="The stage a rejected lead is put in")] = "Recycled"
    frequency: Annotated[str, Field(description="How often nurture writes, in words")] = ""
    content: Annotated[tuple[Sentence, ...], Field(description="What nurture writes")] = ()
    archive_after: Annotated[
        Duration | None, Field(description="Time without engagement after which it is archived")
    ] = None
    trigger: Annotated[str, Field(description="What brings it back to sales, in words")] = ""


class Lifecycle(Definition):
    """The whole of `lifecycle.yaml`; stages in the order in which leads pass them."""

    stages: tuple[Stage, ...] = ()
    rejection_reasons: tuple[RejectionReason, ...] = ()
    recycling: Recycling | None = None

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, names in (
            ("stage", Counter(stage.name for stage in self.stages)),
            ("rejection code", Counter(reason.code for reason in self.rejection_reasons)),
        ):
            twice = [name for name, count in names.items() if count > 1]
            if twice:
                raise ValueError(f"the {what} '{twice[0]}' is given twice")
        return self
