"""Encodings, delimiters, quotes, lines, and everything a file can be that it should not be."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from pathlib import Path

ReadFile = Callable[..., Any]
at = datetime.fromisoformat


TEXT = "id,first_name,last_name\n1,Zoë,Müller\n2,Ada,O'Hara €\n"


def names(read: Any) -> list[tuple[str, str]]:
    return [(row["first_name"], row["last_name"]) for row in read.rows("contacts")]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_encodings(read_file: ReadFile, encoding: str) -> None:
    assert names(read_file({"contacts.csv": TEXT.encode(encoding)})) == [
        ("Zoë", "Müller"),
        ("Ada", "O'Hara €"),
    ]


def test_utf16_with_a_mark_of_either_order(read_file: ReadFile) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        assert names(read_file({"contacts.csv": f"\ufeff{TEXT}".encode(encoding)}))[0][0] == "Zoë"


def test_windows_1252_that_shows_only_late_in_the_file(read_file: ReadFile) -> None:
    rows = "".join(f"{number},Ann,Lee\n" for number in range(40_000))
    data = f"id,first_name,last_name\n{rows}x,Zoë,Müller\n".encode("cp1252")
    assert names(read_file({"contacts.csv": data}))[-1] == ("Zoë", "Müller")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(read_file: ReadFile, delimiter: str, end: str) -> None:
    text = TEXT.replace(",", delimiter).replace("\n", end)
    assert names(read_file({"contacts.tsv": text}))[1] == ("Ada", "O'Hara €")


def test_line_ends_may_be_mixed(read_file: ReadFile) -> None:
    for text in (TEXT.replace("\n", "\r\n", 1), TEXT[:-1] + "\r\n", TEXT.replace("r\n", "r\r\n")):
        assert names(read_file({"contacts.csv": text})) == [("Zoë", "Müller"), ("Ada", "O'Hara €")]


def test_excel_says_its_delimiter_first(read_file: ReadFile) -> None:
    read = read_file({"contacts.csv": "sep=;\n" + TEXT.replace(",", ";")})
    assert [row["_line"] for row in read.rows("contacts")] == [3, 4]


def test_single_quotes(read_file: ReadFile) -> None:
    read = read_file({"contacts.csv": "'id','first_name'\n'1','a, b'\n"})
    assert read.rows("contacts")[0]["first_name"] == "a, b"


def lines(read: Any, plural: str = "contacts") -> dict[str, int]:
    return {row["id"]: row["_line"] for row in read.rows(plural)}


def test_lines_are_those_of_the_file(read_file: ReadFile) -> None:
    text = 'id,first_name\n1,"a\nb"\n2,"c\r\nd"\n3,e\n'
    assert lines(read_file({"contacts.csv": text})) == {"1": 2, "2": 4, "3": 6}
    text = 'id,first_name\n\n1,"a\nb"\n\n\n2,c\n'
    assert lines(read_file({"contacts.csv": text})) == {"1": 3, "2": 7}
    text = 'id,"first_name"\n1,a\n2,b\n\n\n'
    assert lines(read_file({"contacts.csv": text})) == {"1": 2, "2": 3}


def test_ragged_rows_are_set_aside_with_their_line(read_file: ReadFile) -> None:
    text = 'id,first_name,last_name\n1,a,"x\ny"\n2,b\n3,c,d,e\n4,f,g,,\n5,h,i\n'
    read = read_file({"contacts.csv": text})
    assert lines(read) == {"1": 2, "4": 6, "5": 7}
    assert read.rejects == [
        (4, "the row has 2 of 3 cells"),
        (5, "the row has 4 cells, the header 3"),
    ]


def test_rows_say_what_is_wrong_with_them(read_file: ReadFile) -> None:
    text = (
        "id,type,occurred_at\n,login,2024-01-01\n2,,2024-01-01\n3,login,soon\n"
        "4,login,0024-01-01\n5,login,2024-01-01\n"
    )
    read = read_file({"activities.csv": text})
    assert lines(read, "activities") == {"5": 6}
    assert read.rejects == [
        (2, "id is missing"),
        (3, "type is missing"),
        (4, "occurred_at: 'soon' is not a time"),
        (5, "occurred_at: '0024-01-01' is not between 1900 and 2200"),
    ]


def test_a_repeated_row_counts_once(read_file: ReadFile) -> None:
    read = read_file({"contacts.csv": "id,first_name\n1,a\n2,b\n1,a\n"})
    assert lines(read) == {"1": 4, "2": 3}
    assert (read.rejects, read.codes) == ([], ["repeated-rows"])


def test_an_id_with_two_meanings_is_refused(read_file: ReadFile) -> None:
    with pytest.raises(RevopsError, match="the id '2' is there again on line 5") as refused:
        read_file({"contacts.csv": "id,first_name\n1,a\n2,b\n1,a\n2,c\n3,d\n"})
    assert refused.value.code == "duplicate-ids"
    assert refused.value.issues[0].line == 3


def test_the_first_of_the_contradictory_rows_is_told(read_file: ReadFile) -> None:
    text = "id,opted_in\n1,true\n2,maybe\n3,true\n1,false\n3,false\n4,maybe\n"
    with pytest.raises(RevopsError, match="the id '1' is there again on line 5") as told:
        read_file({"contacts.csv": text})
    assert told.value.issues[0].line == 2
    assert "2 rows" in told.value.issues[0].message


def test_of_a_vendor_s_repeated_id_the_last_row_wins(read_file: ReadFile) -> None:
    text = "Record ID,First Name,Last Name,Email\n1,a,x,a@a.io\n2,b,x,b@a.io\n1,c,x,a@a.io\n"
    read = read_file({"contacts.csv": text})
    assert lines(read) == {"1": 4, "2": 3}
    assert read.rejects == [(2, "the id '1' is there again on line 4")]


@pytest.mark.parametrize(
    ("name", "content", "code", "told"),
    [
        ("contacts.csv", "", "empty-file", "is empty"),
        ("contacts.csv", " \n\n", "empty-file", "is empty"),
        ("contacts.csv", b"\x89PNG\r\n\x1a\n\0\0", "binary-file", "a picture"),
        ("contacts.csv", b"PK\x03\x04rest", "binary-file", "Excel"),
        ("contacts.csv", bytes(range(256)) * 10, "binary-file", "not text"),
        ("contacts.csv", b"\x01\x02\x03\xff\xfe\xfd" * 100, "binary-file", "not text"),
        ("contacts.xlsx", b"not a workbook", "binary-file", "not a workbook"),
        ("contacts.parquet", b"PAR1 and no more", "binary-file", "not Parquet"),
        ("contacts.parquet", bytes(range(256)) * 10, "binary-file", "not Parquet"),
        ("contacts.csv", "id,email,email\n1,a,b\n", "duplicate-header", "columns 2, 3"),
        ("contacts.csv", ",,\n1,2,3\n", "wrong-header", "no names"),
        ("things.csv", "colour,weight\nred,3\n", "wrong-header", "nearest kinds"),
        ("contacts.csv", "email,first_name\na,b\n", "wrong-header", "contacts without 'id'"),
        ("x.csv", "id,name\n1,b\n", "ambiguous-file", "could be accounts"),
        ("contacts.csv", "id" + ",x" * 2000, "too-many-columns", "2,001"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_refused_in_words(
    read_file: ReadFile, name: str, content: str | bytes, code: str, told: str
) -> None:
    with pytest.raises(RevopsError) as caught:
        read_file({name: content})
    issue = caught.value.issues[0]
    assert issue.code == code
    assert told in issue.message
    assert issue.mend
    assert issue.file.endswith(name)


@pytest.mark.parametrize(
    "name", ["contacts_emea.csv", "New Contacts (2).csv", "2026-11_contact.csv"]
)
def test_a_word_of_the_name_decides_between_kinds(read_file: ReadFile, name: str) -> None:
    rows = read_file({name: "id,email\nc1,a@b.example\n"}).rows("contacts")
    assert [row["email"] for row in rows] == ["a@b.example"]


def test_a_huge_cell_is_refused_with_its_line_and_column(read_file: ReadFile) -> None:
    text = 'id,first_name,last_name\n1,"a\nb",c\n2,d,' + "x" * 10_000_000 + "\n3,e,f\n"
    with pytest.raises(RevopsError) as caught:
        read_file({"contacts.csv": text})
    issue = caught.value.issues[0]
    assert issue.code == "cell-too-long"
    assert issue.line == 4
    assert "on line 4 in column 'last_name'" in issue.message


def test_a_header_without_rows_is_no_fault(read_file: ReadFile) -> None:
    read = read_file({"contacts.csv": "id,email\n"})
    assert read.rows("contacts") == []
    assert read.converted.count == 0


def test_workbooks(read_file: ReadFile, tmp_path: Path) -> None:
    path = tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        when = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(1, 0, ["id", "email", "opted_in", "created_at", "visits"])
        sheet.write_row(2, 0, [1, "A@x.io", True])
        sheet.write_datetime(2, 3, at("2024-03-12 09:14"), when)
        sheet.write(2, 4, 7)
        sheet.write_row(4, 0, ["2", None, False])
    read = read_file({"contacts.xlsx": path.read_bytes()}, zone="Europe/Berlin")
    first, second = read.rows("contacts")
    assert first["id"] == "1"
    assert first["email"] == "a@x.io"
    assert first["opted_in"] is True
    assert first["created_at"] == at("2024-03-12 08:14")
    assert first["visits"] == 7
    assert (first["_line"], second["_line"]) == (3, 5)


def test_parquet_keeps_its_types(read_file: ReadFile, tmp_path: Path) -> None:
    path = tmp_path / "made"
    duckdb.sql(
        "SELECT 'a' || i AS id, 'login' AS type, TIMESTAMP '2024-03-12 09:14:00' AS occurred_at,"
        " {'plan': 'pro', 'seats': i} AS properties, ['x', 'y'] AS tags FROM range(3) t(i)"
    ).write_parquet(str(path))
    rows = read_file({"activities.parquet": path.read_bytes()}, zone="Asia/Tokyo").rows(
        "activities"
    )
    assert [row["id"] for row in rows] == ["a0", "a1", "a2"]
    assert rows[0]["occurred_at"] == at("2024-03-12 00:14")
    assert json.loads(rows[2]["properties"]) == {"plan": "pro", "seats": 2, "tags": "x;y"}


@pytest.mark.parametrize(("kind", "hour"), [("TIMESTAMP", 0), ("TIMESTAMPTZ", 9), ("VARCHAR", 0)])
def test_times_of_parquet_without_a_zone_are_local(
    read_file: ReadFile, tmp_path: Path, kind: str, hour: int
) -> None:
    path = tmp_path / "made"
    time = f"CAST('2024-03-12 09:14:00' AS {kind})"
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        made = con.sql(f"SELECT '1' AS id, {time} AS created_at, {time} AS seen_at")
        made.write_parquet(str(path))
    read = read_file({"contacts.parquet": path.read_bytes()}, zone="Asia/Tokyo")
    (row,) = read.rows("contacts")
    assert row["created_at"] == row["seen_at"] == at(f"2024-03-12 {hour:02}:14")


def test_an_apostrophe_that_guards_a_formula_is_taken_off(read_file: ReadFile) -> None:
    texts = ["'=1", "''=1", "'-x ", "'a ", "=1", " 'b'", "'"]
    lines = "".join(f'{at},"{text}"\n' for at, text in enumerate(texts))
    named = [row["name"] for row in read_file({"users.csv": "id,name\n" + lines}).rows("users")]
    assert named == ["=1", "'=1", "-x", "'a", "=1", "'b'", "'"]


def test_a_path_may_look_like_a_pattern(read_file: ReadFile) -> None:
    assert names(read_file({"contacts[1].csv": TEXT}))[0][0] == "Zoë"
    assert names(read_file({"contacts-[ab]*.csv": TEXT.encode("utf-16")}))[0][0] == "Zoë"


def test_activities_keep_other_columns_as_properties_and_tell_other_types(
    read_file: ReadFile,
) -> None:
    text = (
        "id,type,occurred_at,plan,seats,properties\n1,pageview,2024-01-01,pro,3,"
        '"{""a"": 1}"\n2,login,2024-01-01,,,\n'
    )
    read = read_file({"activities.csv": text})
    first, second = read.rows("activities")
    assert json.loads(first["properties"]) == {"a": 1, "plan": "pro", "seats": 3}
    assert second["properties"] is None
    (note,) = read.converted.notes
    assert note.code == "unknown-type"
    assert "page_view" in note.mend


def test_history_files(read_file: ReadFile) -> None:
    text = (
        "contact_id,changed_at,field,old_value,new_value,changed_by,reason\n"
        "1,2024-01-01T00:00:00Z,title,CTO,CEO,ann,promoted\n"
        "1,2024-01-01T00:00:00Z,title,CTO,CEO,ann,promoted\n"
        ",2024-01-01,title,,,,\n"
    )
    read = read_file({"contact_history.csv": text})
    (row,) = read.rows("contacts", history=True)
    assert (row["record_id"], row["field"], row["new_value"]) == ("1", "title", "CEO")
    assert row["old_value"] == "CTO"
    assert [line for line, _reason in read.rejects] == [4]


hostile = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs", "Cc"]),
        st.sampled_from(list("\n\r\t,;\"'|=+-@ ")),
    ),
    max_size=12,
)


def unguarded(text: str) -> str | None:
    """Without blanks around it and the apostrophe that an export puts before a formula's sign."""
    after = text.lstrip("'")
    is_guarded = after != text and after.startswith(tuple("=+-@\t\r"))
    return (text[1:] if is_guarded else text).strip(" ") or None


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(values=[("'@", "''=1"), ("' @", "'")], encoding="utf-8", delimiter=",", end="\n")
@given(
    values=st.lists(st.tuples(hostile, hostile), min_size=1, max_size=6),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_is_what_is_read(
    read_file: ReadFile, values: list[tuple[str, str]], encoding: str, delimiter: str, end: str
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "first_name", "last_name"])
    expected, line = [], 2
    for number, (first, last) in enumerate(values):
        writer.writerow([number, first, last])
        expected.append((str(number), unguarded(first), unguarded(last)))
    read = read_file({"contacts.csv": out.getvalue().encode(encoding)})
    rows = read.rows("contacts")
    assert [(row["id"], row["first_name"], row["last_name"]) for row in rows] == expected
    assert line == rows[0]["_line"]


def test_headers_and_values_are_never_sql(read_file: ReadFile) -> None:
    header = 'id,"x""); DROP TABLE rejects; --",\'; SELECT 1,{c0},$1,%s,?'
    text = f"{header}\n1,'a',\"b'; --\",{{x}},$2,%d,?\n,,,,,,\n"
    read = read_file({"contacts.csv": text})
    assert read.rejects == [(3, "id is missing")]
    assert set(read.custom("contacts")) == {
        "x_drop_table_rejects",
        "select_1",
        "c0",
        "s",
        "_1",
        "column",
    }
