"""What a lint finds, before it is known in which line that stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.definitions.kinds import Definitions
from revops.kit.issue import Level, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class Finding:
    """A mistake in one definition.

    Attributes:
        stem: The kind of definition, such as `scoring`.
        path: The key, such as `models[0].thresholds.mql`.
        code: A stable short name.
        level: How grave it is.
        message: What is wrong, in one sentence without a full stop.
        mend: What to do about it.
        text_line: The line inside the text of the value, from 0; None for the key's own line.
    """

    stem: str
    path: str
    code: str
    level: Level
    message: str
    mend: str = ""
    text_line: int | None = None


Lint = Callable[[Definitions], Iterator[Finding]]


_CODES = {
    "field of contacts": "field",
    "rejection code": "code",
    "service level": "clock",
    "webhook destination": "destination",
}
_MENDS = {
    "stage": "add it to the stages of lifecycle.yaml",
    "threshold": "add it to the thresholds of scoring.yaml",
    "rejection code": "add it to the rejection_reasons of lifecycle.yaml",
    "service level": "add it to slas.yaml",
    "pool": "add it to the pools of routing.yaml",
    "territory": "add it to the territories of routing.yaml",
    "queue": "add it to the queues of routing.yaml",
    "calendar": "add it to calendars.yaml",
    "user": "add it to people.yaml",
    "team": "add it to people.yaml",
    "field": "declare it under custom_fields in revops.yaml",
    "field of contacts": "declare it under custom_fields in revops.yaml",
    "webhook destination": "add it to destinations of automations.yaml",
}


def unknown(
    stem: str, path: str, kind: str, name: str | None, known: Collection[str]
) -> Iterator[Finding]:
    """A name that nothing answers to, if it is one."""
    if name is not None and name not in known:
        code = f"unknown-{_CODES.get(kind, kind)}"
        mend = did_you_mean(name, known) or _MENDS[kind]
        yield Finding(stem, path, code, Level.ERROR, f"there is no {kind} '{name}'", mend)
