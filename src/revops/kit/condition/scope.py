"""What a condition may speak of, and how it says that it is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Scope:
    """The names a condition may use.

    Attributes:
        fields: The type of each field by its name as written: `title`, `account.employees`.
            Types are those of `revops.records.FieldType`; a name that ends in `.*`, such as
            `properties.*`, stands for every name with that beginning.
        lists: The values of each list, for `in_list`.
        may_ask_happened: Whether `happened` makes sense here.
        zone: The zone of times that are written without one.
    """

    fields: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    may_ask_happened: bool = False
    zone: tzinfo = UTC

    def type_of(self, name: str) -> str | None:
        """The type of a field, or None where there is no such field."""
        beginning, dot, _rest = name.partition(".")
        return self.fields.get(name) or (self.fields.get(f"{beginning}.*") if dot else None)


class ConditionError(ValueError):
    """A condition that cannot be used.

    Attributes:
        message: What is wrong.
        mend: What to do about it.
        position: Where in the text, in characters from 0.
    """

    def __init__(self, message: str, mend: str = "", position: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend
        self.position = position

    def pointed(self, text: str) -> str:
        """The line of the condition that is wrong, and below it a caret under the character."""
        start = text.rfind("\n", 0, self.position) + 1
        line = text[start:].split("\n", 1)[0]
        return f"{line}\n{' ' * (self.position - start)}^"
