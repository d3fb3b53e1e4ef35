"""Conditions that others ask of contacts, answered in the statement that scores them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from revops.definitions.scoring import ScoringModel
from revops.kit.condition import parse_condition
from revops.leads.scoring.expressions import column
from revops.leads.scoring.model import SCORES
from revops.leads.scoring.next_change import next_change
from revops.leads.scoring.people import field_column

if TYPE_CHECKING:
    from collections.abc import Collection

    from revops.leads.scoring.asked import Asked
    from revops.leads.scoring.model import ModelSteps

UNSCORED = ScoringModel(name="no model")
"""Stands in for a model with contacts that none accepts, so that they are answered for too."""


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
