"""What every definition shares: frozen, closed to unknown keys, durations read as written."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from revops.kit.duration import UNITS, format_duration, parse_duration


class Definition(BaseModel):
    """A piece of a definition file: immutable, and refusing keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def exactly_one(*keys: str, beside: str = "") -> ConfigDict:
    """Tells editors what a validator checks: one of these keys is given, and not two.

    Args:
        keys: Which; without them, all but the one that stands `beside`.
        beside: A key that may be given besides.
    """

    def tell(schema: dict[str, Any]) -> None:
        every = keys or [key for key in schema["properties"] if key != beside]
        schema["oneOf"] = [given(key) for key in every]

    return ConfigDict(json_schema_extra=tell)


def given(*keys: str) -> dict[str, Any]:
    """JSON Schema of an object with these keys; one with nothing after it is not given."""
    return {
        "required": list(keys),
        "properties": {key: {"not": {"type": "null"}} for key in keys},
    }


def _unit(name: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" for letter in name)


def _duration(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(format_duration),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*(?=[0.]*[1-9])\d{1,10}(\.\d{1,6})?\s*"
            rf"({'|'.join(map(_unit, UNITS))})s?\s*$",
            "examples": ["90 minutes", "7 days", "2 weeks", "1 month"],
        }
    ),
]
"""A length of time such as `7 days`; a month is 30 days."""

Condition = Annotated[str, Field(min_length=1, max_length=4000)]
"""A SQL boolean expression over documented fields; see `revops.kit.condition`."""

Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
"""A short name that people and other definitions refer to."""
