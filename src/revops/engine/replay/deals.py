"""The deals of contacts as they went on, as far as stages ask for them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from revops.definitions.lifecycle import OF_DEAL
from revops.engine.replay import facts_sql as sql
from revops.engine.replay.moments import aware, aware_or_none
from revops.kit.clock import plain_utc
from revops.leads.lifecycle import Deal
from revops.leads.scoring import WANTED
from revops.records import RECORDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    import duckdb

    from revops.definitions.lifecycle import Lifecycle

_LATE = frozenset({"closed_at", "is_won", "loss_reason"})
"""What is known of a deal only once it is over."""
_ALWAYS = ("closed_at", "is_won")
_COLUMNS = frozenset(each.name for each in RECORDS["opportunities"].fields)
_Change = tuple["datetime", str, str | None, str | None]


@dataclass(frozen=True)
class DealState:
    """A deal as it was from a moment on."""

    since: datetime
    deal: Deal


class Sale(NamedTuple):
    """A deal for new business that began in the time: id, opened_at, won, lost or open, amount."""

    id: str
    opened_at: datetime
    state: str
    amount: float


def fields_of_deals(lifecycle: Lifecycle) -> frozenset[str]:
    """The fields of deals that stages ask for: what else changes moves nobody."""
    named = (name for stage in lifecycle.stages for name in stage.required_fields)
    asked = {name.removeprefix(OF_DEAL) for name in named if name.startswith(OF_DEAL)}
    criteria = [each for stage in lifecycle.stages for each in (stage.entry, stage.exit)]
    return frozenset(asked | ({"stage"} if any(each.deal_stages for each in criteria) else set()))


def deals(
    con: duckdb.DuckDBPyConnection, end: datetime, asked: Collection[str]
) -> dict[str, list[DealState]]:
    """The deals that name each of the contacts asked for, as they went on, in order.

    Args:
        con: A connection to facts.
        end: Up to when.
        asked: The fields that matter.
    """
    con.execute(sql.DEAL_PARTS.format(wanted=WANTED))
    changes = _changes(con, asked)
    names = [name for name in asked if name in _COLUMNS and name not in _ALWAYS]
    told = "".join(f', o."{name}"' for name in names)
    found: dict[str, list[DealState]] = defaultdict(list)
    rows = con.execute(sql.DEALS.format(told=told), [plain_utc(end)]).fetchall()
    for id_, contact_ids, opened_at, closed_at, is_won, *values in rows:
        row = {"closed_at": closed_at, "is_won": is_won, **dict(zip(names, values, strict=True))}
        states = list(_states(id_, aware(opened_at), row, changes.get(id_, ()), asked, end))
        for contact_id in contact_ids:
            found[contact_id] += states
    for each in found.values():
        each.sort(key=lambda state: state.since)
    return found


def sales(
    con: duckdb.DuckDBPyConnection, start: datetime, end: datetime, currency: str
) -> dict[str, list[Sale]]:
    """The deals that began in a time, by contact, as they were known at its end.

    A deal that names nobody is of all contacts of its account. Amounts in another currency than
    the one given count as nothing, since no rates are known.
    """
    found: dict[str, list[Sale]] = defaultdict(list)
    times = {"start": plain_utc(start), "end": plain_utc(end)}
    rows = con.execute(sql.SALES, {**times, "base": currency})
    for contact_id, id_, opened_at, state, amount in rows.fetchall():
        found[contact_id].append(Sale(id_, aware(opened_at), state, amount))
    return found


def _states(
    id_: str,
    opened: datetime,
    row: dict[str, Any],
    changes: Sequence[_Change],
    asked: Collection[str],
    end: datetime,
) -> Iterator[DealState]:
    """A deal at every moment at which it became known that something asked for had changed."""
    closed = aware_or_none(row["closed_at"]) if row["is_won"] is not None else None
    late = {name for name in asked if name in _LATE and row[name] is not None}
    values = {name: row.get(name) for name in asked if name not in _LATE}
    values |= {field: old for _, field, old, _ in reversed(changes)}
    moments = {opened, *(at for at, *_ in changes if at > opened)}
    if closed is not None:
        moments.add(closed)
    last, taken = None, 0
    for moment in sorted(each for each in moments if each <= end):
        while taken < len(changes) and changes[taken][0] <= moment:
            values[changes[taken][1]] = changes[taken][3]
            taken += 1
        is_over = closed is not None and closed <= moment
        filled = {name for name, value in values.items() if value is not None}
        deal = Deal(
            id_, values.get("stage"), opened,
            closed if is_over else None,
            row["is_won"] if is_over else None,
            frozenset(filled | late if is_over else filled),
        )  # fmt: skip
        if deal != last:
            last = deal
            yield DealState(moment, deal)


def _changes(con: duckdb.DuckDBPyConnection, asked: Collection[str]) -> dict[str, list[_Change]]:
    found: dict[str, list[_Change]] = defaultdict(list)
    rows = con.execute(sql.DEAL_CHANGES, [sorted({*asked} - _LATE)])
    for record_id, at, *change in rows.fetchall():
        found[record_id].append((aware(at), *change))
    return found
