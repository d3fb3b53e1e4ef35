"""What may stand behind the bar of a place: `{{ contact.first_name | default('there') }}`."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Undefined

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 2_000


def _default(value: Any, other: Any = "") -> Any:
    is_missing = value is None or isinstance(value, Undefined) or value == ""
    return other if is_missing else value


def _round(value: Any, digits: int = 0) -> Any:
    return round(value, digits) if isinstance(value, int | float) else value


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def _text(value: Any) -> str:
    return str(value)[:_LONGEST] if isinstance(value, str | int | float | date) else ""


FILTERS: dict[str, Callable[..., Any]] = {
    "default": _default,
    "upper": lambda value: _text(value).upper(),
    "lower": lambda value: _text(value).lower(),
    "title": lambda value: _text(value).title(),
    "round": _round,
    "day": _day,
    "slug": lambda value: re.sub(r"[^a-z0-9]+", "-", _text(value).lower()).strip("-"),
    "url": lambda value: quote(_text(value), safe=""),
}
"""By name: `day` takes the date of a time (in UTC), `slug` makes a name of letters, digits and
hyphens, `url` makes a part of a web address."""
