"""Asks for the past: how a record's fields changed, and what they were at an instant."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from revops.kit.clock import plain_utc
from revops.records import FieldType, record_type
from revops.store.column_types import canonical_decimal
from revops.store.tables import CHANGES, CUSTOM_FIELDS, RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from revops.store.store import Store


@dataclass(frozen=True)
class Change:
    """One change of one field; values are canonical text.

    Attributes:
        field: The field, canonical or custom.
        old_value: What it was, or None.
        new_value: What it became, or None.
        changed_at: When it became that, in UTC.
        changed_by: Who changed it, where known.
        reason: Why, where known.
        source: Where the change was reported from.
    """

    field: str
    old_value: str | None
    new_value: str | None
    changed_at: datetime
    changed_by: str | None
    reason: str | None
    source: str


def changes_of(store: Store, plural: str, record_id: str) -> list[Change]:
    """All changes of a record, oldest first; at equal times, in the order they were recorded.

    Raises:
        RevopsError: There is no such kind of record (`unknown-record`).
    """
    record_type(plural)
    names = list(Change.__dataclass_fields__)
    query = (
        sa.select(*(CHANGES.columns[name] for name in names))
        .where(CHANGES.c.object == plural, CHANGES.c.record_id == record_id)
        .order_by(CHANGES.c.changed_at, CHANGES.c.seq)
    )
    with store.read() as connection:
        return [Change(*row) for row in connection.execute(query)]


def record_at(store: Store, plural: str, record_id: str, at: datetime) -> dict[str, Any] | None:
    """A record's fields as they were in force at an instant, custom ones among them.

    A field is what the last change up to then made it; before its first change, what that change
    found; without any change, what it is now. Whether the record existed then is not asked.

    Returns:
        Values as Python has them (`datetime` in UTC, `date`, `Decimal`, `bool`, `int`, `str`) by
        field; None if the store has no such record.

    Raises:
        RevopsError: There is no such kind of record (`unknown-record`).
    """
    fields = record_type(plural).fields
    table = RECORD_TABLES[plural]
    with store.read() as connection:
        row = connection.execute(sa.select(table).where(table.c.id == record_id)).one_or_none()
        custom = connection.execute(
            sa.select(CUSTOM_FIELDS.c.name, CUSTOM_FIELDS.c.type).where(
                CUSTOM_FIELDS.c.object == plural
            )
        ).all()
    if row is None:
        return None
    kinds = {each.name: each.type for each in fields} | {n: FieldType(kind) for n, kind in custom}
    kept = json.loads(row.custom) if row.custom else {}
    now = {name: kept.get(name) for name, _ in custom}
    now |= {each.name: canonical_text(getattr(row, each.name)) for each in fields}
    then = now | _values_at(changes_of(store, plural, record_id), at)
    return {name: parse_text(then[name], kind) for name, kind in kinds.items()}


def _values_at(changes: list[Change], at: datetime) -> dict[str, str | None]:
    values: dict[str, str | None] = {}
    for change in changes:
        if change.changed_at <= at:
            values[change.field] = change.new_value
        else:
            values.setdefault(change.field, change.old_value)
    return values


def canonical_text(value: object) -> str | None:
    """A value in the one text in which changes tell it."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case datetime():
            text = plain_utc(value).isoformat()
            return f"{text.rstrip('0') if '.' in text else text}Z"
        case Decimal():
            return canonical_decimal(value)
        case _:
            return str(value)


def parse_text(text: str | None, kind: FieldType) -> Any:
    """The value that a canonical text tells; the text itself where it does not tell one."""
    if text is None:
        return None
    try:
        return _PARSERS.get(kind, str)(text)
    except (ValueError, ArithmeticError, KeyError):
        return text


_PARSERS: dict[FieldType, Callable[[str], Any]] = {
    FieldType.INTEGER: int,
    FieldType.DECIMAL: Decimal,
    FieldType.BOOLEAN: {"true": True, "false": False}.__getitem__,
    FieldType.TIME: datetime.fromisoformat,
    FieldType.DATE: date.fromisoformat,
}
