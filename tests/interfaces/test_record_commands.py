from __future__ import annotations

import csv
import io
import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Revops

CONTACTS = "id,email,title,created_at\nc1,ada@example.com,CTO,2026-01-05\nc2,bob@example.com,,\n"
ACTIVITIES = (
    "id,contact_id,type,occurred_at,path\n"
    "a1,c1,page_view,2026-02-01T10:00,/pricing\n"
    "a2,c1,demo_request,2026-02-02T10:00,\n"
    "a3,c2,page_view,not a time,/blog\n"
)


@pytest.fixture
def acme(tmp_path: Path, revops: Revops, monkeypatch: pytest.MonkeyPatch) -> Path:
    revops("init", tmp_path / "acme", "--motion", "full")
    (tmp_path / "contacts.csv").write_text(CONTACTS)
    (tmp_path / "activities.csv").write_text(ACTIVITIES)
    monkeypatch.chdir(tmp_path / "acme")
    return tmp_path / "acme"


def test_import_says_what_became_of_each_file(acme: Path, revops: Revops) -> None:
    said = revops("import", "../contacts.csv", "../activities.csv")
    assert said.code == 0
    rows = [line.split() for line in said.out.splitlines()]
    assert ["contacts.csv", "contacts", "2", "2", "0", "0", "0"] in rows
    assert ["activities.csv", "activities", "3", "2", "0", "0", "1"] in rows
    assert "1 row of activities.csv refused" in said.out
    rejects = next((acme / "rejects").glob("activities*.csv"))
    assert "not a time" in rejects.read_text()


def test_import_twice_is_import_once(acme: Path, revops: Revops) -> None:
    revops("import", "../contacts.csv")
    again = json.loads(revops("import", "../contacts.csv", "--format", "json").out)
    assert [(each["inserted"], each["unchanged"]) for each in again] == [(0, 2)]
    assert (acme / "revops.db").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("contacts.csv", b""),
        ("contacts.csv", b"colour,shape\nred,round\n"),
        ("contacts.csv", b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)) * 40),
        ("things.csv", b"colour,shape\nred,round\n"),
    ],
    ids=["empty", "wrong header", "binary", "unknown"],
)
def test_a_file_that_cannot_be_used_changes_nothing(
    name: str, content: bytes, acme: Path, revops: Revops
) -> None:
    revops("import", "../contacts.csv")
    before = sorted(sqlite3.connect("revops.db").execute("SELECT * FROM contacts").fetchall())
    (acme / name).write_bytes(content)
    said = revops("import", name)
    assert said.code == 2
    assert "error: " in said.err
    assert name in said.err
    assert "Traceback" not in said.err
    assert before == sorted(
        sqlite3.connect("revops.db").execute("SELECT * FROM contacts").fetchall()
    )


def test_a_file_that_is_not_there_is_told(acme: Path, revops: Revops) -> None:
    said = revops("import", "nowhere.csv")
    assert said.code == 2
    assert "nowhere.csv" in said.err
    assert acme.exists()


def test_a_folder_of_unknown_files_is_wrong_input(acme: Path, revops: Revops) -> None:
    (acme / "other").mkdir()
    (acme / "other/things.csv").write_text("colour,shape\nred,round\n")
    said = revops("import", "other")
    assert said.code == 2
    assert "none of these files" in said.err


def test_export_gives_back_what_was_imported(acme: Path, revops: Revops) -> None:
    revops("import", "../contacts.csv")
    said = revops("export", "contacts")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [(row["id"], row["email"], row["title"]) for row in rows] == [
        ("c1", "ada@example.com", "CTO"),
        ("c2", "bob@example.com", ""),
    ]
    for name in ("contacts.json", "contacts.parquet", "contacts.xlsx", "contacts.csv"):
        assert revops("export", "contacts", "--output", name).code == 0
        assert (acme / name).stat().st_size > 100
    assert "ada@example.com" in revops("export", "contacts", "--format", "table").out


def test_export_of_an_unknown_table_proposes_one(acme: Path, revops: Revops) -> None:
    said = revops("export", "contcts", "--workspace", acme)
    assert said.code == 2
    assert "did you mean 'contacts'?" in said.err


def test_export_into_a_missing_folder_is_told(acme: Path, revops: Revops) -> None:
    said = revops("export", "contacts", "--output", acme / "none/contacts.csv")
    assert said.code == 2
    assert "there is no folder" in said.err


def test_facts_are_empty_then_made_and_rebuilt(acme: Path, revops: Revops) -> None:
    assert "no facts yet" in revops("facts", "status").out
    revops("import", "../contacts.csv", "../activities.csv")
    rebuilt = json.loads(revops("facts", "rebuild", "--format", "json").out)
    rows = {each["table"]: each["rows"] for each in rebuilt}
    assert (rows["contacts"], rows["activities"]) == (2, 2)
    assert json.loads(revops("facts", "status", "--format", "json").out) == rebuilt
    assert (acme / "facts").is_dir()
