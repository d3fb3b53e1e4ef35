"""What the engine has to look at: contacts to which something happened, and those due by time.

Every reason to look at a contact is a row of `wakes`; it is deleted in the transaction that saves
what was decided, so nothing is lost and nothing is looked at twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from revops.engine.neighbours import READ, of_accounts, of_deals
from revops.store.engine_tables import CLOCKS, ENROLMENTS, WAKES
from revops.store.tables import CHANGES, META

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from revops.leads.recipes import Happening

ENGINE = "revops"
"""The source of the changes that the engine itself makes."""
_MARK = "engine_read_"
BEGAN = "engine_began_at"
LOOKED = "engine_looked_at"
HAPPENED, ACTIVITY, CHANGE, NEW, TIME = "happened:", "activity:", "change:", "new", "time"
SETTLE, ACT = "settle", "act"
"""Why a contact is looked at that was there before the engine: to settle where it stands, and
whether what follows from the rules is done, too."""
_INSTANT = timedelta(microseconds=1)
_WORTH_A_NOTE = timedelta(minutes=1)
_CONTACTS, _ACTIVITIES = READ["contacts"], READ["activities"]


@dataclass(frozen=True)
class Wake:
    """Why one contact is looked at.

    Attributes:
        contact_id: Whom.
        whys: The reasons as they are kept.
    """

    contact_id: str
    whys: tuple[str, ...] = field(default_factory=tuple)

    def rows(self, prefix: str) -> set[str]:
        """What names each row that woke it: the id of an activity, the `seq` of a change."""
        return {why.removeprefix(prefix) for why in self.whys if why.startswith(prefix)}

    @property
    def happenings(self) -> list[dict[str, Any]]:
        """What the engine's own actions brought about."""
        return [
            json.loads(why.removeprefix(HAPPENED)) for why in self.whys if why.startswith(HAPPENED)
        ]


def began_at(connection: sa.Connection, now: datetime) -> datetime:
    """When the engine looked at this store for the first time; what was before is history."""
    found = connection.execute(sa.select(META.c.value).where(META.c.key == BEGAN)).scalar()
    return datetime.fromisoformat(found) if found else now


def looked_at(connection: sa.Connection) -> datetime | None:
    """When the engine last looked for what arrived, to the minute; None if it never did."""
    found = connection.execute(sa.select(META.c.value).where(META.c.key == LOOKED)).scalar()
    return datetime.fromisoformat(found) if found else None


def note_look(connection: sa.Connection, now: datetime) -> None:
    """Keep that the engine has looked, unless it was a moment ago."""
    before = looked_at(connection)
    if before is None or now - before >= _WORTH_A_NOTE:
        _set(connection, LOOKED, now.astimezone(UTC).isoformat())


def gather(connection: sa.Connection, now: datetime, *, acts_at_first: bool = False) -> None:
    """Turn what arrived since the last time, and what fell due, into wakes.

    The first time, every contact is looked at once, and what lies before is history: stages are
    settled and nothing more is done, unless `acts_at_first` has what the rules say now done.
    """
    marks = marks_of(connection, _MARK, is_held=True)
    latest = {
        name: connection.execute(
            sa.select(sa.func.coalesce(sa.func.max(table.c.seq), 0))
        ).scalar_one()
        for name, table in READ.items()
    }
    if not marks:
        began = now - _INSTANT if acts_at_first else now
        _set(connection, BEGAN, began.astimezone(UTC).isoformat())
        why = sa.literal(ACT if acts_at_first else SETTLE)
        _wake(connection, sa.select(_CONTACTS.c.id, why, _at(now)))
    else:
        since = {**latest, **marks}
        for query in _arrived(connection, since, now):
            _wake(connection, query)
        for neighbours in (of_accounts, of_deals):
            for contacts in neighbours(connection, since, latest):
                wake_all(connection, contacts, TIME, now)
    for name, seq in latest.items():
        if marks.get(name) != seq:
            _set(connection, _MARK + name, str(seq))
    for table, moment in ((CLOCKS, CLOCKS.c.next_at), (ENROLMENTS, ENROLMENTS.c.resume_at)):
        due = sa.select(table.c.contact_id, sa.literal(TIME), _at(now)).where(moment <= now)
        _wake(connection, due.distinct())


