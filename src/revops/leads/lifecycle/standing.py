"""Where a contact stands: its spells in stages, what a person decided, and its deals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from revops.definitions.actions import Actions

Outcome = Literal["accepted", "rejected", "advanced", "recycled", "archived", "moved"]


class Spell(NamedTuple):
    """One stay in a stage; the open one has no `left_at`.

    Attributes:
        stage: Which stage.
        entered_at: Since when.
        left_at: Until when.
        outcome: How it ended.
        rejection_code: With which code, if sales rejected.
        returns_at: When a rejected lead comes back, if the person named a day.
        is_recycled: Whether the contact had been sent back before it entered.
    """

    stage: str
    entered_at: datetime
    left_at: datetime | None = None
    outcome: Outcome | None = None
    rejection_code: str | None = None
    returns_at: datetime | None = None
    is_recycled: bool = False


@dataclass(frozen=True, slots=True)
class Override:
    """A stage that a person decided on against the rules.

    Attributes:
        stage: Which stage.
        reason: Why.
        made_by: Who decided.
        made_at: When.
        expires_at: Until when it binds; None for as long as nobody lifts it.
    """

    stage: str
    reason: str
    made_by: str
    made_at: datetime
    expires_at: datetime | None = None

    def binds(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.made_at <= now and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Deal:
    """An opportunity that the contact is involved in.

    Attributes:
        id: Which.
        stage: Its pipeline stage.
        opened_at: When it was created.
        closed_at: When it closed.
        is_won: Whether it was won; None while open.
        filled: The names of its fields that have a value.
    """

    id: str
    stage: str | None
    opened_at: datetime
    closed_at: datetime | None = None
    is_won: bool | None = None
    filled: frozenset[str] = frozenset()

    @property
    def state(self) -> Literal["open", "won", "lost"]:
        """Whether it goes on, or how it ended."""
        if self.is_won is None:
            return "open"
        return "won" if self.is_won else "lost"

    @property
    def since(self) -> datetime:
        """Since when it is in its state."""
        return self.opened_at if self.is_won is None else (self.closed_at or self.opened_at)


@dataclass(frozen=True, slots=True)
class Move:
    """A contact leaves one stage and enters another.

    Attributes:
        from_stage: The stage it leaves; None if it was in none.
        to_stage: The stage it enters.
        at: When.
        because: Why, in words.
        outcome: How the spell that it leaves ended; None if there was none.
        actions: What is to be done.
        is_recycled: Whether it had been sent back before; belongs to the spell it enters.
        recycles: Whether engagement starts anew.
        rejection_code: With which code, if sales rejected.
        returns_at: When it comes back, if the person named a day.
    """

    from_stage: str | None
    to_stage: str
    at: datetime
    because: str
    outcome: Outcome | None = None
    actions: Actions = ()
    is_recycled: bool = False
    recycles: bool = False
    rejection_code: str | None = None
    returns_at: datetime | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The contact's fields that it changes."""
        stage = {"lifecycle_stage": self.to_stage}
        return {**stage, "recycled_at": self.at} if self.recycles else stage


class Standing(NamedTuple):
    """Where one contact stands.

    Attributes:
        spells: Every spell, oldest first; only the last may be open.
        recorded: The contact's `lifecycle_stage`, whoever wrote it.
        recorded_at: When that last changed; None if not known, and then spells are believed.
        recycled_at: The contact's `recycled_at`.
        override: The override of its stage that was made last, also when it has expired.
        last_active_at: When the contact itself last did something.
        deals: The opportunities it is involved in.
    """

    spells: tuple[Spell, ...] = ()
    recorded: str | None = None
    recorded_at: datetime | None = None
    recycled_at: datetime | None = None
    override: Override | None = None
    last_active_at: datetime | None = None
    deals: tuple[Deal, ...] = ()

    @property
    def open(self) -> Spell | None:
        """The spell it is in."""
        return self.spells[-1] if self.spells and self.spells[-1].left_at is None else None

    @property
    def stage(self) -> str | None:
        """The stage it is in."""
        spell = self.open
        return None if spell is None else spell.stage

    def after(self, move: Move) -> Standing:
        """Where the contact stands once the move is made."""
        entered = Spell(move.to_stage, move.at, is_recycled=move.is_recycled)
        return Standing(
            (*self._ended_by(move), entered),
            move.to_stage,
            move.at,
            move.at if move.recycles else self.recycled_at,
            self.override,
            self.last_active_at,
            self.deals,
        )

    def _ended_by(self, move: Move) -> tuple[Spell, ...]:
        spell = self.open
        if spell is None:
            return self.spells
        ended = Spell(
            spell.stage,
            spell.entered_at,
            move.at,
            move.outcome,
            move.rejection_code,
            move.returns_at,
            spell.is_recycled,
        )
        return (*self.spells[:-1], ended)
