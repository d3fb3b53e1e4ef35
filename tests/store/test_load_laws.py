from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revops.records import FieldType
from revops.store.batch import Batch
from revops.store.history import record_at
from revops.store.load import load_batches
from revops.store.tables import METADATA

if TYPE_CHECKING:
    from revops.store import Store
    from revops.store.batch import Loaded

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CUSTOM = {"Deal 'size'/~": FieldType.DECIMAL, "segment": FieldType.TEXT}
SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "name": pa.string(),
        "amount": pa.decimal128(20, 6),
        "created_at": pa.timestamp("us"),
        "close_date": pa.date32(),
        "is_won": pa.bool_(),
        "meddpicc_score": pa.int64(),
        "Deal 'size'/~": pa.decimal128(20, 6),
        "segment": pa.string(),
        "_line": pa.int64(),
    }
)
COLUMNS = tuple(name for name in SCHEMA.names if name not in CUSTOM and name[0] != "_")

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
decimals = st.decimals(-(10**12), 10**12, places=6) | st.integers(-3, 3).map(Decimal)
times = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1))  # noqa: DTZ001 - naive UTC
values = {
    "name": texts,
    "amount": decimals,
    "created_at": times,
    "close_date": st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    "is_won": st.booleans(),
    "meddpicc_score": st.integers(-(2**60), 2**60),
    "Deal 'size'/~": decimals,
    "segment": texts,
}
rows = st.fixed_dictionaries({name: st.none() | value for name, value in values.items()})
files = st.dictionaries(st.sampled_from(["o1", "o2", "o3", "Ö 'x"]), rows, max_size=4)
WRITTEN = ("opportunities", "changes", "custom_fields", "meta")
laws = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Shop:
    """A store that is emptied before each example."""

    store: Store

    def __post_init__(self) -> None:
        with self.store.write() as connection:
            for name in WRITTEN:
                connection.execute(METADATA.tables[name].delete())

    def load(self, file: dict[str, Row], day: int = 0, shuffle: int | None = None) -> Loaded:
        found = [{"id": key, **row, "_line": n} for n, (key, row) in enumerate(file.items())]
        if shuffle is not None:
            random.Random(shuffle).shuffle(found)
        with duckdb.connect() as con:
            con.register("arrow_rows", pa.Table.from_pylist(found, schema=SCHEMA))
            con.execute("CREATE TABLE rows AS FROM arrow_rows")
            batch = Batch("opportunities", "rows", COLUMNS, CUSTOM)
            (loaded,) = load_batches(
                self.store, con, [batch], source="crm", file="f", who="ann", at=BEGIN + day * DAY
            )
            return loaded

    def contents(self) -> dict[str, Any]:
        """Every row of the tables that a load writes, without the order of arrival."""
        found = {}
        with self.store.read() as connection:
            for name in WRITTEN:
                table = METADATA.tables[name]
                columns = [c for c in table.columns if c.name not in {"seq", "import_id"}]
                found[name] = sorted(connection.execute(sa.select(*columns)).all(), key=repr)
        return found

    def at(self, key: str, moment: datetime) -> Row | None:
        record = record_at(self.store, "opportunities", key, moment)
        return record and {name: record[name] for name in values}


def as_read(row: Row) -> Row:
    created = row["created_at"]
    return row | {"created_at": created and created.replace(tzinfo=UTC)}


@laws
@given(files)
def test_twice_is_once(store: Store, file: dict[str, Row]) -> None:
    shop = Shop(store)
    assert shop.load(file).inserted == len(file)
    once = shop.contents()
    assert shop.load(file, 1).unchanged == len(file)
    assert shop.contents() == once


@laws
@given(st.lists(files, max_size=4))
def test_every_moment_is_as_it_was(store: Store, days: list[dict[str, Row]]) -> None:
    shop = Shop(store)
    known: dict[str, Row] = {}
    expected = []
    for day, file in enumerate(days):
        shop.load(file, day)
        known |= {key: as_read(row) for key, row in file.items()}
        expected += [(key, BEGIN + day * DAY, row) for key, row in known.items()]
    for key, moment, row in expected:
        assert shop.at(key, moment) == row
        assert shop.at(key, moment + DAY / 2) == row


@laws
@given(files, files, st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(
    store: Store, one: dict[str, Row], other: dict[str, Row], seed: int
) -> None:
    contents = []
    for shuffle in (None, seed):
        shop = Shop(store)
        shop.load(one, 0, shuffle)
        shop.load(other, 1, shuffle)
        contents.append(shop.contents())
    assert contents[0] == contents[1]


@laws
@given(st.lists(files, max_size=3))
def test_both_databases_hold_the_same(
    sqlite_store: Store, postgresql_store: Store, days: list[dict[str, Row]]
) -> None:
    contents = []
    for store in (sqlite_store, postgresql_store):
        shop = Shop(store)
        told = [shop.load(file, day) for day, file in enumerate(days)]
        contents.append((told, shop.contents()))
    assert contents[0] == contents[1]
