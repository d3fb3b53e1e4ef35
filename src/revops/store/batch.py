"""What a file's rows look like on their way into the store, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from revops.records import FieldType


@dataclass(frozen=True)
class Batch:
    """Rows of one kind, already read and checked, in a table of a DuckDB connection.

    The table has `_line BIGINT` (the line in the file) and one column for each name in `columns`
    and `custom`: TEXT, LIST, JSON are VARCHAR; INTEGER BIGINT; DECIMAL DECIMAL(20,6); BOOLEAN;
    TIME TIMESTAMP (UTC, without zone); DATE DATE. `id` is there and unique. A column
    `_changed_at TIMESTAMP` says when a row last changed where it comes from.

    A history batch has `record_id`, `field`, `changed_at TIMESTAMP` and, as VARCHAR where the
    file has them, `old_value`, `new_value`, `changed_by`, `reason`.

    Attributes:
        plural: The kind of record, or of the record whose history it is: `contacts`.
        table: The DuckDB table.
        columns: The columns that are there, apart from custom ones and those that begin with `_`;
            only these change a record that the store has already.
        custom: The custom fields that are there.
        is_history: Whether the rows are changes rather than records.
    """

    plural: str
    table: str
    columns: tuple[str, ...]
    custom: Mapping[str, FieldType] = field(default_factory=dict)
    is_history: bool = False


@dataclass(frozen=True)
class Loaded:
    """What became of a batch.

    Attributes:
        plural: The kind of record.
        inserted: Rows the store did not have.
        updated: Records of which at least one field changed.
        unchanged: Rows that say what the store says already.
        rejected: Rows refused.
        rejects: The DuckDB table that holds them: `_line`, `_reason`.
        is_history: Whether the rows were changes rather than records.
    """

    plural: str
    inserted: int
    updated: int
    unchanged: int
    rejected: int
    rejects: str
    is_history: bool = False