def _arrived(
    connection: sa.Connection, marks: Mapping[str, int], now: datetime
) -> Iterable[sa.Select[Any]]:
    """What arrived; what is dated later than now is due when it happens.

    What is dated before the engine began is a reason to look, and no news.
    """
    latest = sa.func.max if connection.dialect.name == "sqlite" else sa.func.greatest
    began = began_at(connection, now)

    def news(moment: sa.Column[Any], why: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
        return sa.case((moment < began, sa.literal(TIME)), else_=why)

    def due(moment: sa.Column[Any]) -> sa.ColumnElement[Any]:
        return sa.type_coerce(latest(moment, _at(now)), WAKES.c.due_at.type)

    yield sa.select(_CONTACTS.c.id, sa.literal(NEW), _at(now)).where(
        _CONTACTS.c.seq > marks["contacts"]
    )
    yield sa.select(
        _ACTIVITIES.c.contact_id,
        news(_ACTIVITIES.c.occurred_at, sa.literal(ACTIVITY) + _ACTIVITIES.c.id),
        due(_ACTIVITIES.c.occurred_at),
    ).where(
        _ACTIVITIES.c.seq > marks["activities"],
        _ACTIVITIES.c.contact_id.in_(sa.select(_CONTACTS.c.id)),
    )
    others = (CHANGES.c.seq > marks["changes"], CHANGES.c.source != ENGINE)
    why = news(CHANGES.c.changed_at, sa.literal(CHANGE) + sa.cast(CHANGES.c.seq, sa.Text))
    yield (
        sa.select(_CONTACTS.c.id, why, due(CHANGES.c.changed_at))
        .join(CHANGES, CHANGES.c.record_id == _CONTACTS.c.id)
        .where(*others, CHANGES.c.object == "contacts")
    )
    yield (
        sa.select(_CONTACTS.c.id, why, due(CHANGES.c.changed_at))
        .join(CHANGES, CHANGES.c.record_id == _CONTACTS.c.account_id)
        .where(*others, CHANGES.c.object == "accounts")
    )


def claim(connection: sa.Connection, now: datetime, most: int) -> list[Wake]:
    """Contacts that are due, held until the transaction ends; other workers pass them over."""
    due = sa.select(WAKES.c.contact_id).where(WAKES.c.due_at <= now).order_by(WAKES.c.due_at)
    rows = connection.execute(due.limit(most * 4).with_for_update(skip_locked=True)).scalars()
    ids = list(dict.fromkeys(rows))[:most]
    if not ids:
        return []
    mine = sa.select(WAKES.c.contact_id, WAKES.c.why).where(
        WAKES.c.contact_id.in_(ids), WAKES.c.due_at <= now
    )
    whys: dict[str, list[str]] = {each: [] for each in ids}
    for contact_id, why in connection.execute(mine.with_for_update(skip_locked=True)):
        whys[contact_id].append(why)
    return [Wake(contact_id, tuple(each)) for contact_id, each in whys.items() if each]


def settle(connection: sa.Connection, wakes: Sequence[Wake]) -> None:
    """Take away the reasons that were looked at."""
    rows = [{"c": wake.contact_id, "w": why} for wake in wakes for why in wake.whys]
    if rows:
        gone = sa.delete(WAKES).where(
            WAKES.c.contact_id == sa.bindparam("c"), WAKES.c.why == sa.bindparam("w")
        )
        connection.execute(gone, rows)


def wake_later(
    connection: sa.Connection, moments: Mapping[str, datetime | None], happened: Iterable[Happening]
) -> None:
    """Note when each contact is to be looked at again, and what the engine's actions did.

    The latter is due an instant after it happened.
    """
    rows = [
        {"contact_id": contact_id, "why": TIME, "due_at": at}
        for contact_id, at in moments.items()
        if at is not None
    ]
    rows += [
        {
            "contact_id": each.contact_id,
            "why": HAPPENED + _json(each),
            "due_at": each.at + timedelta(microseconds=1),
        }
        for each in happened
    ]
    wake_at(connection, rows)


def look_again(
    connection: sa.Connection, contact_ids: Sequence[str], now: datetime, why: str = TIME
) -> None:
    """Look at these contacts at once, such as after a person decided something."""
    wake_at(connection, [{"contact_id": each, "why": why, "due_at": now} for each in contact_ids])


def wake_all(connection: sa.Connection, contacts: sa.Select[Any], why: str, now: datetime) -> None:
    """Look at all contacts that a query gives, for the same reason."""
    _wake(connection, contacts.add_columns(sa.literal(why), _at(now)))


def wake_at(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Reasons to look at contacts, as rows of `wakes`; each is due when it is asked for first."""
    if not rows:
        return
    connection.execute(_sooner(connection, _insert(connection)(WAKES)), rows)


def _sooner(connection: sa.Connection, insert: Any) -> Any:
    """The insert of wakes, of which those that are there already may become due sooner."""
    earliest = sa.func.min if connection.dialect.name == "sqlite" else sa.func.least
    due_at = earliest(WAKES.c.due_at, insert.excluded.due_at)
    return insert.on_conflict_do_update(
        index_elements=["contact_id", "why"], set_={"due_at": due_at}
    )


def is_due(connection: sa.Connection, now: datetime) -> bool:
    """Whether there is anything to look at now."""
    return (
        connection.execute(sa.select(WAKES.c.why).where(WAKES.c.due_at <= now).limit(1)).first()
        is not None
    )


def _json(each: Happening) -> str:
    return json.dumps(
        {
            "kind": each.kind,
            "at": each.at.isoformat(),
            "details": each.details,
            "record": each.record,
            "chain": each.chain,
        },
        sort_keys=True,
        default=str,
    )


def marks_of(connection: sa.Connection, prefix: str, *, is_held: bool = False) -> dict[str, int]:
    """How far logs have been read, by name; `is_held` keeps other workers waiting."""
    rows = sa.select(META.c.key, META.c.value).where(META.c.key.startswith(prefix))
    found = connection.execute(rows.with_for_update() if is_held else rows).all()
    return {key.removeprefix(prefix): int(value) for key, value in found}


def mark(connection: sa.Connection, key: str, seq: int) -> None:
    """Note how far a log has been read."""
    _set(connection, key, str(seq))


def _wake(connection: sa.Connection, query: sa.Select[Any]) -> None:
    found = query.subquery()
    contact_id, why, due_at = found.c
    once = sa.select(contact_id, why, sa.func.min(due_at)).where(contact_id.is_not(None))
    insert = _insert(connection)(WAKES).from_select(
        ["contact_id", "why", "due_at"], once.group_by(contact_id, why)
    )
    connection.execute(_sooner(connection, insert))


def _set(connection: sa.Connection, key: str, value: str) -> None:
    insert = _insert(connection)(META).values(key=key, value=value)
    connection.execute(
        insert.on_conflict_do_update(index_elements=["key"], set_={"value": insert.excluded.value})
    )


def _at(now: datetime) -> sa.ColumnElement[Any]:
    return sa.literal(now, WAKES.c.due_at.type)


def _insert(connection: sa.Connection) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert
