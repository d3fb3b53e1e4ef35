from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

ReadFile = Callable[..., Any]
at = datetime.fromisoformat


CONTACTS = (
    "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status,"
    "Lifecycle Stage,Create Date,Last Activity Date,Original Traffic Source,"
    "Primary Associated Company ID,Associated Company,Associated Company IDs,Job Title,Seniority,"
    "Newsletter\n"
    "101,Ada,Lovelace,ADA@calc.io,+44 1,Jane Doe,NEW,Lead,2024-03-12 09:14,,Organic Search,"
    "501,Calc,501;502,Director,director,Yes\n"
    "102,Bob,(No value),bob@x.io,,,,Customer,2024-07-12 09:14,,Direct Traffic,,Xco,,,,No\n"
)


def test_contacts_export(read_file: ReadFile) -> None:
    read = read_file(
        {"hubspot-crm-exports-all-contacts-2024-05-01.csv": CONTACTS}, zone="Europe/Berlin"
    )
    assert (read.vendor, read.kind) == ("hubspot", "contacts")
    ada, bob = read.rows("contacts")
    assert ada["id"] == "101"
    assert ada["email"] == "ada@calc.io"
    assert ada["account_id"] == "501"
    assert ada["owner"] == "Jane Doe"
    assert ada["title"] == "Director"
    assert ada["seniority"] == "director"
    assert ada["lifecycle_stage"] == "Lead"
    assert ada["source"] == "Organic Search"
    assert ada["lead_status"] == "NEW"
    assert ada["created_at"] == at("2024-03-12 08:14")
    assert bob["created_at"] == at("2024-07-12 07:14")
    assert (bob["last_name"], bob["account_id"], bob["company_name"]) == (None, None, "Xco")
    assert read.custom("contacts")["newsletter"] == "boolean"
    assert "associated_company_ids" not in read.custom("contacts")


def test_labels_are_compared_without_case(read_file: ReadFile) -> None:
    head, *rows = CONTACTS.splitlines(keepends=True)
    read = read_file({"x.csv": head.upper() + "".join(rows)})
    assert (read.vendor, read.kind) == ("hubspot", "contacts")
    assert read.rows("contacts")[0]["first_name"] == "Ada"


def test_ids_are_prefixed_where_another_system_leads(read_file: ReadFile) -> None:
    read = read_file({"x.csv": CONTACTS}, prefix="hubspot:")
    ada = read.rows("contacts")[0]
    assert (ada["id"], ada["account_id"], ada["owner"]) == (
        "hubspot:101",
        "hubspot:501",
        "Jane Doe",
    )


def test_companies_export(read_file: ReadFile) -> None:
    text = (
        "Record ID,Company name,Company owner,Create Date,Company Domain Name,Industry,"
        "Number of Employees,Annual Revenue,Country/Region,Parent Company ID\n"
        '501,Calc,Jane,3/15/2024 2:30 PM,www.Calc.io,SOFTWARE,"1,200",$5000000,UK,\n'
    )
    read = read_file({"all-companies.csv": text})
    (row,) = read.rows("accounts")
    assert row["created_at"] == at("2024-03-15 14:30")
    assert (row["domain"], row["employees"], row["country"]) == ("calc.io", 1200, "UK")
    assert row["annual_revenue"] == Decimal(5_000_000)


DEALS = (
    "Record ID,Deal Name,Deal Stage,Pipeline,Amount,Close Date,Deal owner,Deal Type,"
    "Associated Contact IDs,Associated Company IDs,Is Deal Closed?,Is Closed Won,"
    '"Date entered ""Demo (Sales, EU)""","Date entered ""Closed won (Sales, EU)""",'
    '"Date exited ""Demo (Sales, EU)"""\n'
    '9,Big,Closed won,"Sales, EU",1000,2024-05-01 10:00,Jane,newbusiness,101; 102,'
    '501;502,true,true,'
    "2024-03-01 10:00,2024-05-01 10:00,2024-05-01 10:00\n"
    '10,Small,Demo,"Sales, EU",,2024-06-01 10:00,Jane,existingbusiness,,,false,false,'
    "2024-04-01 10:00,,\n"
)  # fmt: skip


def test_deals_export_with_the_history_of_the_stage(read_file: ReadFile) -> None:
    read = read_file({"deals.csv": DEALS})
    won, still_open = read.rows("opportunities")
    assert (won["is_won"], won["closed_at"]) == (True, at("2024-05-01 10:00"))
    assert (still_open["is_won"], still_open["closed_at"]) == (None, None)
    assert won["contact_ids"] == "101;102"
    assert won["account_id"] == "501"
    assert (won["type"], still_open["type"]) == ("new", "expansion")
    assert won["close_date"] == date(2024, 5, 1)
    history = [
        (row["record_id"], row["changed_at"], row["old_value"], row["new_value"])
        for row in read.rows("opportunities", history=True)
    ]
    assert sorted(history) == [
        ("10", at("2024-04-01 10:00"), None, "Demo"),
        ("9", at("2024-03-01 10:00"), None, "Demo"),
        ("9", at("2024-05-01 10:00"), "Demo", "Closed won"),
    ]
    assert not [name for name in read.custom("opportunities") if name.startswith("date_e")]


