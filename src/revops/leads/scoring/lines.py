"""The lines of a score: what can give or take points, and where its evidence stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.leads.scoring.behaviour import feature_of_negative, feature_of_signal
from revops.leads.scoring.expressions import column, mul, number, sub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.scoring import ScoringModel, Signal
    from revops.leads.scoring.behaviour import Behaviour, Feature


@dataclass(frozen=True)
class Line:
    """Where one line of a score's explanation comes from: columns and expressions of a model."""

    dimension: str
    name: str
    points: exp.Expr
    raw_points: exp.Expr
    count: exp.Expr
    last: exp.Expr


def lines_of(model: ScoringModel, behaviour: Behaviour) -> Iterator[Line]:
    """The lines that a model can give, adjustments included, in the order of its definition."""
    nothing = exp.null()
    for i, attribute in enumerate(model.fit.attributes):
        given = column(f"a{i}")
        yield Line("fit", attribute.name, given, given.copy(), nothing, nothing)
    for i, signal in enumerate(model.engagement.signals):
        yield _signal_line(f"s{i}", signal, behaviour)
    for i, negative in enumerate(model.negative):
        taken = column(f"n{i}")
        count: exp.Expr = nothing
        last: exp.Expr = nothing
        if negative.when is None:
            count, last = _evidence(feature_of_negative(negative), behaviour)
        yield Line(negative.from_, negative.name, taken, taken.copy(), count, last)
    yield _adjustment("fit", "fit limit", sub(column("fit"), column("fit_sum")))
    if model.engagement.inactivity is not None:
        lost = column("inactivity")
        yield Line("engagement", "inactivity", lost, lost.copy(), nothing, column("last_activity"))
    cut = sub(column("engagement"), column("engagement_sum"))
    yield _adjustment("engagement", "engagement limit", cut)
    for name, weight in (
        ("fit", model.fit.weight),
        ("engagement", model.engagement.weight),
    ):
        if weight != 1:
            change = mul(number(weight - 1), column(name))
            yield _adjustment("total", f"weight of {name}", change)
    cut = sub(column("total"), column("total_sum"))
    yield _adjustment("total", "total limit", cut)


def _signal_line(given: str, signal: Signal, behaviour: Behaviour) -> Line:
    if signal.when is not None:
        points = column(given)
        return Line("engagement", signal.name, points, points.copy(), exp.null(), exp.null())
    feature = feature_of_signal(signal)
    raw = number(signal.points)
    if signal.per == "occurrence":
        raw = mul(raw, column(behaviour.count(feature)))
    return Line("engagement", signal.name, column(given), raw, *_evidence(feature, behaviour))


def _evidence(feature: Feature, behaviour: Behaviour) -> tuple[exp.Expr, exp.Expr]:
    """How many of the activities that still matter matched, and the latest completion."""
    last = column(behaviour.at(feature))
    if feature.match in behaviour.bits:
        return column(behaviour.matched_count(feature.match)), last
    return column(behaviour.count(feature)), last


def _adjustment(dimension: str, name: str, points: exp.Expr) -> Line:
    return Line(dimension, name, points, points.copy(), exp.null(), exp.null())
