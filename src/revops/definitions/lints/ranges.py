"""What scores a model can give at most, and whether a condition on them can ever hold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from revops.definitions.scoring import ScoringModel, Signal

Range = tuple[float, float]
_ANY: Range = (-math.inf, math.inf)
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Truth:
    """Whether a condition can be true, and whether it can be anything else."""

    can_hold: bool
    can_fail: bool


MAYBE = Truth(can_hold=True, can_fail=True)
NEVER = Truth(can_hold=False, can_fail=True)
ALWAYS = Truth(can_hold=True, can_fail=False)


def score_ranges(model: ScoringModel) -> dict[str, Range]:
    """The least and greatest fit, engagement and total that the model can give.

    The greatest is that of a contact whom the best tier of each attribute describes, who has
    just completed every signal, and against whom nothing speaks.
    """
    fit = sum(
        max(0.0, *(tier.points for tier in attribute.tiers)) for attribute in model.fit.attributes
    )
    engagement = sum(greatest_points(signal) for signal in model.engagement.signals)
    return _ranges(model, _capped(fit, model.fit.max), _capped(engagement, model.engagement.max))


def ranges_without(model: ScoringModel, subtotal: str) -> dict[str, Range]:
    """The same for a contact whose `fit` or `engagement` is 0."""
    ranges = score_ranges(model)
    greatest = {name: ranges[name][1] for name in ("fit", "engagement")} | {subtotal: 0.0}
    return _ranges(model, greatest["fit"], greatest["engagement"])


def greatest_points(signal: Signal) -> float:
    """The most a signal can give: its cap, or no end of occurrences."""
    if signal.points <= 0:
        return 0.0
    if signal.per == "occurrence":
        return signal.max if signal.max is not None else math.inf
    return signal.points


def _capped(points: float, cap: float | None) -> float:
    return points if cap is None else min(points, cap)


def _ranges(model: ScoringModel, fit: float, engagement: float) -> dict[str, Range]:
    total = _times(model.fit.weight, fit) + _times(model.engagement.weight, engagement)
    return {"fit": (0, fit), "engagement": (0, engagement), "total": (0, min(100.0, total))}


def truth_of(node: exp.Expr, ranges: Mapping[str, Range], happened: Truth = MAYBE) -> Truth:
    """Whether a checked condition can hold, for scores anywhere in these ranges.

    Scores are taken as independent of each other, and other fields as anything: `NEVER` and
    `ALWAYS` are certain, `MAYBE` is not.
    """
    match node:
        case exp.Paren():
            return truth_of(node.this, ranges, happened)
        case exp.And() | exp.Or() | exp.Not():
            return _logic(node, ranges, happened)
        case exp.GT() | exp.GTE() | exp.LT() | exp.LTE() | exp.EQ() | exp.Between():
            return _comparison(node, ranges)
        case exp.Anonymous():
            return happened
        case exp.Boolean():
            # An `in_list` of an empty list is FALSE, too; that says nothing of scores.
            return ALWAYS if node.this else MAYBE
    return MAYBE


def _logic(node: exp.Expr, ranges: Mapping[str, Range], happened: Truth) -> Truth:
    left = truth_of(node.this, ranges, happened)
    if isinstance(node, exp.Not):
        return Truth(left.can_fail, left.can_hold)
    right = truth_of(node.args["expression"], ranges, happened)
    if isinstance(node, exp.And):
        return Truth(left.can_hold and right.can_hold, left.can_fail or right.can_fail)
    return Truth(left.can_hold or right.can_hold, left.can_fail and right.can_fail)


def _comparison(node: exp.Expr, ranges: Mapping[str, Range]) -> Truth:
    this = _range(node.this, ranges)
    if isinstance(node, exp.Between):
        low = _compared(exp.GTE, this, _range(node.args["low"], ranges))
        high = _compared(exp.LTE, this, _range(node.args["high"], ranges))
        return Truth(low.can_hold and high.can_hold, low.can_fail or high.can_fail)
    return _compared(type(node), this, _range(node.args["expression"], ranges))


def _compared(kind: type[exp.Expr], left: Range, right: Range) -> Truth:
    (a, b), (c, d) = left, right
    if -math.inf in {a, b, c, d} or math.isnan(a + b + c + d):
        return MAYBE
    if kind is exp.EQ:
        return Truth(b >= c - _TOLERANCE and d >= a - _TOLERANCE, not a == b == c == d)
    if kind in {exp.LT, exp.LTE}:
        (a, b), (c, d) = right, left
    if kind in {exp.GT, exp.LT}:
        return Truth(b > c + _TOLERANCE, a <= d + _TOLERANCE)
    return Truth(b >= c - _TOLERANCE, a < d - _TOLERANCE)


def _range(node: exp.Expr, ranges: Mapping[str, Range]) -> Range:
    match node:
        case exp.Column():
            return ranges.get(node.name, _ANY)
        case exp.Literal() if not node.is_string:
            return float(node.this), float(node.this)
        case exp.Paren() | exp.Cast():
            return _range(node.this, ranges)
        case exp.Neg() | exp.Add() | exp.Sub() | exp.Mul():
            return _arithmetic(node, ranges)
    return _ANY


def _arithmetic(node: exp.Expr, ranges: Mapping[str, Range]) -> Range:
    a, b = _range(node.this, ranges)
    if isinstance(node, exp.Neg):
        return -b, -a
    c, d = _range(node.args["expression"], ranges)
    if isinstance(node, exp.Add):
        return a + c, b + d
    if isinstance(node, exp.Sub):
        return a - d, b - c
    products = [_times(x, y) for x in (a, b) for y in (c, d)]
    return min(products), max(products)


def _times(x: float, y: float) -> float:
    return 0.0 if 0 in {x, y} else x * y
