"""Figures of records that recipes may ask for and that are worked out rather than stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.definitions.triggers import PLURAL
from revops.kit.condition import Scope
from revops.records import Field, FieldType

if TYPE_CHECKING:
    from revops.definitions.scope import Vocabulary

RECORD_FIGURES: dict[str, tuple[Field, ...]] = {
    "opportunity": (
        Field("days_in_stage", FieldType.INTEGER, "Whole days since it entered its stage"),
        Field(
            "stage_average_days",
            FieldType.DECIMAL,
            "Days that deals have spent in this stage on average, before they left it",
        ),
    ),
    "renewal": (
        Field("days_left", FieldType.INTEGER, "Days from today, in the workspace's zone"),
        Field("last_nps", FieldType.DECIMAL, "The account's latest answer to an NPS survey"),
        Field("opportunity_id", meaning="The sale that its subscription came from"),
    ),
    "usage_record": (
        Field(
            "growth_percent",
            FieldType.DECIMAL,
            "By how much more than in the period before, of the same metric and account",
        ),
    ),
    "subscription": (
        Field(
            "days_at_price",
            FieldType.INTEGER,
            "Whole days since its monthly price last rose, or since it started",
        ),
    ),
    "task": (
        Field("hours_overdue", FieldType.DECIMAL, "Hours since it was due; none if it is not"),
    ),
}
"""By the kind of record, in the singular."""


def record_scope(vocabulary: Vocabulary, record: str) -> Scope:
    """What a condition about a record that sets off a recipe may name: fields and figures."""
    if record == "activity":
        return vocabulary.activity()
    figures = {each.name: str(each.type) for each in RECORD_FIGURES.get(record, ())}
    fields = {**vocabulary.fields(PLURAL[record]), **figures}
    return Scope(fields, vocabulary.lists, zone=vocabulary.zone)
