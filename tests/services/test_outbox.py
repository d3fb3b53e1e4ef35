"""Letters of the outbox: found, and sent once more only when they were given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.services.outbox import list_outbox, replay_letters, show_letter
from revops.store.engine_tables import OUTBOX
from worked_company import NOW

if TYPE_CHECKING:
    from revops.services.workspace import Workspace


def test_a_dead_letter_is_sent_once_more_as_it_was(worked: Workspace) -> None:
    (listed,) = list_outbox(worked, contact="c5")
    assert (listed.state, listed.destination) == ("pending", "crm")
    with pytest.raises(RevopsError) as told:
        replay_letters(worked, listed.key)
    assert told.value.code == "not-dead"
    letter = show_letter(worked, listed.key)
    assert letter.content["data"]["who"] == "max@five.example"
    with worked.store.write() as connection:
        dead = sa.update(OUTBOX).where(OUTBOX.c.key == listed.key)
        connection.execute(dead.values(state="dead", next_at=None, attempts=9, last_error="500"))
    assert [each.key for each in list_outbox(worked, state="dead")] == [listed.key]
    assert replay_letters(worked, destination="crm", now=NOW) == 1
    again = show_letter(worked, listed.key)
    assert (again.state, again.attempts, again.payload) == ("pending", 0, letter.payload)
    assert replay_letters(worked) == 0


def test_what_is_not_there(worked: Workspace) -> None:
    with pytest.raises(RevopsError) as told:
        show_letter(worked, "msg_0")
    assert told.value.code == "no-letter"
    with pytest.raises(RevopsError) as told:
        list_outbox(worked, destination="crmm")
    assert told.value.issues[0].mend == "did you mean 'crm'?"
