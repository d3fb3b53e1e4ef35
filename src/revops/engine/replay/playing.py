"""Owners and clocks during a replay: everything that is decided, in the order of time."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from revops.engine.doing import Doer, Told
from revops.engine.outcome import Outcome
from revops.engine.replay.moments import INSTANT
from revops.engine.replay.telling import CHANGING, changes
from revops.leads.lead import Lead
from revops.leads.scoring.expressions import micros_at
from revops.leads.slas.clocks import SAME_MOMENT, State, clock_id, clocks, states
from revops.leads.slas.review import Kept, review
from revops.leads.slas.timeline import Assignment, Timeline, facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from revops.definitions.actions import Actions
    from revops.engine.replay.answers import Row
    from revops.engine.replay.board import Board
    from revops.engine.replay.staging import Stager
    from revops.engine.replay.telling import Telling
    from revops.engine.replay.track import Track, Turn
    from revops.leads.slas.clocks import Clock
    from revops.leads.slas.review import Review
    from revops.leads.slas.rules import Promise


@dataclass(frozen=True)
class Player:
    """Replays contacts whose stages are known.

    As long as no action sets a stage, the turns that were taken by themselves are followed;
    otherwise everything is decided anew.

    Attributes:
        telling: What tells under the definitions.
        stager: Decides about stages.
    """

    telling: Telling
    stager: Stager

    def all(self, tracks: Iterable[Track], board: Board) -> None:
        """Everything that is decided, in the order of time, then of ids."""
        order = {each.person.contact_id: each for each in tracks}
        due: list[tuple[datetime, str]] = []
        for each in order.values():
            each.begin()
            each.moments = self._moments(each)
            due.append((each.person.came_at, each.person.contact_id))
        heapq.heapify(due)
        last: datetime | None = None
        while due:
            at, contact_id = due[0]
            if at != last:
                board.settle(at)
                last = at
            track = order[contact_id]
            self._look(track, at, board)
            following = track.following(at, self.stager.end)
            if following is None:
                heapq.heappop(due)
            else:
                heapq.heapreplace(due, (following, contact_id))

    def _moments(self, track: Track) -> list[datetime]:
        """When it is to be looked at after the first time, but for its clocks."""
        if not self._follows:
            found = set(self.stager.moments(track))
        else:
            found = {turn.at for turn in track.turns} | {at for at, _ in track.set_by_people}
        found.update(track.changes([self._seen(row) for row in track.rows]))
        heard = self.telling.heard
        found.update(each.at for each in track.activities if each.type in heard)
        return sorted(each for each in found if each > track.person.came_at)

    @property
    def _follows(self) -> bool:
        return self.telling.stage_is_by_rule

    def _seen(self, row: Row) -> tuple[str | None, tuple[int, ...]]:
        """What of a row is to be looked at, besides what stages depend on."""
        return row[self._account], self.telling.applying(row)

    @cached_property
    def _account(self) -> int:
        """The place of the account in rows."""
        return self.telling.answers.columns["account_id"]

    # One look

    def _look(self, track: Track, now: datetime, board: Board) -> None:
        before = board.place(track)
        track.hear(now)
        row = track.row(now)
        track.account = row[self._account]
        turn = self._turn(track, now)
        asks = self._asks(track, turn, row, now)
        is_set = False
        if asks or (turn is not None and any(map(changes, turn.moves[turn.silent :]))):
            is_set = self._decide(track, turn, now, board, asks=asks)
        elif turn is not None:
            track.follow(turn, now)
        track.next_at = self._next_at(track, turn, now, is_set=is_set)
        board.moved(before, board.place(track))

    def _turn(self, track: Track, now: datetime) -> Turn | None:
        """What is decided of the stage now."""
        if not self._follows:
            return self.stager.turn(track, track.lead(self.telling.answers, now), now)
        left = track.turns[track.turned : track.turned + 1]
        return left[0] if left and left[0].at == now else None

    def _asks(self, track: Track, turn: Turn | None, row: Row, now: datetime) -> bool:
        """Whether clocks are to be reviewed, because one may start, or asks to be looked at."""
        kept = track.clocks.values()
        if track.is_unheard or any(x.next_at is not None and x.next_at <= now for x in kept):
            return True
        if turn is not None and (self._may_go_on(kept) or self.telling.may_start(turn)):
            return True
        applying = zip(self.telling.applying(row), track.applying or (0,) * len(row), strict=False)
        heard, since = self.telling.heard, track.looked_at
        return any(word & ~known for word, known in applying) or (
            bool(heard) and any(x.type in heard and since < x.at <= now for x in track.activities)
        )

    def _may_go_on(self, kept: Iterable[Kept]) -> bool:
        """Whether a move may let a clock go on; that one stops it is seen when it asks."""
        return self.telling.has_pauses and _any_open(kept)

    def _next_at(
        self, track: Track, turn: Turn | None, now: datetime, *, is_set: bool
    ) -> datetime | None:
        """When it is to be looked at again though nothing happens to it."""
        moments = [each.next_at for each in track.clocks.values()]
        if track.is_unheard:
            moments.append(now + INSTANT)
        if not self._follows:
            soon = is_set or (turn is not None and any(step.recycles for step in turn.moves))
            moments.append(self.stager.next_at(track, now, soon=soon))
        return min((each for each in moments if each is not None and each > now), default=None)

    def _decide(
        self, track: Track, turn: Turn | None, now: datetime, board: Board, *, asks: bool
    ) -> bool:
        """Do what is to be done; whether an action set the stage."""
        lead = track.lead(self.telling.answers, now)
        outcome = Outcome(lead)
        stage = track.recorded
        if turn is not None:
            for place, step in enumerate(turn.moves):
                for name, value in step.fields.items():
                    outcome.fields[name] = (value, step.because)
                if place >= turn.silent:
                    self._do(outcome, step.actions, step.because, board, now)
            track.take(turn)
            stage = turn.moves[-1].to_stage
        if asks or (outcome.decisions and self._may_tell_clocks(track)):
            self._review(track, lead, outcome, board, now)
        self._keep(track, outcome, now)
        return bool(outcome.value("lifecycle_stage") != stage)

    def _may_tell_clocks(self, track: Track) -> bool:
        """Whether clocks may start or go otherwise because the lead is given to somebody."""
        return self.telling.may_start_by_owner or _any_open(track.clocks.values())

    def _do(
        self, outcome: Outcome, actions: Actions, because: str, board: Board, now: datetime
    ) -> None:
        for action in actions:
            if action.kind in CHANGING:
                doer = Doer(self.telling.answers.definitions, board.router, self._zone, now)
                doer.do(outcome, action, Told("", because, {}))

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.telling.answers.definitions.settings.time_zone)

    def _keep(self, track: Track, outcome: Outcome, now: datetime) -> None:
        """What a pass saves."""
        previous = track.owner
        for each in outcome.decisions:
            track.assignments.append(Assignment(each.at, each.owner, each.sla, previous))
            previous = each.owner
        track.decisions += [replace(x, considered=(), ballots=()) for x in outcome.decisions]
        for name, (value, _) in outcome.fields.items():
            if value != outcome.lead.fields.get(name):
                track.change(name, value, now)

    # Clocks

    def _review(
        self, track: Track, lead: Lead, outcome: Outcome, board: Board, now: datetime
    ) -> None:
        """Take the steps that are due of the clocks that change something."""
        track.looked_at, track.applying = now, self.telling.applying(track.row(now))
        decided = len(outcome.decisions)
        given = [Assignment(now, x.owner, x.sla, track.owner) for x in outcome.decisions]
        timeline = self._timeline(track, given)
        for each in review(
            self.telling.changing_rules, lead, timeline, track.clocks.values(), now, version="",
            since=self._since,
        ):  # fmt: skip
            if each.kept is not None and (each.clock is None or each.clock.id != each.kept.id):
                track.clocks[each.kept.id] = _cancelled(each.kept, now)
            if each.clock is not None:
                track.clocks[each.clock.id] = self._kept(each, each.clock)
                for due in each.steps:
                    if self._changing_steps[each.clock.sla][due.place]:
                        because = f"{each.clock.sla}: {due}"
                        self._do(outcome, due.step.actions, because, board, now)
        track.is_unheard = len(outcome.decisions) > decided

    def _timeline(self, track: Track, given: Sequence[Assignment] = ()) -> Timeline:
        assignments = (*track.assignments, *given)
        return Timeline(track.person.contact_id, track.spells, assignments, tuple(track.activities))

    @property
    def _since(self) -> datetime:
        return self.stager.start + INSTANT

    def _kept(self, each: Review, clock: Clock) -> Kept:
        return Kept(
            clock.id, clock.sla, clock.owner, clock.started_at, clock.due_at, clock.stopped_at,
            clock.state, each.steps_fired, self._wakes_at(clock, each.steps_fired), "",
        )  # fmt: skip

    def _wakes_at(self, clock: Clock, fired: int) -> datetime | None:
        """When the next step is due that changes something: after all those before it."""
        latest = None
        left = zip(self._changing_steps[clock.sla][fired:], clock.step_ats[fired:], strict=False)
        for is_changing, at in left:
            if at is None:
                return None
            latest = at if latest is None else max(at, latest)
            if is_changing:
                return latest
        return None

    @cached_property
    def _changing_steps(self) -> dict[str, list[bool]]:
        return {
            each.sla.name: [any(action.kind in CHANGING for action in step.actions)
                            for step in each.sla.escalations]
            for each in self.telling.changing_rules.promises
        }  # fmt: skip

    # How clocks stand at the end

    def clocks_of(self, track: Track) -> Iterator[Clock]:
        """The clocks of a contact as they stand at the end, those that are waived too.

        All follows from what happened, so nothing need be kept of them on the way.
        """
        lead, timeline, known = self._at_the_end(track)
        rules, end = self.telling.rules, self.stager.end
        return iter(clocks(rules, lead, timeline, end, known=known, since=self._since))

    def states_of(self, track: Track) -> Iterator[tuple[str, State]]:
        """The service level and the state of each of these clocks."""
        lead, timeline, known = self._at_the_end(track)
        rules, end = self.telling.rules, self.stager.end
        return states(rules, lead, timeline, end, known, self._since)

    def _at_the_end(self, track: Track) -> tuple[Lead, Timeline, dict[str, State]]:
        """A contact, what happened to it, and for which starts a service level applied."""
        contact_id, rules = track.person.contact_id, self.telling.rules
        timeline, known = self._timeline(track), dict[str, State]()
        if asking := [each for each in rules.promises if each.applies_to]:
            happened = facts(timeline, track.owner, self.stager.end, rules.keys).happened
            for promise in asking:
                known |= {
                    clock_id(promise.sla.name, contact_id, start.at): State.RUNNING
                    for start in promise.starts.among(happened)
                    if self._applied(track, promise, start.at)
                }
        return Lead(contact_id, {"owner": track.owner}), timeline, known

    def _applied(self, track: Track, promise: Promise, started_at: datetime) -> bool:
        """Whether a service level applied when a clock of it started, or at the same moment."""
        answers = self.telling.answers
        since = micros_at(max(started_at, track.person.came_at))
        until = since + SAME_MOMENT // INSTANT
        ends = [*(row[0] for row in track.rows[1:]), until]
        return any(
            promise.applies_to in answers.holds(row[3 : 3 + answers.words])
            for row, ended in zip(track.rows, ends, strict=True)
            if row[0] < until and since < ended
        )


def _any_open(kept: Iterable[Kept]) -> bool:
    return any(each.stopped_at is None for each in kept)


def _cancelled(kept: Kept, now: datetime) -> Kept:
    return replace(kept, state=State.CANCELLED, next_at=None, stopped_at=now)
