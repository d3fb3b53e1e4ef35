"""Which fields say what was not known when a record came to be, but only when it was exported."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.store.tables import META

if TYPE_CHECKING:
    from collections.abc import Collection

_KEY = "_known_at_export"


def note_known_at_export(
    connection: sa.Connection, plural: str, declared: Collection[str], brought: Collection[str]
) -> None:
    """Note the fields of a kind of record that were filled in after the fact.

    Args:
        connection: One that may write.
        plural: The kind of record.
        declared: The fields that are said to have been.
        brought: All fields of which it is said now; of others what was noted stays.
    """
    before = set(known_at_export(connection).get(plural, ()))
    after = (before - set(brought)) | set(declared)
    if after == before:
        return
    key = plural + _KEY
    connection.execute(sa.delete(META).where(META.c.key == key))
    if after:
        connection.execute(sa.insert(META).values(key=key, value=json.dumps(sorted(after))))


def known_at_export(connection: sa.Connection) -> dict[str, tuple[str, ...]]:
    """The fields that were filled in after the fact, by kind of record (plural)."""
    rows = connection.execute(sa.select(META).where(META.c.key.endswith(_KEY, autoescape=True)))
    return {row.key.removesuffix(_KEY): tuple(json.loads(row.value)) for row in rows}
