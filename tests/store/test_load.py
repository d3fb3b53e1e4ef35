from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.records import FieldType
from revops.store.batch import Batch, Loaded
from revops.store.history import changes_of, record_at
from revops.store.load import load_batches
from revops.store.tables import CHANGES, CUSTOM_FIELDS, IMPORTS, META, RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from revops.store import Store

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = AT + timedelta(days=1)
OPPORTUNITIES = """
SELECT * FROM (VALUES
    (2, 'o1', 'Acme', 1200.500000::DECIMAL(20,6), TIMESTAMP '2026-01-02 03:04:05', NULL::DATE,
     NULL::BOOLEAN, 3::BIGINT),
    (3, 'o2', 'Beta', NULL, TIMESTAMP '2026-01-03 00:00:00.25', DATE '2026-03-01', TRUE, NULL)
) AS t(_line, id, name, amount, created_at, close_date, is_won, meddpicc_score)
"""
COLUMNS = ("id", "name", "amount", "created_at", "close_date", "is_won", "meddpicc_score")


def load(
    store: Store,
    query: str,
    plural: str = "opportunities",
    custom: Mapping[str, FieldType] | None = None,
    *,
    at: datetime = AT,
    source: str = "crm",
    system_of_record: str | None = None,
) -> tuple[Loaded, list[tuple[Any, ...]]]:
    """Load what a query finds; return what became of it and the rejects."""
    is_history = plural.endswith("_history")
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE rows AS {query}")
        columns = con.table("rows").columns
        batch = Batch(
            plural.removesuffix("_history"),
            "rows",
            tuple(c for c in columns if c[0] != "_" and c not in (custom or {})),
            custom or {},
            is_history,
        )
        (loaded,) = load_batches(
            store,
            con,
            [batch],
            source=source,
            file="file.csv",
            who="ann",
            at=at,
            system_of_record=system_of_record,
        )
        rejects = con.execute(f'SELECT _line, _reason FROM "{loaded.rejects}" ORDER BY 1')
        return loaded, rejects.fetchall()


def counts(loaded: Loaded) -> tuple[int, int, int, int]:
    return loaded.inserted, loaded.updated, loaded.unchanged, loaded.rejected


def rows(store: Store, table: sa.Table, *names: str) -> list[tuple[Any, ...]]:
    query = sa.select(*(table.columns[name] for name in names)).order_by(*table.primary_key)
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def changes(store: Store) -> list[tuple[Any, ...]]:
    return sorted(rows(store, CHANGES, "record_id", "field", "old_value", "new_value"))


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    tables = [*RECORD_TABLES.values(), CHANGES, CUSTOM_FIELDS, META]
    return {table.name: rows(store, table, *table.columns.keys()) for table in tables}


def test_new_rows_arrive_with_their_types_and_without_history(store: Store) -> None:
    loaded, rejects = load(store, OPPORTUNITIES)
    assert counts(loaded) == (2, 0, 0, 0)
    assert not rejects
    assert not changes(store)
    assert record_at(store, "opportunities", "o2", AT) == dict.fromkeys(
        RECORD_TABLES["opportunities"].columns.keys()[1:-3]
    ) | {
        "id": "o2",
        "name": "Beta",
        "created_at": datetime(2026, 1, 3, 0, 0, 0, 250_000, tzinfo=UTC),
        "close_date": datetime(2026, 3, 1, tzinfo=UTC).date(),
        "is_won": True,
    }
    assert rows(store, RECORD_TABLES["opportunities"], "seq", "origin", "import_id") == [
        (1, "crm", 1),
        (2, "crm", 1),
    ]
    names = ("file", "source", "who", "imported_at", "inserted", "updated", "unchanged", "rejected")
    assert rows(store, IMPORTS, *names) == [("file.csv", "crm", "ann", AT, 2, 0, 0, 0)]


def test_twice_is_once(store: Store) -> None:
    load(store, OPPORTUNITIES)
    before = everything(store)
    loaded, _ = load(store, OPPORTUNITIES, at=LATER)
    assert counts(loaded) == (0, 0, 2, 0)
    assert everything(store) == before


