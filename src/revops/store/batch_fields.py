"""The fields of a batch next to what the store has of them, as DuckDB expressions.

In these expressions `b` is the batch and `e` what the store has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.records import RECORDS, FieldType
from revops.store.forms import canonical_text, compared_form, custom_value, name, store_form, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from revops.store.batch import Batch
    from revops.store.store import Dialect


@dataclass(frozen=True)
class BatchField:
    """One field of a batch, except the id.

    Attributes:
        name: Its name.
        kind: What it holds.
        is_custom: Whether it is kept in the column `custom`.
    """

    name: str
    kind: FieldType
    is_custom: bool = False

    @property
    def differs(self) -> str:
        """Whether it is not what the store has."""
        new = self.new_text if self.is_custom else compared_form(self._new, self.kind)
        return f"{new} IS DISTINCT FROM {self._old}"

    @property
    def new_text(self) -> str:
        """What it becomes, as canonical text."""
        return canonical_text(self._new, self.kind)

    @property
    def old_text(self) -> str:
        """What it was, as canonical text."""
        is_text = self.is_custom or self.kind is FieldType.DECIMAL
        return self._old if is_text else canonical_text(self._old, self.kind)

    @property
    def _new(self) -> str:
        return name(self.name, "b")

    @property
    def _old(self) -> str:
        return custom_value("e.custom", self.name) if self.is_custom else name(self.name, "e")


def fields_of(batch: Batch) -> list[BatchField]:
    """The fields of a batch of records, except the id."""
    kinds = RECORDS[batch.plural].field_by_name
    own = [BatchField(each, kinds[each].type) for each in batch.columns if each != "id"]
    return own + [BatchField(each, kind, is_custom=True) for each, kind in batch.custom.items()]


def stored(fields: Sequence[BatchField], dialect: Dialect, custom_before: str) -> dict[str, str]:
    """What the columns of the store's table become, by column.

    Args:
        fields: The fields of the batch.
        dialect: Which database the store is.
        custom_before: The custom fields before, as JSON; one that becomes empty goes.
    """
    columns = {
        each.name: store_form(name(each.name, "b"), each.kind, dialect)
        for each in fields
        if not each.is_custom
    }
    custom = [f"{text(each.name)}, {each.new_text}" for each in fields if each.is_custom]
    if custom:
        before = f"coalesce({custom_before}, '{{}}')"
        merged = f"json_merge_patch({before}, json_object({', '.join(custom)}))"
        columns["custom"] = f"nullif(CAST({merged} AS VARCHAR), '{{}}')"
    return columns
