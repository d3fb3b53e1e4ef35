from __future__ import annotations

import shutil
from contextlib import closing
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from facts_tables import bring, everything, table
from revops.records import RECORDS, FieldType
from revops.store import open_store
from revops.store.facts import Tuning, rebuild_facts, refresh_facts, stored_manifest
from revops.store.tables import RECORD_TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from revops.store import Store
    from revops.store.facts import Facts


CONTACTS = """SELECT * FROM (VALUES
    ('c1', 'ann@example.com', true, TIMESTAMP '2026-01-02 03:04:05', 5, 'a''b'),
    ('c2', NULL, false, NULL, NULL, NULL)
) AS t(id, email, opted_in, created_at, seats, "Pet/Name")"""
CUSTOM = {"seats": FieldType.INTEGER, "Pet/Name": FieldType.TEXT}
SQL_TYPES = {
    FieldType.TEXT: "VARCHAR",
    FieldType.LIST: "VARCHAR",
    FieldType.JSON: "VARCHAR",
    FieldType.INTEGER: "BIGINT",
    FieldType.DECIMAL: "DOUBLE",
    FieldType.BOOLEAN: "BOOLEAN",
    FieldType.TIME: "TIMESTAMP",
    FieldType.DATE: "DATE",
}


def activities(first: int, last: int, day: int = 1) -> str:
    return f"""SELECT 'a' || i AS id, 'c' || (i % 3) AS contact_id, 'page_view' AS "type",
        TIMESTAMP '2026-01-01' + to_days({day}) + to_seconds(i) AS occurred_at
        FROM range({first}, {last}) AS t(i)"""


def files(folder: Path, name: str) -> set[str]:
    found = stored_manifest(folder / "facts")[0].tables[name].segments
    return {segment.name for segment in found}


def test_each_canonical_column_is_there_with_its_type(store: Store, tmp_path: Path) -> None:
    with refresh_facts(store, tmp_path).connect() as con:
        for plural, record in RECORDS.items():
            told = con.execute(f'DESCRIBE "{plural}"').fetchall()
            expected = {field.name: SQL_TYPES[field.type] for field in record.fields}
            assert {row[0]: row[1] for row in told} == expected
            assert con.execute(f'SELECT count(*) FROM "{record.history_name}"').fetchone() == (0,)


def test_values_and_custom_fields_arrive(store: Store, tmp_path: Path) -> None:
    bring(store, "contacts", CONTACTS, CUSTOM)
    bring(
        store,
        "opportunities",
        """SELECT 'o1' AS id, 1234.5::DECIMAL(20,6) AS amount, DATE '2026-03-01' AS close_date,
        true AS is_won, 'a;b' AS contact_ids""",
    )
    facts = refresh_facts(store, tmp_path)
    columns = 'id, email, opted_in, created_at, seats, "Pet/Name"'
    created_at = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - facts are naive UTC
    assert table(facts, "contacts", columns) == [
        ("c1", "ann@example.com", True, created_at, 5, "a'b"),
        ("c2", None, False, None, None, None),
    ]
    assert table(facts, "opportunities", "amount, close_date, is_won, contact_ids") == [
        (1234.5, date(2026, 3, 1), True, "a;b")
    ]
    assert facts.custom_fields == {"contacts": CUSTOM}


def test_custom_fields_of_activities_are_properties(store: Store, tmp_path: Path) -> None:
    bring(
        store,
        "activities",
        """SELECT * FROM (VALUES
            ('a1', 'x', TIMESTAMP '2026-01-01', '{"plan":"pro"}', 'de'),
            ('a2', 'x', TIMESTAMP '2026-01-01', NULL, 'fr'),
            ('a3', 'x', TIMESTAMP '2026-01-01', '{"plan":"free"}', NULL)
        ) AS t(id, "type", occurred_at, properties, site)""",
        {"site": FieldType.TEXT},
    )
    facts = refresh_facts(store, tmp_path)
    plan = "json_extract_string(properties, '$.plan')"
    site = "json_extract_string(properties, '$.site')"
    assert table(facts, "activities", f"id, {plan}, {site}") == [
        ("a1", "pro", "de"),
        ("a2", None, "fr"),
        ("a3", "free", None),
    ]


