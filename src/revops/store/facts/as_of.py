"""Tables as they were at an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.kit.clock import plain_utc
from revops.records import RECORDS
from revops.store.facts.shape import from_text
from revops.store.forms import name as quoted
from revops.store.forms import text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from revops.records import FieldType
    from revops.store.facts.shape import Shape

_CREATED = "created_at"


def until(moment: str, as_of: datetime) -> str:
    """The condition that a time column is not later than an instant (which has a zone)."""
    instant = plain_utc(as_of).isoformat(" ")
    return f"{moment} <= TIMESTAMP {text(instant)}"


def records_as_of(shape: Shape, changed: Collection[str], as_of: datetime) -> str:
    """The query for the records as they were at an instant, by id.

    Each field is as it was in force: the latest change up to then gives the new value, else the
    first later one gives the old value; a field without history is as it is now. A record that
    was created later is not there.

    Args:
        shape: The table, one that is not a log.
        changed: Those of its columns that have a history.
        as_of: The instant, with a zone.
    """
    fields = [name for name in shape.columns if name in changed]
    values = (_value(name, kind, name in fields) for name, kind in shape.columns.items())
    query = f"SELECT {', '.join(values)} FROM {quoted(shape.name)} AS record"
    if fields:
        then = _then(quoted(RECORDS[shape.name].history_name), fields, as_of)
        query += f" LEFT JOIN ({then}) AS past ON past.record_id = record.id"
    if _CREATED in shape.columns:
        created = f"record.{_CREATED}"
        query += f" WHERE {created} IS NULL OR {until(created, as_of)}"
    return f"{query} ORDER BY record.id"


def _value(name: str, kind: FieldType, is_changed: bool) -> str:
    now, past = quoted(name, "record"), quoted(name, "past")
    if not is_changed:
        return now
    then = from_text(f"{past}.value", kind)
    return f"CASE WHEN {past} IS NULL THEN {now} ELSE {then} END AS {quoted(name)}"


def _then(history: str, fields: Sequence[str], as_of: datetime) -> str:
    """For each record and field its value then, as {value}; NULL where there is no history.

    Within a struct, because arg_max and arg_min leave out rows whose value is NULL.
    """
    values = ", ".join(
        f"coalesce(arg_max({{'value': new_value}}, (changed_at, seq))"
        f" FILTER (field = {text(each)} AND {until('changed_at', as_of)}),"
        f" arg_min({{'value': old_value}}, (changed_at, seq)) FILTER (field = {text(each)}))"
        f" AS {quoted(each)}"
        for each in fields
    )
    among = ", ".join(map(text, fields))
    return f"SELECT record_id, {values} FROM {history} WHERE field IN ({among}) GROUP BY record_id"
