"""What is asked of contacts besides their scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from revops.kit.condition import fields_of, happenings_of, parse_condition
from revops.leads.scoring.model import SCORES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from revops.definitions.scope import Vocabulary
    from revops.definitions.scoring import ScoringModel
    from revops.leads.scoring.behaviour import Behaviour


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
