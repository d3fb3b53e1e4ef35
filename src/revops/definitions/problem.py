"""What pydantic finds wrong, in the words of who wrote the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from revops.definitions.source import child
from revops.kit.issue import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

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


def leads_on(value: Any, part: str | int) -> bool:
    """Whether a part of pydantic's location is a real key, and not the name of an alternative."""
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, dict) and part in value


class Problem:
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
            if leads_on(value, part):
                value = value[part]
                parts.append(part)
        return parts, value

    @property
    def is_consequence(self) -> bool:
        """Whether a list is found too short only because all of its items are wrong."""
        least = self.context.get("min_length", 0)
        return self.type == "too_short" and len(self.value) >= least

    @property
    def name(self) -> str:
        """The last part of the place: a key, or the key that is missing."""
        parts = [part for part in self.detail["loc"] if part != "[key]"]
        return str(parts[-1]) if parts else ""

    @property
    def parent(self) -> str:
        """The path of the mapping or list it is in."""
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
        """The code of the issue."""
        if self.type == "extra_forbidden" or (self.is_key and self.type == "literal_error"):
            return "unknown-key"
        if self.type == "missing":
            return "missing-key"
        return "bad-value"

    def message(self, alternatives: Sequence[Problem]) -> str:
        """What is wrong; of alternative readings, what each of them expects."""
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
        """What kind of value should stand here."""
        if self.type in {"literal_error", "enum"}:
            return str(self.context.get("expected", "another value"))
        return _EXPECTED.get(self.type, self.detail["msg"])

    def mend(self) -> str:
        """What to do about it, or ''."""
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
