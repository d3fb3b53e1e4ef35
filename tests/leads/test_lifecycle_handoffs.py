"""Handoffs as the store tells them."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from lifecycle_cases import DAY, NOON
from revops.leads.lifecycle import handoffs_query
from revops.store.engine_tables import CLOCKS, SPELLS


def test_time_owner_promise_and_outcome() -> None:
    engine = sa.create_engine("sqlite://")
    SPELLS.metadata.create_all(engine, tables=[SPELLS, CLOCKS])
    spell = {"contact_id": "c1", "is_recycled": False, "definitions_version": "v", "owner": None}
    clock = {"contact_id": "c1", "sla": "first_contact", "due_at": NOON, "steps_fired": 0,
             "definitions_version": "v"}  # fmt: skip
    rows = [
        ("Lead", NOON - DAY, NOON, "advanced", None, None),
        ("MQL", NOON, NOON + DAY, "rejected", "dina", "ENG-01"),
        ("Recycled", NOON + DAY, NOON + 90 * DAY, "advanced", None, None),
        ("MQL", NOON + 90 * DAY, None, None, "dirk", None),
    ]
    keys = ("stage", "entered_at", "left_at", "outcome", "owner", "rejection_code")
    with engine.begin() as con:
        con.execute(
            sa.insert(SPELLS), [{**spell, **dict(zip(keys, row, strict=True))} for row in rows]
        )
        con.execute(
            sa.insert(CLOCKS),
            [
                {**clock, "id": "k1", "started_at": NOON, "state": "breached"},
                {**clock, "id": "k2", "started_at": NOON + 90 * DAY, "state": "running"},
                {**clock, "id": "k3", "started_at": NOON + 2 * DAY, "state": "met"},
            ],
        )
        found = con.execute(handoffs_query(["MQL"])).mappings().all()
    assert [(each["owner"], each["outcome"], each["rejection_code"], each["next_stage"],
             each["sla"], each["sla_state"]) for each in found] == [
        ("dina", "rejected", "ENG-01", "Recycled", "first_contact", "breached"),
        ("dirk", None, None, None, "first_contact", "running"),
    ]  # fmt: skip
    assert found[0]["left_at"] - found[0]["entered_at"] == timedelta(days=1)
