"""Points that weigh the wrong things, and settings of signals that have no effect."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from revops.definitions.lints.finding import Finding, Lint
from revops.definitions.lints.ranges import greatest_points
from revops.definitions.scope import conditions
from revops.kit.condition import ConditionError, happenings_of
from revops.kit.issue import Level, did_you_mean
from revops.records import ACTIVITY_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.kinds import Definitions
    from revops.definitions.scoring import ScoringModel, Signal

NEEDS = {"scoring"}
_HIGH_INTENT = {"demo_request", "contact_sales", "trial_signup"}
_DOWNLOADS = {"content_download"}
_OPENS = {"email_open"}
_LOW_INTENT_LIMIT = 10


def downloads_over_intent(definitions: Definitions) -> Iterator[Finding]:
    """Readers of papers are many and buyers few: a download must not outweigh asking for a demo."""
    for path, model in _models(definitions):
        intent = [
            signal
            for signal in model.engagement.signals
            if signal.points > 0 and (_only(signal, _HIGH_INTENT) or _is_page(signal, "pricing"))
        ]
        if not intent:
            continue
        weakest = min(intent, key=greatest_points)
        for at, signal in _signals(path, model):
            if _only(signal, _DOWNLOADS) and greatest_points(signal) > greatest_points(weakest):
                message = (
                    f"'{signal.name}' can give {_points(signal)}, "
                    f"and '{weakest.name}', which shows intent, {_points(weakest)}"
                )
                yield _warning(at, "downloads-over-intent", message, "give downloads fewer points")


def no_negatives(definitions: Definitions) -> Iterator[Finding]:
    """Without negative points competitors, students and those who left score like buyers."""
    for path, model in _models(definitions):
        if not model.negative and not model.suppress:
            message = f"nothing counts against a contact in '{model.name}'"
            mend = "add negative signals, such as competitor domains, bounces and unsubscribes"
            yield _warning(path, "no-negative-signals", message, mend)


def equal_pages(definitions: Definitions) -> Iterator[Finding]:
    """A visit to the pricing page says more than one to the blog; their points should, too."""
    mend = "tell pages apart by `where`, with more points for pricing than for the blog"
    for path, model in _models(definitions):
        views = [each for each in _signals(path, model) if "page_view" in each[1].events]
        for at, signal in views:
            if signal.where is None and signal.count == 1 and signal.points > 0:
                message = f"'{signal.name}' counts every page view the same"
                yield _warning(at, "equal-pages", message, mend)
        told_apart = [signal for _at, signal in views if signal.where is not None]
        if len(told_apart) > 1 and len({signal.points for signal in told_apart}) == 1:
            message = f"all pages give the same {told_apart[0].points:g} points"
            yield _warning(f"{path}.engagement.signals", "equal-pages", message, mend)


def low_intent_over_scored(definitions: Definitions) -> Iterator[Finding]:
    """Opening an e-mail or reading a post takes no decision; many points for it drown the rest."""
    for path, model in _models(definitions):
        for at, signal in _signals(path, model):
            is_low = _only(signal, _OPENS) or _is_page(signal, "blog")
            if is_low and greatest_points(signal) > _LOW_INTENT_LIMIT:
                message = f"'{signal.name}' shows little intent and can give {_points(signal)}"
                mend = f"give it at most {_LOW_INTENT_LIMIT} points, or cap it with `max`"
                yield _warning(at, "low-intent-over-scored", message, mend)


def no_decay(definitions: Definitions) -> Iterator[Finding]:
    """Without decay a visit of last year counts like one of today, and scores only ever grow."""
    for path, model in _models(definitions):
        signals = [signal for signal in model.engagement.signals if signal.event is not None]
        fades = model.engagement.inactivity or any(signal.decay for signal in signals)
        if signals and not fades:
            message = f"no engagement fades with time in '{model.name}'"
            mend = "add `decay` to signals, or `inactivity` to engagement"
            yield _warning(f"{path}.engagement", "no-decay", message, mend)


def unknown_events(definitions: Definitions) -> Iterator[Finding]:
    """A type of activity that is misspelt never happens; a company's own types are fine."""
    for path, model in _models(definitions):
        named = [
            *(
                (f"{at}.event", event)
                for at, each in _signals(path, model)
                for event in each.events
            ),
            *(
                (f"{path}.negative[{i}].event", event)
                for i, each in enumerate(model.negative)
                for event in each.events
            ),
            *(
                (f"{path}.negative[{i}].of", each.of)
                for i, each in enumerate(model.negative)
                if each.of is not None
            ),
        ]
        for at, event in named:
            if event not in ACTIVITY_TYPES:
                message = f"'{event}' is not a usual type of activity"
                mend = did_you_mean(event, ACTIVITY_TYPES)
                yield Finding("scoring", at, "unknown-event", Level.NOTE, message, mend)


def without_effect(definitions: Definitions) -> Iterator[Finding]:
    """A signal of 0 points that nobody asks for does nothing, nor does a window for one event."""
    asked = _asked(definitions)
    for path, model in _models(definitions):
        for at, signal in _signals(path, model):
            if signal.points == 0 and signal.name not in asked:
                message = f"'{signal.name}' gives no points, and no `happened` asks for it"
                yield _warning(at, "without-effect", message, "give it points, or remove it")
            for key in ("same", "within", "distinct"):
                if signal.count == 1 and getattr(signal, key) is not None:
                    message = f"`{key}` has no effect on a count of 1"
                    yield _warning(f"{at}.{key}", "without-effect", message, "set `count`")


def never_used_models(definitions: Definitions) -> Iterator[Finding]:
    """The first model that applies scores: what stands after one for everybody never does."""
    for (_path, model), (later_path, later) in pairwise(_models(definitions)):
        if model.applies_to is None:
            message = f"'{later.name}' is never used: '{model.name}', before it, takes everyone"
            mend = f"give '{model.name}' an `applies_to`, or put it last"
            yield _warning(later_path, "never-used-model", message, mend)
            return


def _models(definitions: Definitions) -> Iterator[tuple[str, ScoringModel]]:
    for index, model in enumerate(definitions.scoring.models):
        yield f"models[{index}]", model


def _signals(path: str, model: ScoringModel) -> Iterator[tuple[str, Signal]]:
    for index, signal in enumerate(model.engagement.signals):
        yield f"{path}.engagement.signals[{index}]", signal


def _asked(definitions: Definitions) -> set[str]:
    names: set[str] = set()
    for placed in conditions(definitions.scoring, definitions.vocabulary):
        try:
            names |= {name for name, _length in happenings_of(placed.parse())}
        except ConditionError:
            continue
    return names


def _only(signal: Signal, events: set[str]) -> bool:
    return bool(signal.events) and set(signal.events) <= events


def _is_page(signal: Signal, word: str) -> bool:
    return _only(signal, {"page_view"}) and word in (signal.where or "").lower()


def _points(signal: Signal) -> str:
    greatest = greatest_points(signal)
    return f"{greatest:g} points" if greatest != float("inf") else "points without end"


def _warning(path: str, code: str, message: str, mend: str) -> Finding:
    return Finding("scoring", path, code, Level.WARNING, message, mend)


LINTS: tuple[Lint, ...] = (
    downloads_over_intent,
    no_negatives,
    equal_pages,
    low_intent_over_scored,
    no_decay,
    unknown_events,
    without_effect,
    never_used_models,
)
