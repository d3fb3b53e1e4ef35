"""The tables of the engine: what it decided, what it still has to do, and what it must tell."""

from __future__ import annotations

import sqlalchemy as sa

from revops.store.column_types import WHOLE, Time
from revops.store.tables import METADATA


def _sequence(name: str) -> sa.Column[int]:
    return sa.Column(name, WHOLE, sa.Identity(), primary_key=True)


def _text(name: str, *, is_needed: bool = False, is_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=not (is_needed or is_key), primary_key=is_key)


def _time(name: str, *, is_needed: bool = False) -> sa.Column[object]:
    return sa.Column(name, Time, nullable=not is_needed)


SPELLS = sa.Table(
    "spells",
    METADATA,
    _sequence("seq"),
    _text("contact_id", is_needed=True),
    _text("stage", is_needed=True),
    _time("entered_at", is_needed=True),
    _text("entered_because"),
    _time("left_at"),
    _text("left_because"),
    _text("outcome"),  # accepted, rejected, advanced, recycled, archived, moved
    _text("rejection_code"),
    _time("returns_at"),
    sa.Column("is_recycled", sa.Boolean, nullable=False),
    _text("owner"),
    _text("definitions_version", is_needed=True),
    sa.Index("spells_contact", "contact_id"),
)
"""Every stay of a contact in a stage; the open one has no `left_at`."""

ASSIGNMENTS = sa.Table(
    "assignments",
    METADATA,
    _sequence("seq"),
    _text("contact_id", is_needed=True),
    _time("at", is_needed=True),
    _text("rule", is_needed=True),
    _text("owner"),
    _text("queue"),
    _text("pool"),
    _text("sla"),
    _text("previous_owner"),
    _text("reason", is_needed=True),
    _text("considered", is_needed=True),  # JSON: [{rule, matched, why}]
    _text("passed_over", is_needed=True),  # JSON: [{member, why}]
    _text("definitions_version", is_needed=True),
    sa.Index("assignments_contact", "contact_id"),
)
"""Every decision who owns a contact, with its reasons."""

CREDITS = sa.Table(
    "credits",
    METADATA,
    _text("pool", is_key=True),
    _text("member", is_key=True),
    sa.Column("period_start", Time, primary_key=True),
    sa.Column("credit", WHOLE, nullable=False),
    sa.Column("share", WHOLE, nullable=False),
    sa.Column("taken", WHOLE, nullable=False),
)
"""Whose turn it is: in units of a millionth of a turn, per pool, member and period."""

CLOCKS = sa.Table(
    "clocks",
    METADATA,
    _text("id", is_key=True),
    _text("sla", is_needed=True),
    _text("contact_id", is_needed=True),
    _text("owner"),
    _time("started_at", is_needed=True),
    _time("due_at", is_needed=True),
    _time("stopped_at"),
    _text("state", is_needed=True),  # running, paused, met, breached, cancelled, waived
    sa.Column("steps_fired", WHOLE, nullable=False),
    _time("next_at"),
    _time("corrected_at"),
    _text("correction"),
    _text("definitions_version", is_needed=True),
    sa.Index("clocks_contact", "contact_id"),
    sa.Index("clocks_next", "next_at"),
)
"""The promises that run or ran; `next_at` is when an escalation step or the breach is due."""

ENROLMENTS = sa.Table(
    "enrolments",
    METADATA,
    _text("id", is_key=True),
    _text("recipe", is_needed=True),
    _text("contact_id", is_needed=True),
    _text("cause", is_needed=True),  # JSON: what set it off, and the chain of recipes before it
    sa.Column("step", WHOLE, nullable=False),
    _text("state", is_needed=True),  # running, waiting, done, stopped
    _time("entered_at", is_needed=True),
    _time("resume_at"),
    _text("note"),
    _text("definitions_version", is_needed=True),
    _text("account_id"),  # for which it counts, in a recipe `per: account`
    _time("came_in_at"),  # when the engine let it in; `entered_at` is of what set the recipe off
    sa.Index("enrolments_contact", "contact_id"),
    sa.Index("enrolments_resume", "resume_at"),
    sa.Index("enrolments_account", "account_id"),
    sa.Index("enrolments_came_in", "came_in_at"),
)
"""Where each contact stands in each recipe."""

