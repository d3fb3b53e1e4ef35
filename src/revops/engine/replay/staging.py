"""The stages of a contact during a replay, as if nothing else were decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from revops.engine.replay.moments import INSTANT
from revops.engine.replay.track import Turn
from revops.leads.lifecycle import Standing, follow, next_look

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from revops.engine.replay.telling import Telling
    from revops.engine.replay.track import Track
    from revops.leads.lead import Lead
    from revops.leads.lifecycle import Move


@dataclass(frozen=True)
class Stager:
    """Moves contacts through the stages, one after the other.

    Attributes:
        telling: What tells under the definitions.
        start: The beginning: what lies before is settled silently.
        end: The end.
    """

    telling: Telling
    start: datetime
    end: datetime

    def stages(self, track: Track) -> None:
        """All moves of a contact."""
        track.begin()
        track.turns = []
        track.moments = self.moments(track)
        at: datetime | None = track.person.came_at
        while at is not None:
            if (
                track.hear(at)
                or at in (track.person.came_at, track.next_at)
                or self._may(track, at)
            ):
                self._look(track, at)
            at = track.following(at, self.end)

    def _may(self, track: Track, now: datetime) -> bool:
        """Whether what happened may move it, where nobody set its stage and no time is up."""
        stage = track.spells[-1].stage if track.spells else None
        return self.telling.ways.may_move(stage, track.row(now), track.known_deals(now))

    def _look(self, track: Track, now: datetime) -> None:
        turn = self.turn(track, track.lead(self.telling.answers, now), now)
        soon = False
        if turn is not None:
            track.turns.append(turn)
            track.follow(turn, now)
            soon = any(step.recycles for step in turn.moves)
        track.next_at = self.next_at(track, now, soon=soon)

    def moments(self, track: Track) -> list[datetime]:
        """When anything happens that stages depend on, after the first look."""
        found = set(track.changes([self.telling.tells(row) for row in track.rows]))
        found.update(at for at, _ in track.set_by_people)
        found.update(each.since for each in track.deals)
        return sorted(each for each in found if each > track.person.came_at)

    def turn(self, track: Track, lead: Lead, now: datetime) -> Turn | None:
        """What is decided of its stage now; None if it stays."""
        standing = track.standing(now)
        lifecycle = self.telling.answers.definitions.lifecycle
        steps, after = follow(lifecycle, lead, standing, now)
        if not steps:
            return None
        is_settling = track.person.is_there and now - track.person.came_at < _settling(track)
        if not is_settling:
            return Turn(now, steps, int(_is_history(track, lead, steps[0])), after.spells)
        settled = tuple([self._before(step) for step in steps])
        if settled != steps:
            after = reduce(Standing.after, settled, standing)
        return Turn(now, settled, len(settled), after.spells)

    def _before(self, step: Move) -> Move:
        """A move that settles what lay before the beginning."""
        return step if step.at <= self.start else replace(step, at=self.start)

    def next_at(self, track: Track, now: datetime, *, soon: bool) -> datetime | None:
        """When time alone may change something.

        Args:
            track: The contact.
            now: After when.
            soon: Whether what was decided is to be looked at an instant later.
        """
        if not soon and self.telling.is_plain(track):
            return None
        track.is_plain = False
        if soon:
            return now + INSTANT
        return next_look(self.telling.answers.definitions.lifecycle, track.standing(now), now)


def _is_history(track: Track, lead: Lead, step: Move) -> bool:
    """Whether a move only takes down where the record had the contact when it came."""
    is_first = not track.spells and step.from_stage is None
    return is_first and lead.fields.get("lifecycle_stage") == step.to_stage


def _settling(track: Track) -> timedelta:
    """How long after the beginning a contact that was there is still being settled."""
    recycled = sum(step.recycles for step in track.moves[: track.silent])
    return INSTANT * (1 + recycled)
