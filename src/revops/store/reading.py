"""Reads tables of the store as columns: a million rows a second, with the types of facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa

from revops.store.column_types import Date, Exact, Time
from revops.store.tables import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adbc_driver_manager.dbapi import Connection as ArrowConnection

    from revops.store.store import Dialect, Store

BATCH_ROWS = 65_536
_BATCH_ROWS_OPTION = "adbc.sqlite.query.batch_rows"
_DIALECTS = {
    "sqlite": sa.make_url("sqlite://").get_dialect()(),
    "postgresql": sa.make_url("postgresql+psycopg://").get_dialect()(),
}


def read_arrow(
    store: Store, table_name: str, columns: Sequence[str], *, after_seq: int | None = None
) -> pa.RecordBatchReader:
    """Read columns of a table, in the order of its key (`seq` where it has one).

    Types: text is string, INTEGER int64, DECIMAL double, BOOLEAN bool, TIME timestamp[us] (naive,
    UTC), DATE date32. The database is opened when the first batch is asked for and let go after
    the last one: on SQLite nothing else of this process can use the store in between.

    Args:
        store: The open store.
        table_name: Any table of the store, such as `activities` or `changes`.
        columns: Names of its columns, in the order wanted.
        after_seq: Only rows whose `seq` is greater.

    Raises:
        KeyError: There is no such table or column.
    """
    table = METADATA.tables[table_name]
    rows = sa.select(*(table.columns[name] for name in columns))
    rows = rows.order_by(*(table.columns[key.name] for key in table.primary_key))
    if after_seq is not None:
        rows = rows.where(table.columns["seq"] > after_seq)

    def batches() -> Iterator[pa.RecordBatch]:
        with store.arrow() as connection:
            yield from stream(connection, store.dialect, rows)

    return pa.RecordBatchReader.from_batches(_schema(rows, exact=False), batches())


def stream(
    connection: ArrowConnection, dialect: Dialect, rows: sa.Select[Any], *, exact: bool = False
) -> pa.RecordBatchReader:
    """What a query on the store's tables finds, with the types of `read_arrow`.

    Args:
        connection: An open one; it is busy until the last batch is taken.
        dialect: Which database it is.
        rows: The query; its columns are columns of the store's tables.
        exact: Whether a DECIMAL is to be its canonical text instead of a double.
    """
    schema = _schema(rows, exact=exact)
    read = _read_sqlite if dialect == "sqlite" else _read_postgresql
    return pa.RecordBatchReader.from_batches(schema, read(connection, rows, schema))


def _schema(rows: sa.Select[Any], *, exact: bool) -> pa.Schema:
    return pa.schema([(each.name, _arrow_type(each, exact)) for each in rows.selected_columns])


def _arrow_type(column: sa.ColumnElement[Any], exact: bool) -> pa.DataType:
    match column.type:
        case Time():
            return pa.timestamp("us")
        case Date():
            return pa.date32()
        case Exact():
            return pa.string() if exact else pa.float64()
        case sa.Boolean():
            return pa.bool_()
        case sa.BigInteger():
            return pa.int64()
        case _:
            return pa.string()


def _read_sqlite(
    connection: ArrowConnection, rows: sa.Select[Any], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """A first row of known types goes ahead: the driver takes a column's type from what it sees.

    Without it, a column that is empty in the first batch would be read as numbers.
    """
    guide: list[sa.ColumnElement[Any]] = [
        sa.literal_column("0" if _is_whole(each) else "''").label(each.name)
        for each in rows.selected_columns
    ]
    query = sa.union_all(sa.select(*guide), sa.select(rows.subquery()))
    ahead = 1
    for batch in _batches(connection, sql_text(query, "sqlite"), _BATCH_ROWS_OPTION):
        columns = batch.slice(ahead).columns
        ahead = 0
        yield pa.record_batch(
            [
                column if column.type == field.type else column.cast(field.type)
                for column, field in zip(columns, schema, strict=True)
            ],
            schema=schema,
        )


def _is_whole(column: sa.ColumnElement[Any]) -> bool:
    return isinstance(column.type, Time | sa.BigInteger | sa.Boolean)


def _read_postgresql(
    connection: ArrowConnection, rows: sa.Select[Any], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    body = rows.subquery()
    columns = [
        _in_postgresql(each, exact=pa.types.is_string(field.type)).label(each.name)
        for each, field in zip(body.columns, schema, strict=True)
    ]
    for batch in _batches(connection, sql_text(sa.select(*columns), "postgresql")):
        yield batch.cast(schema)


def _in_postgresql(column: sa.ColumnElement[Any], *, exact: bool) -> sa.ColumnElement[Any]:
    match column.type:
        case Time():
            return column.op("AT TIME ZONE")(sa.literal_column("'UTC'"))
        case Exact():
            return sa.cast(sa.func.trim_scale(column), sa.Text if exact else sa.Double)
        case _:
            return column


def sql_text(statement: sa.ClauseElement, dialect: Dialect) -> str:
    """A statement as the text of a dialect, its values written into it."""
    found = statement.compile(dialect=_DIALECTS[dialect], compile_kwargs={"literal_binds": True})
    return str(found)


def _batches(
    connection: ArrowConnection, sql: str, rows_option: str = ""
) -> Iterator[pa.RecordBatch]:
    with connection.cursor() as cursor:
        if rows_option:
            cursor.adbc_statement.set_options(**{rows_option: str(BATCH_ROWS)})
        cursor.execute(sql)
        yield from cursor.fetch_record_batch()
