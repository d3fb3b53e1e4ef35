"""Changes of fields, from files that tell them: one row a change, one row a version, or dates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from revops.connectors.files.quoting import literal, quoted
from revops.connectors.files.values import Convention, value_sql
from revops.records import RECORDS, FieldType
from revops.store.forms import canonical_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from revops.connectors.files.columns import Column
    from revops.connectors.mapping import Table

_STAGE_DATE = re.compile(
    r"date entered ['\"“](?P<stage>.+) \((?P<pipeline>[^()]*)\)['\"”]", re.IGNORECASE
)
_WRITTEN = {FieldType.TIME, FieldType.DATE, FieldType.DECIMAL, FieldType.BOOLEAN}


def stage_of(header: str) -> str:
    """The stage of a header such as `Date entered "Demo (Sales pipeline)"`, or ''."""
    match = _STAGE_DATE.fullmatch(header.strip())
    return match["stage"].strip() if match else ""


def finish_changes(con: duckdb.DuckDBPyConnection, staged: str, table: Table, zone: str) -> str:
    """Changes with canonical field names, values as the store writes them, and what was before.

    Identical changes count once. Where the file has no old values, each is the value before it.
    """
    columns = {row[0] for row in con.execute(f"DESCRIBE {staged}").fetchall()}
    field = _renamed("field", table.renamed)
    new = _written(table.plural, "new_value", zone) if "new_value" in columns else "NULL"
    old = _written(table.plural, "old_value", zone) if "old_value" in columns else ""
    others = "".join(f", {name}" for name in ("changed_by", "reason") if name in columns)
    before = "lag(new_value) OVER (PARTITION BY record_id, field ORDER BY changed_at, _line)"
    con.execute(
        f"CREATE TABLE {staged}_changes AS SELECT _line, record_id, field, changed_at,"
        f" {'old_value' if old else f'{before} AS old_value'}, new_value{others} FROM ("
        f" SELECT min(_line) AS _line, record_id, field, changed_at,"
        f" {f'{old} AS old_value, ' if old else ''}{new} AS new_value{others}"
        f" FROM (SELECT * REPLACE ({field} AS field) FROM {staged}) GROUP BY ALL)"
    )
    return f"{staged}_changes"


def _renamed(field: str, renamed: Mapping[str, str]) -> str:
    """SQL of the canonical name of a property; an unknown one keeps its own, as a field name."""
    cases = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in renamed.items())
    own = f"regexp_replace(trim(lower({field})), '[^a-z0-9]+', '_', 'g')"
    if not cases:
        return field
    return f"CASE regexp_replace(lower({field}), '[^a-z0-9]', '', 'g') {cases} ELSE {own} END"


def _written(plural: str, value: str, zone: str) -> str:
    """SQL of a changed value as the store writes it; a text that is none stays as it is."""
    cases = []
    for own in RECORDS[plural].fields:
        if own.type in _WRITTEN:
            typed = value_sql(own.type, value, Convention(zone, day_first=False))
            told = canonical_text(typed, own.type)
            cases.append(f"WHEN {literal(own.name)} THEN coalesce({told}, {value})")
    return f"CASE field {' '.join(cases)} ELSE {value} END" if cases else value


def finish_versions(con: duckdb.DuckDBPyConnection, staged: str, columns: Sequence[Column]) -> str:
    """Changes from versions: where a field differs from the version before.

    The first version of a record is no change: its values are what was in force before.
    """
    fields = [c for c in columns if c.name not in {"record_id", "changed_at", "id"}]
    selects = [
        f"SELECT _line, record_id, {literal(c.name)} AS field, changed_at,"
        f" {canonical_text(quoted(c.name), c.kind)} AS new_value FROM {staged}"
        for c in fields
    ]
    selects.append(
        "SELECT _line, record_id, NULL::VARCHAR AS field, changed_at, NULL::VARCHAR AS new_value"
        f" FROM {staged} WHERE false"
    )
    con.execute(
        f"CREATE TABLE {staged}_changes AS SELECT _line, record_id, field, changed_at, old_value,"
        " new_value FROM (SELECT *, lag(new_value) OVER w AS old_value, row_number() OVER w AS n"
        f" FROM ({' UNION ALL '.join(selects)})"
        " WINDOW w AS (PARTITION BY record_id, field ORDER BY changed_at, _line))"
        " WHERE n > 1 AND old_value IS DISTINCT FROM new_value"
    )
    return f"{staged}_changes"


def stage_dates(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    id_text: str,
    dates: Mapping[str, str],
    zone: str,
    name: str,
) -> str:
    """History of the stage from columns that say when each stage was entered.

    Args:
        con: Where.
        relation: The rows.
        id_text: SQL of the record's id.
        dates: Stage -> SQL of the text of the time it was entered.
        zone: Zone of times without one.
        name: What to call the table.
    """
    selects = [
        f"SELECT _line, {id_text} AS record_id, {literal(stage)} AS new_value,"
        f" {value_sql(FieldType.TIME, text, Convention(zone, day_first=False))} AS changed_at"
        f" FROM {relation}"
        for stage, text in dates.items()
    ]
    con.execute(
        f"CREATE TABLE {name} AS SELECT _line, record_id, 'stage' AS field, changed_at,"
        " lag(new_value) OVER (PARTITION BY record_id ORDER BY changed_at, new_value) AS old_value,"
        f" new_value FROM ({' UNION ALL '.join(selects)})"
        " WHERE changed_at IS NOT NULL AND record_id IS NOT NULL"
    )
    return name
