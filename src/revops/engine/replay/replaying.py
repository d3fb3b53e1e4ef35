"""A whole replay: asked and decided in turns, until what was assumed is what was decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from revops.engine.replay.answers import Answers, Asking
from revops.engine.replay.board import Board
from revops.engine.replay.deals import deals, fields_of_deals
from revops.engine.replay.hearing import Hearing
from revops.engine.replay.moments import EVER
from revops.engine.replay.playing import Player
from revops.engine.replay.staging import Stager
from revops.engine.replay.telling import Telling
from revops.engine.replay.track import Track
from revops.kit.errors import RevopsError
from revops.leads.routing import certificate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from revops.definitions.kinds import Definitions
    from revops.definitions.scope import Vocabulary
    from revops.engine.replay.deals import DealState
    from revops.engine.replay.facts import Given, Overlay, Person
    from revops.leads.routing import Absence, Fairness
    from revops.leads.scoring import Past
    from revops.leads.slas.clocks import Clock, State

    SetByPeople = Mapping[str, Sequence[tuple[datetime, str]]]
    Deals = Mapping[str, Sequence[DealState]]

RANGE = 100_000
"""Contacts that are asked about at a time, so that memory stays bounded."""
MOST_TURNS = 200
"""How often a replay may be taken up again because a decision changes an answer."""
_MOST_ALIKE = 8
"""To whom more happened is not likely to be like anybody else."""


@dataclass(frozen=True)
class Replayed:
    """What would have been decided.

    Attributes:
        tracks: The contacts for which more than their stage was decided, by id.
        contacts: How many there were.
        turns: How often contacts were asked about again, because a decision changed an answer.
        player: Who decided.
        fairness: What each member of a pool was due, and what it got.
    """

    tracks: dict[str, Track]
    contacts: int
    turns: int
    player: Player
    fairness: tuple[Fairness, ...] = ()

    def clocks_of(self, track: Track) -> Iterator[Clock]:
        """The clocks of a contact as they stand at the end."""
        return self.player.clocks_of(track)

    def states_of(self, track: Track) -> Iterator[tuple[str, State]]:
        """The service level and the state of each of these clocks."""
        return self.player.states_of(track)


@dataclass
class Replay:
    """Replays a set of definitions on given facts.

    Attributes:
        definitions: The definitions.
        given: The facts; they are prepared by this.
        answers: What is asked.
        absences: Who was away.
        everybody: Whether each contact is decided about by itself, and told of if it moved at all.
    """

    definitions: Definitions
    given: Given
    answers: Answers
    absences: Sequence[Absence] = ()
    everybody: bool = False
    _turns: int = field(default=0)

    def __post_init__(self) -> None:
        self.given.prepare(self.definitions.lifecycle)
        self._telling = Telling(self.answers)
        self._stager = Stager(self._telling, self.given.start, self.given.end)
        self._player = Player(self._telling, self._stager)
        self._hearing = Hearing(self._telling.rules, self.answers.vocabulary)
        self._asking = Asking(self.answers, self.given)
        self._deal_fields = fields_of_deals(self.definitions.lifecycle)

    def run(self, size: int = RANGE) -> Replayed:
        """Decide everything."""
        tracks: dict[str, Track] = {}
        contacts = 0
        for first, last in self.given.ranges(size):
            count, some = self._decided(first, last)
            contacts += count
            tracks |= some
        worked = [each for each in tracks.values() if self._telling.is_worked(each)]
        fairness = self._all(worked)
        return Replayed(tracks, contacts, self._turns, self._player, tuple(fairness))

    # The stages of those asked for

    def _decided(self, first: str, last: str) -> tuple[int, dict[str, Track]]:
        """How many there are, and those for whom more than the stage is to be decided."""
        given = self.given
        given.want(first, last)
        by_people = given.set_by_people()
        deals_ = deals(given.con, given.end, self._deal_fields)
        expected = self._expected(by_people, deals_)
        given.want(first, last)
        self._asking.ask()
        called = given.active(self._hearing.starts) if self._hearing.starts else set()
        most = 0 if self.everybody else _MOST_ALIKE
        first_of = given.alike(self._telling.tells_sql, most, {*by_people, *deals_, *called})

        def tracks(contact_ids: Collection[str]) -> list[Track]:
            given.want_these(contact_ids)
            rows = self._asking.rows()
            found = []
            for person in given.persons():
                id_ = person.contact_id
                each = expected.get(id_) or _begun(person, by_people, deals_)
                each.rows, each.is_called = rows[id_], id_ in called
                each.assumed = self._decided_of(each)
                self._stager.stages(each)
                found.append(each)
            return found

        found = tracks({*first_of.values()})
        alone = {each.person.contact_id for each in found if not self._is_as_others(each)}
        found += tracks([id_ for id_, first in first_of.items() if first in alone and id_ != first])
        self._settle(found)
        kept = [each for each in found if self.everybody or self._telling.is_worked(each)]
        self._hear(kept)
        if self._telling.stage_is_settled:
            for each in kept:
                each.rows, each.deals = self.answers.for_owners(each.rows), ()
        return len(first_of), {each.person.contact_id: each for each in kept}

    def _expected(self, by_people: SetByPeople, deals_: Deals) -> dict[str, Track]:
        """What is decided as far as no score tells, of contacts with deals that end in the time.

        Most often nothing else changes an answer, and so they are asked about once.
        """
        ended = [id_ for id_, states in deals_.items() if any(map(self._ends, states))]
        self.given.want_these(ended)
        found = [_begun(person, by_people, deals_) for person in self.given.persons()]
        for each in found:
            each.rows = (self.answers.nothing,)
            self._stager.stages(each)
        self.given.overlay([(each.person.contact_id, each.overlay) for each in found])
        self._silent(found)
        return {each.person.contact_id: each for each in found}

    def _ends(self, state: DealState) -> bool:
        return state.deal.closed_at is not None and state.since > self.given.start

    def _is_as_others(self, track: Track) -> bool:
        """Whether all to whom the same happened do nothing that is to be told, as this one."""
        return track.is_plain and not self._telling.is_worked(track) and not self._is_stale(track)

    def _hear(self, tracks: Sequence[Track]) -> None:
        """What service levels listen to."""
        told, given = self._hearing.all, self.given
        if not told:
            return
        given.want_these([each.person.contact_id for each in tracks])
        since = EVER if self._hearing.has_pauses else given.start
        heard = given.activities(told, [*self._hearing.conditions.items()], since)
        for each in tracks:
            each.activities = heard.get(each.person.contact_id, ())

    def _settle(self, tracks: Sequence[Track]) -> None:
        """Decide about stages again as often as these change an answer."""
        again = self._asked_again(tracks)
        while again:
            for each in again:
                self._stager.stages(each)
            again = self._asked_again(again)

    def _asked_again(self, tracks: Sequence[Track]) -> list[Track]:
        """Those of which not all was known, or something was decided that was not assumed."""
        silent = self._silent(tracks)
        stale = [each for each in tracks if self._is_stale(each)]
        if stale:
            self._ask_again(stale)
        return list({each.person.contact_id: each for each in (*silent, *stale)}.values())

    def _silent(self, tracks: Sequence[Track]) -> list[Track]:
        """Those whose silence is asked about, once it is known when they did anything."""
        lifecycle = self.definitions.lifecycle
        length = lifecycle.nurture.archive_after
        if length is None:
            return []
        aside = {lifecycle.nurture.stage, *(x.stage for x in lifecycle.rejection_reasons)}
        found = [
            each
            for each in tracks
            if not each.is_silence_known and any(spell.stage in aside for spell in each.spells)
        ]
        if found:
            self.given.want_these([each.person.contact_id for each in found])
            silences = self.given.silences(length)
            for each in found:
                each.is_silence_known = True
                each.silences = silences.get(each.person.contact_id)
        return found

    def _ask_again(self, stale: Sequence[Track]) -> None:
        """Ask for the answers that follow from what was decided."""
        self._turns += 1
        if self._turns > MOST_TURNS:
            raise RevopsError(
                "no-end",
                f"the replay was taken up {MOST_TURNS} times, and decisions still change answers",
                "replay a shorter time",
            )
        self.given.overlay([(each.person.contact_id, each.overlay) for each in stale])
        self.given.want_these([each.person.contact_id for each in stale])
        self._asking.ask()
        rows = self._asking.rows()
        for each in stale:
            each.rows = rows[each.person.contact_id]
            each.assumed = self._decided_of(each)

    def _is_stale(self, track: Track) -> bool:
        return self._decided_of(track) != track.assumed

    def _decided_of(self, track: Track) -> tuple[Overlay, ...]:
        return self.answers.matters(track.overlay, track.beginning())

    # Owners and clocks

    def _all(self, tracks: Sequence[Track]) -> list[Fairness]:
        """Everything together, taken up again as long as owners change an answer."""
        users = [user.id for user in self.definitions.people.users]
        owned = self.given.owned(users)
        while True:
            board = Board(self.definitions, owned, self.absences, self.given.start)
            self._player.all(tracks, board)
            again = self._asked_again(tracks)
            if not again:
                return certificate(board.router.credits())
            for each in again:
                self._stager.stages(each)


def _begun(person: Person, by_people: SetByPeople, deals_: Deals) -> Track:
    """A contact of which all that is known to be decided is what people set."""
    id_ = person.contact_id
    sets = by_people.get(id_, ())
    overlay: list[Overlay] = [(at, "lifecycle_stage", stage) for at, stage in sets]
    return Track(person, set_by_people=sets, deals=deals_.get(id_, ()), overlay=overlay)


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
