"""Which fields the conditions of a definition may speak of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING

from revops.kit.condition import ConditionError, Scope, fields_of, happenings_of, parse_condition
from revops.records import ACTIVITY_TYPES, DERIVED, RECORDS

if TYPE_CHECKING:
    from sqlglot import exp

    from revops.definitions.scoring import Completion, Scoring, ScoringModel

CustomFields = Mapping[str, Mapping[str, str]]
"""Type of each custom field, by kind of record (plural) and name."""


@dataclass(frozen=True)
class Vocabulary:
    """What a workspace's conditions may name: its lists, its custom fields, its zone."""

    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    custom_fields: CustomFields = field(default_factory=dict)
    zone: tzinfo = UTC

    def fields(self, plural: str) -> dict[str, str]:
        """The type of every field of a kind of record: canonical, derived and custom."""
        known = {each.name: str(each.type) for each in RECORDS[plural].fields}
        derived = {each.name: str(each.type) for each in DERIVED.get(plural, ())}
        custom = {name: str(kind) for name, kind in self.custom_fields.get(plural, {}).items()}
        return {**custom, **derived, **known}

    def contact(self, *, may_ask_happened: bool = True) -> Scope:
        """Conditions about a contact and its account."""
        accounts = {f"account.{name}": kind for name, kind in self.fields("accounts").items()}
        fields = {**self.fields("contacts"), **accounts}
        return Scope(fields, self.lists, may_ask_happened, self.zone)

    def fields_of_contact(self, text: str) -> frozenset[str]:
        """The fields that a condition about a contact names; each text is read once.

        Raises:
            ConditionError: It is wrong.
        """
        if text not in self._read:
            self._read[text] = frozenset(fields_of(parse_condition(text, self.contact())))
        return self._read[text]

    @cached_property
    def _read(self) -> dict[str, frozenset[str]]:
        return {}

    def activity(self) -> Scope:
        """Conditions about one activity."""
        fields = {**self.fields("activities"), "properties.*": "any"}
        return Scope(fields, self.lists, zone=self.zone)

    def threshold(self) -> Scope:
        """Conditions about a contact and its scores."""
        scores = dict.fromkeys(("fit", "engagement", "total"), "decimal")
        return Scope({**self.contact().fields, **scores}, self.lists, True, self.zone)  # noqa: FBT003


@dataclass(frozen=True)
class Placed:
    """A condition of a definition: where it stands, its text and its scope."""

    path: str
    text: str
    scope: Scope

    def parse(self) -> exp.Expr:
        """The checked tree of the condition.

        Raises:
            ConditionError: It is wrong.
        """
        return parse_condition(self.text, self.scope)


def conditions(scoring: Scoring, vocabulary: Vocabulary) -> Iterator[Placed]:
    """Every condition of the scoring definition, in the order of the file."""
    for index, model in enumerate(scoring.models):
        for path, text, scope in _of_model(model, vocabulary):
            if text is not None:
                yield Placed(f"models[{index}].{path}", text, scope)


def _of_model(
    model: ScoringModel, vocabulary: Vocabulary
) -> Iterator[tuple[str, str | None, Scope]]:
    contact = vocabulary.contact()
    yield "applies_to", model.applies_to, vocabulary.contact(may_ask_happened=False)
    for i, attribute in enumerate(model.fit.attributes):
        for j, tier in enumerate(attribute.tiers):
            yield f"fit.attributes[{i}].tiers[{j}].when", tier.when, contact
    for i, signal in enumerate(model.engagement.signals):
        yield f"engagement.signals[{i}].when", signal.when, contact
        yield f"engagement.signals[{i}].where", signal.where, vocabulary.activity()
    for i, negative in enumerate(model.negative):
        yield f"negative[{i}].when", negative.when, contact
        yield f"negative[{i}].where", negative.where, vocabulary.activity()
    for i, suppression in enumerate(model.suppress):
        yield f"suppress[{i}].when", suppression.when, contact
    for name, text in model.thresholds.items():
        yield f"thresholds.{name}", text, vocabulary.threshold()


def check_conditions(
    scoring: Scoring, vocabulary: Vocabulary
) -> Iterator[tuple[Placed, ConditionError]]:
    """Every condition, and every field to count by, that is wrong, with what is wrong."""
    for placed in conditions(scoring, vocabulary):
        try:
            placed.parse()
        except ConditionError as error:
            yield placed, error
    for path, completion in _completions(scoring):
        if completion.distinct is not None:
            placed = Placed(f"{path}.distinct", completion.distinct, vocabulary.activity())
            try:
                parse_condition(f"{completion.distinct} IS NULL", placed.scope)
            except ConditionError as error:
                yield placed, error


def unknown_happenings(scoring: Scoring, vocabulary: Vocabulary) -> Iterator[tuple[Placed, str]]:
    """Every name in a `happened` that is neither a usual activity type nor used by a model."""
    used = {event for _path, completion in _completions(scoring) for event in completion.events}
    signals = {signal.name for model in scoring.models for signal in model.engagement.signals}
    known = {*ACTIVITY_TYPES, *used, *signals}
    for placed in conditions(scoring, vocabulary):
        try:
            names = {name for name, _length in happenings_of(placed.parse())}
        except ConditionError:
            continue
        yield from ((placed, name) for name in sorted(names - known))


def _completions(scoring: Scoring) -> Iterator[tuple[str, Completion]]:
    for index, model in enumerate(scoring.models):
        for i, signal in enumerate(model.engagement.signals):
            yield f"models[{index}].engagement.signals[{i}]", signal
        for i, negative in enumerate(model.negative):
            yield f"models[{index}].negative[{i}]", negative
