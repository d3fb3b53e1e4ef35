"""A result in the format that was asked for, on stdout or whole in a file."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from rich.console import Console

from revops.interfaces.cli.console import PIPED_WIDTH, stderr, stdout
from revops.interfaces.cli.tables import as_table, cell
from revops.kit.errors import RevopsError
from revops.kit.number import how_many

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    import pyarrow as pa
    from _typeshed import DataclassInstance

ROWS_SHOWN = 50
_FOREIGN = {".pdf", ".jpg", ".jpeg", ".gif", ".webp"}
_NO_TABLE = {".png", ".svg", ".xlsx"}
"""Forms of no result at all, and those that a table of words does not go into."""
FOLDED, GAP = 24, 3
"""A longer text is folded, so that more columns fit; so much lies between two of them."""


class Format(StrEnum):
    """How a result is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


def chosen(format_: Format | None, output: Path | None) -> Format:
    """The format asked for, or the one the output's name ends in, or a table."""
    if format_ is not None:
        return format_
    suffix = output.suffix.removeprefix(".").lower() if output else ""
    return Format(suffix) if suffix in set(Format) else Format.TABLE


def is_shown(format_: Format | None, output: Path | None) -> bool:
    """Whether the result is for a person to read here and now."""
    return output is None and chosen(format_, output) is Format.TABLE


def check_output(output: Path | None) -> None:
    """See that the output's folder is there, before any work is done for it.

    Raises:
        RevopsError: It is not, or the name is that of a form that nothing is written in.
    """
    if output is not None and output.suffix.lower() in _FOREIGN:
        raise _not_written(output)
    if output is not None and not output.parent.is_dir():
        raise RevopsError("bad-output", f"there is no folder '{output.parent}' to write to")


def _not_written(output: Path) -> RevopsError:
    return RevopsError(
        "bad-output",
        f"'{output}': nothing is written here as {output.suffix}",
        "name a file that ends in .csv, .json or .parquet, or .txt for the table",
    )


def write(
    result: pa.Table,
    format_: Format | None,
    output: Path | None,
    *,
    title: str = "",
    json_columns: Collection[str] = (),
) -> None:
    """Write a result: as a table its first rows, in the other formats all of them.

    The texts of `json_columns` are JSON, which is not quoted again in JSON.
    """
    check_output(output)
    kind = chosen(format_, output)
    if output is not None and output.suffix.lower() in _NO_TABLE:
        raise _not_written(output)
    if kind is Format.TABLE:
        _write_table(result, title, output)
        return
    import duckdb

    from revops.services.export_formats import ExportFormat, write_rows

    with duckdb.connect() as connection:
        connection.register("result", result)
        write_rows(connection, "FROM result", ExportFormat(kind), output, json_columns)


def as_result(rows: Sequence[DataclassInstance], kind: type[DataclassInstance]) -> pa.Table:
    """Dataclass values as a result: a column for each field; enums and others as text."""
    import pyarrow as pa

    types = {
        "bool": pa.bool_(),
        "int": pa.int64(),
        "float": pa.float64(),
        "datetime": pa.timestamp("us", "UTC"),
    }
    columns = {}
    for field in fields(kind):
        values = [getattr(row, field.name) for row in rows]
        type_ = types.get(str(field.type).removesuffix(" | None"))
        texts = values if type_ else [_text(value) for value in values]
        columns[field.name] = pa.array(texts, type_ or pa.string())
    return pa.table(columns)


def write_object(value: DataclassInstance, output: Path | None) -> None:
    """Write one dataclass value as JSON."""
    text = json.dumps(asdict(value), default=_plain, indent=2, ensure_ascii=False)
    if output is None:
        print(text)  # noqa: T201 - a result, not a remark
    else:
        output.write_text(text + "\n", encoding="utf-8")


def _text(value: object) -> str | None:
    if isinstance(value, tuple):
        return "; ".join(map(str, value))
    return None if value is None else str(value)


def _plain(value: object) -> object:
    """What JSON has no form for: times as ISO 8601, definitions as they are written."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    dump = getattr(value, "model_dump", None)
    return dump(mode="json", by_alias=True) if dump else str(value)


def _write_table(result: pa.Table, title: str, output: Path | None) -> None:
    shown, left_out = _fitting(result.slice(0, ROWS_SHOWN), stdout.width)
    table = as_table(shown, title)
    if output is None:
        stdout.print(table)
    else:
        with output.open("w", encoding="utf-8") as file:
            Console(file=file, width=PIPED_WIDTH).print(table)
    if len(result) > ROWS_SHOWN or left_out:
        rows = f"{min(len(result), ROWS_SHOWN):,} of {how_many(len(result), 'row')}"
        columns = f", {_left_out(left_out)}" if left_out else ""
        stderr.print(f"{rows}{columns}; --format csv gives all", style="quiet", soft_wrap=True)


def _left_out(columns: int) -> str:
    if columns == 1:
        return "1 more column that is empty or does not fit"
    return f"{columns} more columns that are empty or do not fit"


def _fitting(result: pa.Table, width: int) -> tuple[pa.Table, int]:
    """The columns that hold anything and fit into the width, and how many others there are."""
    if not len(result):
        return result, 0
    kept: list[str] = []
    for name in result.column_names:
        values = result.column(name).drop_null().to_pylist()
        needed = min(max(len(each) for each in (name, *map(str, map(cell, values)))), FOLDED)
        if values and (needed + GAP <= width or not kept):
            kept.append(name)
            width -= needed + GAP
    return result.select(kept), len(result.column_names) - len(kept)
