"""What every definition shares: frozen, closed to unknown keys, durations read as written."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from revops.kit.duration import format_duration, parse_duration


class Definition(BaseModel):
    """A piece of a definition file: immutable, and refusing keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _duration(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(format_duration),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*\d+(\.\d+)?\s*(second|minute|hour|day|week|month|year)s?\s*$",
            "examples": ["90 minutes", "7 days", "2 weeks", "1 month"],
        }
    ),
]
"""A length of time such as `7 days`; a month is 30 days."""

Condition = Annotated[str, Field(min_length=1, max_length=4000)]
"""A SQL boolean expression over documented fields; see `revops.kit.condition`."""

Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
"""A short name that people and other definitions refer to."""
