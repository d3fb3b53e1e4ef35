"""From plain values to a checked definition, or to issues in the words of who wrote the file."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, RootModel, ValidationError

from revops.definitions.source import Mark, Source, child
from revops.kit.issue import Issue, Level, did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)


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
    plain = value if is_names else _without_empty(value)
    return model.model_validate_json(json.dumps(plain), strict=True)


def _without_empty(value: Any) -> Any:
    """A key with nothing after it is as good as absent: its lines may all be comments."""
    if isinstance(value, dict):
        return {key: _without_empty(each) for key, each in value.items() if each is not None}
    return [_without_empty(each) for each in value] if isinstance(value, list) else value


def _leads_on(value: Any, part: str | int) -> bool:
    """Whether a part of pydantic's location is a real key, and not the name of an alternative."""
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, dict) and part in value


def _remove(value: Any, location: Sequence[str | int]) -> None:
    *parents, key = (part for part in location)
    for part in parents:
        if _leads_on(value, part):
            value = value[part]
    if isinstance(value, dict):
        value.pop(key, None)


def _issues(
    model: type[BaseModel], source: Source, file: str, found: Sequence[ErrorDetails]
) -> list[Issue]:
    """One issue for each place; where several readings of a value fail, they are joined."""
    every = [_Problem(model, source.value, detail) for detail in found]
    misspelt = {(each.parent, each.meant()) for each in every if each.code == "unknown-key"}
    by_place: dict[tuple[str, str], list[_Problem]] = {}
    for problem in every:
        if problem.code == "missing-key" and (problem.path, problem.name) in misspelt:
            continue
        by_place.setdefault((problem.path, problem.group), []).append(problem)
    issues = []
    for (path, _group), problems in by_place.items():
        mark = mark_of(source, path, file)
        message = problems[0].message(problems)
        mend = next((each.mend() for each in problems if each.mend()), "")
        code = problems[0].code
        issues.append(Issue(mark.file, mark.line, path, code, Level.ERROR, message, mend))
    return issues


_EXPECTED = {
    "string_type": "text",
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
    "date_type": "a date such as 2026-12-24",
    "date_parsing": "a date such as 2026-12-24",
    "date_from_datetime_parsing": "a date such as 2026-12-24",
    "date_from_datetime_inexact": "a date such as 2026-12-24",
    "time_delta_type": "a duration such as '7 days'",
    "time_delta_parsing": "a duration such as '7 days'",
    "finite_number": "a finite number",
}
_LIMITS = {
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} entry",
    "too_long": "must have at most {max_length} entries",
    "string_pattern_mismatch": "has a form or a character that it cannot have",
}


class _Problem:
    """One pydantic error, read against what the file says."""

    def __init__(self, model: type[BaseModel], root: Any, detail: ErrorDetails) -> None:
        self.model = model
        self.detail = detail
        self.type = detail["type"]
        self.context: dict[str, Any] = detail.get("ctx") or {}
        self.is_key = bool(detail["loc"]) and detail["loc"][-1] == "[key]"
        self.parts, self.value = self._walk(root)
        self.path = ""
        for part in self.parts:
            self.path = child(self.path, part)

    def _walk(self, root: Any) -> tuple[list[str | int], Any]:
        """The real keys of the place, without the names pydantic gives to alternatives."""
        parts: list[str | int] = []
        value = root
        for part in self.detail["loc"]:
            if _leads_on(value, part):
                value = value[part]
                parts.append(part)
        return parts, value

    @property
    def name(self) -> str:
        """The last part of the place: a key, or the key that is missing."""
        parts = [part for part in self.detail["loc"] if part != "[key]"]
        return str(parts[-1]) if parts else ""

    @property
    def parent(self) -> str:
        path = ""
        for part in self.parts[:-1]:
            path = child(path, part)
        return path

    def meant(self) -> str:
        """The known key most like an unknown one, or ''."""
        near = nearest(self.name, _known_keys(self.model, self.parts[:-1]))
        return near[0] if near else ""

    @property
    def group(self) -> str:
        """Problems of one group at one place are alternatives of each other."""
        if self.type in _EXPECTED or self.type in {"literal_error", "enum"}:
            return "type"
        return f"{self.type} {self.detail['loc'][-1:]} {self.context.get('error', '')}"

    @property
    def code(self) -> str:
        if self.type == "extra_forbidden" or (self.is_key and self.type == "literal_error"):
            return "unknown-key"
        if self.type == "missing":
            return "missing-key"
        return "bad-value"

    def message(self, alternatives: Sequence[_Problem]) -> str:
        if self.code == "unknown-key":
            return f"unknown key '{self.name}'"
        if self.type == "missing":
            return f"the key '{self.name}' is missing"
        if self.type == "value_error":
            return str(self.context.get("error", self.detail["msg"]))
        if self.type in _LIMITS:
            value = self.name if self.is_key else self.value
            return f"{_shown(value)} {_LIMITS[self.type].format(**self.context)}"
        expected = " or ".join(dict.fromkeys(each.expected() for each in alternatives))
        return f"{_shown(self.value)} is {_kind(self.value)}, and {expected} is expected"

    def expected(self) -> str:
        if self.type in {"literal_error", "enum"}:
            return str(self.context.get("expected", "another value"))
        return _EXPECTED.get(self.type, self.detail["msg"])

    def mend(self) -> str:
        if self.code == "unknown-key":
            known = _known_keys(self.model, self.parts[:-1])
            return did_you_mean(self.name, known) or f"known keys: {', '.join(known)}"
        if self.type == "missing":
            return f"add `{self.name}:`"
        if self.type == "string_type" and isinstance(self.value, int | float):
            return "put it in quotes to make it text"
        if self.type in {"literal_error", "enum"} and isinstance(self.value, str):
            known = self.expected().replace(" or ", ", ").replace("'", "").split(", ")
            return did_you_mean(self.value, known)
        return ""


def _kind(value: Any) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "keys with values"


def _shown(value: Any) -> str:
    if isinstance(value, str | int | float):
        text = str(value)
        return f"'{text[:40]}{'...' if len(text) > 40 else ''}'"  # noqa: PLR2004
    return "this"


def _known_keys(model: type[BaseModel], parts: Sequence[str | int]) -> list[str]:
    """The keys a definition knows at a place, from its JSON Schema."""
    schema = model.model_json_schema()
    places = [schema]
    for part in parts:
        places = [below for place in _variants(schema, places) for below in _below(place, part)]
    keys: dict[str, None] = {}
    for place in _variants(schema, places):
        keys |= dict.fromkeys(place.get("properties", ()))
        keys |= dict.fromkeys(place.get("propertyNames", {}).get("enum", ()))
    return list(keys)


def _variants(root: dict[str, Any], places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The places with references followed and alternatives spread out."""
    result = []
    queue = list(places)
    while queue:
        place = queue.pop()
        if "$ref" in place:
            queue.append(root["$defs"][place["$ref"].rpartition("/")[2]])
        queue.extend(place.get("anyOf", ()))
        result.append(place)
    return result


def _below(place: dict[str, Any], part: str | int) -> list[dict[str, Any]]:
    if isinstance(part, int):
        below = place.get("items")
    else:
        below = place.get("properties", {}).get(part) or place.get("additionalProperties")
    return [below] if isinstance(below, dict) else []
