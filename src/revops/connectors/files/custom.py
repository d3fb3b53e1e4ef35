"""Custom fields: what a column that nobody declared is called and what it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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
    names = list(texts)
    if not names:
        return {}
    counts = con.execute(
        f"SELECT {', '.join(f'count({text})' for text in texts.values())} FROM {relation}"
    ).fetchall()[0]
    filled = {name: count for name, count in zip(names, counts, strict=True) if count}
    if not filled:
        return {}
    tests = [test for name in filled for test in _tests(texts[name])]
    found = con.execute(f"SELECT {', '.join(tests)} FROM {relation}").fetchall()[0]
    width = len(_TYPES)
    types = {}
    for at, (name, count) in enumerate(filled.items()):
        matches = found[at * width : (at + 1) * width]
        fitting = [kind for kind, hits in zip(_TYPES, matches, strict=True) if hits == count]
        types[name] = fitting[0] if fitting else FieldType.TEXT
    return types


_TYPES = (
    FieldType.INTEGER,
    FieldType.DECIMAL,
    FieldType.BOOLEAN,
    FieldType.DATE,
    FieldType.TIME,
)


def _tests(text: str) -> tuple[str, ...]:
    """How many values are of each of `_TYPES`, cheapest question first."""
    starts_as_number = f"{text}[1] BETWEEN '-' AND '9'"
    is_time = (
        f"starts_with({text}[5:], '-') AND TRY_CAST({text} AS TIMESTAMP)"
        f" BETWEEN TIMESTAMP '{EARLIEST}' AND TIMESTAMP '{LATEST}'"
    )
    conditions = (
        f"{starts_as_number} AND regexp_full_match({text}, '-?(0|[1-9][0-9]{{0,14}})')",
        f"{starts_as_number} AND regexp_full_match({text}, '-?(0|[1-9][0-9]{{0,11}})(\\.[0-9]+)?')",
        f"lower({text}) IN ('true', 'false', 'yes', 'no')",
        f"length({text}) = 10 AND {is_time}",
        f"length({text}) > 10 AND {is_time}",
    )
    return tuple(f"count(*) FILTER ({condition})" for condition in conditions)
