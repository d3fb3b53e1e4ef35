"""Every handoff measured: how long sales had a lead, who, under which promise, and the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.store.engine_tables import CLOCKS, SPELLS

if TYPE_CHECKING:
    from collections.abc import Collection


def handoffs_query(stages: Collection[str]) -> sa.Select[tuple[object, ...]]:
    """One row for each spell in a stage where leads are handed over, and clock that began in it.

    Columns: contact_id, stage, owner, entered_at, left_at (None while open), outcome,
    rejection_code, is_recycled, next_stage, sla, sla_state.

    Args:
        stages: The names of those stages; usually those that have an `acceptance`.
    """
    after: sa.ColumnElement[str] = sa.func.lead(SPELLS.c.stage).over(
        partition_by=SPELLS.c.contact_id, order_by=SPELLS.c.seq
    )
    spell = sa.select(*SPELLS.c, after.label("next_stage")).subquery("spell")
    began_in_it = sa.and_(
        CLOCKS.c.contact_id == spell.c.contact_id,
        CLOCKS.c.state != "waived",
        CLOCKS.c.started_at >= spell.c.entered_at,
        sa.or_(spell.c.left_at.is_(None), CLOCKS.c.started_at < spell.c.left_at),
    )
    told = ("contact_id", "stage", "owner", "entered_at", "left_at", "outcome")
    more = ("rejection_code", "is_recycled", "next_stage")
    return (
        sa.select(
            *(spell.c[name] for name in (*told, *more)),
            CLOCKS.c.sla,
            CLOCKS.c.state.label("sla_state"),
        )
        .select_from(spell.outerjoin(CLOCKS, began_in_it))
        .where(spell.c.stage.in_(stages))
        .order_by(spell.c.seq, CLOCKS.c.started_at, CLOCKS.c.id)
    )
