"""Whether sales tried what it promised to try before it rejects a lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.leads.slas.timeline import facts
from revops.leads.slas.wording import spoken

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from revops.definitions.slas import Effort
    from revops.leads.slas.rules import Rules
    from revops.leads.slas.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A rejection, made or asked for, before enough was tried.

    Attributes:
        at: When.
        code: With which code.
        touches: How many attempts there were since the lead entered the stage.
        over: Time from the first attempt to the rejection.
        words: What is missing.
    """

    at: datetime
    code: str | None
    touches: int
    over: timedelta
    words: str


def shortfall(
    rules: Rules, timeline: Timeline, code: str | None, since: datetime, at: datetime
) -> Shortfall | None:
    """What is missing for a rejection with this code; None if nothing is.

    Args:
        rules: The service levels.
        timeline: What happened to the contact.
        code: The rejection code.
        since: When the lead entered the stage: earlier attempts do not count.
        at: When it is rejected.
    """
    happened = facts(timeline, None, at, rules.keys).happened
    for effort, counts in rules.efforts:
        if effort.codes and code not in effort.codes:
            continue
        moments = {each.at for kind in counts for each in kind.among(happened) if each.at >= since}
        over = at - min(moments, default=at)
        words = _missing(effort, len(moments), over)
        if words:
            return Shortfall(at, code, len(moments), over, words)
    return None


def shortfalls(rules: Rules, timeline: Timeline) -> list[Shortfall]:
    """The rejections of a contact that came too soon, in order."""
    rejected = [
        (spell.left_at, spell)
        for spell in timeline.spells
        if spell.left_at is not None and spell.outcome == "rejected"
    ]
    found = (
        shortfall(rules, timeline, spell.rejection_code, spell.entered_at, at)
        for at, spell in sorted(rejected, key=lambda each: each[0])
    )
    return [each for each in found if each is not None]


def _missing(effort: Effort, touches: int, over: timedelta) -> str:
    parts = []
    if touches < effort.touches:
        parts.append(f"{touches} of {effort.touches} attempts")
    if effort.over is not None and over < effort.over:
        parts.append(f"{spoken(over)} of {spoken(effort.over)} since the first")
    return ", ".join(parts)
