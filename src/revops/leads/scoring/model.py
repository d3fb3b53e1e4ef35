"""One scoring model as steps: points, subtotals, total, thresholds; then scores and lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from revops.kit.condition import bind, parse_condition
from revops.leads.scoring.behaviour import (
    contact_conditions,
    feature_of_negative,
    feature_of_signal,
)
from revops.leads.scoring.expressions import (
    case,
    clamp,
    column,
    decayed,
    greatest,
    holds,
    least,
    micros,
    micros_at,
    mul,
    number,
    periods,
    sub,
    total,
    whole,
)
from revops.leads.scoring.lines import lines_of
from revops.leads.scoring.people import field_column
from revops.leads.scoring.steps import Role, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from revops.definitions.scoring import Negative, ScoringModel, Signal
    from revops.leads.scoring.behaviour import Behaviour, Match

SCORE_COLUMNS = (
    "contact_id",
    "account_id",
    "model",
    "fit",
    "engagement",
    "total",
    "band",
    "qualified",
    "reached",
    "last_activity_at",
)
LINE_COLUMNS = (
    "contact_id",
    "dimension",
    "signal",
    "points",
    "raw_points",
    "count",
    "last_at",
)
SCORES = ("fit", "engagement", "total")
QUALIFYING = ("mql", "mql_override")
TOP = 100.0


class ModelSteps:
    """The steps of one model; they read `known` and end in `model<index>`."""

    def __init__(
        self,
        index: int,
        model: ScoringModel,
        behaviour: Behaviour,
        as_of: datetime,
        *,
        is_whole: bool = False,
        has_scores: bool = True,
    ) -> None:
        """Of note: with `is_whole`, all that was known on the way is kept in the result."""
        self.name = f"model{index}"
        self.index = index
        self.model = model
        self.behaviour = behaviour
        self.now = micros_at(as_of)
        self.is_whole = is_whole
        self.has_scores = has_scores
        self._contact = behaviour.vocabulary.contact()

    def steps(self) -> list[Step]:
        """From the points of each item to the verdict."""
        return [
            Step(f"{self.name}_points", self._points()),
            Step(f"{self.name}_sums", self._sums()),
            Step(f"{self.name}_active", self._active()),
            Step(f"{self.name}_engagement", self._engagement()),
            Step(f"{self.name}_total", self._total()),
            *self._ending(),
        ]

    def _ending(self) -> list[Step]:
        if self.is_whole:
            return [Step(self.name, self._verdict(), Role.KEPT)]
        return [
            Step(f"{self.name}_verdict", self._verdict()),
            Step(self.name, self._result(), Role.KEPT),
        ]

    def scores(self) -> exp.Select:
        """The model's part of `scores`."""
        name = exp.alias_(exp.Literal.string(self.model.name), "model")
        columns = [name if each == "model" else column(each) for each in SCORE_COLUMNS]
        return exp.select(*columns).from_(exp.to_table(self.name))

    def lines(self) -> Iterator[exp.Select]:
        """The model's parts of `lines`, one for each thing that can give points."""
        for line in lines_of(self.model, self.behaviour):
            values = {
                "contact_id": column("contact_id"),
                "dimension": exp.Literal.string(line.dimension),
                "signal": exp.Literal.string(line.name),
                "points": line.points,
                "raw_points": line.raw_points,
                "count": exp.cast(line.count, "bigint"),
                "last_at": _time(line.last),
            }
            query = exp.select(*(exp.alias_(value, name) for name, value in values.items()))
            yield query.from_(exp.to_table(self.name)).where(
                exp.NEQ(this=line.points.copy(), expression=number(0))
            )

    # Points of each item

    def _points(self) -> exp.Select:
        given: dict[str, exp.Expr] = {}
        for i, attribute in enumerate(self.model.fit.attributes):
            tiers = [(self._is_met(tier.when), number(tier.points)) for tier in attribute.tiers]
            given[f"a{i}"] = case(tiers, number(0))
        for i, signal in enumerate(self.model.engagement.signals):
            given[f"s{i}"] = self._signal_points(signal)
        for i, negative in enumerate(self.model.negative):
            held = self._negative_holds(negative)
            given[f"n{i}"] = case([(held, number(negative.points))], number(0))
        mine = column("model").eq(whole(self.index))
        return with_columns(given).from_(exp.to_table("known")).where(mine)

    def _signal_points(self, signal: Signal) -> exp.Expr:
        if signal.when is not None:
            return case([(self._is_met(signal.when), number(signal.points))], number(0))
        feature = feature_of_signal(signal)
        happened = _or_zero(column(self.behaviour.count(feature)))
        if signal.per == "once":
            age = sub(whole(self.now), column(self.behaviour.at(feature)))
            left = decayed(signal.points, signal.decay, age)
            return case([(happened >= whole(1), left)], number(0))
        if signal.decay is not None:
            summed: exp.Expr = exp.Coalesce(
                this=column(self.behaviour.points(feature)), expressions=[number(0)]
            )
        else:
            summed = mul(number(signal.points), happened)
        if signal.max is None:
            return summed
        return least(summed, number(signal.max))

    def _negative_holds(self, negative: Negative) -> exp.Expr:
        if negative.when is not None:
            return self._is_met(negative.when)
        feature = feature_of_negative(negative)
        if negative.inactive_for is None:
            return _or_zero(column(self.behaviour.count(feature))) >= whole(1)
        created = exp.UnixMicros(this=column("contact.created_at"))
        last = exp.Coalesce(this=column(self.behaviour.at(feature)), expressions=[created])
        silence = sub(whole(self.now), last)
        return silence > whole(micros(negative.inactive_for))

    # Subtotals and total

    def _sums(self) -> exp.Select:
        attributes = [column(f"a{i}") for i, _ in enumerate(self.model.fit.attributes)]
        signals = [column(f"s{i}") for i, _ in enumerate(self.model.engagement.signals)]
        fit_sum = total([*attributes, *self._negatives("fit")])
        sums = {
            "fit_sum": fit_sum,
            "fit": clamp(fit_sum.copy(), self.model.fit.max),
            "signal_sum": total(signals),
            "last_activity": self._last_activity(),
        }
        return with_columns(sums).from_(exp.to_table(f"{self.name}_points"))

    def _active(self) -> exp.Select:
        active = mul(column("signal_sum"), self._activity_factor())
        return with_columns({"active_sum": active}).from_(exp.to_table(f"{self.name}_sums"))

    def _engagement(self) -> exp.Select:
        engagement_sum = total([column("active_sum"), *self._negatives("engagement")])
        values = {
            "inactivity": sub(column("active_sum"), column("signal_sum")),
            "engagement_sum": engagement_sum,
            "engagement": clamp(engagement_sum.copy(), self.model.engagement.max),
        }
        return with_columns(values).from_(exp.to_table(f"{self.name}_active"))

    def _total(self) -> exp.Select:
        weighted = [
            mul(number(self.model.fit.weight), column("fit")),
            mul(number(self.model.engagement.weight), column("engagement")),
        ]
        total_sum = total([*weighted, *self._negatives("total")])
        values = {"total_sum": total_sum, "total": clamp(total_sum.copy(), TOP)}
        return with_columns(values).from_(exp.to_table(f"{self.name}_engagement"))

    def _negatives(self, subtotal: str) -> list[exp.Expr]:
        return [
            column(f"n{i}")
            for i, negative in enumerate(self.model.negative)
            if negative.from_ == subtotal
        ]

    def _matches(self) -> tuple[Match, ...]:
        """What the signals of the model match."""
        matches = {
            feature_of_signal(signal).match
            for signal in self.model.engagement.signals
            if signal.event is not None
        }
        return tuple(sorted(matches, key=self.behaviour.bits.__getitem__))

    def _last_activity(self) -> exp.Expr:
        """When the contact last did anything that a signal of the model matches."""
        moments = [column(self.behaviour.matched_at(match)) for match in self._matches()]
        if len(moments) > 1:
            return greatest(*moments)
        return moments[0] if moments else exp.cast(exp.null(), "bigint")

    def _activity_factor(self) -> exp.Expr:
        inactivity = self.model.engagement.inactivity
        if inactivity is None:
            return number(1)
        idle = sub(whole(self.now), column("last_activity"))
        kept = number(1 - inactivity.percent / 100)
        factor = exp.Pow(this=kept, expression=periods(idle, inactivity.every))
        return exp.Coalesce(this=factor, expressions=[number(1)])

    # Verdict

    def _verdict(self) -> exp.Select:
        scope = self.behaviour.vocabulary.threshold()
        hold = {
            name: self.bound(parse_condition(text, scope))
            for name, text in self.model.thresholds.items()
        }
        suppressed = [self.about_contact(each.when) for each in self.model.suppress]
        ready = [hold[name] for name in QUALIFYING if name in hold] or [exp.false()]
        qualified = exp.or_(*(each.copy() for each in ready))
        if suppressed:
            qualified = exp.and_(exp.paren(qualified), exp.not_(exp.paren(exp.or_(*suppressed))))
        names = [
            case([(condition.copy(), exp.Literal.string(name))], None)
            for name, condition in hold.items()
        ]
        reached = exp.ConcatWs(
            expressions=[exp.Literal.string(", "), *names], safe=True, coalesce=True
        )
        return exp.select(
            exp.column(exp.Star()),
            exp.alias_(self._band(), "band"),
            exp.alias_(exp.paren(qualified), "qualified"),
            exp.alias_(reached if names else exp.Literal.string(""), "reached"),
            exp.alias_(_time(column("last_activity")), "last_activity_at"),
        ).from_(exp.to_table(f"{self.name}_total"))

    def _result(self) -> exp.Select:
        """The columns that scores and lines are made of."""
        parts = [
            part
            for line in lines_of(self.model, self.behaviour)
            for part in (line.points, line.raw_points, line.count)
        ]
        parts += [line.last for line in lines_of(self.model, self.behaviour)]
        names = {each.name for part in parts for each in part.find_all(exp.Column)}
        names |= {*SCORE_COLUMNS} - {"model"}
        return exp.select(*(column(name) for name in sorted(names))).from_(
            exp.to_table(f"{self.name}_verdict")
        )

    def _band(self) -> exp.Expr:
        """The band with the greatest start that the total, rounded half up, has reached."""
        rounded = exp.Floor(this=exp.Add(this=column("total"), expression=number(0.5)))
        bands = sorted(self.model.bands, key=lambda band: -band.from_)
        pairs = [
            (rounded.copy() >= number(band.from_), exp.Literal.string(band.name)) for band in bands
        ]
        return case(pairs, exp.cast(exp.null(), "text"))

    def conditions(self) -> Iterator[str]:
        """The text of each condition on contacts and their scores."""
        return contact_conditions(self.model)

    def about_contact(self, text: str) -> exp.Expr:
        """A condition about the contact; false where unknown."""
        return holds(self._is_met(text))

    def bound(self, tree: exp.Expr) -> exp.Expr:
        """A condition about the contact and its scores; false where unknown."""
        return holds(self._bound(tree, SCORES))

    def _is_met(self, text: str) -> exp.Expr:
        """A condition about the contact, unknown where unknown, which is enough for a CASE.

        Without a COALESCE around it, its parts are looked at only where those before leave it open.
        """
        return self._bound(parse_condition(text, self._contact), ())

    def _bound(self, tree: exp.Expr, scores: Sequence[str]) -> exp.Expr:
        def field(name: str) -> exp.Expr:
            if name not in scores:
                return column(field_column(name))
            return column(name) if self.has_scores else exp.cast(exp.null(), "double")

        return bind(tree, field, self._happened)

    def _happened(self, name: str, length: timedelta) -> exp.Expr:
        since = whole(self.now - micros(length))
        features = self.behaviour.add_happened(self.model, name, length)
        recent = [column(self.behaviour.at(feature)) > since.copy() for feature in features]
        return holds(exp.or_(*recent))


def _or_zero(value: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=value, expressions=[whole(0)])


def _time(value: exp.Expr) -> exp.Expr:
    """A moment in microseconds as a time."""
    if isinstance(value, exp.Null):
        return exp.cast(value, "timestamp")
    return exp.func("MAKE_TIMESTAMP", value, dialect="duckdb")


def with_columns(values: Mapping[str, exp.Expr]) -> exp.Select:
    """All columns there are, and these."""
    return exp.select(
        exp.column(exp.Star()), *(exp.alias_(value, name) for name, value in values.items())
    )
