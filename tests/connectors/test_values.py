from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from revops.kit.errors import RevopsError
from revops.records import FieldType

ReadFile = Callable[..., Any]
at = datetime.fromisoformat


HEAD = "id,email,created_at\n"


def created(read: ReadFile, *times: str, zone: str = "UTC") -> list[datetime]:
    rows = "".join(f'{number},,"{time}"\n' for number, time in enumerate(times))
    return [
        row["created_at"] for row in read({"contacts.csv": HEAD + rows}, zone=zone).rows("contacts")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-12T09:14:05Z", at("2024-03-12 09:14:05")),
        ("2024-03-12T09:14:05.250+02:00", at("2024-03-12 07:14:05.250000")),
        ("2024-03-12T09:14:00.000+0000", at("2024-03-12 09:14")),
        ("2024-03-12 09:14", at("2024-03-12 09:14")),
        ("2024-03-12", at("2024-03-12")),
        ("3/15/2024 2:30 PM", at("2024-03-15 14:30")),
        ("15/03/2024 14:30", at("2024-03-15 14:30")),
        ("15.03.2024", at("2024-03-15")),
        ("15 Mar 2024", at("2024-03-15")),
        ("March 15, 2024", at("2024-03-15")),
        ("1710234840000", at("2024-03-12 09:14")),
        ("1710234840", at("2024-03-12 09:14")),
    ],
)
def test_times_as_they_are_seen(read_file: ReadFile, text: str, expected: datetime) -> None:
    assert created(read_file, text) == [expected]


def test_a_time_without_zone_is_the_companys_across_summer_time(read_file: ReadFile) -> None:
    found = created(
        read_file,
        "2024-03-30 12:00",
        "2024-03-31 12:00",
        "2024-03-31T12:00:00Z",
        "2024-03-31T12:00:00-05:00",
        "7/13/2024 2:30 PM",
        zone="Europe/Berlin",
    )
    assert found == [
        at("2024-03-30 11:00"),
        at("2024-03-31 10:00"),
        at("2024-03-31 12:00"),
        at("2024-03-31 17:00"),
        at("2024-07-13 12:30"),
    ]


def test_the_order_of_day_and_month_comes_from_the_whole_column(read_file: ReadFile) -> None:
    assert created(read_file, "3/4/2024", "25/4/2024") == [
        at("2024-04-03"),
        at("2024-04-25"),
    ]
    assert created(read_file, "3/4/2024", "4/25/2024") == [
        at("2024-03-04"),
        at("2024-04-25"),
    ]
    assert created(read_file, "4/4/2024") == [at("2024-04-04")]
    assert created(read_file, "04.05.2024") == [at("2024-05-04")]


def test_an_ambiguous_date_is_refused_with_what_to_say(read_file: ReadFile) -> None:
    with pytest.raises(RevopsError) as caught:
        created(read_file, "3/4/2024", "5/6/2024")
    (issue,) = caught.value.issues
    assert issue.code == "ambiguous-dates"
    assert "created_at" in issue.message
    assert "3/4/2024" in issue.message
    assert "time_format: day first" in issue.mend


def test_another_column_of_the_file_can_tell_the_order(read_file: ReadFile) -> None:
    text = "id,created_at,recycled_at\n1,3/4/2024,25/12/2024\n"
    (row,) = read_file({"contacts.csv": text}).rows("contacts")
    assert row["created_at"] == at("2024-04-03")


