"""What sets recipes off, and where a lead stands in a recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from revops.definitions.triggers import Kind

MOST_NAMES = 100
"""Details that are kept of a happening, at each level."""
MOST_TEXT = 1_000
"""Characters that are kept of a detail."""
MOST_LEVELS = 3
"""Levels of details that are kept."""

State = Literal["running", "waiting", "done", "stopped"]
"""`running` has not begun, `waiting` goes on at `resume_at`; the others are over."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that may set recipes off.

    Attributes:
        kind: The key of the triggers that it answers to.
        contact_id: Whose lead it is about.
        at: When it happened; of a schedule the time it was due.
        details: What is known of it, by the names that texts use: of an activity or a record
            `{"activity": {"type": ..., "properties": {...}}}` with all fields and figures; of a
            change `{"change": {"field": ..., "from": ..., "to": ...}}`; of a stage
            `{"stage": {"name": ...}}`; of a clock `{"clock": {"sla": ..., "step": N or "breach"}}`;
            of a schedule `{"schedule": {"recipe": ...}}`.
        record: The record it is about beside the contact, such as `opportunity:42`, or ''.
        chain: The recipes whose actions led to it, first to last.
        holds: Of the conditions on the activity or record, those that hold, by their place;
            `automations.recipes[N].trigger.count` and `.after_silence` stand for these keys.
    """

    kind: Kind
    contact_id: str
    at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)
    record: str = ""
    chain: tuple[str, ...] = ()
    holds: frozenset[str] = frozenset()

    def detail(self, place: str) -> Any:
        """What is known at a place such as `activity.properties.starts_at`, or None."""
        value: Any = self.details
        for part in place.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    @property
    def record_name(self) -> str:
        """The kind of record it is about beside the contact, or ''."""
        return self.record.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Where a lead stands in a recipe.

    Attributes:
        id: The same for the same recipe, contact, record and moment.
        recipe: Its name.
        contact_id: Whose lead it is.
        cause: What set the recipe off.
        shape: The steps of the recipe as they were, so that it is noticed if they are changed.
        account_id: The account that it counts for, in a recipe `per: account`.
        came_in_at: When the engine let it in, which may be long after `entered_at`.
        step: The next step: an index into the recipe's program.
        state: Whether it goes on.
        entered_at: When the lead came in: the moment of the cause.
        resume_at: When it goes on, if it waits.
        note: Why it ended or waits.
    """

    id: str
    recipe: str
    contact_id: str
    cause: Happening
    shape: str
    entered_at: datetime
    step: int = 0
    state: State = "running"
    resume_at: datetime | None = None
    note: str = ""
    account_id: str | None = None
    came_in_at: datetime | None = None

    @property
    def of(self) -> tuple[str, str]:
        """Whom it counts for when it is asked who was in before: an account, or a lead and record.

        An account counts once, whichever of its leads and records it is about.
        """
        return (self.account_id, "") if self.account_id else (self.contact_id, self.cause.record)

    @property
    def is_over(self) -> bool:
        """Whether nothing more follows."""
        return self.state in {"done", "stopped"}

    @property
    def chain(self) -> tuple[str, ...]:
        """The recipes that led here, this one last: the chain of what its actions set off."""
        return (*self.cause.chain, self.recipe)


def cause_of(enrolment: Enrolment) -> str:
    """What the column `cause` keeps of an enrolment: JSON, in which long details are cut."""
    cause = enrolment.cause
    return json.dumps(
        {
            "kind": cause.kind,
            "at": cause.at.isoformat(),
            "details": _kept(cause.details),
            "record": cause.record,
            "chain": cause.chain,
            "holds": sorted(cause.holds),
            "shape": enrolment.shape,
        },
        ensure_ascii=False,
        sort_keys=True,
    )


def read_enrolment(
    id: str,  # noqa: A002 - the name of the column
    recipe: str,
    contact_id: str,
    cause: str,
    entered_at: datetime,
    step: int,
    state: State,
    resume_at: datetime | None,
    note: str | None,
    account_id: str | None,
    came_in_at: datetime | None,
) -> Enrolment:
    """An enrolment from the columns that were kept of it."""
    kept = json.loads(cause)
    happening = Happening(
        kind=kept["kind"],
        contact_id=contact_id,
        at=datetime.fromisoformat(kept["at"]),
        details=kept["details"],
        record=kept["record"],
        chain=tuple(kept["chain"]),
        holds=frozenset(kept["holds"]),
    )
    return Enrolment(
        id=id,
        recipe=recipe,
        contact_id=contact_id,
        cause=happening,
        shape=kept["shape"],
        entered_at=entered_at,
        step=step,
        state=state,
        resume_at=resume_at,
        note=note or "",
        account_id=account_id,
        came_in_at=came_in_at,
    )


def _kept(value: Any, level: int = 0) -> Any:
    """A value as JSON of bounded size: what is too deep, too long or strange is left out or cut."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return value[:MOST_TEXT]
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case Mapping() if level < MOST_LEVELS:
            names = list(value)[:MOST_NAMES]
            return {str(name)[:MOST_TEXT]: _kept(value[name], level + 1) for name in names}
    return None
