from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from revops.store.reading import BATCH_ROWS, read_arrow
from revops.store.tables import RECORD_TABLES

if TYPE_CHECKING:
    from revops.store import Store

OPPORTUNITIES = RECORD_TABLES["opportunities"]
ROW = {
    "id": "o1",
    "amount": Decimal("1200.50"),
    "created_at": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    "close_date": date(2026, 3, 1),
    "is_won": True,
    "meddpicc_score": 7,
    "origin": "crm",
    "import_id": 1,
}
COLUMNS = ("id", "amount", "created_at", "close_date", "is_won", "meddpicc_score", "name")


def test_types_and_values_are_those_of_facts(store: Store) -> None:
    with store.write() as connection:
        connection.execute(OPPORTUNITIES.insert(), [ROW])
    table = read_arrow(store, "opportunities", COLUMNS).read_all()
    assert table.schema.types == [
        pa.string(),
        pa.float64(),
        pa.timestamp("us"),
        pa.date32(),
        pa.bool_(),
        pa.int64(),
        pa.string(),
    ]
    assert table.to_pylist() == [
        {
            "id": "o1",
            "amount": 1200.5,
            "created_at": datetime(2026, 1, 2, 3, 4, 5, 678901),  # noqa: DTZ001 - naive UTC
            "close_date": date(2026, 3, 1),
            "is_won": True,
            "meddpicc_score": 7,
            "name": None,
        }
    ]


def test_rows_come_by_seq_after_the_watermark(store: Store) -> None:
    with store.write() as connection:
        connection.execute(OPPORTUNITIES.insert(), [ROW | {"id": f"o{n}"} for n in range(5)])
    table = read_arrow(store, "opportunities", ["seq", "id"], after_seq=2).read_all()
    assert table.to_pydict() == {"seq": [3, 4, 5], "id": ["o2", "o3", "o4"]}


def test_a_column_first_filled_late_is_read_as_what_it_is(store: Store) -> None:
    empty = dict.fromkeys(("amount", "name", "close_date", "is_won"))
    rows = [ROW | empty | {"id": str(n)} for n in range(BATCH_ROWS + 10)]
    with store.write() as connection:
        connection.execute(OPPORTUNITIES.insert(), [*rows, ROW | {"name": "Big"}])
    names = ["name", "amount", "close_date", "is_won"]
    table = read_arrow(store, "opportunities", names).read_all()
    assert table.num_rows == BATCH_ROWS + 11
    last = table.slice(table.num_rows - 1).to_pylist()[0]
    assert last == {
        "name": "Big",
        "amount": 1200.5,
        "close_date": date(2026, 3, 1),
        "is_won": True,
    }


def test_an_empty_table_has_its_types(store: Store) -> None:
    table = read_arrow(store, "usage", ["limit", "period_start"]).read_all()
    assert table.num_rows == 0
    assert table.schema.types == [pa.float64(), pa.date32()]


def test_duckdb_reads_the_stream(store: Store) -> None:
    with store.write() as connection:
        connection.execute(OPPORTUNITIES.insert(), [ROW])
    con = duckdb.connect()
    con.register("found", read_arrow(store, "opportunities", ["id", "amount"]))
    assert con.sql("SELECT id, amount FROM found").fetchall() == [("o1", 1200.5)]


def test_an_unasked_stream_holds_nothing(store: Store) -> None:
    reader = read_arrow(store, "opportunities", ["id"])
    with store.write() as connection:
        connection.execute(OPPORTUNITIES.insert(), [ROW])
    assert reader.read_all().num_rows == 1


def test_what_is_no_column_is_refused(store: Store) -> None:
    with pytest.raises(KeyError):
        read_arrow(store, "opportunities", ["id; drop table users"])