def test_an_update_tells_each_field_that_changed(store: Store) -> None:
    load(store, OPPORTUNITIES)
    loaded, _ = load(
        store,
        """SELECT 2 AS _line, 'o2' AS id, 'Beta' AS name, 900.1::DECIMAL(20,6) AS amount,
        NULL::DATE AS close_date, FALSE AS is_won,
        TIMESTAMP '2026-01-04 00:00:00' AS created_at""",
        at=LATER,
    )
    assert counts(loaded) == (0, 1, 0, 0)
    assert changes(store) == [
        ("o2", "amount", None, "900.1"),
        ("o2", "close_date", "2026-03-01", None),
        ("o2", "created_at", "2026-01-03T00:00:00.25Z", "2026-01-04T00:00:00Z"),
        ("o2", "is_won", "true", "false"),
    ]
    books = ("object", "changed_at", "changed_by", "reason", "source", "import_id", "recorded_at")
    assert set(rows(store, CHANGES, *books)) == {
        ("opportunities", LATER, "ann", None, "crm", 2, LATER)
    }
    now = record_at(store, "opportunities", "o2", LATER)
    assert now is not None
    assert (str(now["amount"]), now["is_won"], now["close_date"]) == ("900.1", False, None)
    assert rows(store, META, "key", "value") == [("opportunities_rewritten", "1")]


def test_columns_that_are_not_in_the_batch_stay(store: Store) -> None:
    load(store, OPPORTUNITIES)
    load(store, "SELECT 2 AS _line, 'o1' AS id, 'Acme Inc' AS name")
    assert changes(store) == [("o1", "name", "Acme", "Acme Inc")]
    record = record_at(store, "opportunities", "o1", LATER)
    assert record is not None
    assert record["meddpicc_score"] == 3


def test_old_and_new_rows_in_one_batch(store: Store) -> None:
    load(store, OPPORTUNITIES)
    loaded, _ = load(
        store,
        """SELECT i AS _line, 'o' || i AS id, CASE i WHEN 1 THEN 'Acme' ELSE 'New' END AS name
        FROM range(1, 6) AS t(i)""",
    )
    assert counts(loaded) == (3, 1, 1, 0)


def test_few_rows_are_looked_up_in_a_big_table(store: Store) -> None:
    query = "SELECT i AS _line, 'c' || i AS id, 'n' || i AS first_name FROM range(1000) AS t(i)"
    load(store, query, "contacts")
    loaded, _ = load(
        store,
        """SELECT i AS _line, 'c' || i AS id, 'n5' AS first_name
        FROM (VALUES (5), (6), (2000)) AS t(i)""",
        "contacts",
    )
    assert counts(loaded) == (1, 1, 1, 0)
    assert changes(store) == [("c6", "first_name", "n6", "n5")]


def test_the_time_of_a_change_is_the_rows_own_but_never_before_the_last(store: Store) -> None:
    row = "SELECT 2 AS _line, 'o1' AS id, '{}' AS name, TIMESTAMP '{}' AS _changed_at"
    load(store, row.format("A", "2026-01-01"))
    load(store, row.format("B", "2026-03-01"))
    load(store, row.format("C", "2026-02-01"), at=LATER)
    told = [(c.new_value, c.changed_at) for c in changes_of(store, "opportunities", "o1")]
    march = datetime(2026, 3, 1, tzinfo=UTC)
    assert told == [("B", march), ("C", march)]
    assert [name_at(store, march - timedelta(days=1)), name_at(store, march)] == ["A", "C"]


def name_at(store: Store, at: datetime) -> str:
    record = record_at(store, "opportunities", "o1", at)
    assert record is not None
    return str(record["name"])


def test_a_record_of_another_source_is_refused_with_the_reason(store: Store) -> None:
    load(store, OPPORTUNITIES)
    before = everything(store)
    loaded, rejects = load(store, "SELECT 7 AS _line, 'o1' AS id, 'Mine' AS name", source="sheet")
    assert counts(loaded) == (0, 0, 0, 1)
    assert rejects == [
        (
            7,
            "id o1 belongs to crm; to let sheet win, set system_of_record: sheet in revops.yaml",
        )
    ]
    assert everything(store) == before


