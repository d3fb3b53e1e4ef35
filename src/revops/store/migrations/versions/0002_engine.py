"""The engine's tables: stages, owners, clocks, recipes, and what must be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from revops.store.column_types import WHOLE, Time

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "spells",
        sa.Column("seq", WHOLE, sa.Identity(), primary_key=True),
        sa.Column("contact_id", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("entered_at", Time, nullable=False),
        sa.Column("entered_because", sa.Text),
        sa.Column("left_at", Time),
        sa.Column("left_because", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("rejection_code", sa.Text),
        sa.Column("returns_at", Time),
        sa.Column("is_recycled", sa.Boolean, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("definitions_version", sa.Text, nullable=False),
    )
    op.create_index("spells_contact", "spells", ["contact_id"])
    op.create_table(
        "assignments",
        sa.Column("seq", WHOLE, sa.Identity(), primary_key=True),
        sa.Column("contact_id", sa.Text, nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("queue", sa.Text),
        sa.Column("pool", sa.Text),
        sa.Column("sla", sa.Text),
        sa.Column("previous_owner", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("considered", sa.Text, nullable=False),
        sa.Column("passed_over", sa.Text, nullable=False),
        sa.Column("definitions_version", sa.Text, nullable=False),
    )
    op.create_index("assignments_contact", "assignments", ["contact_id"])
    op.create_table(
        "credits",
        sa.Column("pool", sa.Text, primary_key=True),
        sa.Column("member", sa.Text, primary_key=True),
        sa.Column("period_start", Time, primary_key=True),
        sa.Column("credit", WHOLE, nullable=False),
        sa.Column("share", WHOLE, nullable=False),
        sa.Column("taken", WHOLE, nullable=False),
    )
    op.create_table(
        "clocks",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("sla", sa.Text, nullable=False),
        sa.Column("contact_id", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("started_at", Time, nullable=False),
        sa.Column("due_at", Time, nullable=False),
        sa.Column("stopped_at", Time),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("steps_fired", WHOLE, nullable=False),
        sa.Column("next_at", Time),
        sa.Column("corrected_at", Time),
        sa.Column("correction", sa.Text),
        sa.Column("definitions_version", sa.Text, nullable=False),
    )
    op.create_index("clocks_contact", "clocks", ["contact_id"])
    op.create_index("clocks_next", "clocks", ["next_at"])
    op.create_table(
        "enrolments",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.Column("contact_id", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("step", WHOLE, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("entered_at", Time, nullable=False),
        sa.Column("resume_at", Time),
        sa.Column("note", sa.Text),
        sa.Column("definitions_version", sa.Text, nullable=False),
    )
    op.create_index("enrolments_contact", "enrolments", ["contact_id"])
    op.create_index("enrolments_resume", "enrolments", ["resume_at"])
    op.create_table(
        "outbox",
        sa.Column("seq", WHOLE, sa.Identity(), primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("contact_id", sa.Text),
        sa.Column("cause", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("next_at", Time),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("claimed_until", Time),
        sa.Column("last_error", sa.Text),
        sa.Column("delivered_at", Time),
    )
    op.create_index("outbox_key", "outbox", ["key"], unique=True)
    op.create_index("outbox_next", "outbox", ["state", "destination", "next_at"])
    op.create_table(
        "wakes",
        sa.Column("contact_id", sa.Text, primary_key=True),
        sa.Column("why", sa.Text, primary_key=True),
        sa.Column("due_at", Time, nullable=False),
    )
    op.create_index("wakes_due", "wakes", ["due_at"])
    op.create_table(
        "schedules",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("next_at", Time, nullable=False),
        sa.Column("last_at", Time),
    )
    op.create_table(
        "overrides",
        sa.Column("seq", WHOLE, sa.Identity(), primary_key=True),
        sa.Column("contact_id", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", Time, nullable=False),
        sa.Column("expires_at", Time),
    )
    op.create_index("overrides_contact", "overrides", ["contact_id"])
    op.create_table(
        "absences",
        sa.Column("seq", WHOLE, sa.Identity(), primary_key=True),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("starts_at", Time, nullable=False),
        sa.Column("ends_at", Time, nullable=False),
        sa.Column("reason", sa.Text),
    )
    op.create_table(
        "memberships",
        sa.Column("contact_id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("since", Time, nullable=False),
    )
    op.create_table(
        "passes",
        sa.Column("seq", WHOLE, sa.Identity(), primary_key=True),
        sa.Column("at", Time, nullable=False),
        sa.Column("definitions_version", sa.Text, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Not offered: what it would lose cannot be made again."""
    raise NotImplementedError