def test_numbers_as_people_write_them(read_file: ReadFile) -> None:
    head = "id,annual_revenue,employees\n"
    plain = '1,"$1,234,567.50","1,200"\n2,1e6,12.0\n3,(500),7\n4,EUR 12,\n5,"1,234",\n'
    rows = read_file({"accounts.csv": head + plain}).rows("accounts")
    assert [row["annual_revenue"] for row in rows] == [
        Decimal("1234567.5"), Decimal(1_000_000), Decimal(-500), Decimal(12), Decimal(1234),
    ]  # fmt: skip
    assert [row["employees"] for row in rows] == [1200, 12, 7, None, None]
    comma = "id;annual_revenue\n1;1.234,50\n2;1.000\n3;7,5 €\n"
    rows = read_file({"accounts.csv": comma}).rows("accounts")
    assert [row["annual_revenue"] for row in rows] == [
        Decimal("1234.5"), Decimal(1000), Decimal("7.5"),
    ]  # fmt: skip


def test_booleans_blanks_addresses_and_domains(read_file: ReadFile) -> None:
    text = (
        "id,email,opted_in,phone\n"
        "1, Ann@Example.COM ,Yes,  \n2,,0,00123\n3,b@x.io,TRUE,\n4,c@x.io,n,\n"
    )
    rows = read_file({"contacts.csv": text}).rows("contacts")
    assert [row["email"] for row in rows] == ["ann@example.com", None, "b@x.io", "c@x.io"]
    assert [row["opted_in"] for row in rows] == [True, False, True, False]
    assert [row["phone"] for row in rows] == [None, "00123", None, None]
    text = "id,domain\n1,https://www.Example.com/about?x=1\n2,WWW.example.com\n3,shop.example.com\n"
    rows = read_file({"accounts.csv": text}).rows("accounts")
    assert [row["domain"] for row in rows] == ["example.com", "example.com", "shop.example.com"]


def test_dates_keep_their_day_whatever_the_zone(read_file: ReadFile) -> None:
    text = "id,close_date\n1,2024-03-12\n2,2024-03-12 23:30\n3,2024-03-12T23:30:00Z\n4,12/31/2024\n"
    rows = read_file({"opportunities.csv": text}, zone="Asia/Tokyo").rows("opportunities")
    assert [row["close_date"] for row in rows] == [date(2024, 3, 12)] * 3 + [date(2024, 12, 31)]


def test_custom_fields_get_the_type_all_their_values_have(read_file: ReadFile) -> None:
    text = (
        "id,Page Views,Share,Is Partner?,Renewal Date,Seen At,ZIP,Notes,Empty,\n"
        "1,10,0.5,Yes,2024-01-02,2024-01-02 10:00,01234,a,,\n"
        "2,7,3,no,2024-02-03,2024-02-03T10:00:00Z,99999,5,,\n"
    )
    read = read_file({"contacts.csv": text})
    assert read.custom("contacts") == {
        "page_views": "integer",
        "share": "decimal",
        "is_partner": "boolean",
        "renewal_date": "date",
        "seen_at": "time",
        "zip": "text",
        "notes": "text",
    }
    first = read.rows("contacts")[0]
    assert first["zip"] == "01234"
    assert first["is_partner"] is True
    assert first["seen_at"] == at("2024-01-02 10:00")


def test_a_declared_custom_field_is_held_to_its_type(read_file: ReadFile) -> None:
    text = "id,lead_grade\n1,5\n2,A\n"
    read = read_file(
        {"contacts.csv": text}, declared={"contacts": {"lead_grade": FieldType.INTEGER}}
    )
    assert read.custom("contacts") == {"lead_grade": "integer"}
    assert read.rejects == [(3, "lead_grade: 'A' is not a whole number")]


def test_custom_fields_may_be_called_anything(read_file: ReadFile) -> None:
    text = "id,t_id,rowid,name,t,kept,select,_line,Source\n1,a,b,c,d,e,f,g,h\n1,a,b,c,d,e,f,g,h\n"
    read = read_file({"contacts.csv": text})
    (row,) = read.rows("contacts")
    assert [row[name] for name in ("id", "t_id", "rowid", "name", "t", "kept", "select")] == [
        *("1", "a", "b", "c", "d", "e", "f"),
    ]
    assert (row["line"], row["source"], row["_line"]) == ("g", "h", 3)
