"""What an explanation asks besides the score: which tier held, and what qualifying wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.kit.condition import parse_condition
from revops.leads.scoring.expressions import case, column, whole
from revops.leads.scoring.model import QUALIFYING, SCORES, with_columns
from revops.leads.scoring.steps import Role, Step

if TYPE_CHECKING:
    from revops.definitions.scope import Vocabulary
    from revops.definitions.scoring import ScoringModel
    from revops.leads.scoring.model import ModelSteps


def questions(steps: ModelSteps) -> list[Step]:
    """Steps `model<index>_tiers` and `model<index>_needs`, one row a contact in each.

    The first has, for each attribute i, the place of the tier that holds as `a<i>`; the second,
    for each of `requirements`, whether it is met as `r<i>`, and for each suppression, whether it
    holds as `x<i>`.
    """
    return [
        Step(f"{steps.name}_tiers", _tiers(steps), Role.ANSWER),
        Step(f"{steps.name}_needs", _needs(steps), Role.ANSWER),
    ]


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


def _tiers(steps: ModelSteps) -> exp.Select:
    """For each attribute, the place of the tier that holds."""
    held: dict[str, exp.Expr] = {}
    for i, attribute in enumerate(steps.model.fit.attributes):
        places = [
            (steps.about_contact(tier.when), whole(j)) for j, tier in enumerate(attribute.tiers)
        ]
        held[f"a{i}"] = case(places, None)
    return with_columns(held).from_(exp.to_table("known"))


def _needs(steps: ModelSteps) -> exp.Select:
    """For each requirement of qualifying and each suppression, whether it holds."""
    needs = requirements(steps.model, steps.behaviour.vocabulary)
    held = {f"r{i}": steps.bound(need.tree) for i, need in enumerate(needs)}
    for i, suppression in enumerate(steps.model.suppress):
        held[f"x{i}"] = steps.about_contact(suppression.when)
    same = column("contact_id", "k").eq(column("contact_id", "m"))
    scored = (
        exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("k")))
        .select(*(column(name, "m") for name in SCORES))
        .from_(exp.alias_(exp.to_table("known"), "k"))
        .join(exp.alias_(exp.to_table(steps.name), "m"), on=same)
    )
    return with_columns(held).from_(scored.subquery("scored"))
