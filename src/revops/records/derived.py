"""Fields that conditions can use and that are worked out rather than stored."""

from __future__ import annotations

from revops.records.field import Field, FieldType

DERIVED: dict[str, tuple[Field, ...]] = {
    "contacts": (
        Field("email_domain", meaning="What follows the last @ of the e-mail address, lower case"),
    ),
    "accounts": (
        Field(
            "engaged_contacts",
            FieldType.INTEGER,
            "How many of the account's contacts were active (inbound) in the last 30 days",
        ),
    ),
    "activities": (Field("occurred_on", FieldType.DATE, "The day it occurred, in UTC"),),
}
