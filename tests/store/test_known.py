"""Which fields were filled in after the fact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.store.known import known_at_export, note_known_at_export

if TYPE_CHECKING:
    from revops.store import Store


def test_what_is_said_of_a_field_last_counts(store: Store) -> None:
    with store.write() as connection:
        assert known_at_export(connection) == {}
        note_known_at_export(connection, "contacts", {"tags", "grade"}, {"tags", "grade", "city"})
        note_known_at_export(connection, "accounts", {"band"}, {"band"})
    with store.write() as connection:
        note_known_at_export(connection, "contacts", set(), {"tags", "source"})
        assert known_at_export(connection) == {"contacts": ("grade",), "accounts": ("band",)}
        note_known_at_export(connection, "contacts", set(), {"grade"})
        assert known_at_export(connection) == {"accounts": ("band",)}