def test_won_is_not_read_from_the_name_of_a_stage(read_file: ReadFile) -> None:
    text = "Record ID,Deal Name,Deal Stage,Close Date\n1,a,Closed won,2024-01-01\n"
    (row,) = read_file({"x.csv": text}).rows("opportunities")
    assert "is_won" not in row


RAW = {
    "deal_data.csv": (
        "deal_id,is_deleted,deal_pipeline_id,deal_pipeline_stage_id,owner_id,_fivetran_synced,"
        "property_dealname,property_amount,property_closedate\n"
        "1,false,p1,s2,7,2024-01-01 3:15:52,Big,1000,2024-03-01 9:00:00\n"
        "2,false,p1,s1,7,2024-01-01 3:15:52,Small,5,2024-04-01 9:00:00\n"
        "3,false,p1,s3,7,2024-01-01 3:15:52,Gone,5,2024-04-01 9:00:00\n"
        "4,true,p1,s3,7,2024-01-01 3:15:52,Deleted,5,2024-04-01 9:00:00\n"
    ),
    "deal_pipeline_stage_data.csv": (
        "stage_id,label,is_closed,closed_won,pipeline_id\n"
        "s1,Demo,FALSE,FALSE,p1\ns2,Won,TRUE,TRUE,p1\ns3,Lost,TRUE,FALSE,p1\n"
    ),
    "deal_pipeline_data.csv": "pipeline_id,label\np1,Sales\n",
    "deal_contact_data.csv": "contact_id,deal_id\n101,1\n102,1\n101,2\n",
    "deal_company_data.csv": "company_id,deal_id\n501,1\n",
}


def test_raw_deals_take_stages_and_people_from_the_tables_beside_them(read_file: ReadFile) -> None:
    read = read_file(RAW, zone="Asia/Tokyo")
    won, still_open, lost = read.rows("opportunities")
    assert [row["is_won"] for row in (won, still_open, lost)] == [True, None, False]
    assert (won["stage"], won["pipeline"], won["contact_ids"]) == ("Won", "Sales", "101;102")
    assert won["account_id"] == "501"
    assert won["closed_at"] == at("2024-03-01 09:00")
    assert still_open["closed_at"] is None
    assert read.codes == ["deleted-rows"]


def test_raw_property_history(read_file: ReadFile) -> None:
    text = (
        "contact_id,timestamp,_fivetran_synced,source,name,value,source_id\n"
        "1,2024-01-02 00:00:00.001,2024-05-01,FORM,lifecyclestage,lead,f1\n"
        "1,2024-03-02 00:00:00,2024-05-01,CRM_UI,lifecyclestage,customer,u1\n"
        "1,2024-03-02 00:00:00,2024-05-01,CRM_UI,createdate,1710234840000,u1\n"
        "1,2024-03-02 00:00:00,2024-05-01,CRM_UI,Favourite Colour,red,u1\n"
    )
    rows = read_file({"contact_property_history.csv": text}).rows("contacts", history=True)
    told = {
        (row["field"], row["old_value"], row["new_value"], row["reason"], row["changed_by"])
        for row in rows
    }
    assert told == {
        ("lifecycle_stage", None, "lead", "FORM", "f1"),
        ("lifecycle_stage", "lead", "customer", "CRM_UI", "u1"),
        ("created_at", None, "2024-03-12T09:14:00Z", "CRM_UI", "u1"),
        ("favourite_colour", None, "red", "CRM_UI", "u1"),
    }


def test_a_meeting_is_held_by_everyone_in_it(read_file: ReadFile) -> None:
    files = {
        "engagement_meeting.csv": (
            "engagement_id,_fivetran_synced,start_time,title,property_hs_meeting_outcome\n"
            "7,2024-01-01,2024-02-03 10:00:00,Demo,\n8,2024-01-01,"
            "2024-02-04 10:00:00,Talk,NO_SHOW\n"
        ),
        "engagement_contact.csv": "contact_id,engagement_id\n101,7\n102,7\n101,8\n",
    }
    rows = read_file(files).rows("activities")
    assert sorted((row["id"], row["contact_id"], row["type"]) for row in rows) == [
        ("7-101", "101", "meeting_held"),
        ("7-102", "102", "meeting_held"),
        ("8-101", "101", "meeting_no_show"),
    ]


def test_email_events_get_time_and_contact_from_the_tables_beside_them(read_file: ReadFile) -> None:
    files = {
        "email_event_click.csv": (
            "id,_fivetran_synced,url,user_agent\ne1,2024-01-01,https://x.io/p?a=1,ff\n"
        ),
        "email_event.csv": (
            "id,created,recipient,type,email_campaign_id\n"
            "e1,2024-02-03 10:00:00,ADA@calc.io,CLICK,77\n"
        ),
        "contact.csv": "id,property_email\n101,ada@calc.io\n",
    }
    (row,) = read_file(files).rows("activities")
    assert (row["type"], row["contact_id"], row["path"], row["campaign"]) == (
        "email_click",
        "101",
        "/p",
        "77",
    )
    assert row["occurred_at"] == at("2024-02-03 10:00")


def test_form_submissions(read_file: ReadFile) -> None:
    text = (
        "timestamp,form_id,contact_id,conversion_id,page_url,title\n"
        "2024-02-03 10:00:00,5,101,c1,https://x.io,Newsletter\n"
    )
    (row,) = read_file({"contact_form_submission.csv": text}).rows("activities")
    assert (row["type"], row["path"], row["subject"]) == ("form_submit", "/", "Newsletter")
