"""What an explanation asks besides the score: which tier held, and what qualifying wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.kit.condition import parse_condition
from revops.leads.scoring.expressions import case, whole
from revops.leads.scoring.model import QUALIFYING, with_columns
from revops.leads.scoring.steps import Role, Step

if TYPE_CHECKING:
    from revops.definitions.scope import Vocabulary
    from revops.definitions.scoring import ScoringModel
    from revops.leads.scoring.model import ModelSteps


def questions(steps: ModelSteps) -> Step:
    """The step `model<index>_asked`: all that is known of each contact of a model, one row each.

    Besides, for each attribute i, the place of the tier that holds as `t<i>`; for each of
    `requirements`, whether it is met as `r<i>`; for each suppression, whether it holds as `x<i>`.
    """
    answers = {**_tiers(steps), **_needs(steps)}
    query = with_columns(answers).from_(exp.to_table(steps.name))
    return Step(f"{steps.name}_asked", query, Role.ANSWER)


@dataclass(frozen=True)
class Requirement:
    """One of the things that must all hold for one way to qualify.

    Attributes:
        way: The number of the way to qualify that it belongs to.
        tree: Its checked condition.
    """

    way: int
    tree: exp.Expr


def requirements(model: ScoringModel, vocabulary: Vocabulary) -> list[Requirement]:
    """What qualifying asks for: the thresholds taken apart, first at their ORs, then their ANDs."""
    scope = vocabulary.threshold()
    texts = [model.thresholds[name] for name in QUALIFYING if name in model.thresholds]
    ways = [way for text in texts for way in _parts(parse_condition(text, scope), exp.Or)]
    return [
        Requirement(number, part)
        for number, way in enumerate(ways)
        for part in _parts(way, exp.And)
    ]


def _parts(tree: exp.Expr, of: type[exp.Connector]) -> list[exp.Expr]:
    whole_tree = tree.unnest()
    return list(whole_tree.flatten()) if isinstance(whole_tree, of) else [whole_tree]


def _tiers(steps: ModelSteps) -> dict[str, exp.Expr]:
    """For each attribute, the place of the tier that holds."""
    held: dict[str, exp.Expr] = {}
    for i, attribute in enumerate(steps.model.fit.attributes):
        places = [
            (steps.about_contact(tier.when), whole(j)) for j, tier in enumerate(attribute.tiers)
        ]
        held[f"t{i}"] = case(places, None)
    return held


def _needs(steps: ModelSteps) -> dict[str, exp.Expr]:
    """For each requirement of qualifying and each suppression, whether it holds."""
    needs = requirements(steps.model, steps.behaviour.vocabulary)
    held = {f"r{i}": steps.bound(need.tree) for i, need in enumerate(needs)}
    for i, suppression in enumerate(steps.model.suppress):
        held[f"x{i}"] = steps.about_contact(suppression.when)
    return held
