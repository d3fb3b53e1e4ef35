"""SQL that turns the text of a cell into the value of a field, or into NULL where it is none.

What is plainly written (ISO 8601, `1234.5`, `true`) is cast at once; what people and vendors write
otherwise is looked at only where that fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.connectors.files.quoting import literal
from revops.records import FieldType

if TYPE_CHECKING:
    from collections.abc import Callable

EARLIEST, LATEST = "1900-01-01", "2200-01-01"
"""Times outside are slips: 0024, or 9999-12-31 for 'never'."""

DUCKDB_TYPES = {
    FieldType.TEXT: "VARCHAR",
    FieldType.INTEGER: "BIGINT",
    FieldType.DECIMAL: "DECIMAL(20,6)",
    FieldType.BOOLEAN: "BOOLEAN",
    FieldType.TIME: "TIMESTAMP",
    FieldType.DATE: "DATE",
    FieldType.JSON: "VARCHAR",
    FieldType.LIST: "VARCHAR",
}
MEANINGS = {
    FieldType.INTEGER: "a whole number",
    FieldType.DECIMAL: "a number",
    FieldType.BOOLEAN: "yes or no",
    FieldType.TIME: "a time",
    FieldType.DATE: "a date",
    FieldType.JSON: "a JSON object",
}
"""What the text of a cell should have been, for the reason of a rejected row."""


@dataclass(frozen=True)
class Convention:
    """How the values of a column are written.

    Attributes:
        zone: The IANA zone of times without one.
        day_first: Whether 3/4/2024 is the third of April; None if that is not known.
        decimal_comma: Whether 1.234,5 is a thousand and some.
        time_format: The format of its times, as for `strptime`, or ''.
    """

    zone: str = "UTC"
    day_first: bool | None = None
    decimal_comma: bool = False
    time_format: str = ""


def value_sql(kind: FieldType, text: str, convention: Convention) -> str:
    """The value of a column of text, NULL where it is not one.

    Args:
        kind: What the field holds.
        text: The SQL name of the text, NULL where there is none.
        convention: How it is written.

    The connection's TimeZone is to be UTC: the value of a time is in UTC, without zone.
    """
    match kind:
        case FieldType.JSON:
            value = f"CASE WHEN json_valid({text}) AND starts_with({text}, '{{') THEN {text} END"
        case FieldType.LIST:
            value = f"regexp_replace({text}, '\\s*;\\s*', ';', 'g')"
        case FieldType.BOOLEAN:
            value = truth(text)
        case FieldType.TEXT:
            value = text
        case _:
            value = _WRITTEN_SEVERAL_WAYS[kind](text, convention)
    return value


def truth(text: str) -> str:
    """Whether a text says true, yes, t, y or 1, or the contrary, or NULL if it says neither."""
    return f"TRY_CAST({text} AS BOOLEAN)"


def _otherwise(quick: str, text: str, slow: str) -> str:
    return f"coalesce({quick}, CASE WHEN {text} IS NOT NULL THEN {slow} END)"


def in_zone(moment: str, zone: str) -> str:
    """A time told in a zone, in UTC."""
    if zone == "UTC":
        return moment
    return f"timezone('UTC', timezone({literal(zone)}, {moment}))"


def _time(text: str, convention: Convention) -> str:
    plain = f"TRY_CAST({text} AS TIMESTAMP)"
    zoned = f"CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)"
    quick = f"CASE WHEN ends_with({text}, 'Z') THEN {plain} ELSE {zoned} END"
    if convention.zone != "UTC":
        says_zone = f"regexp_matches({text}[11:], '[+-][0-9]|[A-Za-z]{{2}}')"
        quick = (
            f"CASE WHEN ends_with({text}, 'Z') THEN {plain} WHEN {says_zone} THEN {zoned}"
            f" ELSE {in_zone(plain, convention.zone)} END"
        )
    written = in_zone(_written(text, convention), convention.zone)
    if convention.time_format:
        return _otherwise(written, text, quick)
    return _otherwise(quick, text, f"coalesce({_since_epoch(text)}, {written})")


def _date(text: str, convention: Convention) -> str:
    is_time = f"TRY_CAST({text} AS TIMESTAMP) IS NOT NULL"
    quick = f"CASE WHEN {is_time} THEN TRY_CAST({text}[:10] AS DATE) END"
    written = f"CAST({_written(text, convention)} AS DATE)"
    if convention.time_format:
        return _otherwise(written, text, quick)
    since = f"CAST({_in_local(_since_epoch(text), convention.zone)} AS DATE)"
    loose = f"TRY_CAST({text} AS TIMESTAMP)::DATE"
    return _otherwise(quick, text, f"coalesce({since}, {written}, {loose})")


def _in_local(moment: str, zone: str) -> str:
    if zone == "UTC":
        return moment
    return f"timezone({literal(zone)}, timezone('UTC', {moment}))"


def _since_epoch(text: str) -> str:
    """Milliseconds, or seconds, since 1970."""
    number = f"TRY_CAST({text} AS BIGINT)"
    return (
        f"CASE WHEN regexp_full_match({text}, '[0-9]{{12,13}}') THEN epoch_ms({number})"
        f" WHEN regexp_full_match({text}, '[0-9]{{10}}') THEN epoch_ms({number} * 1000) END"
    )


_TIMES = ("", " %I:%M %p", " %I:%M:%S %p", " %H:%M", " %H:%M:%S", " %H:%M:%S.%g")
_NAMED_DAYS = ("%d %b %Y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y")
NUMBERED_DAY = r"^([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4}|[0-9]{2})\b,?"
"""A day written with three numbers, the year last."""


def _written(text: str, convention: Convention) -> str:
    """A time as people write it, without zone."""
    if convention.time_format:
        return f"try_strptime({text}, {literal(convention.time_format)})"
    days = list(_NAMED_DAYS)
    if convention.day_first is not None:
        order = "%d/%m/" if convention.day_first else "%m/%d/"
        days = [f"{order}%y", f"{order}%Y", *days]
    formats = ", ".join(literal(f"{day}{time}") for day in days for time in _TIMES)
    sliced = f"regexp_replace({text}, {literal(NUMBERED_DAY)}, '\\1/\\2/\\3')"
    return f"try_strptime({sliced}, [{formats}])"


def _bare_number(text: str, convention: Convention) -> str:
    """A number without currency, percent sign, blanks and separators of thousands."""
    signs = "[\\s\\p{Sc}%''\u00a0\u202f]"
    bare = f"regexp_replace({text}, '^[A-Za-z]{{3}}\\b|[A-Za-z]{{3}}$|{signs}', '', 'g')"
    bare = f"regexp_replace({bare}, '^\\((.*)\\)$', '-\\1')"
    if convention.decimal_comma:
        return (
            f"CASE WHEN regexp_full_match({bare}, '[+-]?[0-9]{{1,3}}(\\.[0-9]{{3}})*(,[0-9]+)?"
            f"|[+-]?[0-9]+(,[0-9]+)?') THEN replace(replace({bare}, '.', ''), ',', '.') END"
        )
    return (
        f"CASE WHEN regexp_full_match({bare}, '[+-]?[0-9]{{1,3}}(,[0-9]{{2,3}})*(\\.[0-9]+)?"
        f"|[+-]?[0-9]*\\.?[0-9]+') THEN replace({bare}, ',', '') END"
    )


def _decimal(text: str, convention: Convention) -> str:
    slow = f"TRY_CAST({_bare_number(text, convention)} AS DECIMAL(20,6))"
    if convention.decimal_comma:
        return slow
    return _otherwise(f"TRY_CAST({text} AS DECIMAL(20,6))", text, slow)


def _integer(text: str, convention: Convention) -> str:
    quick = f"CASE WHEN NOT contains({text}, '.') THEN TRY_CAST({text} AS BIGINT) END"
    number = f"TRY_CAST({_bare_number(text, convention)} AS DECIMAL(20,6))"
    slow = f"CASE WHEN {number} = floor({number}) THEN CAST({number} AS BIGINT) END"
    return slow if convention.decimal_comma else _otherwise(quick, text, slow)


_WRITTEN_SEVERAL_WAYS: dict[FieldType, Callable[[str, Convention], str]] = {
    FieldType.TIME: _time,
    FieldType.DATE: _date,
    FieldType.DECIMAL: _decimal,
    FieldType.INTEGER: _integer,
}
