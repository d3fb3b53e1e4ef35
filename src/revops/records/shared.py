"""Fields that many kinds of record have."""

from __future__ import annotations

from revops.records.field import Field, FieldType

INTEGER, DECIMAL, BOOLEAN = FieldType.INTEGER, FieldType.DECIMAL, FieldType.BOOLEAN
TIME, DATE, JSON, LIST = FieldType.TIME, FieldType.DATE, FieldType.JSON, FieldType.LIST

ID = Field("id", meaning="Identifies the record within its source", required=True)
CREATED = Field("created_at", TIME, "When the record came to be")
OWNER = Field("owner", meaning="The person who works it", refers_to="user")
CURRENCY = Field("currency", meaning="ISO 4217 code of the amounts; empty is the base currency")
