"""What sales decides about a lead, saved on real stores, and gone on with by the next run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.services.contact import find_contact
from revops.services.lifecycle import (
    accept_contact,
    lift_override,
    override_contact,
    reject_contact,
    show_contact,
)
from revops.services.run import run
from revops.store.engine_tables import CLOCKS, OVERRIDES, SPELLS
from revops.store.tables import CHANGES
from worked_company import NOW, bring

if TYPE_CHECKING:
    from revops.services.contact import Person
    from revops.services.workspace import Workspace

HOUR = timedelta(hours=1)
LATER = NOW + HOUR


def rows(workspace: Workspace, table: sa.Table, contact: str) -> list[sa.Row[Any]]:
    query = sa.select(table).where(table.c.contact_id == contact)
    with workspace.store.read() as connection:
        return list(connection.execute(query))


def find_person(workspace: Workspace, contact: str) -> Person:
    with workspace.store.read() as connection:
        return find_contact(connection, contact)


def stages(workspace: Workspace, contact: str) -> list[tuple[str, str | None]]:
    stays = show_contact(workspace, contact, now=LATER).stays
    return [(stay.stage, stay.outcome) for stay in stays]


def test_accepting_moves_the_lead_does_the_actions_and_stops_the_clock(worked: Workspace) -> None:
    settled = accept_contact(worked, "una@one.example", by="ann", now=LATER)
    assert [each.to_stage for each in settled.moves] == ["SQL"]
    assert settled.tasks == (f"{settled.owner}: Discover One",)
    way = show_contact(worked, "c1", now=LATER)
    outcomes = [(each.stage, each.outcome) for each in way.stays]
    assert outcomes == [("Lead", "advanced"), ("MQL", "accepted"), ("SQL", None)]
    assert (way.person.stage, way.stays[1].left_because) == ("SQL", "accepted by ann")
    run(worked, now=LATER)
    (clock,) = rows(worked, CLOCKS, "c1")
    assert (clock.state, clock.stopped_at) == ("met", LATER)
    before = rows(worked, SPELLS, "c1")
    with pytest.raises(RevopsError) as told:
        accept_contact(worked, "c1", by="ann", now=LATER)
    assert told.value.code == "not-acceptable"
    assert rows(worked, SPELLS, "c1") == before


def test_a_rejection_says_what_becomes_of_the_lead(worked: Workspace) -> None:
    with pytest.raises(RevopsError) as told:
        reject_contact(worked, "c2", "FIT1", by="ann", now=LATER)
    assert told.value.issues[0].mend == "did you mean 'FIT-01'?"
    assert stages(worked, "c2") == [("Lead", "advanced"), ("MQL", None)]
    settled = reject_contact(worked, "c2", "ENG-01", by="ann", now=LATER)
    assert settled.notes == ("rejected early: 0 of 3 attempts",)
    assert stages(worked, "c2")[1:] == [("MQL", "rejected"), ("Recycled", None)]
    run(worked, now=LATER + HOUR)
    assert stages(worked, "c2")[-1] == ("Recycled", None)  # its 90 days are not over


def test_an_override_holds_against_the_rules_until_it_is_lifted(worked: Workspace) -> None:
    override_contact(worked, "c4", "Lead", " A student ", by="eve", now=LATER)
    run(worked, now=LATER + HOUR)
    way = show_contact(worked, "c4", now=LATER + HOUR)
    assert way.person.stage == "Lead"
    assert way.override is not None
    assert (way.override.reason, way.override.made_by) == ("A student", "eve")
    lift_override(worked, "c4", by="eve", now=LATER + 2 * HOUR)
    way = show_contact(worked, "c4", now=LATER + 2 * HOUR)
    assert (way.person.stage, way.override) == ("MQL", None)
    with pytest.raises(RevopsError) as told:
        lift_override(worked, "c4", by="eve", now=LATER + 2 * HOUR)
    assert told.value.code == "no-override"


@pytest.mark.parametrize(
    ("stage", "because", "until", "code"),
    [
        ("SQLL", "why not", None, "unknown-stage"),
        ("SQL", "  ", None, "no-reason"),
        ("SQL", "why not", datetime(2020, 1, 1, tzinfo=UTC), "bad-expiry"),
    ],
)
def test_an_override_that_is_wrong_is_not_kept(
    worked: Workspace, stage: str, because: str, until: datetime | None, code: str
) -> None:
    with pytest.raises(RevopsError) as told:
        override_contact(worked, "c5", stage, because, by="eve", until=until, now=LATER)
    assert told.value.code == code
    assert rows(worked, OVERRIDES, "c5") == []


def test_the_record_tells_who_decided(worked: Workspace) -> None:
    person = find_person(worked, "c5")
    override_contact(worked, "c5", "Lead", "A mistake", by="eve", now=LATER)
    lift_override(worked, "c5", by="bob", now=LATER + HOUR)
    assert find_person(worked, "c5").stage == person.stage
    query = sa.select(CHANGES.c.new_value, CHANGES.c.changed_by, CHANGES.c.source).where(
        CHANGES.c.record_id == "c5",
        CHANGES.c.field == "lifecycle_stage",
        CHANGES.c.changed_at >= LATER,
    )
    with worked.store.read() as connection:
        told = [tuple(row) for row in connection.execute(query.order_by(CHANGES.c.seq))]
    assert told == [("Lead", "eve", "revops"), ("MQL", "bob", "revops")]


def test_a_rejected_lead_comes_back_on_the_day_that_was_named(worked: Workspace) -> None:
    bring(worked.folder, {"contacts.csv": "id,email,title\nc7,seven@acme.example,VP Seven\n"})
    run(worked, now=LATER)
    with pytest.raises(RevopsError) as told:
        reject_contact(worked, "c7", "ENG-01", by="ann", returns_at=NOW, now=LATER)
    assert told.value.code == "bad-return"
    soon = LATER + timedelta(days=10)
    reject_contact(worked, "c7", "ENG-01", by="ann", returns_at=soon, now=LATER)
    assert [each.returns_at for each in rows(worked, SPELLS, "c7") if each.outcome][-1] == soon
    run(worked, now=soon - HOUR)
    assert stages(worked, "c7")[-1] == ("Recycled", None)
    run(worked, now=soon + HOUR)
    assert show_contact(worked, "c7", now=soon + HOUR).person.stage != "Recycled"


def test_what_was_due_is_done_before_the_decision(worked: Workspace) -> None:
    bring(worked.folder, {"contacts.csv": "id,title\nc6,VP Finance\n"})
    assert [each.to_stage for each in show_contact(worked, "c6", now=LATER).due] == ["MQL"]
    settled = accept_contact(worked, "c6", by="ann", now=LATER)
    assert [each.to_stage for each in settled.moves] == ["MQL", "SQL"]
    assert settled.owner in {"ann", "bob"}
