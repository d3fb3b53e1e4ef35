"""What is known of contacts in a time that is replayed, without what was decided in it.

The stage, the owner and the recycling of a contact are decisions: what was recorded of them up to
the beginning holds, what was recorded later is left out. What people did stays: a stage into which
no rule takes anybody was set by a person, and is followed. A contact that came later begins
without stage and owner.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from revops.engine.agenda import ENGINE
from revops.engine.replay import facts_sql as sql
from revops.engine.replay.moments import aware, aware_or_none
from revops.kit.clock import plain_utc
from revops.leads.scoring import WANTED
from revops.leads.scoring.expressions import micros_at
from revops.leads.slas.timeline import Activity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import timedelta

    import duckdb

    from revops.definitions.lifecycle import Lifecycle

DECIDED = ("lifecycle_stage", "owner", "recycled_at")
"""The fields of a contact that are decided anew."""
Overlay = tuple[datetime, str, Any]
"""A field that a replay decided on: since when, which, and its value."""
_MANY = 50_000


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


class Silences(NamedTuple):
    """When a contact did nothing for long.

    Attributes:
        first_at: When it first did anything.
        long: Each silence that is long enough to tell, from the last thing it did to the next.
    """

    first_at: datetime
    long: tuple[tuple[datetime, datetime | None], ...]

    def last_at(self, now: datetime) -> datetime | None:
        """When it last did anything; in between, where it is never silent for long, just now."""
        if now < self.first_at:
            return None
        inside = (since for since, until in self.long
                  if since <= now and (until is None or now < until))  # fmt: skip
        return next(inside, now)


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
        times = {"start": plain_utc(self.start), "end": plain_utc(self.end)}
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
            [plain_utc(self.end)],
        ).fetchall()
        return [self._person(*row) for row in rows]

    def _person(self, contact_id: str, came_at: datetime | None, *rest: Any) -> Person:
        came = aware_or_none(came_at)
        is_there = came is None or came <= self.start
        stage, stage_at, owner, recycled_at, account = rest
        begins = self.start if is_there or came is None else came
        return Person(
            contact_id,
            begins,
            is_there,
            stage,
            aware_or_none(stage_at),
            owner,
            aware_or_none(recycled_at),
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
            found[contact_id].append((aware(at), stage))
        return found

    def overlay(self, decided: Sequence[tuple[str, Sequence[Overlay]]]) -> None:
        """Let these fields be what a replay decided, from when it did."""
        ids = [contact_id for contact_id, _ in decided]
        self.con.execute(
            "DELETE FROM decided WHERE changed_at > $1 AND record_id IN (SELECT UNNEST($2))",
            [plain_utc(self.start), ids],
        )
        rows = [
            (contact_id, field, plain_utc(at), _text(value), place)
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
            [list(users), plain_utc(self.start)],
        )
        return rows.fetchall()

    def activities(
        self, told: str, conditions: Sequence[tuple[str, str]], since: datetime
    ) -> dict[str, list[Activity]]:
        """Some activities of those asked for, up to the end.

        Args:
            told: Which, as SQL.
            conditions: Each place with its condition as SQL: told which an activity meets.
            since: Earlier ones are left out.
        """
        held = "".join(f", COALESCE(({text}), FALSE)" for _, text in conditions)
        rows = self.con.execute(
            f"SELECT contact_id, occurred_at, type, direction{held} FROM activities"
            f" WHERE contact_id IN (FROM {WANTED}) AND ({told})"
            " AND occurred_at BETWEEN $1 AND $2 ORDER BY contact_id, occurred_at, id",
            [plain_utc(since), plain_utc(self.end)],
        )
        found: dict[str, list[Activity]] = defaultdict(list)
        places = [place for place, _ in conditions]
        while some := rows.fetchmany(_MANY):
            for contact_id, at, kind, direction, *met in some:
                holds = frozenset(
                    place for place, is_met in zip(places, met, strict=True) if is_met
                )
                found[contact_id].append(Activity(aware(at), kind, direction or "inbound", holds))
        return found

    def active(self, told: str) -> set[str]:
        """Those asked for who have some activities after the beginning and up to the end."""
        rows = self.con.execute(
            f"SELECT DISTINCT contact_id FROM activities WHERE contact_id IN (FROM {WANTED})"
            f" AND ({told}) AND occurred_at > $1 AND occurred_at <= $2",
            [plain_utc(self.start), plain_utc(self.end)],
        )
        return {contact_id for (contact_id,) in rows.fetchall()}

    def silences(self, length: timedelta) -> dict[str, Silences]:
        """When those asked for did nothing for longer; who never did anything is left out."""
        rows = self.con.execute(
            sql.SILENCES.format(wanted=WANTED), {"end": plain_utc(self.end), "length": length}
        )
        return {
            contact_id: Silences(
                aware(first),
                tuple((aware(x["since"]), aware_or_none(x["until"])) for x in long or ()),
            )
            for contact_id, first, long in rows.fetchall()
        }

    def alike(self, tells: str, most: int, apart: Collection[str]) -> dict[str, str]:
        """The first of those to whom the same happened in the same order, of each in `answer`.

        Args:
            tells: What of an answer tells, as SQL.
            most: To whom more happened than this is like nobody else.
            apart: The same, for other reasons.
        """
        times = {"start": plain_utc(self.start), "end": plain_utc(self.end)}
        given = {**times, "most": most, "apart": [*apart]}
        self.con.execute(sql.ALIKE.format(tells=tells), given)
        return dict(self.con.execute("FROM alike ORDER BY contact_id").fetchall())


def _of_people(lifecycle: Lifecycle) -> Iterator[str]:
    """The stages into which people take leads, as records may name them."""
    beside = {lifecycle.nurture.stage, lifecycle.archive.stage}
    beside |= {each.stage for each in lifecycle.rejection_reasons if each.stage}
    for stage in lifecycle.stages:
        if not stage.is_by_rule:
            beside |= {stage.name, stage.label or stage.name}
    yield from sorted(beside)


def _text(value: Any) -> str | None:
    if isinstance(value, datetime):
        return plain_utc(value).isoformat(" ")
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)
