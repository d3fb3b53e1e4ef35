"""What people are to do: listed, and done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from revops.kit.errors import RevopsError
from revops.services.contact import owner_id
from revops.services.score import now as this_second
from revops.store.tables import CHANGES, META, RECORD_TABLES

if TYPE_CHECKING:
    from datetime import datetime

    from revops.services.workspace import Workspace

_TASKS, _DEALS = RECORD_TABLES["tasks"], RECORD_TABLES["opportunities"]
_CONTACTS, _ACCOUNTS = RECORD_TABLES["contacts"], RECORD_TABLES["accounts"]
_PRIORITIES = ("urgent", "high", "normal", "low")
_SHORTEST = 6
_SOURCE = "revops"


@dataclass(frozen=True)
class ToDo:
    """A task; `about` says in words which deal, person and account it is about."""

    id: str
    subject: str | None
    due_at: datetime | None
    priority: str | None
    owner: str | None
    about: str
    contact_id: str | None
    account_id: str | None
    opportunity_id: str | None
    status: str | None
    created_at: datetime | None
    done_at: datetime | None


def list_tasks(
    workspace: Workspace, *, owner: str | None = None, everything: bool = False
) -> list[ToDo]:
    """The tasks: what is due first, then what is urgent; those without a time come last.

    Args:
        workspace: Whose.
        owner: Of this user only.
        everything: Whether those that are done or cancelled are listed too.

    Raises:
        RevopsError: There is no such user.
    """
    rows = _tasks()
    if owner is not None:
        with workspace.store.read() as connection:
            owning = {*connection.execute(sa.select(_TASKS.c.owner).distinct()).scalars()}
        who = owner_id(workspace.catalog.people, owner, owning)
        rows = rows.where(_TASKS.c.owner == who)
    if not everything:
        rows = rows.where(sa.or_(_TASKS.c.status == "open", _TASKS.c.status.is_(None)))
    urgency = sa.case({each: i for i, each in enumerate(_PRIORITIES)}, value=_TASKS.c.priority)
    order = (_TASKS.c.due_at.is_(None), _TASKS.c.due_at, urgency, _TASKS.c.seq)
    with workspace.store.read() as connection:
        return [_to_do(row) for row in connection.execute(rows.order_by(*order)).mappings()]


def finish_task(
    workspace: Workspace, task: str, *, by: str, now: datetime | None = None
) -> tuple[ToDo, bool]:
    """Note that a task is done.

    Args:
        workspace: Whose.
        task: Its id, or enough of its beginning.
        by: Who did it.
        now: When; by default now.

    Returns:
        The task as it is now, and whether it was open before.

    Raises:
        RevopsError: There is no such task (`unknown-task`), several begin so (`several-tasks`),
            or it was cancelled (`cancelled`).
    """
    at = now or this_second()
    with workspace.store.write() as connection:
        found = _find(connection, task)
        if found.status == "done":
            return found, False
        if found.status == "cancelled":
            raise RevopsError("cancelled", f"the task '{found.id}' was cancelled")
        mine = _TASKS.c.id == found.id
        connection.execute(sa.update(_TASKS).where(mine).values(status="done", done_at=at))
        _tell(connection, found, by, at)
        return _find(connection, found.id), True


def _tasks() -> sa.Select[tuple[Any, ...]]:
    """The tasks, with the names of what they are about."""
    person = (_CONTACTS.c.first_name, _CONTACTS.c.last_name, _CONTACTS.c.email)
    return sa.select(
        _TASKS, *person, _DEALS.c.name.label("deal"), _ACCOUNTS.c.name.label("account")
    ).select_from(
        _TASKS.outerjoin(_DEALS, _DEALS.c.id == _TASKS.c.opportunity_id)
        .outerjoin(_CONTACTS, _CONTACTS.c.id == _TASKS.c.contact_id)
        .outerjoin(_ACCOUNTS, _ACCOUNTS.c.id == _TASKS.c.account_id)
    )


def _to_do(row: sa.RowMapping) -> ToDo:
    named = " ".join(filter(None, (row["first_name"], row["last_name"])))
    parts = (
        row["deal"] or row["opportunity_id"],
        named or row["email"] or row["contact_id"],
        row["account"] or row["account_id"],
    )
    about = ", ".join(filter(None, parts))
    values = {name: row[name] for name in ToDo.__dataclass_fields__ if name != "about"}
    return ToDo(**values, about=about)


def _find(connection: sa.Connection, task: str) -> ToDo:
    """The task with this id, or the one that begins so."""
    exact = _tasks().where(_TASKS.c.id == task)
    found = [_to_do(row) for row in connection.execute(exact).mappings()]
    if not found and len(task) >= _SHORTEST:
        begins = _TASKS.c.id.startswith(task, autoescape=True)
        some = _tasks().where(begins).limit(2)
        found = [_to_do(row) for row in connection.execute(some).mappings()]
    if not found:
        mend = "revops task list --all --format csv has the ids"
        raise RevopsError("unknown-task", f"there is no task '{task}'", mend)
    if len(found) > 1:
        raise RevopsError("several-tasks", f"several tasks begin with '{task}'", "give more of it")
    return found[0]


def _tell(connection: sa.Connection, task: ToDo, by: str, at: datetime) -> None:
    """Keep the change, and tell whoever reads tasks by `seq` that one was rewritten."""
    values = {"status": (task.status, "done"), "done_at": (None, f"{at:%Y-%m-%dT%H:%M:%SZ}")}
    rows = [
        {
            "object": "tasks", "record_id": task.id, "field": name, "old_value": old,
            "new_value": new, "changed_at": at, "changed_by": by, "source": _SOURCE,
            "recorded_at": at,
        }
        for name, (old, new) in values.items()
    ]  # fmt: skip
    connection.execute(sa.insert(CHANGES), rows)
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    one_more = sa.cast(sa.cast(META.c.value, sa.BigInteger) + 1, sa.Text)
    insert = dialect.insert(META).values(key="tasks_rewritten", value="1")
    connection.execute(
        insert.on_conflict_do_update(index_elements=["key"], set_={"value": one_more})
    )
