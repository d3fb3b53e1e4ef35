"""One contact before the lifecycle at one instant, and what follows from its past."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from revops.kit.lazy import lazy
from revops.leads.lifecycle.verdict import of_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from revops.definitions.lifecycle import Lifecycle, RejectionReason, Stage
    from revops.leads.lead import Lead
    from revops.leads.lifecycle.standing import Deal, Move, Override, Spell, Standing

STEM = "lifecycle"


class Case:
    """A contact before the lifecycle; it stays as it is, so that what follows is found once.

    Attributes:
        lifecycle: What the business decided.
        lead: The contact with its scores and the conditions that hold.
        standing: Its past and present stages.
        now: The instant of the decision.
        spell: The spell it is in.
        where: The name of the stage it is in, whether or not that is one of the order.
    """

    def __init__(self, lifecycle: Lifecycle, lead: Lead, standing: Standing, now: datetime) -> None:
        self.lifecycle = lifecycle
        self.lead = lead
        self.standing = standing
        self.now = now
        self.spell = standing.open
        self.where = None if self.spell is None else self.spell.stage

    def after(self, move: Move) -> Case:
        """The same once the move is made."""
        return Case(self.lifecycle, self.lead, self.standing.after(move), self.now)

    def holds(self, path: str) -> bool:
        """Whether the condition at this place of the definition holds."""
        return f"{STEM}.{path}" in self.lead.holds

    @lazy
    def override(self) -> Override | None:
        """The override that binds it now, if it is to a stage there is."""
        made = self.standing.override
        is_known = made is not None and made.stage in self.lifecycle.places
        return made if made and is_known and made.binds(self.now) else None

    # Where it is

    @lazy
    def stage(self) -> Stage | None:
        """The stage it is in, if that is one of the order."""
        rank = self.lifecycle.ranks.get(self.where or "")
        return None if rank is None else self.lifecycle.stages[rank]

    @property
    def is_archived(self) -> bool:
        """Whether it is in the archive."""
        return self.where == self.lifecycle.archive.stage

    @lazy
    def is_nurtured(self) -> bool:
        """Whether it is where a rejection or recycling put it."""
        if self.is_archived or not self._is_put_aside:
            return False
        before = self.standing.spells[-2:-1]
        was_sent = bool(before) and before[0].outcome in {"rejected", "recycled"}
        return self.stage is None or was_sent

    @property
    def _is_put_aside(self) -> bool:
        """Whether it is in the stage of recycling, or in that of the reason of its rejection."""
        if self.where == self.lifecycle.nurture.stage:
            return True
        reason = self.reason[1] if self.reason else None
        return self.where == (reason.stage if reason and reason.action != "archive" else None)

    @lazy
    def rank(self) -> int:
        """How far it has come; who was put aside stands before the first stage that qualifies."""
        if self.where is None:
            return -1
        if self.stage is None or self.stage.recycles:
            return self.lifecycle.floor - 1
        return self.lifecycle.ranks[self.stage.name]

    # What its past says

    def was_qualified(self, spell: Spell) -> bool:
        """Whether a spell is one in which sales had the lead, or later."""
        return spell.stage in self.lifecycle.worked

    @lazy
    def rejected(self) -> Spell | None:
        """The spell that ended with the rejection that stands: none has qualified since."""
        for spell in reversed(self.standing.spells):
            if spell.rejection_code:
                return spell
            if self.was_qualified(spell):
                return None
        return None

    @lazy
    def reason(self) -> tuple[int, RejectionReason] | None:
        """The reason of the rejection that stands, with its place in the file."""
        code = self.rejected.rejection_code if self.rejected else None
        return self.lifecycle.reasons.get(code) if code else None

    @lazy
    def returns_at(self) -> datetime | None:
        """When a rejected lead comes back, if a time was set."""
        if self.rejected is None or self.rejected.left_at is None:
            return None
        after = self.reason[1].after if self.reason else None
        due = self.rejected.left_at + after if after else None
        return self.rejected.returns_at or due

    @lazy
    def recycled_at(self) -> datetime | None:
        """When it was last recycled; a recycling that is dated ahead is none yet."""
        at = self.standing.recycled_at
        return None if at is None or at > self.now else at

    @lazy
    def sent_back_at(self) -> datetime | None:
        """When it last left the stages that qualify for an earlier one, or was recycled."""
        spells = self.standing.spells
        moments = [one.left_at for one, after in pairwise(spells)
                   if one.left_at and self.was_qualified(one)
                   and not self.was_qualified(after)]  # fmt: skip
        if self.recycled_at:
            moments.append(self.recycled_at)
        return max(moments, default=None)

    @lazy
    def cool_at(self) -> datetime | None:
        """When it has cooled down."""
        length = self.lifecycle.requalify.cool_down
        return self.sent_back_at + length if length and self.sent_back_at else None

    @lazy
    def archive_at(self) -> datetime | None:
        """When it is archived for its silence."""
        length, spell = self.lifecycle.nurture.archive_after, self.spell
        if length is None or spell is None or not self.is_nurtured:
            return None
        return max(spell.entered_at, self.standing.last_active_at or spell.entered_at) + length

    def deals(self, stage: str) -> tuple[Deal, ...]:
        """The deals that still say something: newer than the last time it left the stage."""
        if not self.standing.deals:
            return ()
        left = [each.left_at for each in self.standing.spells
                if each.stage == stage and each.left_at]  # fmt: skip
        recycled = [self.recycled_at] if self.recycled_at else []
        since = max([*left, *recycled], default=None)
        return tuple(
            each
            for each in self.standing.deals
            if each.since <= self.now and (since is None or each.since > since)
        )

    @property
    def is_just_recycled(self) -> bool:
        """Whether nothing can have happened since it was recycled: scores are those of before."""
        return self.recycled_at == self.now

    # What keeps it from qualifying

    def hindrances(self) -> Iterator[str]:
        """Why the contact may not qualify now, in words; nothing if it may."""
        yield from self.suppressions()
        if self.rank < self.lifecycle.floor:
            yield from self._barred()
            yield from self._waits()

    def suppressions(self) -> Iterator[str]:
        """The suppressions that hold."""
        for i, each in enumerate(self.lifecycle.suppress):
            if self.holds(f"suppress[{i}].when"):
                yield f"suppressed: {each.name}"

    def _barred(self) -> Iterator[str]:
        place, reason = self.reason or (0, None)
        is_for_good = reason is not None and reason.action == "archive"
        if reason and reason.until and not self.holds(f"rejection_reasons[{place}].until"):
            yield f"rejected with {reason.code} until {reason.until}"
        elif reason and is_for_good and not reason.until:
            yield f"archived for good with {reason.code}"
        if self.is_archived and not is_for_good and not self.holds("archive.until"):
            yield f"archived until {self.lifecycle.archive.until or 'a person brings it back'}"

    def _waits(self) -> Iterator[str]:
        if self.is_just_recycled:
            yield "recycled at this moment"
        if self.holds("requalify.unless"):
            return
        if self.cool_at and self.now < self.cool_at:
            yield f"cooling down until {of_time(self.cool_at)}"
        if self.returns_at and self.now < self.returns_at:
            yield f"comes back on {of_time(self.returns_at)}"
