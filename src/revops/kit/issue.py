"""A problem in a definition or in data, as a value that can be collected, sorted and shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

if TYPE_CHECKING:
    from collections.abc import Iterable


class Level(StrEnum):
    """How grave an issue is: an error stops, a warning is told, a note informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, order=True)
class Issue:
    """One problem, with where it is and how to mend it.

    Attributes:
        file: The file as the reader knows it, relative to the workspace where possible.
        line: The line, from 1; 0 where there is none.
        path: The key inside the file, such as `models[0].fit.attributes[2].tiers[0].when`.
        code: A stable short name, such as `unknown-field`.
        level: How grave it is.
        message: What is wrong, in one sentence without a full stop.
        mend: What to do about it, in one sentence without a full stop.
    """

    file: str
    line: int
    path: str
    code: str
    level: Level
    message: str
    mend: str = ""

    def __str__(self) -> str:
        place = ":".join(part for part in (self.file, str(self.line or "")) if part)
        parts = [f"{place}: " if place else "", f"{self.path}: " if self.path else ""]
        return "".join(parts) + self.message + (f" ({self.mend})" if self.mend else "")


def errors(issues: Iterable[Issue]) -> list[Issue]:
    """The issues that stop."""
    return [issue for issue in issues if issue.level is Level.ERROR]


def nearest(name: str, known: Iterable[str], limit: int = 1) -> list[str]:
    """The known names most like a misspelt one, best first; none if nothing is near.

    Near is a Damerau-Levenshtein similarity of at least 0.6.
    """
    found = process.extract(
        name,
        list(known),
        scorer=DamerauLevenshtein.normalized_similarity,
        limit=limit,
        score_cutoff=0.6,
    )
    return [match for match, _score, _index in found]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A mend that proposes the nearest known name, or an empty string."""
    near = nearest(name, known)
    return f"did you mean '{near[0]}'?" if near else ""
