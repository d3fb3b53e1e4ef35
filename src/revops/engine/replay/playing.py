"""Decides for contacts at the moments of a replay, as a pass of the engine does."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from revops.engine.doing import Doer, Told
from revops.engine.outcome import Outcome
from revops.engine.replay.telling import CHANGING, Telling
from revops.engine.replay.track import INSTANT, Track
from revops.leads.lifecycle import move, next_look
from revops.leads.slas.clocks import State
from revops.leads.slas.review import Kept, review
from revops.leads.slas.timeline import Assignment, Timeline

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from datetime import datetime

    from revops.definitions.actions import Actions
    from revops.engine.replay.board import Board
    from revops.leads.lead import Lead
    from revops.leads.lifecycle import Move, Standing
    from revops.leads.slas.review import Review

_DECIDED_FIELDS = {"lifecycle_stage", "owner", "recycled_at"}


@dataclass
class Player(Telling):
    """Replays contacts under a set of definitions.

    Attributes:
        answers: The definitions, and what they ask.
        start: The beginning: what lies before is settled silently.
        end: The end.
    """

    start: datetime
    end: datetime
    _held: dict[Any, frozenset[str]] = field(default_factory=dict)
    _still: set[Hashable] = field(default_factory=set)
    _first: dict[Hashable, tuple[tuple[Move, ...], int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._zone = ZoneInfo(self.answers.definitions.settings.time_zone)

    # Stages alone, one contact after the other

    def stages(self, track: Track) -> None:
        """The moves of a contact, as if nothing but these were decided."""
        track.begin(frozenset(), self._tells)
        at: datetime | None = track.person.came_at
        while at is not None:
            self._look(track, at, None)
            at = track.after(at, self.end)

    def is_worked(self, track: Track) -> bool:
        """Whether more than its moves is to be decided for a contact."""
        return any(map(self._is_worked, track.moves)) or any(
            each.type in self.starts and each.at > self.start for each in track.activities
        )

    def _is_worked(self, step: Move) -> bool:
        told = {step.from_stage, step.to_stage}
        changing = any(each.kind in CHANGING for each in step.actions)
        return changing or not told.isdisjoint(self._stages_that_matter)

    # All together, in the order of time

    def all(self, tracks: Iterable[Track], board: Board) -> None:
        """Everything that is decided, in the order of time, then of ids."""
        order = {each.person.contact_id: each for each in tracks}
        due: list[tuple[datetime, str]] = []
        for each in order.values():
            each.begin(self.starts, self._tells_all)
            due.append((each.person.came_at, each.person.contact_id))
        heapq.heapify(due)
        last: datetime | None = None
        while due:
            at, contact_id = heapq.heappop(due)
            if at != last:
                board.settle(at)
                last = at
            track = order[contact_id]
            self._look(track, at, board)
            following = track.after(at, self.end)
            if following is None and at < self.end and track.clocks:
                following = self.end  # how its clocks stand then
            if following is not None:
                heapq.heappush(due, (following, contact_id))

    # One look

    def _look(self, track: Track, now: datetime, board: Board | None) -> None:
        before = board.place(track) if board is not None else None
        track.hear(now)
        tells = self._tells(track.row(now))
        key, place = self._key(track, tells), track.place(now, tells)
        stood_so = (key is not None and key in self._still) or (
            place in track.still and (track.still_until is None or now < track.still_until)
        )
        if stood_so and (board is None or not self._is_clock_due(track, now)):
            # Nothing moved then, and no clock asks.
            self._wait(track, now, None, track.still_until if key is None else None)
            if board is not None:
                board.moved(before, board.place(track))
            return
        if not track.spells and board is None and self._follow(track, tells, now):
            return
        lead = track.lead(self.answers, self._held, now)
        standing = track.standing(now)
        is_settling = track.person.is_there and now - track.person.came_at < _settling(track)
        outcome = Outcome(lead)
        steps = move(self._lifecycle, lead, standing, now)
        for step in steps:
            step = replace(step, at=min(step.at, self.start)) if is_settling else step  # noqa: PLW2901
            is_silent = is_settling or _is_history(track, lead, step, outcome)
            outcome.moves.append(step)
            track.silent += is_silent
            standing = standing.after(step)
            for name, value in step.fields.items():
                outcome.fields[name] = (value, step.because)
            if board is not None and not is_silent:
                self._do(outcome, step.actions, step.because, board, now)
        has_new_owner = self._clocks(track, lead, standing, outcome, board, now)
        was_first = not track.spells
        self._keep(track, lead, outcome, standing, now)
        is_news = has_new_owner or _is_news(outcome, steps)
        later = None if self._is_simple(track) else next_look(self._lifecycle, standing, now)
        self._remember(track, steps, key, place, later)
        if was_first and board is None and not is_news and self._is_simple(track):
            self._first[self._beginning(track, tells)] = (steps, track.silent)
        self._wait(track, now, now + INSTANT if is_news else None, later)
        if board is not None:
            board.moved(before, board.place(track))

    def _remember(
        self,
        track: Track,
        steps: tuple[Move, ...],
        key: Hashable,
        place: Hashable,
        later: datetime | None,
    ) -> None:
        """Note that it does not move as it stands, or that it stands anew."""
        if steps:
            track.still = set()
            track.still_until = later
            return
        if track.still_until != later:
            track.still, track.still_until = set(), later
        track.still.add(place)
        if key is not None:
            self._still.add(key)

    def _wait(
        self, track: Track, now: datetime, soon: datetime | None, later: datetime | None
    ) -> None:
        moments = (soon, later, track.next_clock(now, self._slas_that_matter))
        track.next_at = min((x for x in moments if x is not None and x > now), default=None)

    def _beginning(self, track: Track, tells: Hashable) -> Hashable:
        person = track.person
        has_more = bool(track.deals) or track.recycled_at is not None
        at = track.recorded_at is None
        return None if has_more else (person.is_there, track.recorded, at, tells)

    def _follow(self, track: Track, tells: Hashable, now: datetime) -> bool:
        """Take the first moves that another contact took that stood just so."""
        key = self._beginning(track, tells)
        if key is None or key not in self._first:
            return False
        steps, track.silent = self._first[key]
        standing, recorded = track.standing(now), track.recorded
        for place, step in enumerate(steps):
            at = now if place or track.recorded_at is None else min(track.recorded_at, now)
            at = min(at, self.start) if track.person.is_there else at
            mine = replace(step, at=at, because="")
            standing = standing.after(mine)
            track.moves.append(mine)
        track.spells = standing.spells
        if steps and steps[-1].to_stage != recorded:
            track.recorded, track.recorded_at = steps[-1].to_stage, now
            track.overlay.append((now + INSTANT, "lifecycle_stage", track.recorded))
        return True

    def _do(
        self, outcome: Outcome, actions: Actions, because: str, board: Board, now: datetime
    ) -> None:
        for action in actions:
            if action.kind in CHANGING:
                doer = Doer(self.answers.definitions, board.router, self._zone, now)
                doer.do(outcome, action, Told("", because, {}))

    def _is_clock_due(self, track: Track, now: datetime) -> bool:
        """Whether a clock may have started, or one asks to be looked at."""
        if track.is_unheard or (now == self.end and track.clocks):
            return True
        due = any(
            each.next_at is not None and each.next_at <= now and each.sla in self._slas_that_matter
            for each in track.clocks.values()
        )
        applying = zip(self._applying(track.row(now)), track.applying, strict=False)
        if due or any(word & ~known for word, known in applying):
            return True
        return bool(self.starts) and any(
            each.type in self.starts and track.looked_at < each.at <= now
            for each in track.activities
        )

    def _clocks(
        self,
        track: Track,
        lead: Lead,
        standing: Standing,
        outcome: Outcome,
        board: Board | None,
        now: datetime,
    ) -> bool:
        """Review the clocks; whether an escalation gave the lead to somebody."""
        if board is None or not (
            outcome.moves or outcome.decisions or self._is_clock_due(track, now)
        ):  # fmt: skip
            return False
        track.looked_at, track.applying = now, self._applying(track.row(now))
        decided = len(outcome.decisions)
        given = [
            Assignment(now, each.owner, each.sla, lead.fields.get("owner"))
            for each in outcome.decisions
        ]
        timeline = Timeline(
            track.person.contact_id, standing.spells, (*track.assignments, *given),
            tuple(track.activities),
        )  # fmt: skip
        for each in review(
            self.rules, lead, timeline, track.clocks.values(), now, version="",
            since=self.start + INSTANT,
        ):  # fmt: skip
            if each.kept is not None and (each.clock is None or each.clock.id != each.kept.id):
                track.clocks[each.kept.id] = _cancelled(each.kept, now)
            if each.clock is None:
                continue
            track.clocks[each.clock.id] = _kept(each)
            for due in each.steps:
                because = f"{each.clock.sla}: {due}"
                self._do(outcome, due.step.actions, because, board, now)
        track.is_unheard = len(outcome.decisions) > decided
        return track.is_unheard

    def _keep(
        self, track: Track, lead: Lead, outcome: Outcome, standing: Standing, now: datetime
    ) -> None:
        """What a pass saves."""
        track.spells = standing.spells
        track.moves += outcome.moves
        previous = lead.fields.get("owner")
        for each in outcome.decisions:
            track.assignments.append(Assignment(each.at, each.owner, each.sla, previous))
            previous = each.owner
        track.decisions += outcome.decisions
        for name, (value, _) in outcome.fields.items():
            if value == lead.fields.get(name):
                continue
            track.overlay.append((now + INSTANT, name, value))
            match name:
                case "lifecycle_stage":
                    track.recorded, track.recorded_at = value, now
                case "owner":
                    track.owner = value
                case "recycled_at":
                    track.recycled_at = value
                case _:
                    track.fields[name] = value


def _is_news(outcome: Outcome, steps: tuple[Move, ...]) -> bool:
    """Whether what was done is to be looked at an instant later."""
    if any(step.recycles for step in steps):
        return True
    stage = steps[-1].to_stage if steps else outcome.lead.fields.get("lifecycle_stage")
    is_set = outcome.value("lifecycle_stage") != stage
    return is_set or bool(outcome.fields.keys() - _DECIDED_FIELDS)


def _is_history(track: Track, lead: Lead, step: Move, outcome: Outcome) -> bool:
    """Whether a move only takes down where the record had the contact when it came."""
    is_first = not track.spells and not outcome.moves
    there = lead.fields.get("lifecycle_stage") == step.to_stage
    return is_first and step.from_stage is None and there


def _settling(track: Track) -> Any:
    """How long after the beginning a contact that was there is still being settled."""
    recycled = sum(step.recycles for step in track.moves[: track.silent])
    return INSTANT * (1 + recycled)


def _cancelled(kept: Kept, now: datetime) -> Kept:
    return replace(kept, state=State.CANCELLED, next_at=None, stopped_at=now)


def _kept(each: Review) -> Kept:
    clock = each.clock
    assert clock is not None  # noqa: S101 - asked by the caller
    return Kept(
        clock.id, clock.sla, clock.owner, clock.started_at, clock.due_at, clock.stopped_at,
        clock.state, each.steps_fired, each.next_at, "",
    )  # fmt: skip
