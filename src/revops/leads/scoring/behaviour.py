"""What must be known of a contact's activities, each thing once, however many signals ask."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from revops.definitions.scope import Vocabulary
from revops.kit.condition import happenings_of, parse_condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.scoring import Completion, Decay, Negative, ScoringModel, Signal

FOREVER = timedelta(days=365_000)
INBOUND = "COALESCE(direction, 'inbound') = 'inbound'"


@dataclass(frozen=True)
class Match:
    """Which activities are meant.

    Attributes:
        events: Their types; none means every type.
        where: A condition on the activity.
        since_recycle: Whether those before the contact's last recycling are left out.
    """

    events: tuple[str, ...]
    where: str | None = None
    since_recycle: bool = True


@dataclass(frozen=True)
class Feature:
    """How often, and when last, matching activities completed something.

    Attributes:
        match: Which activities.
        count: How many of them, or of their distinct values, complete it.
        within: In a window this long that ends at the last of them.
        distinct: The activity field whose values are counted, instead of activities.
        same_session: Whether they must share the session.
        per_occurrence: Whether every completion gives points, so that their number matters.
        points, decay: Where given, the decayed points of all completions are summed up.
    """

    match: Match
    count: int = 1
    within: timedelta | None = None
    distinct: str | None = None
    same_session: bool = False
    per_occurrence: bool = False
    points: float | None = None
    decay: Decay | None = None

    @property
    def is_plain(self) -> bool:
        """Whether counting and the latest moment are enough to know it."""
        if self.distinct is not None:
            return False
        return self.count == 1 or not (self.within or self.same_session or self.points is not None)

    @property
    def is_each(self) -> bool:
        """Whether every matching activity completes it, so that the match says all of it."""
        return self.count == 1 and self.distinct is None

    @property
    def is_windowed(self) -> bool:
        """Whether it asks for some number of activities in a window, and for nothing else."""
        return not (self.is_plain or self.distinct or self.same_session or self.points is not None)


def feature_of(completion: Completion, *, since_recycle: bool = True) -> Feature:
    """What must be known to tell whether, and when, a signal or negative was completed."""
    events = tuple(sorted(set(completion.events)))
    is_single = completion.count == 1 and completion.distinct is None
    return Feature(
        Match(events, completion.where, since_recycle),
        completion.count,
        completion.within,
        completion.distinct,
        completion.same == "session" and not is_single,
    )


def feature_of_signal(signal: Signal) -> Feature:
    """What must be known to give a signal its points."""
    feature = feature_of(signal)
    if signal.per == "once":
        return feature
    if signal.decay is None:
        return replace(feature, per_occurrence=True)
    return replace(feature, per_occurrence=True, points=signal.points, decay=signal.decay)


def horizon_of(signal: Signal) -> timedelta:
    """The age from which a signal gives nothing: when linear decay has used up its points."""
    decay = signal.decay
    if decay is None or decay.points is None or decay.every is None:
        return FOREVER
    steps = max(math.ceil(signal.points / decay.points), 0)
    return min((decay.after or timedelta()) + steps * decay.every, FOREVER)


def feature_of_negative(negative: Negative) -> Feature:
    """What must be known to tell whether a negative with an event or a silence holds."""
    since_recycle = negative.from_ == "engagement"
    if negative.inactive_for is None:
        return feature_of(negative, since_recycle=since_recycle)
    if negative.of is not None:
        return Feature(Match((negative.of,), None, since_recycle))
    return Feature(Match((), INBOUND, since_recycle))


# An account's engaged contacts are those with inbound activity, whatever sales sent back.
ENGAGED = Feature(Match((), INBOUND, since_recycle=False))


@dataclass
class Behaviour:
    """What a set of models asks of the activities.

    Attributes:
        vocabulary: What conditions on activities may name.
        has_recycles: Whether any contact was ever recycled.
        tells_next: Whether it is asked when summed points next become less.
        horizons: Every different feature, and the age from which nobody asks for its completions.
        reaches: Every different match, and the age from which its activities do not matter.
    """

    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    has_recycles: bool = False
    tells_next: bool = False
    horizons: dict[Feature, timedelta] = field(default_factory=dict)
    reaches: dict[Match, timedelta] = field(default_factory=dict)

    def add(
        self, feature: Feature, horizon: timedelta = FOREVER, seen_for: timedelta = timedelta()
    ) -> None:
        """Ask for a feature.

        Args:
            feature: What is to be known.
            horizon: Completions that are this old need not be known.
            seen_for: How long the latest matching activity must be known, completion or not.
        """
        self.horizons[feature] = max(horizon, self.horizons.get(feature, horizon))
        reach = max(self.reach(feature), seen_for)
        self.reaches[feature.match] = max(reach, self.reaches.get(feature.match, reach))

    def reach(self, feature: Feature) -> timedelta:
        """How old an activity may be and still matter to a feature."""
        if feature.is_each:
            return self.horizons[feature]
        return min(self.horizons[feature] + (feature.within or FOREVER), FOREVER)

    @property
    def features(self) -> dict[Feature, int]:
        """The number of each feature."""
        return {feature: number for number, feature in enumerate(self.horizons)}

    @property
    def bits(self) -> dict[Match, int]:
        """The bit of each match in the mask of an activity; matches of everything have none."""
        marked = [match for match, reach in self.reaches.items() if _is_marked(match, reach)]
        return {match: bit for bit, match in enumerate(marked)}

    def has_own_pass(self, feature: Feature) -> bool:
        """Whether a feature is worked out apart from the pass over the marked activities."""
        return not self.is_marked(feature) or not (feature.is_plain or feature.is_windowed)

    def is_marked(self, feature: Feature) -> bool:
        """Whether the activities of a feature have a bit in the mask."""
        return feature.match in self.bits

    def matched_at(self, match: Match) -> str:
        """The column of the latest activity of a match, in microseconds since 1970."""
        return f"b{self.bits[match]}_at"

    def matched_count(self, match: Match) -> str:
        """The column of how many activities a match has."""
        return f"b{self.bits[match]}_count"

    def at(self, feature: Feature) -> str:
        """The column of the latest completion of a feature, in microseconds since 1970."""
        if feature.is_each and not self.has_own_pass(feature):
            return self.matched_at(feature.match)
        return f"f{self.features[feature]}_at"

    def count(self, feature: Feature) -> str:
        """The column of how often a feature was completed."""
        if feature.is_each and not self.has_own_pass(feature):
            return self.matched_count(feature.match)
        return f"f{self.features[feature]}_count"

    def points(self, feature: Feature) -> str:
        """The column of the decayed points of all completions of a feature."""
        return f"f{self.features[feature]}_points"

    def next_loss(self, feature: Feature) -> str:
        """The column of when the summed points of a feature next become less."""
        return f"f{self.features[feature]}_next"

    def add_happened(self, model: ScoringModel, name: str, length: timedelta) -> list[Feature]:
        """The features that tell when `name` last happened: a type, or a signal of the model."""
        signals = [each for each in model.engagement.signals if each.name == name and each.event]
        features = [Feature(Match((name,))), *(feature_of_signal(signal) for signal in signals)]
        for feature in features:
            self.add(feature, length)
        return features

    def add_model(self, model: ScoringModel, seen_for: timedelta) -> None:
        """Ask for everything that a model needs.

        Args:
            model: The model.
            seen_for: How long the latest activity that a signal matches must be known.
        """
        seen_for = FOREVER if model.engagement.inactivity else seen_for
        for signal in model.engagement.signals:
            if signal.event is not None:
                self.add(feature_of_signal(signal), horizon_of(signal), seen_for)
        for negative in model.negative:
            if negative.when is None:
                self.add(feature_of_negative(negative))
        for text in contact_conditions(model):
            tree = parse_condition(text, self.vocabulary.threshold())
            for name, length in sorted(happenings_of(tree)):
                self.add_happened(model, name, length)


def _is_marked(match: Match, reach: timedelta) -> bool:
    """Whether a match is worth a bit: one of all activities ever would mark every row."""
    return bool(match.events) or reach < FOREVER


def contact_conditions(model: ScoringModel) -> Iterator[str]:
    """The text of each condition of a model on contacts and their scores."""
    yield from (tier.when for each in model.fit.attributes for tier in each.tiers)
    yield from (signal.when for signal in model.engagement.signals if signal.when)
    yield from (negative.when for negative in model.negative if negative.when)
    yield from (suppression.when for suppression in model.suppress)
    yield from model.thresholds.values()
