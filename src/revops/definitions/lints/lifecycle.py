"""Stages that speak of codes, fields or conditions that do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.definitions.lints.conditions import condition_finding
from revops.definitions.lints.finding import Finding, Lint
from revops.definitions.scope import Placed
from revops.kit.condition import ConditionError
from revops.kit.issue import Level, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.kinds import Definitions

NEEDS = {"lifecycle", "lists"}
_OBJECTS = ("contacts", "accounts", "opportunities")


def unreadable(definitions: Definitions) -> Iterator[Finding]:
    """A stage whose condition cannot be decided is never entered or left."""
    scope = definitions.vocabulary.threshold()
    for index, stage in enumerate(definitions.lifecycle.stages):
        for side in ("entry", "exit"):
            text = getattr(stage, side).when
            if text is None:
                continue
            placed = Placed(f"stages[{index}].{side}.when", text, scope)
            try:
                placed.parse()
            except ConditionError as error:
                yield condition_finding("lifecycle", placed, error)


def unknown_codes(definitions: Definitions) -> Iterator[Finding]:
    """A rejection with a code that is not defined has no consequence."""
    codes = [reason.code for reason in definitions.lifecycle.rejection_reasons]
    for index, stage in enumerate(definitions.lifecycle.stages):
        for i, code in enumerate(stage.rejection_reasons):
            if code not in codes:
                path = f"stages[{index}].rejection_reasons[{i}]"
                message = f"there is no rejection code '{code}'"
                mend = did_you_mean(code, codes) or "add it to rejection_reasons"
                yield Finding("lifecycle", path, "unknown-code", Level.ERROR, message, mend)


def unknown_fields(definitions: Definitions) -> Iterator[Finding]:
    """A required field that no record has can never be filled."""
    known = {name for plural in _OBJECTS for name in definitions.vocabulary.fields(plural)}
    for index, stage in enumerate(definitions.lifecycle.stages):
        for i, name in enumerate(stage.required_fields):
            if name.removeprefix("account.") not in known:
                path = f"stages[{index}].required_fields[{i}]"
                message = f"contacts, accounts and opportunities have no field '{name}'"
                mend = did_you_mean(name, known) or "declare it under custom_fields in revops.yaml"
                yield Finding("lifecycle", path, "unknown-field", Level.WARNING, message, mend)


LINTS: tuple[Lint, ...] = (unreadable, unknown_codes, unknown_fields)
