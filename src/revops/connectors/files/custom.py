"""Custom fields: what a column that nobody declared is called and what it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from revops.connectors.files.quoting import quoted
from revops.connectors.files.values import EARLIEST, LATEST
from revops.records import FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

_NOT_A_NAME = re.compile(r"[^a-z0-9]+")
_INNER_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONGEST_NAME = 60


def field_name(header: str) -> str:
    """A header as the name of a field: `Page Views Per Visit` is `page_views_per_visit`."""
    spaced = _INNER_CAPITAL.sub("_", header.removesuffix("__c"))
    name = _NOT_A_NAME.sub("_", spaced.lower()).strip("_")[:_LONGEST_NAME].rstrip("_")
    return f"_{name}" if name[:1].isdigit() else name


def infer_types(
    con: duckdb.DuckDBPyConnection, relation: str, texts: Mapping[str, str]
) -> dict[str, FieldType]:
    """What each column holds; columns that are blank throughout are left out.

    A column is a number, a boolean, a time or a date if all its values are; otherwise it is text.
    Codes stay text: a number with a leading zero or of more than 15 digits.

    Args:
        con: Where the rows are.
        relation: What follows FROM.
        texts: Name -> the SQL of its text.
    """
    if not texts:
        return {}
    counts = con.execute(
        f"SELECT name, count(*), {', '.join(_TESTS)} FROM (UNPIVOT (SELECT"
        f" {', '.join(f'{text} AS {quoted(name)}' for name, text in texts.items())}"
        f" FROM {relation}) ON * INTO NAME name VALUE t) GROUP BY name"
    ).fetchall()
    fitting = {
        name: next(
            (kind for kind, hits in zip(_TYPES, matches, strict=True) if hits == count),
            FieldType.TEXT,
        )
        for name, count, *matches in counts
    }
    return {name: fitting[name] for name in texts if name in fitting}


_TYPES = (
    FieldType.INTEGER,
    FieldType.DECIMAL,
    FieldType.BOOLEAN,
    FieldType.DATE,
    FieldType.TIME,
)


_NUMERIC = "t[1] BETWEEN '-' AND '9'"
_TIMELY = (
    "starts_with(t[5:], '-') AND TRY_CAST(t AS TIMESTAMP)"
    f" BETWEEN TIMESTAMP '{EARLIEST}' AND TIMESTAMP '{LATEST}'"
)
_TESTS = tuple(
    f"count(*) FILTER ({condition})"
    for condition in (
        f"{_NUMERIC} AND regexp_full_match(t, '-?(0|[1-9][0-9]{{0,14}})')",
        f"{_NUMERIC} AND regexp_full_match(t, '-?(0|[1-9][0-9]{{0,11}})(\\.[0-9]+)?')",
        "lower(t) IN ('true', 'false', 'yes', 'no')",
        f"length(t) = 10 AND {_TIMELY}",
        f"length(t) > 10 AND {_TIMELY}",
    )
)
"""How many values are of each of `_TYPES`, the cheapest question first."""
