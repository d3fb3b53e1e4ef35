"""How rows of the store become rows of the facts."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from revops.kit.errors import RevopsError
from revops.store.facts.shape import CHANGES, from_text, sql_type
from revops.store.forms import custom_value
from revops.store.forms import name as quoted
from revops.store.reading import read_arrow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.store.facts.shape import Shape
    from revops.store.store import Store

ARRIVING = "arriving"
SEQ = "seq"
PROPERTIES = "properties"
_CUSTOM = "custom"


@contextmanager
def reading(store: Store, shape: Shape, after_seq: int = 0) -> Iterator[pa.RecordBatchReader]:
    """The store's rows of a table, to be registered as `arriving`.

    Raises:
        RevopsError: What the store told while DuckDB was reading, and not what DuckDB made of it.
    """
    told: list[RevopsError] = []
    rows = read_arrow(store, shape.name, _store_columns(shape), after_seq=after_seq)

    def noted() -> Iterator[pa.RecordBatch]:
        try:
            yield from rows
        except RevopsError as error:
            told.append(error)
            raise

    try:
        yield pa.RecordBatchReader.from_batches(rows.schema, noted())
    except duckdb.Error as error:
        if told:
            raise told[0] from error
        raise


def _store_columns(shape: Shape) -> list[str]:
    own = [name for name in shape.columns if name not in shape.custom and name != SEQ]
    return [*own, SEQ, *([] if shape.name == CHANGES else [_CUSTOM])]


def arriving_rows(shape: Shape) -> str:
    """The query for the facts' columns of the rows in `arriving`, as read from the store."""
    columns = ", ".join(f"{_value(shape, name)} AS {quoted(name)}" for name in shape.columns)
    return f"SELECT {columns} FROM {ARRIVING}"


def _value(shape: Shape, name: str) -> str:
    if name in shape.custom:
        return from_text(custom_value(_CUSTOM, name), shape.columns[name])
    if shape.is_log and name == PROPERTIES:
        return merged(_CUSTOM, PROPERTIES)
    return f"CAST({quoted(name)} AS {sql_type(shape.columns[name])})"


def merged(lower: str, upper: str) -> str:
    """Two JSON objects as one, as SQL; where both have a key, the upper one's value counts."""
    return (
        f"CASE WHEN {lower} IS NULL THEN {upper} WHEN {upper} IS NULL THEN {lower}"
        f" ELSE CAST(json_merge_patch({lower}, {upper}) AS VARCHAR) END"
    )