def test_changes_are_the_history_of_their_record(store: Store, tmp_path: Path) -> None:
    bring(store, "contacts", CONTACTS, CUSTOM)
    bring(store, "contacts", "SELECT 'c1' AS id, 'new@example.com' AS email")
    bring(
        store,
        "account_history",
        """SELECT 'x' AS record_id, 'name' AS field, TIMESTAMP '2026-01-01' AS changed_at,
        'Old' AS old_value, NULL::VARCHAR AS new_value""",
    )
    facts = refresh_facts(store, tmp_path)
    columns = "record_id, field, old_value, new_value"
    changed = [("c1", "email", "ann@example.com", "new@example.com")]
    assert table(facts, "contact_history", columns) == changed
    assert table(facts, "account_history", columns) == [("x", "name", "Old", None)]
    assert table(facts, "ticket_history") == []
    assert len(table(facts, "changes")) == 2


def test_statistics(store: Store, tmp_path: Path) -> None:
    empty = refresh_facts(store, tmp_path).statistics()
    assert not empty.has_recycled
    assert empty.histories == frozenset()
    bring(
        store, "contacts", "SELECT 'c1' AS id, 'a' AS email, TIMESTAMP '2026-01-01' AS recycled_at"
    )
    bring(store, "contacts", "SELECT 'c1' AS id, 'b' AS email")
    found = refresh_facts(store, tmp_path).statistics()
    assert found.has_recycled
    assert found.histories == {("contacts", "email")}


def test_nothing_new_writes_nothing(store: Store, tmp_path: Path) -> None:
    bring(store, "contacts", CONTACTS, CUSTOM)
    bring(store, "activities", activities(0, 10))
    first = refresh_facts(store, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "facts").iterdir()}
    again = refresh_facts(store, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "facts").iterdir()} == before
    assert again.views == first.views


def test_new_activities_are_a_new_file(store: Store, tmp_path: Path) -> None:
    bring(store, "activities", activities(0, 10))
    refresh_facts(store, tmp_path)
    before = files(tmp_path, "activities")
    bring(store, "activities", activities(10, 15))
    facts = refresh_facts(store, tmp_path)
    after = files(tmp_path, "activities")
    assert before < after
    assert len(after) == 2
    assert len(table(facts, "activities")) == 15


def test_a_changed_activity_makes_the_log_anew(store: Store, tmp_path: Path) -> None:
    bring(store, "activities", activities(0, 10))
    refresh_facts(store, tmp_path)
    before = files(tmp_path, "activities")
    bring(store, "activities", activities(3, 4, day=9))
    facts = refresh_facts(store, tmp_path)
    assert not before & files(tmp_path, "activities")
    assert len(table(facts, "activities")) == 10
    latest = datetime(2026, 1, 10, 0, 0, 3)  # noqa: DTZ001 - facts are naive UTC
    assert table(facts, "activities", "max(occurred_at)") == [(latest,)]


def test_only_a_changed_table_is_written_again(store: Store, tmp_path: Path) -> None:
    bring(store, "contacts", CONTACTS, CUSTOM)
    bring(store, "accounts", "SELECT 'x' AS id, 'Acme' AS name")
    refresh_facts(store, tmp_path)
    contacts, accounts = files(tmp_path, "contacts"), files(tmp_path, "accounts")
    bring(store, "contacts", "SELECT 'c2' AS id, 'bob@example.com' AS email")
    facts = refresh_facts(store, tmp_path)
    assert not contacts & files(tmp_path, "contacts")
    assert accounts == files(tmp_path, "accounts")
    assert table(facts, "contacts", "email") == [("ann@example.com",), ("bob@example.com",)]


