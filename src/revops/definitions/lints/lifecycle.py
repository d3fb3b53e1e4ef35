"""Stages that cannot be entered or decided, and names in a lifecycle that nothing answers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.definitions.lifecycle import OF_DEAL, QUALIFIED
from revops.definitions.lints.conditions import condition_finding
from revops.definitions.lints.finding import Finding, Lint, unknown
from revops.definitions.scope import Placed
from revops.kit.condition import ConditionError, parse_condition
from revops.kit.issue import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.kinds import Definitions

NEEDS = {"revops", "lifecycle", "lists", "scoring", "people"}
STEM = "lifecycle"


def unreadable(definitions: Definitions) -> Iterator[Finding]:
    """A stage whose condition cannot be decided is never entered or left."""
    scope = definitions.vocabulary.threshold()
    for path, text in definitions.lifecycle.conditions():
        if ".required_fields[" in path:
            continue
        placed = Placed(path, text, scope)
        try:
            placed.parse()
        except ConditionError as error:
            yield condition_finding(STEM, placed, error)


def unknown_codes(definitions: Definitions) -> Iterator[Finding]:
    """A rejection with a code that is not defined has no consequence."""
    codes = [reason.code for reason in definitions.lifecycle.rejection_reasons]
    for index, stage in enumerate(definitions.lifecycle.stages):
        for i, code in enumerate(stage.rejection_reasons):
            path = f"stages[{index}].rejection_reasons[{i}]"
            yield from unknown(STEM, path, "rejection code", code, codes)


def unknown_fields(definitions: Definitions) -> Iterator[Finding]:
    """A required field that no record has can never be filled, so the stage is never entered."""
    words = definitions.vocabulary
    known = {
        *words.fields("contacts"),
        *(f"account.{name}" for name in words.fields("accounts")),
        *(f"{OF_DEAL}{name}" for name in words.fields("opportunities")),
    }
    for index, stage in enumerate(definitions.lifecycle.stages):
        at_acceptance = stage.acceptance.required_fields if stage.acceptance else ()
        for where, names in (("", stage.required_fields), (".acceptance", at_acceptance)):
            for i, name in enumerate(names):
                path = f"stages[{index}]{where}.required_fields[{i}]"
                beside = [f"{of}{name}" for of in ("account.", OF_DEAL)]
                meant = next((each for each in beside if each in known), "")
                if name not in known and meant:
                    message = f"contacts have no field '{name}'"
                    yield _error(path, "unknown-field", message, f"write '{meant}'")
                else:
                    yield from unknown(STEM, path, "field", name, known)


def unknown_stages(definitions: Definitions) -> Iterator[Finding]:
    """Nobody can be moved to a stage that does not exist."""
    lifecycle = definitions.lifecycle
    order, places = list(lifecycle.ranks), lifecycle.places
    for index, stage in enumerate(lifecycle.stages):
        here = f"stages[{index}]"
        for i, name in enumerate(stage.only_from):
            yield from unknown(STEM, f"{here}.only_from[{i}]", "stage", name, places)
        yield from unknown(STEM, f"{here}.exit.to", "stage", stage.exit.to, places)
        accepted = stage.acceptance.stage if stage.acceptance else None
        yield from unknown(STEM, f"{here}.acceptance.stage", "stage", accepted, order)
    for index, reason in enumerate(lifecycle.rejection_reasons):
        yield from unknown(STEM, f"rejection_reasons[{index}].stage", "stage", reason.stage, places)
    yield from unknown(STEM, "recycling.back_to", "stage", lifecycle.nurture.back_to, order)


def unknown_thresholds(definitions: Definitions) -> Iterator[Finding]:
    """A threshold that no scoring model has is never reached."""
    models = definitions.scoring.models
    known = {QUALIFIED, *(name for model in models for name in model.thresholds)}
    for index, stage in enumerate(definitions.lifecycle.stages):
        for side in ("entry", "exit"):
            for name in getattr(stage, side).thresholds:
                yield from unknown(
                    STEM, f"stages[{index}].{side}.reaches", "threshold", name, known
                )


def wrong_way(definitions: Definitions) -> Iterator[Finding]:
    """An exit leads back and acceptance leads on; the other way round, leads go in circles."""
    ranks = definitions.lifecycle.ranks
    for index, stage in enumerate(definitions.lifecycle.stages):
        if stage.exit.to is not None and ranks.get(stage.exit.to, -1) >= index:
            message = f"the exit of {stage.name} leads to {stage.exit.to}, which is not before it"
            mend = "leads go on by the entry conditions of later stages; name an earlier one"
            yield _error(f"stages[{index}].exit.to", "wrong-way", message, mend)
        to_stage = stage.acceptance.stage if stage.acceptance else ""
        if ranks.get(to_stage, index + 1) <= index:
            message = f"accepting in {stage.name} leads to {to_stage}, which is not after it"
            yield _error(f"stages[{index}].acceptance.stage", "wrong-way", message, "name a later")


def never_entered(definitions: Definitions) -> Iterator[Finding]:
    """A stage by rule that no rule can bring anybody to."""
    lifecycle = definitions.lifecycle
    for index, stage in enumerate(lifecycle.stages):
        if stage.by == "rule" and not stage.entry.is_decidable:
            message = f"nothing says when a rule brings a contact to {stage.name}"
            mend = "give its entry a `when`, or write by: person"
            yield _error(f"stages[{index}].by", "never-entered", message, mend)
        is_all = not (stage.exit.thresholds or stage.exit.deal)
        if stage.is_by_rule and is_all and _same(definitions, stage.entry.when, stage.exit.when):
            message = f"whoever may enter {stage.name} would leave it at once"
            mend = "make exit.when differ from entry.when"
            yield _error(f"stages[{index}].exit.when", "never-entered", message, mend)
        later = [name for name in stage.only_from if lifecycle.ranks.get(name, -1) >= index]
        if later and len(later) == len(stage.only_from):
            message = f"{stage.name} is entered only from stages that are not before it"
            path = f"stages[{index}].only_from"
            yield _error(path, "never-entered", message, "name earlier ones")


def _same(definitions: Definitions, one: str | None, other: str | None) -> bool:
    """Whether two conditions that can be read say the same, whatever their layout."""
    if one is None or other is None:
        return False
    scope = definitions.vocabulary.threshold()
    try:
        return parse_condition(one, scope) == parse_condition(other, scope)
    except ConditionError:
        return False


def _error(path: str, code: str, message: str, mend: str) -> Finding:
    return Finding(STEM, path, code, Level.ERROR, message, mend)


LINTS: tuple[Lint, ...] = (
    unreadable,
    unknown_codes,
    unknown_fields,
    unknown_stages,
    unknown_thresholds,
    wrong_way,
    never_entered,
)
