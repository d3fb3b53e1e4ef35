"""What is known of contacts in a time that is replayed, without what was decided in it.

The stage, the owner and the recycling of a contact are decisions: what was recorded of them up to
the beginning holds, what was recorded later is left out. What people did stays: a stage into which
no rule takes anybody was set by a person, and is followed. A contact that came later begins
without stage and owner.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from revops.engine.agenda import ENGINE
from revops.engine.replay import facts_sql as sql
from revops.leads.lifecycle import Deal
from revops.leads.scoring import WANTED
from revops.leads.scoring.expressions import micros_at
from revops.leads.slas.timeline import Activity
from revops.records import RECORDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import duckdb

    from revops.definitions.lifecycle import Lifecycle

DECIDED = ("lifecycle_stage", "owner", "recycled_at")
"""The fields of a contact that are decided anew."""
Overlay = tuple[datetime, str, Any]
"""A field that a replay decided on: since when, which, and its value."""


class Person(NamedTuple):
    """A contact at the beginning, or when it came.

    Attributes:
        contact_id: Which.
        came_at: When it is looked at for the first time.
        is_there: Whether it was there at the beginning.
        stage, stage_at: What its record says, and since when.
        owner: Who owned it.
        recycled_at: When it was last recycled.
        account: The account it was of.
    """

    contact_id: str
    came_at: datetime
    is_there: bool
    stage: str | None
    stage_at: datetime | None
    owner: str | None
    recycled_at: datetime | None
    account: str | None


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


@dataclass(frozen=True)
class Given:
    """The facts of a connection, from `start` to `end`.

    Attributes:
        con: A connection to facts; its `contact_history` is hidden by one without decisions.
        start: The beginning.
        end: The end.
    """

    con: duckdb.DuckDBPyConnection
    start: datetime
    end: datetime

    def prepare(self, lifecycle: Lifecycle) -> None:
        """Hide what was decided in the time."""
        self.con.execute("DROP VIEW IF EXISTS temp.contact_history")
        self.con.execute("SET enable_progress_bar = false")
        followed = list(_of_people(lifecycle))
        times = {"start": _utc(self.start), "end": _utc(self.end)}
        self.con.execute(sql.DECIDED, {**times, "by": ENGINE, "followed": followed})
        self.con.execute(sql.ANCHORS, {"start": times["start"], "fields": list(DECIDED)})
        names = ", ".join(f"'{each}'" for each in DECIDED)
        start = micros_at(self.start)
        self.con.execute(
            f"CREATE TEMP VIEW contact_history AS {sql.HISTORY} WHERE NOT field IN ({names})"
            f" OR EPOCH_US(changed_at) <= {start} UNION ALL FROM decided"
        )
        self.con.execute(sql.BEGINNING, {"start": times["start"]})

    def ranges(self, size: int) -> list[tuple[str, str]]:
        """The contacts in ranges of at most so many: the first and the last id of each."""
        rows = self.con.execute(
            f"SELECT MIN(id), MAX(id) FROM (SELECT id, (ROW_NUMBER() OVER (ORDER BY id) - 1)"
            f" // {size} AS part FROM contacts) GROUP BY part ORDER BY part"
        )
        return rows.fetchall()

    def want(self, first: str, last: str) -> None:
        """Ask for the contacts of a range only."""
        self._want("WHERE id BETWEEN $1 AND $2", [first, last])

    def want_these(self, contact_ids: Collection[str]) -> None:
        """Ask for these contacts only."""
        self._want("WHERE id IN (SELECT UNNEST($1))", [sorted(contact_ids)])

    def _want(self, which: str, values: list[Any]) -> None:
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {WANTED} AS SELECT id AS contact_id FROM contacts"
            f" {which} ORDER BY id",
            values,
        )

    def persons(self) -> list[Person]:
        """Those asked for, in the order of their ids; who came after the end is not among them."""
        rows = self.con.execute(
            f"SELECT b.* FROM beginning AS b JOIN {WANTED} USING (contact_id)"
            " WHERE came_at IS NULL OR came_at <= $1 ORDER BY contact_id",
            [_utc(self.end)],
        ).fetchall()
        return [self._person(*row) for row in rows]

    def _person(self, contact_id: str, came_at: datetime | None, *rest: Any) -> Person:
        came = aware(came_at)
        is_there = came is None or came <= self.start
        stage, stage_at, owner, recycled_at, account = rest
        begins = self.start if is_there or came is None else came
        return Person(
            contact_id,
            begins,
            is_there,
            stage,
            aware(stage_at),
            owner,
            aware(recycled_at),
            account,
        )

    def set_by_people(self) -> dict[str, list[tuple[datetime, str]]]:
        """The stages that people set in the time, in order, by contact."""
        found: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        rows = self.con.execute(
            f"SELECT record_id, changed_at, new_value FROM decided JOIN {WANTED}"
            " ON contact_id = record_id WHERE field = 'lifecycle_stage' AND seq >= 0"
            " ORDER BY record_id, changed_at, seq"
        )
        for contact_id, at, stage in rows.fetchall():
            found[contact_id].append((_aware(at), stage))
        return found

    def overlay(self, decided: Sequence[tuple[str, Sequence[Overlay]]]) -> None:
        """Let these fields be what a replay decided, from when it did."""
        ids = [contact_id for contact_id, _ in decided]
        self.con.execute(
            "DELETE FROM decided WHERE changed_at > $1 AND record_id IN (SELECT UNNEST($2))",
            [_utc(self.start), ids],
        )
        rows = [
            (contact_id, field, _utc(at), _text(value), place)
            for contact_id, changes in decided
            for place, (at, field, value) in enumerate(changes)
        ]
        if rows:
            record, field, at, value, place = map(list, zip(*rows, strict=True))
            self.con.execute(
                "INSERT INTO decided SELECT UNNEST($1), UNNEST($2), UNNEST($3), NULL, UNNEST($4),"
                " NULL, NULL, UNNEST($5)",
                [record, field, at, value, place],
            )

    def owned(self, users: Collection[str]) -> list[tuple[str | None, str, str | None, int]]:
        """How many contacts each user owned at the beginning, by account and recorded stage."""
        rows = self.con.execute(
            "SELECT account_id, owner, stage, COUNT(*) FROM beginning WHERE owner IN"
            " (SELECT UNNEST($1)) AND (came_at IS NULL OR came_at <= $2) GROUP BY ALL",
            [list(users), _utc(self.start)],
        )
        return rows.fetchall()

    def deals(self) -> dict[str, list[DealState]]:
        """The deals that name each of the contacts asked for, as they went on, in order."""
        self.con.execute(sql.DEAL_PARTS.format(wanted=WANTED))
        found: dict[str, list[DealState]] = defaultdict(list)
        columns = [each.name for each in RECORDS["opportunities"].fields]
        result = self.con.execute(sql.DEALS, [_utc(self.end)])
        names = [each[0] for each in result.description or ()]
        rows = result.fetchall()
        changes = self._deal_changes()
        for values in rows:
            row = dict(zip(names, values, strict=True))
            states = list(self._states(row, changes.get(row["id"], []), columns))
            for contact_id in row["contacts"]:
                found[contact_id] += states
        for each in found.values():
            each.sort(key=lambda state: state.since)
        return found

    def sales(self) -> dict[str, list[Sale]]:
        """The deals that began in the time, by contact, as they were known at the end.

        A deal that names nobody is of all contacts of its account.
        """
        found: dict[str, list[Sale]] = defaultdict(list)
        rows = self.con.execute(sql.SALES, {"start": _utc(self.start), "end": _utc(self.end)})
        for contact_id, id_, opened_at, state, amount in rows.fetchall():
            found[contact_id].append(Sale(id_, _aware(opened_at), state, amount))
        return found

    def _deal_changes(self) -> dict[str, list[tuple[datetime, str, str | None, str | None]]]:
        found: dict[str, list[tuple[datetime, str, str | None, str | None]]] = defaultdict(list)
        rows = self.con.execute(
            "SELECT record_id, changed_at, field, old_value, new_value FROM opportunity_history"
            " WHERE record_id IN (SELECT id FROM named_deal) ORDER BY changed_at, seq"
        )
        for record_id, *change in rows.fetchall():
            found[record_id].append((_aware(change[0]), *change[1:]))
        return found

    def _states(
        self,
        row: dict[str, Any],
        changes: Sequence[tuple[datetime, str, str | None, str | None]],
        columns: Sequence[str],
    ) -> Iterator[DealState]:
        """A deal at every moment at which it became known that something of it had changed."""
        opened, closed = _aware(row["created_at"]), aware(row["closed_at"])
        first: dict[str, Any] = {name: row.get(name) for name in columns}
        first |= {field: old for _, field, old, _ in reversed(changes)}
        first |= {"closed_at": None, "is_won": None, "loss_reason": None}
        moments = {opened, *(at for at, *_ in changes if at > opened)}
        if closed is not None and row["is_won"] is not None:
            moments.add(closed)
        last: Deal | None = None
        for moment in sorted(each for each in moments if each <= self.end):
            values = {**first, **{field: new for at, field, _, new in changes if at <= moment}}
            is_over = closed is not None and closed <= moment and row["is_won"] is not None
            late = {"closed_at": closed, "is_won": row["is_won"],
                    "loss_reason": row.get("loss_reason")}  # fmt: skip
            values |= late if is_over else {"closed_at": None, "is_won": None, "loss_reason": None}
            filled = frozenset(name for name, value in values.items() if value is not None)
            deal = Deal(
                row["id"], values["stage"], opened, values["closed_at"], values["is_won"], filled
            )
            if deal != last:
                last = deal
                yield DealState(moment, deal)

    def activities(
        self, types: Collection[str], conditions: Sequence[tuple[str, str]]
    ) -> dict[str, list[Activity]]:
        """The activities of some types of those asked for, up to the end.

        Args:
            types: Which.
            conditions: Each place with its condition as SQL: told which an activity meets.
        """
        held = "".join(f", COALESCE(({text}), FALSE)" for _, text in conditions)
        rows = self.con.execute(
            f"SELECT contact_id, occurred_at, type, direction{held} FROM activities"
            f" WHERE contact_id IN (FROM {WANTED}) AND type IN (SELECT UNNEST($1))"
            " AND occurred_at <= $2 ORDER BY contact_id, occurred_at, id",
            [list(types), _utc(self.end)],
        )
        found: dict[str, list[Activity]] = defaultdict(list)
        for contact_id, at, kind, direction, *met in rows.fetchall():
            holds = frozenset(
                place for (place, _), is_met in zip(conditions, met, strict=True) if is_met
            )
            found[contact_id].append(Activity(_aware(at), kind, direction or "inbound", holds))
        return found

    def own_activity(self) -> dict[str, list[datetime]]:
        """When those asked for did anything themselves, in order."""
        rows = self.con.execute(
            "SELECT contact_id, LIST(occurred_at ORDER BY occurred_at) FROM activities"
            f" WHERE contact_id IN (FROM {WANTED}) AND direction IS DISTINCT FROM 'outbound'"
            " AND occurred_at <= $1 GROUP BY contact_id",
            [_utc(self.end)],
        )
        return {contact_id: [_aware(at) for at in ats] for contact_id, ats in rows.fetchall()}


def _of_people(lifecycle: Lifecycle) -> Iterator[str]:
    """The stages into which people take leads, as records may name them."""
    beside = {lifecycle.nurture.stage, lifecycle.archive.stage}
    beside |= {each.stage for each in lifecycle.rejection_reasons if each.stage}
    for stage in lifecycle.stages:
        if not stage.is_by_rule:
            beside |= {stage.name, stage.label or stage.name}
    yield from sorted(beside)


def aware(moment: datetime | None) -> datetime | None:
    """A time of the facts with its zone."""
    return None if moment is None else moment.replace(tzinfo=UTC)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _text(value: Any) -> str | None:
    if isinstance(value, datetime):
        return _utc(value).isoformat(" ")
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)
