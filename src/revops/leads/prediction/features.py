"""What was known of each example at its instant, as columns.

Fields have the values in force then; times are told as their age in days, and those that lie
after the instant are unknown. Activities are counted by type, up to the instant. A column's name
is the field (`source`, `account.employees`), or a type of activity with what is counted of it
(`page_view: in 30 days`). Texts are categories, all others numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.leads.prediction.examples import EXAMPLES
from revops.leads.subject import Subject
from revops.records import RECORDS, FieldType
from revops.store.forms import name as quoted
from revops.store.forms import text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import duckdb
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

ACCOUNT = "account."
ANY = "any activity"
COUNTED = ("ever", "in 90 days", "in 30 days", "days since")
_NAMING = {"id", "email", "phone", "first_name", "last_name", "name", "domain", "is_won"}
_TYPES_LIMIT = 60


@dataclass(frozen=True)
class Past:
    """What is there to look at.

    Attributes:
        history: For each kind of record (plural), the fields that have a history.
        left_out: Names of columns' fields that are not looked at.
    """

    history: Mapping[str, Collection[str]]
    left_out: Collection[str] = ()


def about(column: str) -> str:
    """The field or type of activity that a column is about."""
    return column.partition(": ")[0]


def is_activity(column: str) -> bool:
    """Whether a column counts activities."""
    return ": " in column


def known_then(con: duckdb.DuckDBPyConnection, subject: Subject, past: Past) -> pa.Table:
    """The features of `examples`, by nr; columns that are blank throughout are there too.

    Args:
        con: A connection to facts with the table `examples`. It makes the table `employers`.
        subject: What the examples are.
        past: What history there is, and what not to look at.
    """
    con.execute(_employers(subject, past))
    own = _in_force(con, subject.value, EXAMPLES, past, "")
    theirs = _in_force(con, "accounts", "employers", past, ACCOUNT)
    table = own
    for each in theirs.column_names:
        table = table.append_column(each, theirs.column(each))
    for name, values in _counts(con, subject).items():
        table = table.append_column(name, values)
    kept = [each for each in table.column_names if about(each) not in past.left_out]
    return table.select(kept)


def fates(con: duckdb.DuckDBPyConnection, subject: Subject) -> NDArray[np.int64]:
    """A number for each example, by nr, the same for people of one company; after `known_then`."""
    import numpy as np

    key = "coalesce(p.id, e.id)" if subject is Subject.CONTACTS else "e.id"
    query = f"SELECT dense_rank() OVER (ORDER BY {key}) AS fate"
    source = f"FROM {EXAMPLES} AS e JOIN employers AS p USING (nr) ORDER BY nr"
    found = con.execute(f"{query} {source}").fetchnumpy()["fate"]
    return np.asarray(found, dtype=np.int64)


def fields_of(con: duckdb.DuckDBPyConnection, plural: str) -> dict[str, str]:
    """The fields of a kind of record that can tell anything, with their types in DuckDB."""
    declared = RECORDS[plural].field_by_name
    found: dict[str, str] = {}
    for name, kind, *_ in con.execute(f"DESCRIBE {quoted(plural)}").fetchall():
        field = declared.get(name)
        is_many = field is not None and field.type in {FieldType.LIST, FieldType.JSON}
        refers = field is not None and field.refers_to not in {"", "user"}
        if name not in _NAMING and not is_many and not refers and not name.startswith("_"):
            found[name] = kind
    return found


def then(plural: str, fields: Collection[str], examples: str) -> str:
    """The query for the values that fields with a history had: nr and, as {value}, each field.

    NULL where the record has no history of the field.
    """
    values = ", ".join(
        f"coalesce(arg_max({{'value': new_value}}, (changed_at, seq))"
        f" FILTER (field = {text(each)} AND changed_at <= as_of),"
        f" arg_min({{'value': old_value}}, (changed_at, seq)) FILTER (field = {text(each)}))"
        f" AS {quoted(each)}"
        for each in fields
    )
    among = ", ".join(map(text, fields))
    return (
        f"SELECT nr, {values} FROM {examples} AS e"
        f" JOIN {RECORDS[plural].history_name} AS h ON h.record_id = e.id"
        f" WHERE field IN ({among}) GROUP BY nr"
    )


def _employers(subject: Subject, past: Past) -> str:
    """The table of each example's account, as it was then."""
    value = "r.account_id"
    changed = "account_id" in past.history.get(subject.value, ())
    joined = ""
    if changed:
        value = "CASE WHEN t.account_id IS NULL THEN r.account_id ELSE t.account_id.value END"
        joined = f"LEFT JOIN ({then(subject.value, ['account_id'], EXAMPLES)}) AS t USING (nr)"
    return (
        f"CREATE OR REPLACE TEMP TABLE employers AS SELECT e.nr, e.as_of, {value} AS id"
        f" FROM {EXAMPLES} AS e JOIN {subject.value} AS r ON r.id = e.id {joined}"
    )


