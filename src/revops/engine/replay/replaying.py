"""A whole replay: asked and decided in turns, until what was assumed is what was decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from revops.engine.replay.answers import Answers, Asking
from revops.engine.replay.board import Board
from revops.engine.replay.playing import Player
from revops.engine.replay.track import Track
from revops.kit.condition import bind, parse_condition
from revops.kit.errors import RevopsError
from revops.leads.routing import certificate
from revops.leads.scoring.expressions import holds
from revops.leads.scoring.marking import activity_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from revops.definitions.kinds import Definitions
    from revops.definitions.scope import Vocabulary
    from revops.engine.replay.facts import Given
    from revops.leads.routing import Absence, Fairness
    from revops.leads.scoring import Past
    from revops.leads.slas.timeline import Activity

RANGE = 100_000
"""Contacts that are asked about at a time, so that memory stays bounded."""
MOST_TURNS = 200
"""How often a replay may be taken up again because a decision changes an answer."""


@dataclass(frozen=True)
class Replayed:
    """What would have been decided.

    Attributes:
        tracks: The contacts for which anything was decided, by id.
        contacts: How many there were.
        turns: How often contacts were asked about again, because a decision changed an answer.
        fairness: What each member of a pool was due, and what it got.
    """

    tracks: dict[str, Track]
    contacts: int
    turns: int
    fairness: tuple[Fairness, ...] = ()


@dataclass
class Replay:
    """Replays a set of definitions on given facts.

    Attributes:
        definitions: The definitions.
        given: The facts; they are prepared by this.
        answers: What is asked.
        absences: Who was away.
    """

    definitions: Definitions
    given: Given
    answers: Answers
    absences: Sequence[Absence] = ()
    _turns: int = field(default=0)

    def __post_init__(self) -> None:
        self.given.prepare(self.definitions.lifecycle)
        self._player = Player(self.answers, self.given.start, self.given.end)
        self._asking = Asking(self.answers, self.given)

    def run(self, size: int = RANGE) -> Replayed:
        """Decide everything."""
        tracks: dict[str, Track] = {}
        contacts = 0
        for first, last in self.given.ranges(size):
            self.given.want(first, last)
            some = self._tracks()
            contacts += len(some)
            self._settle(some)
            for each in some.values():
                if len(each.moves) > each.silent or self._player.is_worked(each):
                    tracks[each.person.contact_id] = each
        worked = [each for each in tracks.values() if self._player.is_worked(each)]
        if not self._player.starts:
            self.given.want_these([each.person.contact_id for each in worked])
            heard = self._heard()
            for each in worked:
                each.activities = heard.get(each.person.contact_id, ())
        fairness = self._all(worked)
        return Replayed(tracks, contacts, self._turns, tuple(fairness))

    def _tracks(self) -> dict[str, Track]:
        """Those asked for, with all that happened to them."""
        given = self.given
        by_people, deals = given.set_by_people(), given.deals()
        rows = self._asking.rows()
        heard = self._heard() if self._player.starts else {}
        found = {}
        for person in given.persons():
            id_ = person.contact_id
            found[id_] = track = Track(
                person, rows[id_], by_people.get(id_, ()), deals.get(id_, ()),
                heard.get(id_, ()),
            )  # fmt: skip
            sets = [(at, "lifecycle_stage", stage) for at, stage in track.set_by_people]
            track.assumed = self.answers.matters(sets, track.beginning())
        return found

    def _heard(self) -> dict[str, list[Activity]]:
        types = self._player.rules.activity_types
        if not types:
            return {}
        scope = self.answers.vocabulary.activity()
        conditions = [
            (
                f"slas.{path}",
                holds(bind(parse_condition(text, scope), activity_field)).sql("duckdb"),
            )
            for path, text in self.definitions.slas.activity_conditions()
        ]
        return self.given.activities(types, conditions)

    def _settle(self, tracks: dict[str, Track]) -> None:
        """The stages of some contacts, asked again as often as these change an answer."""
        stale: Iterable[Track] = tracks.values()
        while True:
            for each in stale:
                self._player.stages(each)
            for each in self._silent(stale):
                self._player.stages(each)
            stale = self._asked_again(stale)
            if not stale:
                return

    def _silent(self, tracks: Iterable[Track]) -> list[Track]:
        """Those whose silence is asked about, once it is known when they did anything."""
        lifecycle = self.definitions.lifecycle
        if lifecycle.nurture.archive_after is None:
            return []
        aside = {lifecycle.nurture.stage, *(x.stage for x in lifecycle.rejection_reasons)}
        found = [
            each
            for each in tracks
            if each.own_ats is None and any(spell.stage in aside for spell in each.spells)
        ]
        if found:
            self.given.want_these([each.person.contact_id for each in found])
            own = self.given.own_activity()
            for each in found:
                each.own_ats = own.get(each.person.contact_id, ())
        return found

    def _all(self, tracks: Sequence[Track]) -> list[Fairness]:
        """Everything together, taken up again as long as owners change an answer."""
        users = [user.id for user in self.definitions.people.users]
        owned = self.given.owned(users)
        while True:
            board = Board(self.definitions, owned, self.absences, self.given.start)
            self._player.all(tracks, board)
            if not self._silent(tracks) and not self._asked_again(tracks):
                return certificate(board.router.credits())

    def _asked_again(self, tracks: Iterable[Track]) -> list[Track]:
        """Those of which something was decided that was not assumed, asked about again."""
        stale = list(self._stale(tracks))
        if not stale:
            return []
        self._turns += 1
        if self._turns > MOST_TURNS:
            raise RevopsError(
                "no-end",
                f"the replay was taken up {MOST_TURNS} times, and decisions still change answers",
                "replay a shorter time",
            )
        self.given.overlay([(each.person.contact_id, each.overlay) for each in stale])
        self.given.want_these([each.person.contact_id for each in stale])
        rows = self._asking.rows()
        for each in stale:
            each.rows = rows[each.person.contact_id]
        return stale

    def _stale(self, tracks: Iterable[Track]) -> Iterator[Track]:
        for each in tracks:
            decided = self.answers.matters(each.overlay, each.beginning())
            if decided != each.assumed:
                each.assumed = decided
                yield each


def replay(
    definitions: Definitions,
    vocabulary: Vocabulary,
    past: Past,
    given: Given,
    absences: Sequence[Absence] = (),
) -> Replayed:
    """What these definitions would have decided from the beginning of the given facts to their end.

    Args:
        definitions: The definitions.
        vocabulary: What their conditions may name.
        past: What history the facts hold.
        given: The facts.
        absences: Who was away.
    """
    return Replay(definitions, given, Answers(definitions, vocabulary, past), absences).run()
