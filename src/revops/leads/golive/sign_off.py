"""A signature: who agreed to what, when, in which wording, and until when it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

SignOffKind = Literal["approval", "override", "item", "gate", "validation"]


@dataclass(frozen=True)
class SignOff:
    """One signature.

    Attributes:
        number: Its place among all, as `withdraw` takes it.
        kind: Of a term, an override of a gate, an item or a gate of the roll-out, a validation.
        subject: The term, item or gate.
        role: For whom it is given, where several are asked.
        content: What was agreed to, in the wording of then.
        made_by: Who.
        made_at: When.
        until: When it ends by itself.
        note: Why, or what was found.
        withdrawn_at: When it was taken back.
    """

    number: int
    kind: SignOffKind
    subject: str
    role: str | None
    content: str
    made_by: str
    made_at: datetime
    until: datetime | None = None
    note: str | None = None
    withdrawn_at: datetime | None = None

    def stands_at(self, now: datetime) -> bool:
        """Whether it was given by then, and neither taken back nor over."""
        is_over = self.until is not None and self.until <= now
        is_back = self.withdrawn_at is not None and self.withdrawn_at <= now
        return self.made_at <= now and not is_over and not is_back
