"""Lists of things as commands show them: in the reader's zone here, in UTC for machines."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.output import Format, as_result, chosen, is_shown, write
from revops.kit.clock import parse_instant, parse_zone
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa
    from _typeshed import DataclassInstance

    from revops.kit.issue import Issue

ByOption = Annotated[
    str | None,
    typer.Option(
        "--by", metavar="USER", help="Who decides; by default who is logged in.", show_default=False
    ),
]


def write_list(
    rows: Sequence[DataclassInstance],
    kind: type[DataclassInstance],
    form: Format | None,
    output: Path | None,
    *,
    zone: str,
    empty: str,
    hidden: Collection[str] = (),
    json_columns: Collection[str] = (),
) -> None:
    """Write a list.

    Args:
        rows: The list.
        kind: What it is a list of.
        form: The format asked for.
        output: The file asked for.
        zone: The time zone of whoever reads a table.
        empty: What is said where there is nothing to show.
        hidden: Columns that a table does not show.
        json_columns: Columns whose texts are JSON.
    """
    if is_shown(form, output) and not rows:
        stdout.print(empty, markup=False)
        return
    result = as_result(rows, kind)
    if chosen(form, output) is Format.TABLE:
        result = in_zone(result, zone).drop_columns([*hidden])
    write(result, form, output, json_columns=json_columns)


def in_zone(result: pa.Table, zone: str) -> pa.Table:
    """The rows with their times as the clocks of the zone show them."""
    import pyarrow as pa

    local = pa.timestamp("us", zone)
    for place, column in enumerate(result.schema):
        if pa.types.is_timestamp(column.type):
            result = result.set_column(place, column.name, result.column(place).cast(local))
    return result


def read_times(zone: str, **given: str | None) -> dict[str, datetime | None]:
    """The instants that some options name, None for those that are not given.

    Raises:
        RevopsError: All those that are not times.
    """
    needed = {name: text for name, text in given.items() if text is not None}
    return {**dict.fromkeys(given), **read_needed(zone, **needed)}


def read_needed(zone: str, **given: str) -> dict[str, datetime]:
    """The instants that some options name, in the company's zone.

    Raises:
        RevopsError: All those that are not times.
    """
    found: dict[str, datetime] = {}
    wrong: list[Issue] = []
    for name, text in given.items():
        try:
            found[name] = parse_instant(text, parse_zone(zone))
        except ValueError as error:
            wrong += RevopsError("bad-time", f"{_option(name)}: {error}").issues
    if wrong:
        raise RevopsError.of(wrong)
    return found


def _option(name: str) -> str:
    return f"--{name.strip('_').replace('_', '-')}"


def person(by: str | None) -> str:
    """Who decides: as `--by` says, or who is logged in."""
    try:
        return by or getpass.getuser()
    except (OSError, KeyError):
        return "the command line"
