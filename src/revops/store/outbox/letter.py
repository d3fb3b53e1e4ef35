"""A letter: a message as the outbox holds it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import datetime

Channel = Literal["slack", "email", "webhook"]
State = Literal["pending", "delivered", "dead"]


@dataclass(frozen=True)
class Letter:
    """A message as the outbox holds it.

    Attributes:
        seq: Its place in the order of writing.
        key: Names this effect for ever; the receiver is told it with every attempt.
        channel: How it is delivered.
        destination: The name of the receiver, as the definitions have it.
        payload: What is said, as JSON; the same in every attempt.
        contact_id: Whom it is about.
        cause: Why it was written.
        state: Where it stands.
        created_at: When it was written.
        next_at: When it is due, or the end of its claim; None when nothing more is to be done.
        attempts: How many times it was claimed.
        claimed_until: The end of the claim, or None where nobody has it.
        last_error: What the last failed attempt met.
        delivered_at: When the receiver took it.
    """

    seq: int
    key: str
    channel: Channel
    destination: str
    payload: str
    contact_id: str | None
    cause: str | None
    state: State
    created_at: datetime
    next_at: datetime | None
    attempts: int
    claimed_until: datetime | None
    last_error: str | None
    delivered_at: datetime | None

    @property
    def content(self) -> dict[str, Any]:
        """The payload as values."""
        content: dict[str, Any] = json.loads(self.payload)
        return content
