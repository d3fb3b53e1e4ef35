"""What each activity of a contact meets: conditions, the n-th of its kind, the first in a while.

Only what the contact did up to an activity counts for it, whatever is known of later ones; of
activities at the same instant the order is that of their ids.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.kit.condition import bind, parse_condition
from revops.leads.scoring.behaviour import INBOUND
from revops.leads.scoring.expressions import case, column, holds, micros, sub, whole
from revops.leads.scoring.marking import activity_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.kinds import Definitions
    from revops.definitions.scope import Vocabulary
    from revops.definitions.triggers import Trigger

_LISTENING = ("slas", "automations")
RETURN = timedelta(hours=1)
"""Who comes back may do something else first: what is done in this time belongs to the return."""
_OF_SILENCE = 24
"""The return is at most so small a part of a silence: of a short one too it is but a moment."""


def activity_marks(definitions: Definitions, vocabulary: Vocabulary) -> dict[str, exp.Expr]:
    """What an activity may meet, each as a condition on its row, by the place where it is asked.

    The places are those of conditions (`automations.recipes[3].trigger.where`), and of `count` and
    `after_silence` of triggers.
    """
    asked = {
        f"{stem}.{path}": _condition(text, vocabulary)
        for stem in _LISTENING
        for path, text in getattr(definitions, stem).activity_conditions()
    }
    for index, recipe in enumerate(definitions.automations.recipes):
        if recipe.active and recipe.trigger.activity is not None:
            place = f"automations.recipes[{index}].trigger"
            for key, mark in _of_trigger(recipe.trigger, vocabulary):
                asked[f"{place}.{key}"] = mark
    return asked


def _of_trigger(trigger: Trigger, vocabulary: Vocabulary) -> Iterator[tuple[str, exp.Expr]]:
    if trigger.count > 1:
        yield "count", holds(_is_nth(trigger, vocabulary))
    if trigger.after_silence is not None:
        yield "after_silence", holds(_is_return(trigger, trigger.after_silence, vocabulary))


def _is_nth(trigger: Trigger, vocabulary: Vocabulary) -> exp.Expr:
    """The n-th such activity or a later one, of those less than `within` before."""
    such = _such(trigger, vocabulary)
    number = _count_of(such, _ROWS_UP_TO_HERE)
    if trigger.within is not None:
        number = sub(number, _count_of(such, _earlier(trigger.within)))
    return exp.GTE(this=number, expression=whole(trigger.count))


def _is_return(trigger: Trigger, silence: timedelta, vocabulary: Vocabulary) -> exp.Expr:
    """The first such activity since a silence ended, if that was just now."""
    such = _such(trigger, vocabulary)
    before = _earlier(min(RETURN, silence / _OF_SILENCE))
    inbound = _condition(INBOUND, vocabulary)
    last = _over(exp.Max(this=case([(inbound, _t())], None)), before)
    is_silent = exp.GTE(this=sub(_t(), last), expression=whole(micros(silence)))
    returned = sub(_count_of(such, _ROWS_UP_TO_HERE), _count_of(such, before))
    return exp.and_(is_silent, exp.EQ(this=returned, expression=whole(1)))


def _such(trigger: Trigger, vocabulary: Vocabulary) -> exp.Expr:
    """Whether an activity is one that the trigger names."""
    names = [exp.Literal.string(name) for name in trigger.activity or ()]
    is_named = exp.In(this=column("type"), expressions=names)
    if trigger.where is None:
        return is_named
    return exp.and_(is_named, exp.paren(_condition(trigger.where, vocabulary)))


def _condition(text: str, vocabulary: Vocabulary) -> exp.Expr:
    return holds(bind(parse_condition(text, vocabulary.activity()), activity_field))


# Windows over the activities of a contact ---------------------------------------------------------

_ROWS_UP_TO_HERE = exp.WindowSpec(
    kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
)


def _earlier(length: timedelta) -> exp.WindowSpec:
    """What was so long before or longer."""
    return exp.WindowSpec(
        kind="RANGE",
        start="UNBOUNDED",
        start_side="PRECEDING",
        end=whole(micros(length)),
        end_side="PRECEDING",
    )


def _count_of(such: exp.Expr, spec: exp.WindowSpec) -> exp.Expr:
    return _over(exp.Count(this=case([(such.copy(), whole(1))], None)), spec)


def _over(found: exp.Expr, spec: exp.WindowSpec) -> exp.Expr:
    """A figure over the activities of a contact in order; a span of time is ordered by it alone."""
    is_rows = spec.args["kind"] == "ROWS"
    order = [_t(), column("id")] if is_rows else [_t()]
    ordered = exp.Order(expressions=[exp.Ordered(this=each) for each in order])
    return exp.Window(
        this=found, partition_by=[column("contact_id")], order=ordered, spec=spec.copy()
    )


def _t() -> exp.Expr:
    return exp.UnixMicros(this=column("occurred_at"))
