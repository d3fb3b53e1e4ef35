"""Which rows of a batch the store refuses, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.records import RECORDS
from revops.store.existing import count
from revops.store.forms import name, text

if TYPE_CHECKING:
    from revops.store.batch import Batch
    from revops.store.bulk import Bulk
    from revops.store.origin import Origin


def refuse(bulk: Bulk, batch: Batch, origin: Origin, existing: str) -> tuple[int, str]:
    """Make the table of the rows that are refused, each once: `_line, _reason`.

    Refused is a record that another source owns, one without a value that it must have, and a
    new one for which the file does not even have the column.

    Args:
        bulk: The transaction.
        batch: Records, or changes of records.
        origin: Where they come from.
        existing: The DuckDB table of what the store has: `id, origin`.

    Returns:
        How many they are, and the name of the table.
    """
    refused = f"{batch.table}_refused"
    key = "record_id" if batch.is_history else "id"
    queries = [_owned_by_another(batch, origin, existing, key)]
    if not batch.is_history:
        queries += _lacking(batch, existing)
    bulk.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE {name(refused)} AS
        SELECT DISTINCT ON (_line) _line, _reason FROM ({" UNION ALL ".join(queries)})
        ORDER BY _line, _reason"""
    )
    return count(bulk, f"FROM {name(refused)}"), refused


def _owned_by_another(batch: Batch, origin: Origin, existing: str, key: str) -> str:
    return f"""SELECT b._line, {origin.refusal("e")} AS _reason
        FROM {name(batch.table)} AS b JOIN {name(existing)} AS e ON {name(key, "b")} = e.id
        WHERE NOT {origin.may_write("e")}"""


def _lacking(batch: Batch, existing: str) -> list[str]:
    required = [each.name for each in RECORDS[batch.plural].fields if each.required]
    rows = f"FROM {name(batch.table)} AS b"
    queries = [
        f"SELECT b._line, {text(f'{each} is required')} AS _reason {rows}"
        f" WHERE {name(each, 'b')} IS NULL"
        for each in required
        if each in batch.columns
    ]
    absent = [each for each in required if each not in batch.columns]
    if absent:
        reason = text(f"the record is new and the file has no {' and no '.join(absent)}")
        queries.append(
            f"SELECT b._line, {reason} AS _reason {rows}"
            f" ANTI JOIN {name(existing)} AS e ON b.id = e.id"
        )
    return queries
