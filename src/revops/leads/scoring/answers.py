"""Conditions that others ask of contacts, answered in the statement that scores them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.definitions.scoring import ScoringModel
from revops.kit.condition import fields_of, happenings_of, parse_condition
from revops.leads.scoring.expressions import column
from revops.leads.scoring.model import SCORES
from revops.leads.scoring.next_change import next_change
from revops.leads.scoring.people import field_column

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from revops.definitions.scope import Vocabulary
    from revops.leads.scoring.behaviour import Behaviour
    from revops.leads.scoring.model import ModelSteps

UNSCORED = ScoringModel(name="no model")
"""Stands in for a model with contacts that none accepts, so that they are answered for too."""


@dataclass(frozen=True)
class Asked:
    """What is asked of each contact besides its scores.

    Attributes:
        conditions: Conditions about a contact and its scores, by any name.
        fields: Further fields of the contact and its account to be told.
    """

    conditions: Mapping[str, str] = field(default_factory=dict)
    fields: Collection[str] = ()

    def all_fields(self, vocabulary: Vocabulary) -> set[str]:
        """Every field that is to be told or that a condition names.

        Raises:
            ConditionError: A condition is wrong.
        """
        scope = vocabulary.threshold()
        named = (fields_of(parse_condition(text, scope)) for text in self.conditions.values())
        return {*self.fields}.union(*named) - {*SCORES}

    def register(self, behaviour: Behaviour, model: ScoringModel) -> None:
        """Ask for what the conditions need to know of the contacts of a model."""
        scope = behaviour.vocabulary.threshold()
        for text in self.conditions.values():
            for name, length in sorted(happenings_of(parse_condition(text, scope))):
                behaviour.add_happened(model, name, length)


def answer_columns(asked: Asked) -> dict[str, str]:
    """The column of each condition, by its name."""
    return {name: f"q{place}" for place, name in enumerate(asked.conditions)}


def answers(part: ModelSteps, asked: Asked, fields: Collection[str]) -> exp.Select:
    """A model's part of `answers`: one row a contact.

    Columns: contact_id, account_id, model, fit, engagement, total, band, qualified, reached (the
    last seven NULL, false or empty where no model applies), each of `fields` under its own name,
    a boolean for each condition, `q<place>` (unknown counts as false), and `next_at`: when the
    passing of time alone will next change a score or an answer, NULL if never.
    """
    is_scored = part.model is not UNSCORED
    name = exp.Literal.string(part.model.name) if is_scored else exp.cast(exp.null(), "text")
    scores = [
        exp.alias_(column(each) if is_scored else exp.cast(exp.null(), "double"), each)
        for each in SCORES
    ]
    scope = part.behaviour.vocabulary.threshold()
    columns = answer_columns(asked)
    held = [
        exp.alias_(part.bound(parse_condition(text, scope)), columns[each])
        for each, text in asked.conditions.items()
    ]
    told = [exp.alias_(column(field_column(each)), each, quoted=True) for each in sorted(fields)]
    return exp.select(
        column("contact_id"),
        exp.alias_(name, "model"),
        *scores,
        *(column(each) for each in ("band", "qualified", "reached")),
        *told,
        *held,
        exp.alias_(next_change(part, asked), "next_at"),
    ).from_(exp.to_table(part.name))
