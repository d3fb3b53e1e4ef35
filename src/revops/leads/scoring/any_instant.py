"""Statements that are compiled once and then told any instant: compiling takes longer than asking.

Where a statement depends on its instant, it has the instant itself or a number of microseconds
that lies a fixed time before or after it. So two statements, of two instants, show all of these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from revops.kit.clock import plain_utc
from revops.leads.scoring.expressions import micros_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_APART = timedelta(days=401, hours=5, minutes=7, seconds=11, microseconds=13)
_TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?"
_PART = re.compile(rf"({_TIME}|\d+)")
_IS_TIME = re.compile(_TIME)


@dataclass(frozen=True)
class _Moving:
    """A number that moves with the instant, or against it where a minus stands before it."""

    base: int
    sign: int


class AnyInstant:
    """Statements that can be had as of any instant.

    Args:
        made: The statements as of `first`.
        first: That instant.
        make: Makes the statements as of an instant.

    Raises:
        ValueError: They depend on the instant in another way.
    """

    def __init__(
        self, made: Sequence[str], first: datetime, make: Callable[[datetime], Sequence[str]]
    ) -> None:
        self._first = micros_at(first)
        second = first + _APART
        pairs = zip(made, make(second), strict=True)
        self._parts = [self._compare(one, other, first, second) for one, other in pairs]

    def at(self, now: datetime) -> list[str]:
        """The statements as of an instant.

        Raises:
            ValueError: A number would change its sign.
        """
        later, time = micros_at(now) - self._first, _text(now)
        return ["".join(_told(part, later, time) for part in parts) for parts in self._parts]

    def _compare(
        self, one: str, other: str, first: datetime, second: datetime
    ) -> list[str | _Moving | None]:
        """The parts of a text: those that stay, None for the instant, and what moves with it."""
        parts: list[str | _Moving | None] = []
        for mine, its in zip(_PART.split(one), _PART.split(other), strict=True):
            if mine == its:
                parts.append(mine)
            elif _IS_TIME.fullmatch(mine):
                if (mine, its) != (_text(first), _text(second)):
                    raise ValueError(mine)
                parts.append(None)
            else:
                parts.append(_moving(mine, its, micros_at(second) - self._first))
        return parts


def _moving(one: str, other: str, apart: int) -> _Moving:
    if not (one.isdecimal() and other.isdecimal()) or abs(int(other) - int(one)) != apart:
        raise ValueError(one)
    return _Moving(int(one), 1 if int(other) > int(one) else -1)


def _told(part: str | _Moving | None, later: int, time: str) -> str:
    if part is None:
        return time
    if isinstance(part, str):
        return part
    moved = part.base + part.sign * later
    if moved < 0:
        raise ValueError(moved)
    return str(moved)


def _text(moment: datetime) -> str:
    return plain_utc(moment).isoformat(" ")
