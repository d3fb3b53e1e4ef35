"""`rollout.yaml`: the plan by which scoring goes live: phases, their steps, and their gates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator

from revops.definitions.model import Definition

if TYPE_CHECKING:
    from collections.abc import Iterator

Key = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$")]
Sentence = Annotated[str, Field(min_length=1, max_length=500)]


class Item(Definition):
    """One thing to be done, or to be seen to be so."""

    text: Sentence
    proof: Annotated[
        Literal["terms", "criteria", "definitions", "validation", "pilot"] | None,
        Field(description="What the engine itself can see; then nobody ticks it off"),
    ] = None


class Step(Definition):
    """A part of a phase."""

    title: Sentence
    items: Annotated[dict[Key, Item], Field(min_length=1)]

    @field_validator(
        "items",
        mode="before",
        json_schema_input_type=Annotated[dict[Key, Item | Sentence], Field(min_length=1)],
    )
    @classmethod
    def _texts(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            key: {"text": each} if isinstance(each, str) else each for key, each in value.items()
        }


class Phase(Definition):
    """A phase; the next one begins when its gate is passed."""

    name: Key
    title: Sentence
    goal: Sentence
    output: Sentence
    gate: Annotated[Sentence, Field(description="What must be so to go on")]
    steps: Annotated[dict[Key, Step], Field(min_length=1)]

    def items(self) -> Iterator[tuple[str, Item]]:
        """Each item with its id, such as `1a.homework`."""
        for step, each in self.steps.items():
            for key, item in each.items.items():
                yield f"{step}.{key}", item


class Rollout(Definition):
    """The whole of `rollout.yaml`; phases in their order."""

    phases: tuple[Phase, ...] = ()

    @field_validator("phases")
    @classmethod
    def _each_once(cls, value: tuple[Phase, ...]) -> tuple[Phase, ...]:
        names = [name for phase in value for name in (phase.name, *phase.steps)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"'{twice}' is there twice: phases and steps each have one name")
        return value
