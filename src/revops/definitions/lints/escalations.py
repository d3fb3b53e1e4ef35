"""Escalations that do nothing, or that come out of order."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from revops.definitions.lints.finding import Finding, Lint
from revops.kit.issue import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.kinds import Definitions
    from revops.definitions.slas import ServiceLevel, Step

STEM = "slas"


def no_escalation(definitions: Definitions) -> Iterator[Finding]:
    """A promise is broken in silence where nobody is told."""
    for index, sla in enumerate(definitions.slas.slas):
        if not sla.escalations:
            message = f"nobody is told when '{sla.name}' is broken"
            mend = "add a step to `escalations`, such as at: breach"
            yield _finding(f"slas[{index}]", "no-escalation", message, mend, Level.WARNING)


def out_of_order(definitions: Definitions) -> Iterator[Finding]:
    """Steps are taken in the order in which they stand; one that is due earlier would wait."""
    for index, sla in enumerate(definitions.slas.slas):
        timed = [
            (i, after)
            for i, step in enumerate(sla.escalations)
            if (after := _after(sla, step)) is not None
        ]
        for (_, earlier), (i, later) in pairwise(timed):
            if later < earlier:
                path = f"slas[{index}].escalations[{i}]"
                message = f"step {i + 1} is due before the step above it"
                yield _finding(path, "out-of-order", message, "put the steps in order of time")


def to_nobody(definitions: Definitions) -> Iterator[Finding]:
    """An escalation that nobody hears of changes nothing."""
    for path, step in _steps(definitions):
        if not step.actions:
            message = "this step does nothing"
            mend = "say in `actions` who is told, or what is done"
            yield _finding(path, "escalates-to-nobody", message, mend)


def _steps(definitions: Definitions) -> Iterator[tuple[str, Step]]:
    for index, sla in enumerate(definitions.slas.slas):
        for i, step in enumerate(sla.escalations):
            yield f"slas[{index}].escalations[{i}]", step


def _after(sla: ServiceLevel, step: Step) -> timedelta | None:
    """The time on the clock at which a step is due; None where it depends on the day."""
    if step.after is not None:
        return step.after
    return timedelta(0) if step.at == "start" else sla.within


def _finding(path: str, code: str, message: str, mend: str, level: Level = Level.ERROR) -> Finding:
    return Finding(STEM, path, code, level, message, mend)


ESCALATION_LINTS: tuple[Lint, ...] = (
    no_escalation,
    out_of_order,
    to_nobody,
)
