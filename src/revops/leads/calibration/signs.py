"""What of a scoring model held for each lead: the columns that calibration weighs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from revops.leads.scoring import LINES_AT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb
    import numpy as np
    from numpy.typing import NDArray

    from revops.definitions.scoring import Attribute, ScoringModel

    Numbers = NDArray[np.float64]

JUDGED = "judged_leads"
"""A table of the leads: nr (from 0), contact_id, as_of."""


class Part(StrEnum):
    """The part of a model that an item is in."""

    ATTRIBUTE = "attribute"
    SIGNAL = "signal"
    NEGATIVE = "negative"


@dataclass(frozen=True)
class Item:
    """What gives points: a level of an attribute, a signal, a negative.

    Attributes:
        part: Where it stands.
        place: Its place there, from 0.
        name: Its name.
        points: The points it has; of an attribute, those of the level.
        weight: What they are multiplied with on their way into the total.
    """

    part: Part
    place: int
    name: str
    points: float
    weight: float

    @property
    def label(self) -> str:
        """Its name, with the level's points for an attribute."""
        return f"{self.name} ({self.points:g})" if self.part is Part.ATTRIBUTE else self.name


@dataclass(frozen=True)
class Sign:
    """An item with its column.

    Attributes:
        item: The item.
        column: For each lead: of a level whether its attribute gave so many points or more; of a
            signal the share of its points it gave, ageing considered; of a negative whether it
            held.
        is_upwards: Whether its weight may only be positive, or only negative.
        has: Which leads have it.
    """

    item: Item
    column: Numbers
    is_upwards: bool
    has: NDArray[np.bool_]

    @property
    def leads(self) -> int:
        """How many leads have it."""
        return int(self.has.sum())

    def part(self, places: NDArray[np.int64]) -> Sign:
        """The same, of some of the leads."""
        return Sign(self.item, self.column[places], self.is_upwards, self.has[places])


def signs_of(con: duckdb.DuckDBPyConnection, model: ScoringModel) -> list[Sign]:
    """Every item of a model with its column, in the order of the definition.

    The levels of an attribute are the different points of its tiers, lowest first, without the
    lowest of all (none, or 0).

    Args:
        con: A connection with `judged_leads` and `lines_at`.
        model: The model that gave the lines.
    """
    given = _given(con)
    found: list[Sign] = []
    for place, attribute in enumerate(model.fit.attributes):
        found += _levels(place, attribute, given(attribute.name), model.fit.weight)
    for place, signal in enumerate(model.engagement.signals):
        if signal.points:
            item = Item(Part.SIGNAL, place, signal.name, signal.points, model.engagement.weight)
            column = given(signal.name) / signal.points
            found.append(Sign(item, column, signal.points > 0, column > 0))
    weights = {"fit": model.fit.weight, "engagement": model.engagement.weight, "total": 1.0}
    for place, negative in enumerate(model.negative):
        weight = weights[negative.from_]
        item = Item(Part.NEGATIVE, place, negative.name, negative.points, weight)
        column = (given(negative.name) != 0).astype(float)
        found.append(Sign(item, column, is_upwards=False, has=column > 0))
    return found


def levels_of(attribute: Attribute) -> list[float]:
    """The different points an attribute can give, none included, lowest first."""
    return sorted({0.0, *(tier.points for tier in attribute.tiers)})


def _levels(place: int, attribute: Attribute, points: Numbers, weight: float) -> Iterator[Sign]:
    for level in levels_of(attribute)[1:]:
        item = Item(Part.ATTRIBUTE, place, attribute.name, level, weight)
        column = (points >= level).astype(float)
        yield Sign(item, column, is_upwards=True, has=points == level)


class _given:  # noqa: N801 - called like the function it stands for
    """The points that a line gave each lead, by the line's name."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        import numpy as np

        rows = con.execute(_POINTS).fetchnumpy()
        counted = con.execute(f"SELECT count(*) FROM {JUDGED}").fetchone() or (0,)
        self._length = int(counted[0])
        self._names = np.asarray(rows["signal"])
        self._nr, self._points = np.asarray(rows["nr"]), np.asarray(rows["points"])

    def __call__(self, name: str) -> Numbers:
        import numpy as np

        found = np.zeros(self._length)
        here = self._names == name
        found[self._nr[here]] = self._points[here]
        return found


_POINTS = f"""
SELECT j.nr, l.signal, l.points
FROM {LINES_AT} AS l JOIN {JUDGED} AS j USING (contact_id, as_of) ORDER BY ALL
"""
