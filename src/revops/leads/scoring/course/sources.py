"""The moments at which each source of a slot was completed: lead and t, one row a completion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from revops.kit.condition import bind, parse_condition
from revops.leads.scoring.behaviour import FOREVER, Feature
from revops.leads.scoring.course.pieces import query
from revops.leads.scoring.expressions import column, micros, micros_at, whole
from revops.leads.scoring.marking import (
    BITS,
    activity_field,
    activity_steps,
    has_bit,
    mask_of,
    place_in_mask,
)
from revops.leads.scoring.sequence import completion_steps
from revops.leads.scoring.steps import Role, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from revops.leads.scoring.behaviour import Behaviour, Match
    from revops.leads.scoring.course.slots import Source


class Sources:
    """How to see what completed each source."""

    def __init__(
        self, behaviour: Behaviour, sources: Iterable[Source], start: datetime, end: datetime
    ) -> None:
        self.names = {source: f"o{i}" for i, source in enumerate(dict.fromkeys(sources))}
        self._behaviour = behaviour
        self._start, self._end = start, end

    def steps(self) -> list[Step]:
        """Steps that end in one for each of `names`: lead, t, begins, ends; they read `epoch`."""
        steps: list[Step] = []
        if any(not self._has_own_rows(source) for source in self.names):
            steps += activity_steps(self._behaviour, self._start, only_some=True, until=self._end)
            steps.append(Step("acted", self._acted(), Role.KEPT))
        for source, name in self.names.items():
            steps += self._of(source, name)
        return steps

    def _has_own_rows(self, source: Source) -> bool:
        """Whether its activities are not marked, or more must be known of them than when."""
        if not isinstance(source, Feature):
            return False
        is_ordered = source.distinct is not None or source.same_session
        return is_ordered or not self._behaviour.is_marked(source)

    def _of(self, source: Source, name: str) -> Iterator[Step]:
        if not isinstance(source, Feature):
            yield Step(name, self._marked(source))
            return
        own = self._has_own_rows(source)
        if source.is_each:
            rows = self._rows(source) if own else self._marked((source.match,))
            yield Step(name, rows)
            return
        rows = self._rows(source) if own else self._marked((source.match,), is_ordered=True)
        yield from completion_steps(source, name, rows)
        done = (
            f"SELECT p.contact_id AS lead, p.t, e.begins, e.ends FROM {name}_place AS p"
            " JOIN epoch AS e ON e.lead = p.contact_id WHERE p.is_complete"
        )
        yield Step(name, query(done))

    def _acted(self) -> exp.Select:
        """The marked activities of each lead, without what a recycling made forget."""
        words = sorted({mask_of(bit).name for bit in self._behaviour.bits.values()})
        masks = [exp.alias_(self._kept(int(word.removeprefix("matched"))), word) for word in words]
        found = exp.select(
            column("lead", "e"), column("t", "a"), column("begins", "e"), column("ends", "e"),
            *masks,
        )  # fmt: skip
        inner = (
            found.from_(exp.alias_(exp.to_table("activity"), "a"))
            .join(
                exp.alias_(exp.to_table("epoch"), "e"),
                on=column("contact_id", "e").eq(column("contact_id", "a")),
            )
            .where(column("t", "a") < column("ends", "e"))
        )
        some = exp.or_(*(exp.NEQ(this=column(word), expression=whole(0)) for word in words))
        return exp.select("*").from_(inner.subquery("met")).where(some)

    def _kept(self, word: int) -> exp.Expr:
        """The bits of an activity that still count."""
        mask = column(f"matched{word}", "a")
        if not self._behaviour.has_recycles:
            return mask
        always = sum(
            1 << place_in_mask(bit)
            for match, bit in self._behaviour.bits.items()
            if bit // BITS == word and not match.since_recycle
        )
        left = exp.BitwiseAnd(this=mask.copy(), expression=whole(always))
        is_before = column("t", "a") <= column("cutoff", "e")
        return exp.Case(ifs=[exp.If(this=is_before, true=left)], default=mask)

    def _marked(self, matches: tuple[Match, ...], *, is_ordered: bool = False) -> exp.Select:
        """The activities of any of some matches."""
        any_of = exp.or_(*(has_bit(self._behaviour.bits[match]) for match in matches))
        columns: list[exp.Expr] = [column("lead"), column("t"), column("begins"), column("ends")]
        if is_ordered:  # of two at the same moment it does not matter which comes first
            columns = [exp.alias_(column("lead"), "contact_id"), column("t")]
            columns.append(exp.alias_(whole(0), "id"))
        return exp.select(*columns).from_(exp.to_table("acted")).where(any_of)

    def _rows(self, feature: Feature) -> exp.Select:
        """The activities of a feature, with what its completion depends on."""
        t = exp.UnixMicros(this=column("occurred_at", "a"))
        found = query(_ROWS) if not feature.is_each else query(_PLAIN_ROWS)
        if not feature.is_each:
            value = activity_field(feature.distinct) if feature.distinct else exp.null()
            found = found.select(exp.alias_(exp.cast(value, "text"), "value"))
        if feature.match.since_recycle and self._behaviour.has_recycles:
            cutoff = column("cutoff", "e")
            never = exp.Is(this=cutoff, expression=exp.null())
            found = found.where(exp.or_(never, t.copy() > cutoff.copy()))
        reach = self._behaviour.reach(feature)
        if reach < FOREVER:
            found = found.where(t.copy() > whole(micros_at(self._start) - micros(reach)))
        if feature.match.events:
            events = [exp.Literal.string(event) for event in feature.match.events]
            found = found.where(exp.In(this=column("type", "a"), expressions=events))
        if feature.match.where:
            tree = parse_condition(feature.match.where, self._behaviour.vocabulary.activity())
            found = found.where(exp.paren(bind(tree, activity_field)))
        return found


_ROWS = """
SELECT e.lead AS contact_id, a.id AS id, EPOCH_US(a.occurred_at) AS t, a.session_id AS session,
    CASE WHEN a.session_id IS NULL THEN a.id END AS alone
FROM activities AS a JOIN epoch AS e ON e.contact_id = a.contact_id
WHERE EPOCH_US(a.occurred_at) < e.ends
"""
_PLAIN_ROWS = """
SELECT e.lead, EPOCH_US(a.occurred_at) AS t, e.begins, e.ends
FROM activities AS a JOIN epoch AS e ON e.contact_id = a.contact_id
WHERE EPOCH_US(a.occurred_at) < e.ends
"""
