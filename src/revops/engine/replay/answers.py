"""What the definitions ask of contacts over the time of a replay: a row wherever an answer changes.

Conditions may name what is decided (the stage, the owner). So a contact is asked about again once
it is known what was decided, and as often as that changes an answer.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from revops.definitions.places import fields_named
from revops.definitions.scope import conditions
from revops.engine.replay.facts import DECIDED
from revops.kit.condition import fields_of, parse_condition
from revops.leads.scoring import WANTED, Asked, Past, Prepared
from revops.leads.scoring.course import (
    COURSE,
    MASKS,
    Course,
    compile_course,
    thresholds_of,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from revops.definitions.kinds import Definitions
    from revops.definitions.scope import Vocabulary
    from revops.engine.replay.facts import Given, Overlay

ALWAYS = ("account.owner", "account_id")
_ASKING = ("lifecycle", "routing", "slas")
ELSE = "\0else"
_REMEMBERED = 4096
Row = tuple[Any, ...]
"""Moment in microseconds, qualified, reached, the words of answers, scores, fields."""


@dataclass(frozen=True)
class Answers:
    """Asks for a set of definitions.

    Attributes:
        definitions: What is asked.
        vocabulary: What conditions may name.
        past: What history there is.
    """

    definitions: Definitions
    vocabulary: Vocabulary
    past: Past

    @cached_property
    def asked(self) -> Asked:
        """The conditions of lifecycle, routing and service levels, and the fields they use."""
        texts = {
            f"{stem}.{path}": text
            for stem in _ASKING
            for path, text in getattr(self.definitions, stem).conditions()
        }
        known = {*self.vocabulary.threshold().fields}
        parts = (self.definitions.lifecycle, self.definitions.slas)
        told = {name for part in parts for name in fields_named(part)} if self._sets else set()
        wanted = {*ALWAYS, *self.definitions.routing.fields(), *told} - {*DECIDED}
        return Asked(texts, tuple(sorted(wanted & known)))

    @property
    def _sets(self) -> bool:
        parts = (self.definitions.lifecycle, self.definitions.slas)
        return any('"set":{' in part.model_dump_json(exclude_none=True) for part in parts)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The fields told with the answers, in their order."""
        return tuple(sorted(self.asked.all_fields(self.vocabulary)))

    @cached_property
    def columns(self) -> dict[str, int]:
        """The place of each field in a row."""
        return {name: 6 + self.words + i for i, name in enumerate(self.fields)}

    @cached_property
    def places(self) -> tuple[str, ...]:
        """The places of the conditions, in the order of their bits."""
        return tuple(self.asked.conditions)

    @cached_property
    def thresholds(self) -> tuple[str, ...]:
        """The names of thresholds, in the order of their bits."""
        return tuple(thresholds_of(self.definitions.scoring))

    @cached_property
    def words(self) -> int:
        """How many numbers the answers of a row take."""
        return words_of(self.asked)

    @property
    def nothing(self) -> Row:
        """The answers about somebody of whom nothing is known: no condition holds."""
        return (0, False, 0, *[0] * self.words, None, None, None, *[None] * len(self.columns))

    def holds(self, words: tuple[int, ...]) -> frozenset[str]:
        """The places of the conditions that hold."""
        return self._remembered(words, self._holds)

    def reached(self, bits: int) -> frozenset[str]:
        """The names of the thresholds that hold."""
        return self._remembered(bits, self._reached)

    def _holds(self, words: tuple[int, ...]) -> frozenset[str]:
        return frozenset(
            place for i, place in enumerate(self.places) if words[i // MASKS] >> (i % MASKS) & 1
        )

    def _reached(self, bits: int) -> frozenset[str]:
        return frozenset(name for i, name in enumerate(self.thresholds) if bits >> i & 1)

    def _remembered(self, key: Any, find: Callable[[Any], frozenset[str]]) -> frozenset[str]:
        """The same set for the same bits; few are ever asked for."""
        found = self._sets_found.get(key)
        if found is None:
            if len(self._sets_found) >= _REMEMBERED:
                self._sets_found.clear()
            found = self._sets_found[key] = find(key)
        return found

    @cached_property
    def _sets_found(self) -> dict[Any, frozenset[str]]:
        return {}  # as asked for

    def course(self, given: Given) -> Course:
        """The statement over the time."""
        history = {**self.past.history}
        history["contacts"] = {*history.get("contacts", ()), *DECIDED}
        past = replace(self.past, history=history, has_recycles=True)
        return compile_course(
            self.definitions.scoring, self.vocabulary, given.start, given.end,
            past=past, asked=self.asked,
        )  # fmt: skip

    # What is needed once stages are known

    @property
    def asks_for_owner(self) -> bool:
        """Whether an owner changes an answer."""
        return "owner" in self._kinds

    def for_owners(self, rows: Sequence[Row]) -> tuple[Row, ...]:
        """What owners and clocks ask of rows, where that is other than in the row before."""
        kept: list[Row] = []
        for row in rows:
            words = [word & mask for word, mask in zip(row[3:], self._of_owners, strict=False)]
            fields = [_shared(row[place]) if is_told else None for place, is_told in self._told]
            slim = (row[0], False, 0, *words, None, None, None, *fields)
            if not kept or kept[-1][1:] != slim[1:]:
                kept.append(slim)
        return tuple(kept)

    @cached_property
    def _told(self) -> list[tuple[int, bool]]:
        return [(place, name in self.asked.fields) for name, place in self.columns.items()]

    @cached_property
    def _of_owners(self) -> tuple[int, ...]:
        return self.bits({each for each in self.places if not each.startswith("lifecycle.")})

    def bits(self, places: Collection[str]) -> tuple[int, ...]:
        """In each word of answers, the bits of some conditions."""
        words = [0] * self.words
        for i, place in enumerate(self.places):
            if place in places:
                words[i // MASKS] |= 1 << (i % MASKS)
        return tuple(words)

    # Which decisions matter to conditions

    @cached_property
    def _kinds(self) -> dict[str, _Compared | None]:
        """For each field that is asked about, the texts it is compared with.

        None where it is asked about otherwise, so that each value may make a difference.
        """
        scope = self.vocabulary.threshold()
        texts = [each.text for each in conditions(self.definitions.scoring, self.vocabulary)
                 if not each.path.endswith(".where")]  # fmt: skip
        found: dict[str, _Compared | None] = {}
        for text in (*texts, *self.asked.conditions.values()):
            tree = parse_condition(text, scope)
            for name in fields_of(tree) & {*DECIDED}:
                one, other = found.get(name, _Compared()), _compared(tree, name)
                found[name] = None if one is None or other is None else one.beside(other)
        return found

    def matters(self, changes: Sequence[Overlay], before: dict[str, Any]) -> tuple[Overlay, ...]:
        """Of what was decided, what may change an answer.

        Args:
            changes: The decisions in order.
            before: What held at the beginning.
        """
        return tuple(self._matters(changes, dict(before)))

    def _matters(self, changes: Sequence[Overlay], last: dict[str, Any]) -> Iterator[Overlay]:
        for at, field, value in changes:
            if field != "recycled_at" and field not in self._kinds:
                continue
            kind = self._kind(field, value)
            if kind != self._kind(field, last.get(field)):
                yield at, field, value
            last[field] = value

    def _kind(self, field: str, value: Any) -> Any:
        among = self._kinds.get(field)
        if field == "recycled_at" or among is None:
            return value
        if value is None:
            return ELSE if among.is_plain else None
        return value if value in among.texts else ELSE


def _shared(value: Any) -> Any:
    """A text as the one of its kind, because leads have the same few."""
    return sys.intern(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class _Compared:
    """What a field is compared with.

    Attributes:
        texts: The texts.
        is_plain: Whether nothing is as good as any other text: then no condition is negated.
    """

    texts: frozenset[str] = frozenset()
    is_plain: bool = True

    def beside(self, other: _Compared) -> _Compared:
        return _Compared(self.texts | other.texts, self.is_plain and other.is_plain)


def _compared(tree: exp.Expr, name: str) -> _Compared | None:
    """What a field is compared with in a condition; None if anything else is asked of it."""
    found = _Compared()
    for node in tree.find_all(exp.Column):
        if node.name != name:
            continue
        parent = node.parent
        while isinstance(parent, exp.Paren):
            parent = parent.parent
        if isinstance(parent, exp.Is):
            found = found.beside(_Compared(is_plain=False))
            continue
        if not isinstance(parent, exp.In | exp.EQ | exp.NEQ):
            return None
        literals = list(parent.find_all(exp.Literal))
        others = [each for each in parent.find_all(exp.Column) if each is not node]
        if others or not literals:
            return None
        is_plain = not isinstance(parent, exp.NEQ) and _is_positive(parent)
        found = found.beside(_Compared(frozenset(each.name for each in literals), is_plain))
    return found


def _is_positive(node: exp.Expr) -> bool:
    """Whether a comparison that is unknown leaves its whole condition as one that is false."""
    above = node.parent
    while above is not None:
        if not isinstance(above, exp.And | exp.Or | exp.Paren):
            return False
        above = above.parent
    return True


class Asking:
    """Asks about sets of contacts, one after the other, in a connection."""

    def __init__(self, answers: Answers, given: Given) -> None:
        self._answers, self._given = answers, given
        self._prepared: Prepared | None = None
        self._course = answers.course(given)

    def ask(self) -> None:
        """Let the table `answer` have the rows of those asked for."""
        con = self._given.con
        if self._prepared is None:
            if self._course.shared:
                Prepared(con, self._course.shared)
            self._prepared = Prepared(con, self._course.steps)
        else:
            self._prepared.renew()
        con.execute(f"CREATE OR REPLACE TEMP TABLE answer AS FROM {COURSE}")

    def rows(self) -> dict[str, list[Row]]:
        """The rows of the contacts asked for that are in `answer`, in order, by contact."""
        answers = self._answers
        words = [f"q{i}" for i in range(answers.words)]
        columns = ["qualified", "reached", *words, "fit", "engagement", "total"]
        quoted = ", ".join([*columns, *(f'"{name}"' for name in answers.fields)])
        result = self._given.con.execute(
            f"SELECT contact_id, changed_at, {quoted} FROM answer JOIN {WANTED} USING (contact_id)"
            " ORDER BY contact_id, changed_at"
        )
        found: dict[str, list[Row]] = defaultdict(list)
        while some := result.fetchmany(50_000):
            for row in some:
                found[row[0]].append(row[1:])
        return found
