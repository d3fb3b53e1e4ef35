"""Tasks: listed in the order in which they press, and done once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.services.export import export_table
from revops.services.task import finish_task, list_tasks
from revops.store.tables import CHANGES
from worked_company import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from revops.services.workspace import Workspace

LATER = NOW + timedelta(hours=1)


def test_a_task_is_done_once_and_the_facts_know_it(worked: Workspace, tmp_path: Path) -> None:
    (task,) = [each for each in list_tasks(worked) if each.subject == "Call Five"]
    assert (task.priority, task.due_at) == ("high", NOW + timedelta(hours=4))
    assert task in list_tasks(worked, owner=task.owner)
    done, was_open = finish_task(worked, task.id[:20], by="ann", now=LATER)
    assert (done.status, done.done_at, was_open) == ("done", LATER, True)
    assert finish_task(worked, task.id, by="bob", now=LATER) == (done, False)
    assert task.id not in {each.id for each in list_tasks(worked)}
    assert done in list_tasks(worked, everything=True)
    with worked.store.read() as connection:
        mine = sa.select(CHANGES.c.field, CHANGES.c.new_value, CHANGES.c.changed_by)
        rows = connection.execute(mine.where(CHANGES.c.record_id == task.id)).all()
    assert {tuple(row) for row in rows} == {
        ("status", "done", "ann"), ("done_at", "2026-03-02T11:00:00Z", "ann"),
    }  # fmt: skip
    export_table(worked, "tasks", output=tmp_path / "tasks.csv")
    (line,) = [
        each for each in (tmp_path / "tasks.csv").read_text().splitlines() if task.id in each
    ]
    assert ",done," in line


def test_the_most_pressing_comes_first(worked: Workspace) -> None:
    dues = [each.due_at for each in list_tasks(worked, everything=True)]
    known = [due for due in dues if due is not None]
    assert dues[: len(known)] == sorted(known)


def test_a_task_or_a_person_that_is_not_there(worked: Workspace) -> None:
    for task, code in (("nothing", "unknown-task"), ("msg", "unknown-task")):
        with pytest.raises(RevopsError) as told:
            finish_task(worked, task, by="ann", now=LATER)
        assert told.value.code == code
    with pytest.raises(RevopsError) as told:
        list_tasks(worked, owner="anne")
    assert told.value.code == "unknown-user"
