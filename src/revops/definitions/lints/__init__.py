"""Known mistakes in definitions that are well formed, each found by one small function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.definitions.lints import (
    actions,
    automations,
    conditions,
    destinations,
    lifecycle,
    lists,
    people,
    points,
    pools,
    routing,
    slas,
    thresholds,
)
from revops.definitions.lints.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from revops.definitions.kinds import Definitions

__all__ = ["Finding", "lint"]

_MODULES = (
    conditions,
    thresholds,
    points,
    lifecycle,
    lists,
    people,
    routing,
    pools,
    slas,
    automations,
    actions,
    destinations,
)


def lint(definitions: Definitions, usable: Collection[str]) -> Iterator[Finding]:
    """Every known mistake in the definitions.

    Args:
        definitions: What is to be looked through.
        usable: The stems of the definitions that could be read; a lint that needs another is
            left out, because it would tell of consequences only.
    """
    for module in _MODULES:
        if module.NEEDS.issubset(usable):
            for each in module.LINTS:
                yield from each(definitions)