def test_a_new_custom_field_becomes_a_column(store: Store, tmp_path: Path) -> None:
    bring(store, "contacts", "SELECT 'c1' AS id")
    refresh_facts(store, tmp_path)
    bring(store, "contacts", "SELECT 'c1' AS id, 7 AS seats", {"seats": FieldType.INTEGER})
    assert table(refresh_facts(store, tmp_path), "contacts", "seats") == [(7,)]


def test_custom_fields_that_differ_in_case_only_do_no_harm(store: Store, tmp_path: Path) -> None:
    for name in ("Plan", "plan", "EMAIL"):
        bring(store, "contacts", f"SELECT 'c1' AS id, 'x' AS \"{name}\"", {name: FieldType.TEXT})
    assert table(refresh_facts(store, tmp_path), "contacts", '"Plan", email') == [("x", None)]


def test_rows_that_were_deleted_are_gone(store: Store, tmp_path: Path) -> None:
    bring(store, "contacts", CONTACTS, CUSTOM)
    refresh_facts(store, tmp_path)
    contacts = RECORD_TABLES["contacts"]
    with store.write() as connection:
        connection.execute(sa.delete(contacts).where(contacts.c.id == "c2"))
    assert table(refresh_facts(store, tmp_path), "contacts", "id") == [("c1",)]


def test_a_restored_store_is_noticed(sqlite_store: Store, tmp_path: Path) -> None:
    bring(sqlite_store, "activities", activities(0, 5))
    sqlite_store.close()
    shutil.copy(tmp_path / "revops.db", tmp_path / "backup.db")
    bring(sqlite_store, "activities", activities(5, 9))
    refresh_facts(sqlite_store, tmp_path)
    sqlite_store.close()
    for file in tmp_path.glob("revops.db*"):
        file.unlink()
    shutil.copy(tmp_path / "backup.db", tmp_path / "revops.db")
    later = datetime(2026, 6, 1, tzinfo=UTC)
    with closing(open_store("sqlite:///revops.db", tmp_path)) as restored:
        bring(restored, "activities", activities(100, 120), at=later)
        facts = refresh_facts(restored, tmp_path)
        assert everything(facts) == everything(rebuild_facts(restored, tmp_path))
    assert len(table(facts, "activities")) == 25


@pytest.mark.parametrize("order", [("contact_id", "occurred_at", "id")])
def test_files_are_sorted_and_do_not_overlap(
    store: Store, tmp_path: Path, order: tuple[str, ...]
) -> None:
    tuning = Tuning(rows_in_file=40, most_runs=2)
    for start in range(0, 200, 50):
        bring(
            store,
            "activities",
            f"""SELECT 'a' || i AS id, 'c' || (hash(i) % 50) AS contact_id, 'x' AS "type",
            TIMESTAMP '2026-01-01' + to_seconds((hash(i) % 1000)::BIGINT) AS occurred_at
            FROM range({start}, {start + 50}) AS t(i)""",
        )
        facts = refresh_facts(store, tmp_path, tuning)
    table_now = stored_manifest(tmp_path / "facts")[0].tables["activities"]
    assert len(table_now.runs) <= tuning.most_runs
    assert len(table_now.segments) > len(table_now.runs)
    assert sum(segment.rows for segment in table_now.segments) == 200
    with facts.connect() as con:
        for run in table_now.runs:
            rows = [
                row
                for segment in run
                for row in con.execute(
                    f"SELECT {', '.join(order)} FROM read_parquet($1) ORDER BY file_row_number",
                    [str(tmp_path / "facts" / segment.name)],
                ).fetchall()
            ]
            assert rows == sorted(rows)


def test_facts_stay_as_they_were_opened(store: Store, tmp_path: Path) -> None:
    bring(store, "activities", activities(0, 5))
    opened: Facts = refresh_facts(store, tmp_path)
    bring(store, "activities", activities(5, 9))
    refresh_facts(store, tmp_path, Tuning(most_runs=1))
    assert len(table(opened, "activities")) == 5
