"""`alignment.yaml`: what the company's words mean, and who must agree before scoring goes live."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from revops.definitions.model import Definition, Name

Wording = Annotated[str, Field(min_length=1, max_length=2000)]


class Term(Definition):
    """One word and what it means here."""

    definition: Annotated[Wording, Field(description="What the company means by it")]
    recommended: Annotated[
        Wording | None, Field(description="What the field usually means, where that differs")
    ] = None
    approved_by: Annotated[
        tuple[Name, ...],
        Field(description="The stakeholders who must approve it; by default all"),
    ] = ()


class Alignment(Definition):
    """The whole of `alignment.yaml`."""

    go_live: Annotated[
        Literal["open", "signed_off"],
        Field(
            description="signed_off: the engine acts only once every term is approved and every "
            "scoring criterion is CONFIRMED, or with a recorded override"
        ),
    ] = "open"
    stakeholders: dict[Name, str] = Field(
        default_factory=dict, description="Who is asked: a short name, and the office"
    )
    terms: dict[Name, Term] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_stakeholders(self) -> Self:
        for name, term in self.terms.items():
            unknown = [each for each in term.approved_by if each not in self.stakeholders]
            if unknown:
                raise ValueError(f"{name}: '{unknown[0]}' is not one of the stakeholders")
        if self.terms and not self.stakeholders:
            raise ValueError("there are terms and no stakeholders who could approve them")
        return self

    def approvers(self, term: str) -> tuple[str, ...]:
        """The stakeholders who must approve a term, in their order."""
        return self.terms[term].approved_by or tuple(self.stakeholders)
