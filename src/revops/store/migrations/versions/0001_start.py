"""The first tables: imports, changes, custom fields, score runs, and one for each record kind.

Written out rather than made from `records`, so that what this revision did never changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

from revops.store.column_types import WHOLE, Date, Exact, Time

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TYPES: dict[str, TypeEngine[Any]] = {
    "text": sa.Text(),
    "json": sa.Text(),
    "list": sa.Text(),
    "integer": WHOLE,
    "decimal": Exact(),
    "boolean": sa.Boolean(),
    "time": Time(),
    "date": Date(),
}

# Name and type of each field; `!` marks one that a row must have.
_RECORDS = {
    "accounts": """
        id:text! name:text domain:text industry:text employees:integer annual_revenue:decimal
        country:text state:text city:text icp_tier:text arr_band:text health_score:decimal
        technologies:list funding_stage:text growth_signals:list parent_id:text owner:text
        territory:text named:boolean created_at:time
    """,
    "contacts": """
        id:text! email:text first_name:text last_name:text title:text seniority:text
        department:text phone:text phone_status:text country:text state:text city:text
        language:text account_id:text lifecycle_stage:text persona:text buying_role:text
        budget_authority:boolean source:text latest_source:text owner:text opted_in:boolean
        recycled_at:time created_at:time
    """,
    "activities": """
        id:text! contact_id:text account_id:text opportunity_id:text type:text!
        occurred_at:time! direction:text session_id:text path:text source:text campaign:text
        owner:text subject:text properties:json
    """,
    "opportunities": """
        id:text! name:text account_id:text contact_ids:list owner:text pipeline:text stage:text
        amount:decimal currency:text type:text product:text source:text campaign:text
        created_at:time close_date:date closed_at:time is_won:boolean loss_reason:text
        competitor:text forecast_category:text next_step:text meddpicc_score:integer
    """,
    "line_items": """
        id:text! opportunity_id:text product:text quantity:decimal unit_price:decimal
        discount_percent:decimal amount:decimal currency:text billing_period:text
        created_at:time
    """,
    "subscriptions": """
        id:text! account_id:text! opportunity_id:text product:text plan:text quantity:decimal
        monthly_price:decimal! currency:text is_usage_based:boolean started_on:date!
        ended_on:date cancelled_at:time created_at:time
    """,
    "renewals": """
        id:text! subscription_id:text! account_id:text renews_on:date! amount:decimal
        currency:text auto_renews:boolean status:text owner:text
    """,
    "usage": """
        id:text! account_id:text! subscription_id:text metric:text! period_start:date!
        period_end:date! quantity:decimal! limit:decimal amount:decimal currency:text
    """,
    "tickets": """
        id:text! account_id:text contact_id:text subject:text status:text priority:text
        category:text pipeline:text owner:text created_at:time first_response_at:time
        closed_at:time
    """,
    "surveys": """
        id:text! account_id:text contact_id:text ticket_id:text type:text! score:decimal!
        comment:text answered_at:time!
    """,
    "users": """
        id:text! name:text email:text role:text team_id:text manager_id:text time_zone:text
        country:text languages:list is_active:boolean started_on:date created_at:time
    """,
    "teams": """
        id:text! name:text manager_id:text parent_id:text region:text
    """,
    "campaigns": """
        id:text! name:text channel:text type:text started_on:date ended_on:date budget:decimal
        currency:text owner:text
    """,
    "campaign_members": """
        id:text! campaign_id:text! contact_id:text! status:text responded_at:time
        created_at:time
    """,
    "spend": """
        id:text! channel:text campaign_id:text category:text period_start:date! period_end:date!
        amount:decimal! currency:text
    """,
    "quotas": """
        id:text! user_id:text team_id:text metric:text period_start:date! period_end:date!
        amount:decimal! currency:text
    """,
    "tasks": """
        id:text! subject:text contact_id:text account_id:text opportunity_id:text owner:text
        priority:text status:text due_at:time done_at:time created_at:time
    """,
}

_IMPORTS = "file:text! source:text! who:text! imported_at:time!"
_COUNTS = "inserted:integer! updated:integer! unchanged:integer! rejected:integer!"
_CHANGES = """
    object:text! record_id:text! field:text! old_value:text new_value:text changed_at:time!
    changed_by:text reason:text source:text! import_id:integer recorded_at:time!
"""
_SCORE_RUNS = """
    as_of:time! scored_at:time! definitions_version:text! contacts:integer! qualified:integer!
    folder:text!
"""


def _columns(words: str) -> list[sa.Column[Any]]:
    pairs = (word.partition(":")[::2] for word in words.split())
    return [
        sa.Column(name, _TYPES[kind.rstrip("!")], nullable=not kind.endswith("!"))
        for name, kind in pairs
    ]


def _sequence(name: str) -> sa.Column[int]:
    return sa.Column(name, WHOLE, sa.Identity(), primary_key=True)


def upgrade() -> None:
    """Create every table."""
    op.create_table("imports", _sequence("id"), *_columns(f"{_IMPORTS} {_COUNTS}"))
    op.create_table("changes", _sequence("seq"), *_columns(_CHANGES))
    op.create_index("changes_record", "changes", ["object", "record_id"])
    op.create_table(
        "custom_fields",
        sa.Column("object", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
    )
    op.create_table(
        "score_runs", sa.Column("id", sa.Text, primary_key=True), *_columns(_SCORE_RUNS)
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    for plural, fields in _RECORDS.items():
        op.create_table(
            plural,
            _sequence("seq"),
            *_columns(fields),
            *_columns("custom:json origin:text! import_id:integer!"),
        )
        op.create_index(f"{plural}_id", plural, ["id"], unique=True)
