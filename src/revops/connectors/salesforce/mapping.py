"""Salesforce's files: data exports and raw tables with API names, and reports."""

from __future__ import annotations

from revops.connectors.mapping import (
    FileKind,
    Joined,
    Lookup,
    Many,
    Shape,
    Source,
    Table,
    Vendor,
    properties,
)
from revops.connectors.salesforce.fields import (
    ACCOUNT,
    ACTIVITY,
    CONTACT,
    LEAD,
    OPPORTUNITY,
    OPPORTUNITY_VALUES,
    TASK,
    TASK_VALUES,
    TO_DO,
)
from revops.connectors.salesforce.reports import REPORTS

_UTC = "UTC"
_IGNORED = (
    "_fivetran_synced",
    "_fivetran_active",
    "_fivetran_start",
    "_fivetran_end",
    "_fivetran_deleted",
    "is_deleted",
    "photo_url",
    "last_viewed_date",
    "last_referenced_date",
    "created_by_id",
    "last_modified_by_id",
    "jigsaw_contact_id",
    "jigsaw_company_id",
    "record_type_id",
    "geocode_accuracy",
    "latitude",
    "longitude",
)

_CONVERTED = Lookup(
    ("lead", "leaddata", "sflead", "sfleaddata", "leads"),
    "whoid",
    "id",
    {"convertedcontactid": "leadcontactid"},
)


def _api(
    name: str,
    tables: tuple[Table, ...],
    marks: tuple[str, ...],
    lookups: tuple[Lookup, ...] = (),
) -> FileKind:
    """A data export or a raw table; its times are in UTC unless they say otherwise."""
    return FileKind(
        name,
        tables,
        stems=_stems(name),
        marks=marks,
        ignored=_IGNORED,
        deleted=("isdeleted", "fivetrandeleted"),
        lookups=lookups,
        time_zone=_UTC,
    )


def _stems(name: str) -> tuple[str, ...]:
    plain = name.replace("_", "").lower()
    many = f"{plain[:-1]}ies" if plain.endswith("y") else f"{plain}s"
    return tuple(f"{start}{each}" for each in (plain, f"{plain}data", many) for start in ("", "sf"))


def _versions(name: str, plural: str, fields: dict[str, Source]) -> FileKind:
    """A raw table that keeps every version of a record."""
    own = {
        t: s for t, s in fields.items() if t not in {"id", "lead_id", "created_at", "_changed_at"}
    }
    table = Table(
        plural,
        {"record_id": fields["id"], "changed_at": "fivetranstart", **own},
        values=OPPORTUNITY_VALUES if plural == "opportunities" else {},
        shape=Shape.VERSION,
        keeps_rest=False,
    )
    return _api(name, (table,), ("id", "_fivetran_start", "_fivetran_end"))


def _field_history(name: str, plural: str, key: str, fields: dict[str, Source]) -> FileKind:
    """The history of single fields, as Salesforce tracks it."""
    lead = "convertedcontactid"
    table = Table(
        plural,
        {
            "record_id": (lead, key) if name == "LeadHistory" else key,
            "changed_at": "createddate",
            "field": "field",
            "old_value": "oldvalue",
            "new_value": "newvalue",
            "changed_by": "createdbyid",
        },
        shape=Shape.CHANGE,
        renamed={c: t for c, t in properties(fields).items() if not t.startswith("_")}
        | {"owner": "owner", "account": "account_id"},
        keeps_rest=False,
    )
    lookups = (Lookup(_CONVERTED.stems, key, "id", {lead: lead}),) if name == "LeadHistory" else ()
    return _api(name, (table,), (key, "field", "newvalue"), lookups)


def _with(name: str, other: str) -> FileKind:
    return _passed_over(name, f"it is read together with {other}")


def _passed_over(name: str, why: str) -> FileKind:
    return FileKind(name, stems=_stems(name), passed_over=why, needs_name=True)


