"""A model over the whole past: the arithmetic of one instant, fed from step functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from revops.kit.condition import parse_condition
from revops.leads.scoring.behaviour import feature_of_negative, feature_of_signal
from revops.leads.scoring.course.slots import (
    Ageing,
    Count,
    Level,
    Sum,
    ageing_of,
    points_of,
    silence,
    window,
)
from revops.leads.scoring.expressions import (
    case,
    column,
    decayed,
    holds,
    least,
    micros,
    mul,
    number,
    sub,
    whole,
)
from revops.leads.scoring.model import ModelSteps
from revops.leads.scoring.steps import Step

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from revops.definitions.scoring import Negative, ScoringModel, Signal
    from revops.leads.scoring.behaviour import Behaviour
    from revops.leads.scoring.course.slots import Slots

NOW = "now"
"""The column of the moment that a row is for, in microseconds since 1970."""


class CourseModel(ModelSteps):
    """The steps of one model for every moment at which anything changes."""

    def __init__(
        self,
        index: int,
        model: ScoringModel,
        behaviour: Behaviour,
        start: datetime,
        slots: Slots,
        *,
        has_scores: bool = True,
    ) -> None:
        super().__init__(index, model, behaviour, start, has_scores=has_scores)
        self._slots = slots

    def _ending(self) -> list[Step]:
        return [Step(self.name, self._verdict())]

    def threshold(self, name: str) -> exp.Expr:
        """Whether a threshold of the model holds."""
        scope = self.behaviour.vocabulary.threshold()
        return self.bound(parse_condition(self.model.thresholds[name], scope))

    def _signal_points(self, signal: Signal) -> exp.Expr:
        if signal.when is not None:
            return super()._signal_points(signal)
        feature = feature_of_signal(signal)
        if signal.per == "once":
            return self._once(signal)
        if signal.decay is None:
            count = column(self._slots.column(Count(feature)))
            summed: exp.Expr = mul(number(signal.points), count)
        else:
            slot = points_of(feature)
            summed = column(self._slots.column(slot))
            if isinstance(slot, Sum):
                summed = exp.paren(exp.Div(this=summed, expression=number(slot.scale)))
        return summed if signal.max is None else least(summed, number(signal.max))

    def _once(self, signal: Signal) -> exp.Expr:
        ageing = ageing_of(signal.points, signal.decay) if signal.decay is not None else None
        level = column(self._slots.column(Level(feature_of_signal(signal), ageing)))
        left = decayed(signal.points, signal.decay, _age(level, ageing))
        return case([(level.copy() >= whole(1), left)], number(0))

    def _negative_holds(self, negative: Negative) -> exp.Expr:
        if negative.when is not None:
            return super()._negative_holds(negative)
        feature = feature_of_negative(negative)
        if negative.inactive_for is None:
            return column(self._slots.column(Level(feature))) >= whole(1)
        level = column(self._slots.column(Level(feature, silence(negative.inactive_for))))
        created = exp.UnixMicros(this=column("contact.created_at"))
        since_created = sub(column(NOW), created) > whole(micros(negative.inactive_for))
        never = exp.and_(level.copy().eq(whole(0)), holds(since_created))
        return exp.paren(exp.or_(level.eq(whole(2)), never))

    def _last_activity(self) -> exp.Expr:
        return exp.cast(exp.null(), "bigint")  # told by a level instead

    def _activity_factor(self) -> exp.Expr:
        inactivity = self.model.engagement.inactivity
        matches = self._matches()
        if inactivity is None or not matches:
            return number(1)
        slot = Level(matches, Ageing(micros(inactivity.every)))
        level = column(self._slots.column(slot))
        kept = number(1 - inactivity.percent / 100)
        factor = exp.Pow(this=kept, expression=sub(level.copy(), whole(1)))
        return case([(level >= whole(1), factor)], number(1))

    def _happened(self, name: str, length: timedelta) -> exp.Expr:
        features = self.behaviour.add_happened(self.model, name, length)
        slots = [Level(feature, window(length)) for feature in features]
        return exp.paren(exp.or_(*(column(self._slots.column(s)).eq(whole(1)) for s in slots)))


def _age(level: exp.Expr, ageing: Ageing | None) -> exp.Expr:
    """An age at which as many steps have passed as a level says."""
    if ageing is None:
        return whole(0)
    steps = mul(sub(level.copy(), whole(1)), whole(ageing.every))
    return exp.paren(exp.Add(this=steps, expression=whole(ageing.after)))
