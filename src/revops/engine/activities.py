"""What contacts did and what was done towards them: columns, of which rows are made when looked at.

Most contacts of a pass have nothing decided that asks for their rows, and rows are many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import compress, repeat
from typing import TYPE_CHECKING, Any, overload

import pyarrow as pa
import pyarrow.compute as pc

from revops.leads.slas.timeline import Activity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Row = Mapping[str, Any]
_NONE: frozenset[str] = frozenset()
_HEARD = ("contact_id", "occurred_at", "type", "direction")
OUTBOUND = "outbound"


class Columns:
    """The activities of many contacts.

    Args:
        table: The columns of activities, in order of contact_id, and a boolean `q<i>` for each
            condition.
        places: The place of each condition.
    """

    def __init__(self, table: pa.Table, places: Sequence[str]) -> None:
        self.table = table
        self._places = tuple(places)
        self._marks = [f"q{i}" for i in range(len(self._places))]
        self._sets: dict[tuple[bool, ...], frozenset[str]] = {}
        self._heard: dict[frozenset[str], dict[str, list[Activity]]] = {}

    def of(self, contact_id: str) -> Activities:
        """The activities of one contact."""
        return Activities(self, contact_id, *self._spans.get(contact_id, (0, 0)))

    def rows(self, start: int, stop: int) -> list[Row]:
        """Some of the rows, each with the conditions that it meets as `holds`."""
        return [self._row(each) for each in self.table.slice(start, stop - start).to_pylist()]

    def heard(self, types: frozenset[str]) -> Mapping[str, Sequence[Activity]]:
        """Those of some types as service levels look at them, by contact."""
        if types not in self._heard:
            self._heard[types] = self._hear(types)
        return self._heard[types]

    @cached_property
    def last_own(self) -> dict[str, datetime]:
        """When each contact last did something itself; what we did towards it is left out."""
        is_own = pc.fill_null(pc.not_equal(self.table["direction"], OUTBOUND), fill_value=True)
        own = self.table.select(["contact_id", "occurred_at"]).filter(is_own)
        last = own.group_by("contact_id").aggregate([("occurred_at", "max")])
        moments = last["occurred_at_max"].to_pylist()
        pairs = zip(last["contact_id"].to_pylist(), moments, strict=True)
        return {contact_id: at.replace(tzinfo=UTC) for contact_id, at in pairs if at is not None}

    @cached_property
    def _spans(self) -> dict[str, tuple[int, int]]:
        """From which row to which each contact goes."""
        if not len(self.table):
            return {}
        runs = pc.run_end_encode(self.table["contact_id"].combine_chunks(), run_end_type=pa.int64())
        ends = runs.run_ends.to_pylist()
        spans = zip([0, *ends[:-1]], ends, strict=True)
        return dict(zip(runs.values.to_pylist(), spans, strict=True))

    def _hear(self, types: frozenset[str]) -> dict[str, list[Activity]]:
        is_heard = pc.is_in(self.table["type"], value_set=pa.array(sorted(types), pa.string()))
        found = self.table.select([*_HEARD, *self._marks]).filter(is_heard)
        by_contact: dict[str, list[Activity]] = defaultdict(list)
        heard = zip(*_lists(found.select(_HEARD)), self._held(found), strict=True)
        for contact_id, at, kind, direction, met in heard:
            activity = Activity(at.replace(tzinfo=UTC), kind, direction or "inbound", met)
            by_contact[contact_id].append(activity)
        return by_contact

    def _held(self, table: pa.Table) -> Iterator[frozenset[str]]:
        """The conditions that each row meets; rows that meet the same share a set."""
        if not self._marks:
            return repeat(_NONE, len(table))
        return map(self._met, zip(*_lists(table.select(self._marks)), strict=True))

    def _met(self, marks: tuple[bool, ...]) -> frozenset[str]:
        if marks not in self._sets:
            self._sets[marks] = frozenset(compress(self._places, marks))
        return self._sets[marks]

    def _row(self, row: dict[str, Any]) -> Row:
        met = self._met(tuple(row.pop(mark) for mark in self._marks))
        times = {name: _aware(row[name]) for name in self._times}
        return {**row, **times, "holds": met}

    @cached_property
    def _times(self) -> list[str]:
        return [each.name for each in self.table.schema if pa.types.is_timestamp(each.type)]


def _lists(table: pa.Table) -> Iterator[list[Any]]:
    return (column.to_pylist() for column in table.columns)


def _aware(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Activities(Sequence[Row]):
    """The activities of one contact, as rows with the conditions that each meets (`holds`).

    Attributes:
        columns: Where they are.
        contact_id: Whose.
        start: The first row there.
        stop: The row after the last.
    """

    columns: Columns
    contact_id: str
    start: int
    stop: int

    def among(self, types: frozenset[str]) -> Sequence[Activity]:
        """Those of some types, as service levels look at them."""
        return self.columns.heard(types).get(self.contact_id, ())

    @property
    def last_own(self) -> datetime | None:
        """When the contact last did something itself."""
        return self.columns.last_own.get(self.contact_id)

    @cached_property
    def ids(self) -> list[str]:
        """The id of each."""
        found: list[str] = self.columns.table["id"].slice(self.start, len(self)).to_pylist()
        return found

    def named(self, ids: Collection[str]) -> list[Row]:
        """The rows with these ids."""
        places = (self.start + i for i, each in enumerate(self.ids) if each in ids)
        return [row for place in places for row in self.columns.rows(place, place + 1)]

    @cached_property
    def _rows(self) -> list[Row]:
        return self.columns.rows(self.start, self.stop)

    def __len__(self) -> int:
        return self.stop - self.start

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self._rows[index]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)
