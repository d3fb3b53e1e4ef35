"""Tables and values as the terminal shows them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    import pyarrow as pa

BAR = 30


class _FoldingTable(Table):
    """A table whose columns fold unless they are told otherwise; half a number would mislead."""

    def add_column(self, *header: Any, **options: Any) -> None:
        super().add_column(*header, **{"overflow": "fold", **options})


def as_table(result: pa.Table, title: str = "") -> Table:
    """The rows as a table for the terminal: numbers to the right, times to the minute."""
    table = plain_table(title)
    for column in result.schema:
        table.add_column(
            column.name.replace("_", " "),
            justify="right" if _is_number(column.type) else "left",
        )
    for row in result.to_pylist():
        table.add_row(*map(cell, row.values()))
    return table


def plain_table(title: str = "", *, header: bool = True) -> Table:
    """A table in the house style: nothing is cut off, what is too long goes on below."""
    return _FoldingTable(
        title=Text(title, "bold") if title else None,
        title_justify="left",
        box=SIMPLE_HEAD if header else None,
        header_style="bold",
        show_header=header,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )


def bar(count: int, most: int) -> Text:
    """A bar as long as the count's share of the greatest; never nothing for something."""
    length = round(BAR * count / most) if most else 0
    return Text("█" * max(length, count > 0), "place")


def cell(value: object) -> Text:
    """A value as a table shows it; nothing for None."""
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, int):
        return Text(f"{value:,}")
    if isinstance(value, float | Decimal):
        return Text(points(value))
    if isinstance(value, datetime):
        return Text(f"{value:%Y-%m-%d %H:%M}")
    if isinstance(value, list):
        return Text(", ".join(map(str, value)))
    return Text("" if value is None else str(value))


def points(value: float | Decimal) -> str:
    """A number with at most two decimals: `57.14`, `20`."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _is_number(type_: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_))
