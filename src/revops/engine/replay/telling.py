"""What of a contact decisions depend on, so that most looks at it need not decide anything."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from revops.leads.scoring.course import MASKS
from revops.leads.slas.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Hashable

    from revops.engine.replay.answers import Answers, Row
    from revops.engine.replay.track import Track

CHANGING = {"route", "assign", "set", "stage"}
"""The actions that later decisions depend on; the others only tell somebody."""


@dataclass
class Telling:
    """What tells under a set of definitions.

    Attributes:
        answers: The definitions, and what they ask.
    """

    answers: Answers

    def __post_init__(self) -> None:
        definitions = self.answers.definitions
        self._lifecycle = definitions.lifecycle
        self.rules = Rules(definitions.slas, definitions.people, definitions.calendars)

    @cached_property
    def starts(self) -> frozenset[str]:
        """The activities at which a clock may start."""
        keys = (key for promise in self.rules.promises for key in promise.starts.keys)
        return frozenset(name for kind, name in keys if kind == "activity")

    @cached_property
    def _stages_that_matter(self) -> frozenset[str]:
        """The stages at which a clock may start, and those in which leads count as worked."""
        keys = (key for promise in self.rules.promises for key in promise.starts.keys)
        named = {name for kind, name in keys if kind in {"stage", "left_stage"}}
        return frozenset(named | {each.name for each in self._lifecycle.stages if each.qualifies})

    def _tells(self, row: Row) -> Hashable:
        """What of a row the stages depend on."""
        words = zip(row[3:], self._of_lifecycle, strict=False)
        return (row[1], row[2], *[word & mask for word, mask in words])

    def _applying(self, row: Row) -> tuple[int, ...]:
        """What of a row says which service levels apply."""
        return tuple([w & mask for w, mask in zip(row[3:], self._of_slas, strict=False)])

    def _tells_all(self, row: Row) -> Hashable:
        return self._tells(row), self._applying(row)

    @cached_property
    def _slas_that_matter(self) -> frozenset[str]:
        """The service levels whose escalation changes anything but what people are told."""
        return frozenset(
            sla.name
            for sla in self.answers.definitions.slas.slas
            if any(each.kind in CHANGING for step in sla.escalations for each in step.actions)
        )

    def _key(self, track: Track, tells: Hashable) -> Hashable:
        """What its moves depend on, where that is little; None where it is more."""
        if not track.spells or not self._is_simple(track):
            return None
        return (tuple([each.stage for each in track.spells[-2:]]), tells)

    def _is_simple(self, track: Track) -> bool:
        """Whether neither deals, nor recycling, nor an earlier qualification tell anything."""
        if track.deals or track.recycled_at is not None or not track.spells:
            return False
        *earlier, now = track.spells
        return (
            track.recorded == now.stage
            and now.stage in self._plain_stages
            and all(each.stage in self._early_stages for each in earlier)
        )

    @cached_property
    def _plain_stages(self) -> frozenset[str]:
        beside = {self._lifecycle.nurture.stage, self._lifecycle.archive.stage}
        beside |= {each.stage or "" for each in self._lifecycle.rejection_reasons}
        stages = {each.name for each in self._lifecycle.stages if not each.recycles}
        return frozenset(stages - beside)

    @cached_property
    def _early_stages(self) -> frozenset[str]:
        """The stages before the first one that qualifies."""
        floor = self._lifecycle.floor
        return self._plain_stages & {each.name for each in self._lifecycle.stages[:floor]}

    def _bits_of(self, stem: str) -> tuple[int, ...]:
        """In each word of answers, the bits of the conditions of a definition."""
        words = [0] * self.answers.words
        for i, place in enumerate(self.answers.places):
            if place.startswith(f"{stem}."):
                words[i // MASKS] |= 1 << (i % MASKS)
        return tuple(words)

    @cached_property
    def _of_lifecycle(self) -> tuple[int, ...]:
        return self._bits_of("lifecycle")

    @cached_property
    def _of_slas(self) -> tuple[int, ...]:
        return self._bits_of("slas")
