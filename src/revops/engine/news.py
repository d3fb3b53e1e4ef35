"""What others did to a contact, as happenings that may set recipes off."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from revops.leads.recipes import Happening
from revops.records import FieldType
from revops.store.history import parse_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from revops.definitions.scope import Vocabulary

_FIELDS_OF_ACTIVITY = (
    "id",
    "type",
    "occurred_at",
    "direction",
    "path",
    "source",
    "campaign",
    "subject",
    "owner",
)
_PREFIX = {"contacts": "", "accounts": "account."}
"""What stands before the fields of a kind of record where triggers name them."""


def of_activity(contact_id: str, row: Mapping[str, Any]) -> Happening:
    """An activity that arrived, with the conditions that it meets."""
    activity = {name: row[name] for name in _FIELDS_OF_ACTIVITY}
    details = {"activity": {**activity, "properties": _object(row["properties"])}}
    at: datetime = row["occurred_at"]
    return Happening("activity", contact_id, at, details, holds=row["holds"])


def of_change(contact_id: str, row: Any, vocabulary: Vocabulary) -> Happening:
    """A field of the contact or of its account (`account.owner`) that somebody changed."""
    kind = FieldType(vocabulary.fields(row.object).get(row.field, "text"))
    change = {
        "field": f"{_PREFIX[row.object]}{row.field}",
        "from": as_said(row.old_value, kind),
        "to": as_said(row.new_value, kind),
    }
    return Happening("changed", contact_id, row.changed_at, {"change": change})


def of_action(contact_id: str, kept: Mapping[str, Any]) -> Happening:
    """What an action of the engine brought about, as it was kept."""
    return Happening(
        kept["kind"],
        contact_id,
        datetime.fromisoformat(kept["at"]),
        kept["details"],
        kept["record"],
        tuple(kept["chain"]),
    )


def as_said(text: str | None, kind: FieldType) -> Any:
    """As a trigger's `to` says it: numbers and truth as such, all else as the text that is kept."""
    value = parse_text(text, kind)
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, bool | int) else text


def _object(text: str | None) -> dict[str, Any]:
    """What a JSON object holds; nothing if it is none."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