OUTBOX = sa.Table(
    "outbox",
    METADATA,
    _sequence("seq"),
    _text("key", is_needed=True),
    _text("channel", is_needed=True),  # slack, email, webhook
    _text("destination", is_needed=True),
    _text("payload", is_needed=True),  # JSON, never changed once written
    _text("contact_id"),
    _text("cause"),
    _text("state", is_needed=True),  # pending, delivered, dead
    _time("created_at", is_needed=True),
    _time("next_at"),
    sa.Column("attempts", WHOLE, nullable=False),
    _time("claimed_until"),
    _text("last_error"),
    _time("delivered_at"),
    sa.Index("outbox_key", "key", unique=True),
    sa.Index("outbox_next", "state", "destination", "next_at"),
)
"""Effects on the world, written in the transaction of the decision and delivered afterwards."""

WAKES = sa.Table(
    "wakes",
    METADATA,
    _text("contact_id", is_key=True),
    _text("why", is_key=True),
    _time("due_at", is_needed=True),
    sa.Index("wakes_due", "due_at"),
)
"""When a contact must be looked at again though nothing happens: a score decays, a time ends."""

SCHEDULES = sa.Table(
    "schedules",
    METADATA,
    _text("name", is_key=True),
    _time("next_at", is_needed=True),
    _time("last_at"),
)
"""When each scheduled recipe or digest is due next."""

OVERRIDES = sa.Table(
    "overrides",
    METADATA,
    _sequence("seq"),
    _text("contact_id", is_needed=True),
    _text("field", is_needed=True),  # stage, owner
    _text("value"),
    _text("reason", is_needed=True),
    _text("made_by", is_needed=True),
    _time("made_at", is_needed=True),
    _time("expires_at"),
    sa.Index("overrides_contact", "contact_id"),
)
"""What a person decided against the rules, why, and until when."""

ABSENCES = sa.Table(
    "absences",
    METADATA,
    _sequence("seq"),
    _text("user_id", is_needed=True),
    _time("starts_at", is_needed=True),
    _time("ends_at", is_needed=True),
    _text("reason"),
)
"""When people are away."""

MEMBERSHIPS = sa.Table(
    "memberships",
    METADATA,
    _text("contact_id", is_key=True),
    _text("kind", is_key=True),  # tag, sequence, audience, suppressed, score
    _text("name", is_key=True),
    _time("since", is_needed=True),
)
"""The tags, sequences and audiences a contact is in, and whether scoring makes it an MQL."""

PASSES = sa.Table(
    "passes",
    METADATA,
    _sequence("seq"),
    _time("at", is_needed=True),
    _text("definitions_version", is_needed=True),
    _text("counts", is_needed=True),  # JSON
)
"""Each pass of the engine that changed something, and what it did."""

SIGN_OFFS = sa.Table(
    "sign_offs",
    METADATA,
    _sequence("seq"),
    _text("kind", is_needed=True),  # approval, override, item, gate, validation
    _text("subject", is_needed=True),
    _text("role"),
    _text("content", is_needed=True),
    _text("made_by", is_needed=True),
    _time("made_at", is_needed=True),
    _time("until"),
    _text("note"),
    _time("withdrawn_at"),
)
"""Who agreed to what, in which wording: terms, gates, and the steps of the roll-out."""

PILOTS = sa.Table(
    "pilots",
    METADATA,
    _text("name", is_key=True),
    _text("members", is_needed=True),  # JSON: the ids of users
    _text("others", is_needed=True),  # JSON: those they are compared with
    _text("chosen", is_needed=True),  # how the members were chosen, in words
    _time("starts_at", is_needed=True),
    _time("ends_at", is_needed=True),
    _text("made_by", is_needed=True),
)
"""The trials of a scoring model by some of the sellers."""
