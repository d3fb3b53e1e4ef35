"""Whom an enrolment counts for and since when; the tasks of a contact are found at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from revops.store.column_types import Time

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.add_column("enrolments", sa.Column("account_id", sa.Text))
    op.add_column("enrolments", sa.Column("came_in_at", Time))
    op.create_index("enrolments_account", "enrolments", ["account_id"])
    op.create_index("enrolments_came_in", "enrolments", ["came_in_at"])
    op.create_index("tasks_contact", "tasks", ["contact_id"])


def downgrade() -> None:
    """Not offered: what it would lose cannot be made again."""
    raise NotImplementedError
