"""What a lint finds, before it is known in which line that stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.definitions.kinds import Definitions

if TYPE_CHECKING:
    from revops.kit.issue import Level


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
