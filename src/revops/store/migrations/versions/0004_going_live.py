"""Signatures and pilots, by which scoring goes live."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from revops.store.column_types import WHOLE, Time

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "sign_offs",
        sa.Column("seq", WHOLE, sa.Identity(), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("role", sa.Text),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", Time, nullable=False),
        sa.Column("until", Time),
        sa.Column("note", sa.Text),
        sa.Column("withdrawn_at", Time),
    )
    op.create_table(
        "pilots",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("members", sa.Text, nullable=False),
        sa.Column("others", sa.Text, nullable=False),
        sa.Column("chosen", sa.Text, nullable=False),
        sa.Column("starts_at", Time, nullable=False),
        sa.Column("ends_at", Time, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Not offered: what it would lose cannot be made again."""
    raise NotImplementedError