def test_the_system_of_record_wins(store: Store) -> None:
    load(store, OPPORTUNITIES)
    mine = "SELECT 7 AS _line, 'o1' AS id, 'Mine' AS name"
    loaded, _ = load(store, mine, source="erp", system_of_record="erp")
    assert counts(loaded) == (0, 1, 0, 0)
    loaded, _ = load(store, OPPORTUNITIES, system_of_record="erp")
    assert counts(loaded) == (0, 0, 1, 1)
    loaded, _ = load(store, mine, source="erp", system_of_record="erp")
    assert counts(loaded) == (0, 0, 1, 0)


def test_the_system_of_record_owns_what_it_only_confirms(store: Store) -> None:
    load(store, OPPORTUNITIES)
    loaded, _ = load(store, OPPORTUNITIES, source="erp", system_of_record="erp")
    assert counts(loaded) == (0, 2, 0, 0)
    assert not changes(store)
    assert rows(store, RECORD_TABLES["opportunities"], "origin") == [("erp",), ("erp",)]


def test_custom_fields_are_kept_compared_and_cleared(store: Store) -> None:
    custom = {"Deal/~size": FieldType.DECIMAL, "o'k": FieldType.BOOLEAN, "seen": FieldType.TIME}
    row = """SELECT 2 AS _line, 'o1' AS id, {}::DECIMAL(20,6) AS "Deal/~size", TRUE AS "o'k",
        TIMESTAMP '2026-01-01 10:00:00' AS seen"""
    load(store, row.format("10.50"), custom=custom)
    loaded, _ = load(store, row.format("10.5"), custom=custom)
    assert counts(loaded) == (0, 0, 1, 0)
    load(store, row.format("NULL"), custom=custom)
    assert changes(store) == [("o1", "Deal/~size", "10.5", None)]
    kept = [('{"o\'k":"true","seen":"2026-01-01T10:00:00Z"}',)]
    assert rows(store, RECORD_TABLES["opportunities"], "custom") == kept
    assert sorted(rows(store, CUSTOM_FIELDS, "name", "type")) == [
        ("Deal/~size", "decimal"),
        ("o'k", "boolean"),
        ("seen", "time"),
    ]


def test_custom_fields_not_in_the_batch_stay(store: Store) -> None:
    load(store, "SELECT 1 AS _line, 'o1' AS id, 'x' AS a", custom={"a": FieldType.TEXT})
    load(store, "SELECT 1 AS _line, 'o1' AS id, 'y' AS b", custom={"b": FieldType.TEXT})
    load(store, "SELECT 1 AS _line, 'o1' AS id, 'n' AS name")
    record = record_at(store, "opportunities", "o1", AT)
    assert record is not None
    assert (record["a"], record["b"], record["name"]) == ("x", "y", "n")


@pytest.mark.parametrize(
    ("first", "second", "wide"),
    [
        (FieldType.INTEGER, FieldType.DECIMAL, "decimal"),
        (FieldType.DECIMAL, FieldType.INTEGER, "decimal"),
        (FieldType.BOOLEAN, FieldType.INTEGER, "text"),
        (FieldType.TEXT, FieldType.DATE, "text"),
    ],
)
def test_a_custom_field_gets_the_type_that_holds_all(
    sqlite_store: Store, first: FieldType, second: FieldType, wide: str
) -> None:
    for kind in (first, second):
        query = "SELECT 1 AS _line, 'o1' AS id, NULL AS seats"
        load(sqlite_store, query, custom={"seats": kind})
    assert rows(sqlite_store, CUSTOM_FIELDS, "name", "type") == [("seats", wide)]


HISTORY = """
SELECT * FROM (VALUES
    (2, 'o1', 'stage', TIMESTAMP '2026-01-05 00:00:00', NULL, 'New', 'bob', 'call'),
    (3, 'o1', 'stage', TIMESTAMP '2026-02-05 00:00:00', 'New', 'Won', 'bob', NULL),
    (4, 'o1', 'stage', TIMESTAMP '2026-02-05 00:00:00', 'New', 'Won', 'bob', NULL)
) AS t(_line, record_id, field, changed_at, old_value, new_value, changed_by, reason)
"""