SALESFORCE = Vendor(
    "salesforce",
    (
        _api(
            "User",
            (
                Table(
                    "users",
                    {
                        "id": "id",
                        "name": ("name", Joined(("firstname", "lastname"))),
                        "email": "email",
                        "manager_id": "managerid",
                        "time_zone": "timezonesidkey",
                        "country": "country",
                        "is_active": "isactive",
                        "created_at": "createddate",
                        "_changed_at": ("systemmodstamp", "lastmodifieddate"),
                    },
                    keeps_rest=False,
                ),
            ),
            ("id", "email", "username|timezonesidkey|profileid"),
        ),
        _api(
            "Account",
            (Table("accounts", ACCOUNT),),
            ("id", "name", "billingcity|billingcountry|numberofemployees|ownerid|industry"),
        ),
        _api(
            "Campaign",
            (
                Table(
                    "campaigns",
                    {
                        "id": "id",
                        "name": "name",
                        "type": "type",
                        "started_on": "startdate",
                        "ended_on": "enddate",
                        "budget": "budgetedcost",
                        "currency": "currencyisocode",
                        "owner": "ownerid",
                    },
                ),
            ),
            ("id", "name", "budgetedcost|startdate"),
        ),
        _api(
            "Lead",
            (Table("contacts", LEAD),),
            ("id", "company", "lastname", "status|isconverted|leadsource"),
        ),
        _api(
            "Contact",
            (Table("contacts", CONTACT),),
            ("id", "lastname", "accountid|mailingcity"),
            (
                Lookup(
                    _CONVERTED.stems,
                    "id",
                    "convertedcontactid",
                    {
                        "createddate": "convertedleadcreateddate",
                        "leadsource": "convertedleadsource",
                    },
                ),
            ),
        ),
        _api(
            "CampaignMember",
            (
                Table(
                    "campaign_members",
                    {
                        "id": "id",
                        "campaign_id": "campaignid",
                        "contact_id": ("contactid", "leadcontactid", "leadid"),
                        "status": "status",
                        "responded_at": "firstrespondeddate",
                        "created_at": "createddate",
                    },
                ),
            ),
            ("id", "campaignid", "contactid|leadid"),
            (Lookup(_CONVERTED.stems, "leadid", "id", {"convertedcontactid": "leadcontactid"}),),
        ),
        _api(
            "Opportunity",
            (Table("opportunities", OPPORTUNITY, values=OPPORTUNITY_VALUES),),
            ("id", "stagename", "closedate"),
            (
                Lookup(
                    _stems("OpportunityContactRole"),
                    "id",
                    "opportunityid",
                    {"contactid": "rolecontactids"},
                    Many.GATHER,
                ),
            ),
        ),
        _api(
            "OpportunityLineItem",
            (
                Table(
                    "line_items",
                    {
                        "id": "id",
                        "opportunity_id": "opportunityid",
                        "product": ("product2name", "name", "productcode", "product2id"),
                        "quantity": "quantity",
                        "unit_price": "unitprice",
                        "discount_percent": "discount",
                        "amount": "totalprice",
                        "currency": "currencyisocode",
                        "created_at": "createddate",
                    },
                ),
            ),
            ("id", "opportunityid", "unitprice|totalprice", "quantity"),
            (Lookup(_stems("Product_2"), "product2id", "id", {"name": "product2name"}),),
        ),
        _api(
            "Case",
            (
                Table(
                    "tickets",
                    {
                        "id": "id",
                        "account_id": "accountid",
                        "contact_id": "contactid",
                        "subject": "subject",
                        "status": "status",
                        "priority": "priority",
                        "category": "type",
                        "owner": "ownerid",
                        "created_at": "createddate",
                        "closed_at": "closeddate",
                    },
                    values={"priority": {"medium": "normal"}, "status": {"closed": "solved"}},
                ),
            ),
            ("id", "casenumber", "subject"),
        ),
        _api(
            "Task",
            (
                Table("tasks", TO_DO, values=TASK_VALUES, keeps_rest=False),
                Table(
                    "activities",
                    TASK,
                    {"type": "note", "direction": "outbound"},
                    values=TASK_VALUES,
                    only={"isclosed": ("true", "1")},
                    keeps_rest=False,
                ),
            ),
            ("id", "whoid", "isclosed|status", "priority|tasksubtype|calltype"),
            (_CONVERTED,),
        ),
        _api(
            "Event",
            (
                Table(
                    "activities",
                    {
                        **ACTIVITY,
                        "occurred_at": (
                            "activitydatetime",
                            "startdatetime",
                            "activitydate",
                            "createddate",
                        ),
                    },
                    {"type": "meeting_held"},
                    keeps_rest=False,
                ),
            ),
            ("id", "whoid", "startdatetime|activitydatetime|durationinminutes"),
            (_CONVERTED,),
        ),
        _versions("account_history", "accounts", ACCOUNT),
        _versions("lead_history", "contacts", LEAD),
        _versions("contact_history", "contacts", CONTACT),
        _versions("opportunity_history", "opportunities", OPPORTUNITY),
        _api(
            "OpportunityHistory",
            (
                Table(
                    "opportunities",
                    {
                        "record_id": "opportunityid",
                        "changed_at": "createddate",
                        "stage": "stagename",
                        "amount": "amount",
                        "close_date": "closedate",
                        "forecast_category": "forecastcategory",
                    },
                    values=OPPORTUNITY_VALUES,
                    shape=Shape.VERSION,
                    keeps_rest=False,
                ),
            ),
            ("id", "opportunityid", "stagename", "createddate"),
        ),
        _field_history("OpportunityFieldHistory", "opportunities", "opportunityid", OPPORTUNITY),
        _field_history("LeadHistory", "contacts", "leadid", LEAD),
        _field_history("ContactHistory", "contacts", "contactid", CONTACT),
        _field_history("AccountHistory", "accounts", "accountid", ACCOUNT),
        *REPORTS,
        _with("OpportunityContactRole", "Opportunity"),
        _with("Product_2", "OpportunityLineItem"),
        _passed_over("Order", "there is no such record"),
        _passed_over("UserRole", "there is no such record"),
    ),
    long_ids=True,
)