def _in_force(
    con: duckdb.DuckDBPyConnection, plural: str, examples: str, past: Past, prefix: str
) -> pa.Table:
    types = fields_of(con, plural)
    changed = sorted(set(types) & set(past.history.get(plural, ())))
    values = "".join(
        f", {_feature(each, kind, is_changed=each in changed)} AS {quoted(prefix + each)}"
        for each, kind in sorted(types.items())
    )
    joined = f"LEFT JOIN ({then(plural, changed, examples)}) AS t USING (nr)" if changed else ""
    found = con.sql(
        f"SELECT e.nr{values} FROM {examples} AS e"
        f" LEFT JOIN {quoted(plural)} AS r ON r.id = e.id {joined}"
    )
    # Sorted here: facts are read without regard to order, and so is an ordered query to Arrow.
    return found.to_arrow_table().sort_by("nr").drop_columns(["nr"])


def _feature(field: str, kind: str, *, is_changed: bool) -> str:
    value, before = quoted(field, "r"), quoted(field, "t")
    if is_changed:
        value = (
            f"CASE WHEN {before} IS NULL THEN {value} ELSE TRY_CAST({before}.value AS {kind}) END"
        )
    if kind == "VARCHAR":
        return f"nullif(trim({value}), '')"
    if kind == "BOOLEAN":
        return f"CASE WHEN {value} THEN 'true' WHEN NOT {value} THEN 'false' END"
    if kind in {"TIMESTAMP", "DATE"}:
        age = f"epoch(e.as_of) - epoch(CAST({value} AS TIMESTAMP))"
        return f"CASE WHEN {value} <= e.as_of THEN floor(({age}) / 86400) END"
    return f"CAST({value} AS DOUBLE)"


def _counts(con: duckdb.DuckDBPyConnection, subject: Subject) -> dict[str, pa.Array]:
    """How many activities of each type, how many of late, and how long ago the last was."""
    import pyarrow as pa

    key = "e.id = a.contact_id" if subject is Subject.CONTACTS else "p.id = a.account_id"
    rows = con.execute(_ACTIVITIES.format(key=key)).fetchnumpy()
    counted = con.execute(f"SELECT count(*) FROM {EXAMPLES}").fetchone() or (0,)
    types = [row[0] for row in con.execute(_TYPES.format(key=key)).fetchall()]
    return {
        f"{kind}: {what}": pa.array(column)
        for kind in [ANY, *types]
        for what, column in _columns(rows, kind, int(counted[0])).items()
    }


def _columns(rows: dict[str, object], kind: str, length: int) -> dict[str, object]:
    import numpy as np

    here = np.asarray(rows["type"]) == kind
    numbers = np.asarray(rows["nr"])[here]
    found: dict[str, object] = {}
    for what, name in zip(COUNTED, ("ever", "in_90", "in_30", "days_since"), strict=True):
        column = np.full(length, np.nan if name == "days_since" else 0.0)
        column[numbers] = np.asarray(rows[name])[here]
        found[what] = column
    return found


_JOINED = f"""
FROM {EXAMPLES} AS e JOIN employers AS p USING (nr)
JOIN activities AS a ON {{key}} AND a.occurred_at <= e.as_of
"""
_ACTIVITIES = f"""
SELECT e.nr, CASE WHEN grouping(a.type) = 1 THEN '{ANY}' ELSE a.type END AS type,
    CAST(count(*) AS DOUBLE) AS ever,
    CAST(count(*) FILTER (a.occurred_at > e.as_of - INTERVAL 90 DAY) AS DOUBLE) AS in_90,
    CAST(count(*) FILTER (a.occurred_at > e.as_of - INTERVAL 30 DAY) AS DOUBLE) AS in_30,
    floor(min(epoch(e.as_of) - epoch(a.occurred_at)) / 86400) AS days_since
{_JOINED}
GROUP BY GROUPING SETS ((e.nr, a.type), (e.nr))
ORDER BY ALL
"""
_TYPES = f"""
SELECT a.type {_JOINED} GROUP BY a.type
ORDER BY count(DISTINCT e.nr) DESC, a.type LIMIT {_TYPES_LIMIT}
"""
