"""What a field and a kind of record are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class FieldType(StrEnum):
    """What a field holds, in every reading of it: file, store, facts, condition."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    TIME = "time"
    DATE = "date"
    JSON = "json"
    LIST = "list"

    @property
    def is_number(self) -> bool:
        """Whether arithmetic makes sense of it."""
        return self in {FieldType.INTEGER, FieldType.DECIMAL}


@dataclass(frozen=True)
class Field:
    """One field of a kind of record.

    Attributes:
        name: The canonical name, as in files, conditions and tables.
        type: What it holds. Times are UTC instants; decimals are exact in the store and doubles
            in facts; a list is text with `;` between its items; JSON is text.
        meaning: What it says, for the reference and for an editor.
        required: A row without it is refused.
        wanted_from: The lifecycle or pipeline stage from which it should be filled, or ''.
        refers_to: The kind of record its value names, or ''.
        values: The values it usually has; others are allowed.
    """

    name: str
    type: FieldType = FieldType.TEXT
    meaning: str = ""
    required: bool = False
    wanted_from: str = ""
    refers_to: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordType:
    """One kind of record.

    Attributes:
        name: In the singular: `contact`.
        plural: As files, tables and facts are called: `contacts`.
        meaning: What one such record is.
        fields: In canonical order, key first.
        is_log: Whether rows only ever arrive, as activities do, rather than change.
    """

    name: str
    plural: str
    meaning: str
    fields: tuple[Field, ...]
    is_log: bool = False

    @cached_property
    def field_by_name(self) -> dict[str, Field]:
        """Its fields by name."""
        return {each.name: each for each in self.fields}

    @property
    def history_name(self) -> str:
        """The name of the file and table of its fields' changes: `contact_history`."""
        return f"{self.name}_history"
