"""A result in the format that was asked for, on stdout or whole in a file."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.console import Console

from revops.interfaces.cli.console import PIPED_WIDTH, stderr, stdout
from revops.interfaces.cli.tables import as_table
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb
    import pyarrow as pa
    from _typeshed import DataclassInstance

ROWS_SHOWN = 50


class Format(StrEnum):
    """How a result is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


_COPY = {
    Format.JSON: "(FORMAT json, ARRAY true)",
    Format.CSV: "(FORMAT csv, HEADER true)",
    Format.PARQUET: "(FORMAT parquet, COMPRESSION zstd)",
}


def chosen(format_: Format | None, output: Path | None) -> Format:
    """The format asked for, or the one the output's name ends in, or a table."""
    if format_ is not None:
        return format_
    suffix = output.suffix.removeprefix(".").lower() if output else ""
    return Format(suffix) if suffix in set(Format) else Format.TABLE


def write(
    result: pa.Table, format_: Format | None, output: Path | None, *, title: str = ""
) -> None:
    """Write a result: as a table its first rows, in the other formats all of them.

    In CSV and JSON numbers have at most 6 decimals and times are ISO 8601 in UTC.
    """
    kind = chosen(format_, output)
    if kind is Format.TABLE:
        _print_table(result, title, output)
    else:
        with _target(output, kind) as path:
            _copy(result, kind, path)


def as_result(rows: Sequence[DataclassInstance], kind: type[DataclassInstance]) -> pa.Table:
    """Dataclass values as a result: a column for each field, whole numbers or text."""
    import pyarrow as pa

    columns = {
        field.name: pa.array(
            [getattr(row, field.name) for row in rows],
            pa.int64() if field.type in {"int", int} else pa.string(),
        )
        for field in fields(kind)
    }
    return pa.table(columns)


def _copy(result: pa.Table, kind: Format, path: Path) -> None:
    import duckdb

    with duckdb.connect() as connection:
        relation = connection.from_arrow(result)
        columns = "*" if kind is Format.PARQUET else _as_text(relation)
        target = str(path).replace("'", "''")
        relation.query("result", f"COPY (SELECT {columns} FROM result) TO '{target}' {_COPY[kind]}")


def _as_text(relation: duckdb.DuckDBPyRelation) -> str:
    """The columns as text formats show them."""
    columns = zip(relation.columns, map(str, relation.types), strict=True)
    return ", ".join(
        f"{_shown(_quoted(name), type_)} AS {_quoted(name)}" for name, type_ in columns
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _shown(column: str, type_: str) -> str:
    if type_ in {"DOUBLE", "FLOAT"}:
        return f"round({column}, 6)"
    if type_ == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ')"
    if type_.startswith("TIMESTAMP"):
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ')"
    return column


@contextmanager
def _target(output: Path | None, kind: Format) -> Iterator[Path]:
    """A path to write to, whose content then becomes the output as a whole."""
    if output is None and kind is Format.PARQUET and sys.stdout.isatty():
        raise RevopsError(
            "binary-output", "Parquet is not for a terminal", "name a file with --output FILE"
        )
    if output is not None and not output.parent.is_dir():
        raise RevopsError("no-folder", f"there is no folder '{output.parent}' to write to")
    with TemporaryDirectory(dir=output.parent if output else None, prefix=".revops-") as folder:
        path = Path(folder) / f"result.{kind}"
        yield path
        if output is None:
            with path.open("rb") as file:
                copyfileobj(file, sys.stdout.buffer)
        else:
            path.replace(output)


def _print_table(result: pa.Table, title: str, output: Path | None) -> None:
    table = as_table(result.slice(0, ROWS_SHOWN), title)
    if output is None:
        stdout.print(table)
    else:
        with output.open("w", encoding="utf-8") as file:
            Console(file=file, width=PIPED_WIDTH).print(table)
    if len(result) > ROWS_SHOWN:
        stderr.print(
            f"{ROWS_SHOWN} of {len(result):,} rows; all of them with --format csv", style="quiet"
        )
