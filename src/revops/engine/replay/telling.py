"""What of a contact decisions depend on, so that most of what happens need not be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from revops.definitions.places import actions_in
from revops.engine.replay.ways import Ways
from revops.leads.slas.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from revops.engine.replay.answers import Answers, Row
    from revops.engine.replay.track import Track, Turn
    from revops.leads.lifecycle import Move

CHANGING = frozenset({"route", "assign", "set", "stage"})
"""The actions that later decisions depend on; the others only tell somebody."""
_OF_STAGE = frozenset({"lifecycle_stage", "recycled_at"})


@dataclass(frozen=True)
class Telling:
    """What tells under a set of definitions.

    Attributes:
        answers: The definitions, and what they ask.
    """

    answers: Answers

    @cached_property
    def rules(self) -> Rules:
        """All service levels."""
        return self._rules(None)

    @cached_property
    def changing_rules(self) -> Rules:
        """The service levels whose escalation changes anything but what people are told."""
        return self._rules(
            frozenset(
                sla.name
                for sla in self.answers.definitions.slas.slas
                if any(each.kind in CHANGING for step in sla.escalations for each in step.actions)
            )
        )

    def _rules(self, among: frozenset[str] | None) -> Rules:
        definitions = self.answers.definitions
        return Rules(definitions.slas, definitions.people, definitions.calendars, among)

    @cached_property
    def stage_is_by_rule(self) -> bool:
        """Whether no action sets the stage, so that what happens to owners does not move leads."""
        definitions = self.answers.definitions
        actions = [*actions_in(definitions.lifecycle), *actions_in(definitions.slas)]
        return not any(
            each.kind == "stage" or (each.kind == "set" and _OF_STAGE & each.given.keys())
            for each in actions
        )

    @cached_property
    def stage_is_settled(self) -> bool:
        """Whether nothing that happens to owners makes the stages to be decided again."""
        return self.stage_is_by_rule and not self.answers.asks_for_owner

    # Of the answers

    @cached_property
    def ways(self) -> Ways:
        """What may lead out of stages."""
        return Ways(self.answers)

    @cached_property
    def tells(self) -> Callable[[Row], tuple[int, ...]]:
        """What of a row the stages depend on."""
        reached, masks = self.ways.reached, self.answers.bits(self.ways.places)
        if len(masks) == 1:
            (mask,) = masks
            return lambda row: (row[1], row[2] & reached, row[3] & mask)
        return lambda row: (
            row[1], row[2] & reached,
            *[word & mask for word, mask in zip(row[3:], masks, strict=False)],
        )  # fmt: skip

    @cached_property
    def tells_sql(self) -> str:
        """The same as SQL, for who does not wait for anything."""
        masks = self.answers.bits(self.ways.plain_places)
        words = [f"q{i} & {mask}" for i, mask in enumerate(masks)]
        first = f"CAST(qualified AS BIGINT), reached & {self.ways.reached}"
        return f"[{', '.join([first, *words])}]"

    def applying(self, row: Row) -> tuple[int, ...]:
        """What of a row says which of the service levels that change something apply."""
        return tuple([w & mask for w, mask in zip(row[3:], self._of_slas, strict=False)])

    @cached_property
    def _of_slas(self) -> tuple[int, ...]:
        return self.answers.bits({each.applies_to for each in self.changing_rules.promises})

    # Of what was decided

    def is_worked(self, track: Track) -> bool:
        """Whether more than its moves is to be decided for a contact."""
        return track.is_called or any(map(self._is_worked, track.moves))

    def _is_worked(self, step: Move) -> bool:
        told = {step.from_stage, step.to_stage}
        return not told.isdisjoint(self._stages_that_matter) or changes(step)

    @cached_property
    def _stages_that_matter(self) -> frozenset[str]:
        """The stages at which a clock may start, and those in which leads count as worked."""
        keys = (key for promise in self.rules.promises for key in promise.starts.keys)
        named = {name for kind, name in keys if kind in {"stage", "left_stage"}}
        stages = self.answers.definitions.lifecycle.stages
        return frozenset(named | {each.name for each in stages if each.qualifies})

    def may_start(self, turn: Turn) -> bool:
        """Whether a clock that changes something may start with these moves."""
        starts = self._starts
        return any(
            ("stage", step.to_stage) in starts
            or ("left_stage", step.from_stage) in starts
            or (step.outcome, "") in starts
            for step in turn.moves
        )

    @cached_property
    def may_start_by_owner(self) -> bool:
        """Whether a clock that changes something may start when a lead is given to somebody."""
        return any(kind in {"assigned", "promised"} for kind, _ in self._starts)

    @cached_property
    def _starts(self) -> frozenset[tuple[str, str]]:
        promises = self.changing_rules.promises
        return frozenset(key for each in promises for key in each.starts.keys)

    @cached_property
    def has_pauses(self) -> bool:
        """Whether a clock that changes something may stand still."""
        return any(each.pauses for each in self.changing_rules.promises)

    @cached_property
    def heard(self) -> frozenset[str]:
        """The activities at which a clock that changes something starts, halts or goes on."""
        promises = self.changing_rules.promises
        matchers = [each.starts for each in promises]
        matchers += [moment for each in promises for pause in each.pauses
                     for moment in pause.moments]  # fmt: skip
        return frozenset(name for each in matchers for kind, name in each.keys
                         if kind == "activity")  # fmt: skip

    def is_plain(self, track: Track) -> bool:
        """Whether no time tells: no deal, no recycling, no earlier qualification."""
        if track.deals or track.recycled_at is not None:
            return False
        if not track.spells:
            return track.recorded is None
        *earlier, now = track.spells
        return (
            track.recorded == now.stage
            and now.stage in self._plain_stages
            and all(each.stage in self._early_stages for each in earlier)
        )

    @cached_property
    def _plain_stages(self) -> frozenset[str]:
        lifecycle = self.answers.definitions.lifecycle
        beside = {lifecycle.nurture.stage, lifecycle.archive.stage}
        beside |= {each.stage or "" for each in lifecycle.rejection_reasons}
        return frozenset({each.name for each in lifecycle.stages if not each.recycles} - beside)

    @cached_property
    def _early_stages(self) -> frozenset[str]:
        """The stages before the first one that qualifies."""
        lifecycle = self.answers.definitions.lifecycle
        return self._plain_stages & {each.name for each in lifecycle.stages[: lifecycle.floor]}


def changes(step: Move) -> bool:
    """Whether anything is done at a move that later decisions depend on."""
    return any(each.kind in CHANGING for each in step.actions)
