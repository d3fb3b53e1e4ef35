"""The object model: each kind of record is declared once.

Tables, canonical files, JSON Schema, facts and the reference page are all made from it.
"""

from revops.records.derived import DERIVED
from revops.records.field import Field, FieldType, RecordType
from revops.records.objects import RECORDS, record_type
from revops.records.sales import ACTIVITY_TYPES, PRODUCT_ACTIVITY_TYPES

__all__ = [
    "ACTIVITY_TYPES",
    "DERIVED",
    "PRODUCT_ACTIVITY_TYPES",
    "RECORDS",
    "Field",
    "FieldType",
    "RecordType",
    "record_type",
]
