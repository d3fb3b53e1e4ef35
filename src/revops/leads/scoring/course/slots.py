"""The step functions that a score is made of, and how they stand in one row.

Each looks at the moments at which something was completed. A *level* is 0 before the first of
them, 1 from the latest one on, and one more for every step of its ageing since. Levels are small
whole numbers, so that many of them stand side by side in one word, and the sum of all changes so
far is exact. A *count* and a *sum* of whole units have a column of their own, and so has a *value*:
what cannot be told in whole units, and is worked out for each of its moments.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from revops.leads.scoring.behaviour import Feature, Match
from revops.leads.scoring.expressions import DAY, micros

if TYPE_CHECKING:
    from datetime import timedelta

    from revops.definitions.scoring import Decay

Source = Feature | tuple[Match, ...]
"""What is completed: a feature, or any activity of some matches."""

_LONGEST = 100 * 366 * DAY
_BITS_OF_WORD = 62
_FINEST = 1 << 20
_MOST_UNITS = 1 << 40


@dataclass(frozen=True)
class Ageing:
    """How a level rises with the time since the latest completion; in microseconds.

    Attributes:
        every: The length of a step.
        after: What passes before the first step begins.
        most: The steps after which it stays; None for ever more.
    """

    every: int
    after: int = 0
    most: int | None = None


@dataclass(frozen=True)
class Level:
    """What of a source came last, and how long ago; see the module."""

    source: Source
    ageing: Ageing | None = None

    @property
    def bits(self) -> int:
        """How many bits its greatest level takes."""
        if self.ageing is None:
            return 1
        most = self.ageing.most
        return (1 + (_LONGEST // self.ageing.every if most is None else most)).bit_length()


@dataclass(frozen=True)
class Count:
    """How often a feature was completed."""

    source: Feature


@dataclass(frozen=True)
class Sum:
    """The decayed points of all completions of a feature, in whole parts of a point.

    Attributes:
        source: Of what.
        units: What is left of each completion after 0, 1, 2, ... steps; the last is 0.
        scale: How many units are a point.
        ageing: When the steps are.
    """

    source: Feature
    units: tuple[int, ...]
    scale: int
    ageing: Ageing


@dataclass(frozen=True)
class Value:
    """The decayed points of all completions of a feature, where whole units cannot tell them."""

    source: Feature
    ageing: Ageing


Slot = Level | Count | Sum | Value
_T = TypeVar("_T", Level, Count, Sum, Value)


@dataclass
class Slots:
    """All that is asked for, each once, with its column."""

    numbers: dict[Slot, int] = field(default_factory=dict)

    def column(self, slot: Slot) -> str:
        """The column of a slot, which is asked for by this."""
        return f"l{self.numbers.setdefault(slot, len(self.numbers))}"

    def of(self, kind: type[_T]) -> dict[_T, int]:
        """The slots of a kind with their numbers."""
        return {slot: number for slot, number in self.numbers.items() if isinstance(slot, kind)}

    def places(self) -> dict[Level, tuple[int, int]]:
        """For each level its word, and the bit at which it begins there."""
        found: dict[Level, tuple[int, int]] = {}
        word, used = 0, 0
        for level in self.of(Level):
            if used + level.bits > _BITS_OF_WORD:
                word, used = word + 1, 0
            found[level] = (word, used)
            used += level.bits
        return found


def ageing_of(points: float, decay: Decay) -> Ageing:
    """When points given at a moment lose some (scoring reference, Evaluation, 2)."""
    if decay.half_life is not None or decay.every is None:
        return Ageing(DAY)
    every = micros(decay.every)
    if decay.points is None:
        return Ageing(every)
    after = micros(decay.after) if decay.after is not None else 0
    return Ageing(every, after, max(math.ceil(points / decay.points), 0))


def window(length: timedelta) -> Ageing:
    """A level of 1 for so long after a completion, and then of 2."""
    return Ageing(micros(length), most=1)


def silence(length: timedelta) -> Ageing:
    """A level of 1 up to so long after a completion, and then of 2."""
    return Ageing(micros(length) + 1, most=1)


def points_of(feature: Feature) -> Sum | Value:
    """The slot for a feature whose decayed points are summed up."""
    points, decay = feature.points or 0.0, feature.decay
    assert decay is not None  # noqa: S101 - only decayed points are summed up
    ageing = ageing_of(points, decay)
    lost = decay.points
    scale = max(points.as_integer_ratio()[1], lost.as_integer_ratio()[1]) if lost else _FINEST + 1
    if lost is None or ageing.most is None or scale > _FINEST or points * scale > _MOST_UNITS:
        return Value(feature, ageing)
    units = tuple(round(max(points - lost * k, 0) * scale) for k in range(ageing.most + 1))
    return Sum(feature, units, scale, ageing)
