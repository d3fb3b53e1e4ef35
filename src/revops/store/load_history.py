"""Loads changes that another system has kept, each one once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.records import FieldType
from revops.store.batch import Batch, Loaded
from revops.store.existing import count, fetch_existing, set_aside
from revops.store.forms import batch_form, name, store_form, text
from revops.store.refusing import refuse
from revops.store.tables import CHANGES, RECORD_TABLES

if TYPE_CHECKING:
    from revops.store.bulk import Bulk
    from revops.store.origin import Origin

_EXISTING, _KNOWN, _NEW = "_revops_existing", "_revops_known", "_revops_new"
_OPTIONAL = ("old_value", "new_value", "changed_by", "reason")


def load_history(bulk: Bulk, batch: Batch, origin: Origin) -> Loaded:
    """Load a batch of changes; what the store knows already is left out.

    Two changes are one if they agree on record, field, time and new value. Changes of records
    that are not there yet are kept. Of equal times, the later line counts.
    """
    rows = name(batch.table)
    ids = f"SELECT DISTINCT CAST(record_id AS VARCHAR) AS id FROM {rows}"
    fetch_existing(bulk, RECORD_TABLES[batch.plural], ids, (), _EXISTING)
    rejected, rejects = refuse(bulk, batch, origin, _EXISTING)
    _fetch_known(bulk, batch, ids)
    inserted = _insert(bulk, batch, origin, rejects)
    unchanged = count(bulk, f"FROM {rows}") - inserted - rejected
    for used in (_EXISTING, _KNOWN, _NEW):
        bulk.con.execute(f"DROP TABLE IF EXISTS {used}")
    return Loaded(batch.plural, inserted, 0, unchanged, rejected, rejects, is_history=True)


def _fetch_known(bulk: Bulk, batch: Batch, ids: str) -> None:
    known = sa.select(
        CHANGES.c.record_id, CHANGES.c.field, CHANGES.c.changed_at, CHANGES.c.new_value
    ).where(CHANGES.c.object == batch.plural)
    if bulk.size(CHANGES):
        known = known.where(CHANGES.c.record_id.in_(set_aside(bulk, ids)))
    bulk.fetch(_KNOWN, known)


def _insert(bulk: Bulk, batch: Batch, origin: Origin, rejects: str) -> int:
    optional = [
        f"{batch_form(name(each), FieldType.TEXT) if each in batch.columns else 'NULL::VARCHAR'}"
        f" AS {each}"
        for each in _OPTIONAL
    ]
    bulk.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE {_NEW} AS
        WITH arriving AS (
            SELECT _line, CAST(record_id AS VARCHAR) AS record_id, CAST(field AS VARCHAR) AS field,
                CAST(changed_at AS TIMESTAMP) AS changed_at, {", ".join(optional)}
            FROM {name(batch.table)}
        ), once AS (
            SELECT DISTINCT ON (record_id, field, changed_at, new_value) *
            FROM arriving ANTI JOIN {name(rejects)} AS refused USING (_line)
            ORDER BY _line DESC
        )
        SELECT once.* FROM once ANTI JOIN {_KNOWN} AS known
        ON known.record_id = once.record_id AND known.field = once.field
        AND known.changed_at = once.changed_at
        AND known.new_value IS NOT DISTINCT FROM once.new_value"""
    )
    arriving = count(bulk, f"FROM {_NEW}")
    if not arriving:
        return 0
    stamp = ", ".join(f"{value} AS {each}" for each, value in origin.stamp(bulk.dialect).items())
    with bulk.growing(CHANGES, arriving):
        return bulk.send(
            "changes",
            f"""SELECT {text(batch.plural)} AS object, record_id, field, old_value, new_value,
                {store_form("changed_at", FieldType.TIME, bulk.dialect)} AS changed_at,
                changed_by, reason, {stamp}
            FROM {_NEW} ORDER BY changed_at, _line""",
        )
