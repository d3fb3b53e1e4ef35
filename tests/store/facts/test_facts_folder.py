from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import duckdb
import pytest

from facts_tables import table
from revops.kit.errors import RevopsError
from revops.records import RECORDS, FieldType
from revops.store.facts import facts_from_folder

if TYPE_CHECKING:
    from pathlib import Path

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def write(path: Path, query: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.sql(query).write_parquet(str(path))


def test_csv_files_have_the_types_of_facts(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text(
        "ID,email,opted_in,created_at,phone,postal,Score,joined,note\n"
        'c1,a@example.com,true,2026-01-01T02:00:00+02:00,+49 1,01234,5,2026-01-02,"a ""b"""\n'
        "c2,,no,2026-01-01,0049,,6.5,,\n"
    )
    facts = facts_from_folder(tmp_path)
    assert facts.custom_fields == {
        "contacts": {
            "postal": FieldType.TEXT,
            "Score": FieldType.DECIMAL,
            "joined": FieldType.DATE,
            "note": FieldType.TEXT,
        }
    }
    columns = 'id, email, opted_in, created_at, phone, title, postal, "Score", joined, note'
    assert table(facts, "contacts", columns) == [
        ("c1", "a@example.com", True, NEW_YEAR, "+49 1", None, "01234", 5.0, date(2026, 1, 2),
         'a "b"'),
        ("c2", None, False, NEW_YEAR, "0049", None, None, 6.5, None, None),
    ]  # fmt: skip


def test_parquet_files_of_other_types_are_converted(tmp_path: Path) -> None:
    write(
        tmp_path / "accounts.parquet",
        """SELECT 'x' AS id, 5::SMALLINT AS employees, 1.5::DECIMAL(9, 2) AS annual_revenue,
        ['a', 'b'] AS technologies, TIMESTAMP_NS '2026-01-01' AS created_at,
        {'a': 1} AS more, TIMESTAMPTZ '2026-01-01 01:00:00+01' AS seen_at""",
    )
    facts = facts_from_folder(tmp_path)
    columns = "id, employees, annual_revenue, technologies, created_at, more, seen_at"
    assert table(facts, "accounts", columns) == [
        ("x", 5, 1.5, "a;b", NEW_YEAR, '{"a":1}', NEW_YEAR)
    ]
    assert facts.custom_fields == {"accounts": {"more": FieldType.JSON, "seen_at": FieldType.TIME}}


def test_a_folder_of_files_is_one_table(tmp_path: Path) -> None:
    for part in (1, 2):
        write(
            tmp_path / "activities" / f"{part}.parquet",
            f"""SELECT 'a{part}' AS id, 'c1' AS contact_id, 'x' AS "type",
            TIMESTAMP '2026-01-01' AS occurred_at, {part} AS step,
            CASE WHEN {part} = 1 THEN '{{"plan":"pro"}}' END AS properties""",
        )
    facts = facts_from_folder(tmp_path)
    assert table(facts, "activities", "id, properties") == [
        ("a1", '{"step":1,"plan":"pro"}'),
        ("a2", '{"step":2}'),
    ]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_history_keeps_the_order_of_the_file(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "contacts.csv").write_text("id\nc1\n")
    steps = ", ".join(f"('c1', '2026-01-01T00:00:00Z', 'title', 't{n}')" for n in range(9))
    with duckdb.connect() as con:
        history = con.sql(
            f"SELECT * FROM (VALUES {steps}) AS t(contact_id, changed_at, field, new_value)"
        )
        path = str(tmp_path / f"contact_history.{suffix}")
        (history.write_csv if suffix == "csv" else history.write_parquet)(path)
    facts = facts_from_folder(tmp_path)
    with facts.connect() as con:
        rows = con.execute("SELECT new_value FROM contact_history ORDER BY changed_at, seq")
        assert [row[0] for row in rows.fetchall()] == [f"t{n}" for n in range(9)]
        assert con.execute('SELECT DISTINCT "object" FROM changes').fetchall() == [("contacts",)]
    assert facts.statistics().histories == {("contacts", "title")}


def test_each_view_is_there_without_a_file(tmp_path: Path) -> None:
    (tmp_path / "teams.csv").write_text("id,name\nt1,A\n")
    facts = facts_from_folder(tmp_path)
    with facts.connect() as con:
        for plural, record in RECORDS.items():
            told = con.execute(f'DESCRIBE "{plural}"').fetchall()
            assert [row[0] for row in told] == list(record.field_by_name)
            assert con.execute(f'SELECT count(*) FROM "{record.history_name}"').fetchone() == (0,)


def test_what_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("email,opted_in,created_at\na,maybe,yesterday\n")
    (tmp_path / "activities.csv").write_text("id,occurred_at\na1,2026-13-01\n")
    with pytest.raises(RevopsError) as refused:
        facts_from_folder(tmp_path)
    assert {(issue.file, issue.path, issue.code) for issue in refused.value.issues} == {
        ("contacts.csv", "id", "missing-column"),
        ("contacts.csv", "opted_in", "wrong-value"),
        ("contacts.csv", "created_at", "wrong-value"),
        ("activities.csv", "type", "missing-column"),
        ("activities.csv", "occurred_at", "wrong-value"),
    }


@pytest.mark.parametrize("name", ["contacts.parquet", "contacts.csv"])
def test_a_file_that_is_not_what_it_says_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(bytes(range(256)) * 9)
    with pytest.raises(RevopsError):
        facts_from_folder(tmp_path)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(RevopsError, match="no canonical file"):
        facts_from_folder(tmp_path)


def test_a_path_of_odd_characters_means_itself(tmp_path: Path) -> None:
    folder = tmp_path / "it's [1] *? %"
    write(folder / "contacts.parquet", "SELECT 'c1' AS id")
    assert table(facts_from_folder(folder), "contacts", "id") == [("c1",)]


def test_only_some_views_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("id\nc1\n")
    with facts_from_folder(tmp_path).connect(only=["contacts"], threads=1) as con:
        names = con.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        threads = con.execute("SELECT current_setting('threads')").fetchone()
    assert names == [("contacts",)]
    assert threads == (1,)


def test_the_connection_fetches_nothing_from_the_network(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("id\nc1\n")
    with (
        facts_from_folder(tmp_path).connect() as con,
        pytest.raises(duckdb.Error),
    ):
        con.execute("SELECT * FROM read_parquet('https://example.com/x.parquet')")