def test_history_arrives_once(store: Store) -> None:
    loaded, _ = load(store, HISTORY, "opportunities_history")
    assert counts(loaded) == (2, 0, 1, 0)
    before = everything(store)
    loaded, _ = load(store, HISTORY, "opportunities_history", at=LATER)
    assert counts(loaded) == (0, 0, 3, 0)
    assert everything(store) == before
    told = [(c.old_value, c.new_value) for c in changes_of(store, "opportunities", "o1")]
    assert told == [(None, "New"), ("New", "Won")]


def test_history_of_another_sources_record_is_refused(store: Store) -> None:
    load(store, OPPORTUNITIES)
    loaded, rejects = load(store, HISTORY, "opportunities_history", source="sheet")
    assert counts(loaded) == (0, 0, 0, 3)
    assert [line for line, _ in rejects] == [2, 3, 4]


def test_rewritten_activities_are_counted(store: Store) -> None:
    query = """SELECT 2 AS _line, 'a1' AS id, '{}' AS type,
        TIMESTAMP '2026-01-01 00:00:00' AS occurred_at"""
    load(store, query.format("login"), "activities")
    assert not rows(store, META, "key", "value")
    for kind in ("login", "call", "chat"):
        load(store, query.format(kind), "activities")
    assert rows(store, META, "key", "value") == [("activities_rewritten", "2")]


def test_a_failure_leaves_nothing(store: Store) -> None:
    before = everything(store)
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE good AS {OPPORTUNITIES}")
        con.execute("CREATE TABLE bad AS SELECT 2 AS _line, 'c1' AS id, 'ten' AS meddpicc_score")
        batches = [
            Batch("opportunities", "good", COLUMNS),
            Batch("opportunities", "bad", ("id", "meddpicc_score")),
        ]
        with pytest.raises(duckdb.Error):
            load_batches(store, con, batches, source="crm", file="f", who="ann", at=AT)
    assert everything(store) == before
    assert not rows(store, IMPORTS, "id")


def test_a_row_without_what_it_must_have_is_refused(store: Store) -> None:
    subscriptions = """SELECT i AS _line, 's' || i AS id, 'a1' AS account_id,
        CASE i WHEN 2 THEN NULL ELSE 9.5 END::DECIMAL(20,6) AS monthly_price,
        DATE '2026-01-01' AS started_on FROM range(1, 4) AS t(i)"""
    loaded, rejects = load(store, subscriptions, "subscriptions")
    assert counts(loaded) == (2, 0, 0, 1)
    assert rejects == [(2, "monthly_price is required")]
    renamed = "SELECT i AS _line, 's' || i AS id, 'pro' AS plan FROM range(1, 3) AS t(i)"
    loaded, rejects = load(store, renamed, "subscriptions")
    assert counts(loaded) == (0, 1, 0, 1)
    missing = "no account_id and no monthly_price and no started_on"
    assert rejects == [(2, f"the record is new and the file has {missing}")]


def test_a_nul_character_is_told(postgresql_store: Store) -> None:
    with pytest.raises(RevopsError) as caught:
        load(postgresql_store, "SELECT 1 AS _line, 'o1' AS id, 'a' || chr(0) AS name")
    assert caught.value.code == "store-text"


def test_an_empty_batch_is_fine(store: Store) -> None:
    loaded, _ = load(store, f"FROM ({OPPORTUNITIES}) WHERE FALSE")
    assert counts(loaded) == (0, 0, 0, 0)


def test_the_index_is_there_after_a_first_load(store: Store) -> None:
    load(store, OPPORTUNITIES)
    with store.read() as connection:
        indexes = sa.inspect(connection).get_indexes("opportunities")
    assert [(each["name"], bool(each["unique"])) for each in indexes] == [
        ("opportunities_id", True)
    ]
