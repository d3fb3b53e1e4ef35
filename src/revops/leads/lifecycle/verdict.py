"""Whether something holds for a lead, and in words why or why not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from revops.kit.duration import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from revops.leads.lead import Lead

_QUOTED = re.compile(r"'(?:[^']|'')*'")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_SCORES = ("fit", "engagement", "total")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something holds, and why or why not.

    Attributes:
        subject: What was asked about, such as the name of a stage.
        holds: Whether it does.
        why: In words, with the values that decided it.
    """

    subject: str
    holds: bool
    why: str


def of_condition(text: str, lead: Lead) -> str:
    """A condition on one line, with the values of what it names: `fit >= 50 (fit 62)`."""
    line = " ".join(text.split())
    shown = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
    return f"{shown}{_in_brackets(_values(text, lead))}"


def of_scores(lead: Lead) -> str:
    """` (fit 60, engagement 40, total 50)`, or nothing where there is no score."""
    return _in_brackets((name, getattr(lead, name)) for name in _SCORES)


def of_time(moment: datetime) -> str:
    """A moment to the minute, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def of_length(length: timedelta) -> str:
    """A duration, as definitions write it."""
    return format_duration(length)


def _values(text: str, lead: Lead) -> dict[str, Any]:
    names = _names(text)
    scores = {name: getattr(lead, name) for name in _SCORES}
    return {name: value for name in names
            if (value := lead.fields.get(name, scores.get(name))) is not None}  # fmt: skip


@lru_cache(maxsize=1024)
def _names(text: str) -> tuple[str, ...]:
    """What a condition names; the same few are asked about for each lead."""
    return tuple(dict.fromkeys(_NAME.findall(_QUOTED.sub("", text))))


def _in_brackets(values: Iterable[tuple[str, Any]] | dict[str, Any]) -> str:
    pairs = values.items() if isinstance(values, dict) else values
    told = [f"{name} {_shown(value)}" for name, value in pairs if value is not None]
    return f" ({', '.join(told)})" if told else ""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
