"""How the dates and numbers of a file are written, decided from all of its values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from revops.connectors.files.quoting import literal
from revops.connectors.files.values import NUMBERED_DAY, Convention, value_sql
from revops.kit.errors import RevopsError
from revops.records import FieldType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

    from revops.connectors.files.columns import Column

_TIMES = {FieldType.TIME, FieldType.DATE}
_NUMBERS = {FieldType.INTEGER, FieldType.DECIMAL}
_MONTHS = 12


@dataclass(frozen=True)
class _Days:
    """The first two numbers of the days of a column."""

    column: str
    most_first: int
    most_second: int
    differing: int
    points: int
    count: int
    sample: str

    @property
    def day_first(self) -> bool | None:
        """The order they show; None if they fit both and it matters."""
        if self.most_first > _MONTHS >= self.most_second or self.points == self.count:
            return True
        if self.most_second > _MONTHS >= self.most_first or not self.differing:
            return False
        return None

    @property
    def is_mixed(self) -> bool:
        return self.most_first > _MONTHS < self.most_second


def decide(
    con: duckdb.DuckDBPyConnection,
    texts: str,
    columns: Iterable[Column],
    given: Convention,
    file: str,
) -> dict[str, Convention]:
    """The convention of each column of times or numbers.

    Args:
        con: Where the texts are.
        texts: The relation that has each column's text under the column's `text_name`.
        columns: The columns.
        given: What the mapping and the settings say.
        file: The file, for the error.

    Raises:
        RevopsError: The days of a column can be read in two ways (`ambiguous-dates`).
    """
    written = [c for c in columns if c.kind in _TIMES | _NUMBERS and not c.native]
    suspects = _not_plain(con, texts, written)
    decided = {}
    open_days = []
    orders = set()
    for column in suspects:
        if column.kind in _NUMBERS:
            decided[column.name] = replace(given, decimal_comma=_has_comma(con, texts, column))
        elif given.day_first is None and not given.time_format:
            days = _days(con, texts, column)
            order = days.day_first if days.count else False
            if order is None and not days.is_mixed:
                open_days.append(days)
                continue
            orders |= {order} if days.count and order is not None else set()
            decided[column.name] = replace(given, day_first=bool(order))
    for days in open_days:
        if len(orders) != 1:
            raise _ambiguous(days, file)
        decided[days.column] = replace(given, day_first=orders == {True})
    return decided


def _not_plain(con: duckdb.DuckDBPyConnection, texts: str, columns: list[Column]) -> list[Column]:
    """The columns of which some value cannot be read as it stands."""
    if not columns:
        return []
    tests = ", ".join(f"coalesce(bool_or({_odd(column)}), false)" for column in columns)
    found = con.execute(f"SELECT {tests} FROM {texts}").fetchall()[0]
    return [column for column, suspect in zip(columns, found, strict=True) if suspect]


def _odd(column: Column) -> str:
    text = column.text_name
    odd = f"{text} IS NOT NULL AND {value_sql(column.kind, text, Convention())} IS NULL"
    return f"({odd}) OR contains({text}, ',')" if column.kind in _NUMBERS else odd


def _has_comma(con: duckdb.DuckDBPyConnection, texts: str, column: Column) -> bool:
    """Whether some number shows that the comma is the decimal sign, and none the contrary."""
    text = column.text_name
    commas, points = con.execute(
        "SELECT count(*) FILTER (regexp_matches(t, ',[0-9]{1,2}([^0-9,]|$)|,[0-9]{4,}')"
        " OR regexp_matches(t, '[.][0-9]{3}[.,]')),"
        " count(*) FILTER (regexp_matches(t, '[.][0-9]{1,2}([^0-9.]|$)|[.][0-9]{4,}')"
        " OR regexp_matches(t, ',[0-9]{3}[,.]'))"
        f" FROM (SELECT {text} AS t FROM {texts} WHERE {text} IS NOT NULL)"
    ).fetchall()[0]
    return bool(commas > points)


def _days(con: duckdb.DuckDBPyConnection, texts: str, column: Column) -> _Days:
    text = column.text_name
    row = con.execute(
        "SELECT coalesce(max(a), 0), coalesce(max(b), 0), count(*) FILTER (a <> b),"
        " count(*) FILTER (contains(t[:6], '.')), count(*), any_value(t) FILTER (a <> b)"
        f" FROM (SELECT t, regexp_extract(t, {literal(NUMBERED_DAY)}, 1)::INTEGER AS a,"
        f" regexp_extract(t, {literal(NUMBERED_DAY)}, 2)::INTEGER AS b"
        f" FROM (SELECT {text} AS t FROM {texts} WHERE regexp_matches({text}, "
        f"{literal(NUMBERED_DAY)})))"
    ).fetchall()[0]
    return _Days(column.header or column.name, *row)


def _ambiguous(days: _Days, file: str) -> RevopsError:
    return RevopsError(
        "ambiguous-dates",
        f"the column '{days.column}' has dates such as '{days.sample}', of which the first number"
        " may be the month or the day",
        "say `time_format: month first` or `time_format: day first` in a mapping file",
        file=file,
        line=1,
    )


def given_convention(zone: str, time_format: str) -> Convention:
    """What a mapping says about times: an order of day and month, or a format."""
    orders: Mapping[str, bool] = {"day first": True, "month first": False}
    if time_format in orders:
        return Convention(zone, day_first=orders[time_format])
    return Convention(zone, time_format=time_format)
