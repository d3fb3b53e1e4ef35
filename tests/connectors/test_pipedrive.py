from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

ReadFile = Callable[..., Any]
at = datetime.fromisoformat


def test_people(read_file: ReadFile) -> None:
    text = (
        "Person - ID,Person - Name,Person - First name,Person - Last name,Person - Organization,"
        "Person - Organization ID,Person - Email - Work,Person - Email - Home,"
        "Person - Phone - Work,"
        "Person - Owner,Person - Person created,Person - Marketing status,Person - Shoe size\n"
        "1,Ada Lovelace,Ada,Lovelace,Calc,7,,ada@home.io,+44,Jane,"
        "2024-03-12 09:14:00,Subscribed,38\n"
    )
    read = read_file({"people-123.csv": text})
    assert (read.vendor, read.kind) == ("pipedrive", "people")
    (row,) = read.rows("contacts")
    assert (row["id"], row["email"], row["account_id"]) == ("1", "ada@home.io", "7")
    assert (row["opted_in"], row["shoe_size"], row["company_name"]) == (True, 38, "Calc")
    assert row["created_at"] == at("2024-03-12 09:14")


def test_deals(read_file: ReadFile) -> None:
    text = (
        "Deal - ID,Deal - Title,Deal - Value,Deal - Currency of Value,Deal - Organization,"
        "Deal - Organization ID,Deal - Contact person ID,Deal - Pipeline,"
        "Deal - Stage,Deal - Status,"
        "Deal - Owner,Deal - Deal created,Deal - Won time,Deal - Lost time,Deal - Lost reason,"
        "Deal - Expected close date,Organization - Name\n"
        "1,Big,1000,EUR,Calc,7,1,Sales,Demo,Won,Jane,2024-03-12 09:14:00,"
        "2024-04-12 09:14:00,,,2024-04-30,Calc\n"
        "2,Bad,10,EUR,Calc,7,1,Sales,Demo,Lost,Jane,2024-03-12 09:14:00,,"
        "2024-05-12 09:14:00,Price,,Calc\n"
        "3,New,10,EUR,Calc,7,1,Sales,Demo,Open,Jane,2024-03-12 09:14:00,,,,,Calc\n"
    )
    read = read_file({"x.csv": text})
    assert (read.vendor, read.kind) == ("pipedrive", "deals")
    won, lost, still_open = read.rows("opportunities")
    assert [row["is_won"] for row in (won, lost, still_open)] == [True, False, None]
    assert won["closed_at"] == at("2024-04-12 09:14")
    assert (lost["loss_reason"], lost["currency"]) == ("Price", "EUR")
    assert won["close_date"] == date(2024, 4, 30)


def test_organizations_and_activities(read_file: ReadFile) -> None:
    text = "Organization - ID,Organization - Name,Organization - Owner\n7,Calc,Jane\n"
    (row,) = read_file({"a.csv": text}).rows("accounts")
    assert (row["id"], row["name"], row["owner"]) == ("7", "Calc", "Jane")
    text = (
        "Activity - ID,Activity - Type,Activity - Subject,Activity - Done,Activity - Due date,"
        "Activity - Due time,Activity - Contact person ID,Activity - Deal ID\n"
        "1,Call,Ring,Done,2024-03-12,09:14,1,5\n2,Meeting,Meet,To do,2024-03-13,,1,5\n"
    )
    (row,) = read_file({"b.csv": text}).rows("activities")
    assert (row["type"], row["contact_id"], row["opportunity_id"]) == ("call", "1", "5")
    assert row["occurred_at"] == at("2024-03-12 09:14")
