"""When the passing of time alone next changes a contact's score, or what holds of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.kit.condition import happenings_of, parse_condition
from revops.leads.scoring.behaviour import feature_of_negative, feature_of_signal
from revops.leads.scoring.expressions import (
    case,
    column,
    least,
    micros,
    next_step,
    sub,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.leads.scoring.asked import Asked
    from revops.leads.scoring.model import ModelSteps


def next_change(part: ModelSteps, asked: Asked) -> exp.Expr:
    """The first moment after now at which a score or an answer of a model may change.

    It may be early (when the change makes no difference in the end) but is never late.
    """
    moments = [
        *_decays(part),
        *_silences(part),
        *_windows(part, asked),
        *_recycling(part),
    ]
    first = least(column("engaged_next"), *moments)
    return exp.func("MAKE_TIMESTAMP", first, dialect="duckdb")


def _decays(part: ModelSteps) -> Iterator[exp.Expr]:
    for signal in part.model.engagement.signals:
        if signal.event is None or signal.decay is None:
            continue
        feature = feature_of_signal(signal)
        if signal.per == "once":
            yield next_step(column(part.behaviour.at(feature)), signal.decay, part.now)
        else:
            yield column(part.behaviour.next_loss(feature))


def _silences(part: ModelSteps) -> Iterator[exp.Expr]:
    inactivity = part.model.engagement.inactivity
    if inactivity is not None:
        length = whole(micros(inactivity.every))
        idle = sub(whole(part.now), column("last_activity"))
        steps = exp.paren(
            exp.Add(this=exp.IntDiv(this=idle, expression=length), expression=whole(1))
        )
        passed = exp.Mul(this=steps, expression=length.copy())
        yield exp.paren(exp.Add(this=column("last_activity"), expression=passed))
    for negative in part.model.negative:
        if negative.when is None and negative.inactive_for is not None:
            last = exp.Coalesce(
                this=column(part.behaviour.at(feature_of_negative(negative))),
                expressions=[exp.UnixMicros(this=column("contact.created_at"))],
            )
            yield _later(last, negative.inactive_for, part.now, and_one=True)


def _windows(part: ModelSteps, asked: Asked) -> Iterator[exp.Expr]:
    """When the windows of `happened` close."""
    scope = part.behaviour.vocabulary.threshold()
    texts = [*part.conditions(), *asked.conditions.values()]
    happenings = {each for text in texts for each in happenings_of(parse_condition(text, scope))}
    for name, length in sorted(happenings):
        for feature in part.behaviour.add_happened(part.model, name, length):
            yield _later(column(part.behaviour.at(feature)), length, part.now)


def _recycling(part: ModelSteps) -> Iterator[exp.Expr]:
    """When what came before is forgotten, where a recycling is dated ahead."""
    if part.behaviour.has_recycles:
        recycled = exp.UnixMicros(this=column("contact.recycled_at"))
        yield _later(recycled, timedelta(), part.now)


def _later(at: exp.Expr, length: timedelta, now: int, *, and_one: bool = False) -> exp.Expr:
    """A length of time after a moment, where that is still to come."""
    ends = exp.paren(exp.Add(this=at, expression=whole(micros(length) + and_one)))
    return case([(ends > whole(now), ends.copy())], None)
