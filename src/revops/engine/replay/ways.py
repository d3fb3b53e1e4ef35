"""Whether a contact may move at all, told from few bits: most of what happens moves nobody."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from revops.definitions.lifecycle import QUALIFIED
from revops.leads.scoring.course import MASKS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from revops.definitions.lifecycle import Criteria, Lifecycle
    from revops.engine.replay.answers import Answers, Row
    from revops.leads.lifecycle import Deal

_FREE_OF_TIME = frozenset({"requalify.unless", "archive.until"})
"""Conditions that end a wait: without one, they tell nothing."""


class Way(NamedTuple):
    """What must hold at least on a way out of a stage.

    Attributes:
        by_score: Whether a threshold must be reached.
        qualified: Whether it is one of them to be qualified.
        reached: The bits of the others.
        place: The number and the bit of the condition, if there is one.
        deal: What a deal must be, if one must.
    """

    by_score: bool
    qualified: bool
    reached: int
    place: tuple[int, int] | None
    deal: str | None

    def is_open(self, row: Row, deals: Sequence[Deal]) -> bool:
        """Whether it may be taken."""
        if self.by_score and not (self.qualified and row[1]) and not row[2] & self.reached:
            return False
        if self.place is not None and not row[3 + self.place[0]] & self.place[1]:
            return False
        return self.deal is None or any(each.state == self.deal for each in deals)


@dataclass(frozen=True)
class Ways:
    """The ways out of stages.

    Attributes:
        answers: The definitions, and what they ask.
    """

    answers: Answers

    def may_move(self, stage: str | None, row: Row, deals: Sequence[Deal]) -> bool:
        """Whether there may be a move, where neither time nor people ask for one."""
        return any(each.is_open(row, deals) for each in self._ways[stage])

    @cached_property
    def _ways(self) -> dict[str | None, list[Way]]:
        """For each stage, what may lead out of it."""
        return {each: list(self._out_of(each)) for each in (None, *self._lifecycle.places)}

    @property
    def _lifecycle(self) -> Lifecycle:
        return self.answers.definitions.lifecycle

    def _out_of(self, name: str | None) -> Iterator[Way]:
        lifecycle = self._lifecycle
        here = lifecycle.ranks.get(name or "")
        rank = -1 if name is None else lifecycle.floor - 1
        if here is not None:
            stage = lifecycle.stages[here]
            rank = rank if stage.recycles else here
            if stage.exit.is_decidable:
                yield self._way(stage.exit, f"stages[{here}].exit")
        for later in range(rank + 1, len(lifecycle.stages)):
            if lifecycle.stages[later].is_by_rule and lifecycle.stages[later].entry.is_decidable:
                yield self._way(lifecycle.stages[later].entry, f"stages[{later}].entry")

    def _way(self, criteria: Criteria, path: str) -> Way:
        names = criteria.thresholds
        place = f"lifecycle.{path}.when" if criteria.when else None
        return Way(
            bool(names), QUALIFIED in names, self._bits_of(names),
            self._place(place) if place else None, criteria.deal,
        )  # fmt: skip

    def _bits_of(self, thresholds: Collection[str]) -> int:
        return sum(1 << i for i, name in enumerate(self.answers.thresholds) if name in thresholds)

    def _place(self, place: str) -> tuple[int, int]:
        number = self.answers.places.index(place)
        return number // MASKS, 1 << (number % MASKS)

    # What tells

    @cached_property
    def reached(self) -> int:
        """The bits of thresholds that any stage asks for."""
        stages = self._lifecycle.stages
        criteria = [part for stage in stages for part in (stage.entry, stage.exit)]
        return self._bits_of({name for part in criteria for name in part.thresholds})

    @cached_property
    def places(self) -> frozenset[str]:
        """The conditions by which rules move anybody."""
        return frozenset(f"lifecycle.{each}" for each in (*self._that_move(), *_FREE_OF_TIME))

    @cached_property
    def plain_places(self) -> frozenset[str]:
        """The same for who does not wait for anything."""
        return frozenset(f"lifecycle.{each}" for each in self._that_move())

    def _that_move(self) -> Iterator[str]:
        lifecycle = self._lifecycle
        for i, stage in enumerate(lifecycle.stages):
            yield f"stages[{i}].exit.when"
            if stage.is_by_rule or stage.recycles:
                yield f"stages[{i}].entry.when"
                yield from (f"stages[{i}].required_fields[{j}]"
                            for j, _ in enumerate(stage.required_fields))  # fmt: skip
        yield from (f"suppress[{i}].when" for i, _ in enumerate(lifecycle.suppress))
