"""From plain values to a checked definition, or to issues in the words of who wrote the file."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, RootModel, ValidationError

from revops.definitions.problem import Problem, leads_on
from revops.definitions.source import Mark, Source
from revops.kit.issue import Issue, Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)
_MAY_CLEAR = "set"


def validate(model: type[Model], source: Source, file: str) -> tuple[Model | None, list[Issue]]:
    """Read a definition strictly: text is not a number, and no key is unknown.

    Unknown keys are told and left out, so that they hide nothing else that is wrong.

    Returns:
        The definition, or None where more than a key is wrong, and all that is wrong.
    """
    try:
        return _strict(model, source.value), []
    except ValidationError as error:
        found = error.errors(include_url=False)
    pruned = copy.deepcopy(source.value)
    for detail in found:
        if detail["type"] == "extra_forbidden":
            _remove(pruned, detail["loc"])
    definition = None
    try:
        definition = _strict(model, pruned)
    except ValidationError as error:
        # Now also what an unknown key had hidden, such as a rule between several keys.
        told = {(detail["loc"], detail["type"]) for detail in found}
        further = error.errors(include_url=False)
        found += [each for each in further if (each["loc"], each["type"]) not in told]
    return definition, _issues(model, source, file, found)


def mark_of(source: Source, path: str, file: str) -> Mark:
    """Where a path stands, or the nearest key above it that stands anywhere."""
    while path and path not in source.marks:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return source.marks.get(path, Mark(file, 1, 1))


def _strict(model: type[Model], value: Any) -> Model:
    # As JSON, because lists and dates are then what the strict mode expects them to be.
    is_names = issubclass(model, RootModel)
    plain = {k: _without_empty(v) for k, v in value.items()} if is_names else _without_empty(value)
    return model.model_validate_json(json.dumps(plain), strict=True)


def _without_empty(value: Any) -> Any:
    """A key with nothing after it is as good as absent: its lines may all be comments.

    Only what an action sets may be nothing: that clears a field.
    """
    if isinstance(value, dict):
        return {
            key: each if key == _MAY_CLEAR else _without_empty(each)
            for key, each in value.items()
            if each is not None
        }
    return [_without_empty(each) for each in value] if isinstance(value, list) else value


def _remove(value: Any, location: Sequence[str | int]) -> None:
    *parents, key = (part for part in location)
    for part in parents:
        if leads_on(value, part):
            value = value[part]
    if isinstance(value, dict):
        value.pop(key, None)


def _issues(
    model: type[BaseModel], source: Source, file: str, found: Sequence[ErrorDetails]
) -> list[Issue]:
    """One issue for each place; where several readings of a value fail, they are joined."""
    problems = (Problem(model, source.value, detail) for detail in found)
    every = [each for each in problems if not each.is_consequence]
    misspelt = {(each.parent, each.meant()) for each in every if each.code == "unknown-key"}
    by_place: dict[tuple[str, str], list[Problem]] = {}
    for problem in every:
        if problem.code == "missing-key" and (problem.path, problem.name) in misspelt:
            continue
        by_place.setdefault((problem.path, problem.group), []).append(problem)
    issues = []
    for (path, _group), alike in by_place.items():
        mark = mark_of(source, path, file)
        message = alike[0].message(alike)
        mend = next((each.mend() for each in alike if each.mend()), "")
        code = alike[0].code
        issues.append(Issue(mark.file, mark.line, path, code, Level.ERROR, message, mend))
    return issues
