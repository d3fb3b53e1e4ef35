"""Salesforce's files: data exports and raw tables with API names, reports with labels, as data.

Headers are in plain form, in which `AccountId` and `account_id` are one.
"""

from __future__ import annotations

from revops.connectors.mapping import (
    FileKind,
    Given,
    Joined,
    Lookup,
    Many,
    Shape,
    Source,
    Starting,
    Table,
    Vendor,
    properties,
)

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

ACCOUNT: dict[str, Source] = {
    "id": "id",
    "name": "name",
    "domain": "website",
    "industry": "industry",
    "employees": "numberofemployees",
    "annual_revenue": "annualrevenue",
    "country": "billingcountry",
    "state": "billingstate",
    "city": "billingcity",
    "parent_id": "parentid",
    "owner": "ownerid",
    "created_at": "createddate",
    "_changed_at": ("systemmodstamp", "lastmodifieddate"),
}
LEAD: dict[str, Source] = {
    "id": ("convertedcontactid", "id"),
    "email": "email",
    "first_name": "firstname",
    "last_name": "lastname",
    "title": "title",
    "phone": ("phone", "mobilephone"),
    "country": "country",
    "state": "state",
    "city": "city",
    "account_id": "convertedaccountid",
    "source": "leadsource",
    "owner": "ownerid",
    "lead_id": "id",
    "lead_status": "status",
    "company_name": "company",
    "created_at": "createddate",
    "_changed_at": ("systemmodstamp", "lastmodifieddate"),
}
CONTACT: dict[str, Source] = {
    "id": "id",
    "email": "email",
    "first_name": "firstname",
    "last_name": "lastname",
    "title": "title",
    "department": "department",
    "phone": ("phone", "mobilephone"),
    "country": "mailingcountry",
    "state": "mailingstate",
    "city": "mailingcity",
    "account_id": "accountid",
    "source": ("leadsource", "convertedleadsource"),
    "owner": "ownerid",
    "created_at": ("convertedleadcreateddate", "createddate"),
    "_changed_at": ("systemmodstamp", "lastmodifieddate"),
}
OPPORTUNITY: dict[str, Source] = {
    "id": "id",
    "name": "name",
    "account_id": "accountid",
    "contact_ids": ("rolecontactids", "contactid"),
    "owner": "ownerid",
    "stage": "stagename",
    "amount": "amount",
    "currency": "currencyisocode",
    "type": "type",
    "source": "leadsource",
    "campaign": "campaignid",
    "created_at": "createddate",
    "close_date": "closedate",
    "closed_at": Given("isclosed", "closedate"),
    "is_won": Given("isclosed", "iswon"),
    "forecast_category": ("forecastcategoryname", "forecastcategory"),
    "next_step": "nextstep",
    "_changed_at": ("systemmodstamp", "lastmodifieddate"),
}
_OPPORTUNITY_VALUES: dict[str, dict[str, str | None]] = {
    "type": {
        "new business": "new",
        "new customer": "new",
        "existing business": "expansion",
        "existing customer - upgrade": "expansion",
        "existing customer - replacement": "renewal",
        "add-on business": "expansion",
        "renewal": "renewal",
    },
    "forecast_category": {
        "best case": "best_case",
        "bestcase": "best_case",
        "most likely": "most_likely",
        "forecast": "commit",
        "commit": "commit",
        "pipeline": "pipeline",
        "omitted": "omitted",
        "closed": "closed",
    },
}
_OPPORTUNITY_REPORT: dict[str, Source] = {
    "id": (
        "opportunityid",
        "casesafeopportunityid",
        Joined(("accountname", "opportunityname"), " / "),
    ),
    "name": "opportunityname",
    "account_id": "accountid",
    "owner": "opportunityowner",
    "stage": "stage",
    "amount": ("amount", "amountconverted"),
    "currency": "amountcurrency",
    "type": "type",
    "source": "leadsource",
    "campaign": "primarycampaignsource",
    "created_at": "createddate",
    "close_date": "closedate",
    "closed_at": Given("closed", "closedate"),
    "is_won": Given("closed", "won"),
    "forecast_category": "forecastcategory",
    "next_step": "nextstep",
    "loss_reason": "lossreason",
    "company_name": "accountname",
}
_PERSON_REPORT: dict[str, Source] = {
    "email": "email",
    "first_name": "firstname",
    "last_name": "lastname",
    "title": "title",
    "phone": ("phone", "mobile"),
    "source": "leadsource",
    "created_at": ("createddate", "createdate"),
}
_CONVERTED = Lookup(
    ("lead", "leaddata", "sflead", "sfleaddata", "leads"),
    "whoid",
    "id",
    {"convertedcontactid": "leadcontactid"},
)
_ACTIVITY: dict[str, Source] = {
    "id": "id",
    "contact_id": ("leadcontactid", "whoid"),
    "account_id": ("accountid", Starting("whatid", "001")),
    "opportunity_id": Starting("whatid", "006"),
    "owner": "ownerid",
    "subject": "subject",
}
_TASK: dict[str, Source] = {
    **_ACTIVITY,
    "type": ("tasksubtype", "type"),
    "direction": "calltype",
    "occurred_at": ("completeddatetime", "activitydate", "createddate"),
}
_TO_DO: dict[str, Source] = {
    **_ACTIVITY,
    "status": "isclosed",
    "priority": "priority",
    "due_at": ("activitydate", "remindertime"),
    "done_at": Given("isclosed", ("completeddatetime", "activitydate")),
    "created_at": "createddate",
    "_changed_at": ("systemmodstamp", "lastmodifieddate"),
}
_TASK_VALUES: dict[str, dict[str, str | None]] = {
    "type": {
        "call": "call",
        "email": "email_sent",
        "listemail": "email_sent",
        "task": "note",
        "linkedin": "social",
        "cadence": "note",
    },
    "direction": {"inbound": "inbound", "outbound": "outbound", "internal": "outbound"},
    "status": {"true": "done", "false": "open", "1": "done", "0": "open"},
    "priority": {"normal": "normal", "high": "high", "low": "low"},
}


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
        values=_OPPORTUNITY_VALUES if plural == "opportunities" else {},
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


def _report(name: str, plural: str, fields: dict[str, Source], marks: tuple[str, ...]) -> FileKind:
    """A report with labels; its times are as the company's people see them."""
    table = Table(
        plural,
        fields,
        values=_OPPORTUNITY_VALUES if plural == "opportunities" else {},
        names_owners=True,
    )
    return FileKind(name, (table,), marks=marks, blank=("-",))


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
            (Table("opportunities", OPPORTUNITY, values=_OPPORTUNITY_VALUES),),
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
                Table("tasks", _TO_DO, values=_TASK_VALUES, keeps_rest=False),
                Table(
                    "activities",
                    _TASK,
                    {"type": "note", "direction": "outbound"},
                    values=_TASK_VALUES,
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
                        **_ACTIVITY,
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
                    values=_OPPORTUNITY_VALUES,
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
        _report(
            "opportunity report",
            "opportunities",
            _OPPORTUNITY_REPORT,
            ("opportunity name", "stage", "close date|opportunity owner"),
        ),
        _report(
            "lead report",
            "contacts",
            {
                **_PERSON_REPORT,
                "id": "leadid",
                "owner": "leadowner",
                "country": "country",
                "state": "stateprovince",
                "city": "city",
                "lead_status": "leadstatus",
                "company_name": "companyaccount",
            },
            ("lead id", "company / account|lead status|lead owner"),
        ),
        _report(
            "contact report",
            "contacts",
            {
                **_PERSON_REPORT,
                "id": "contactid",
                "owner": "contactowner",
                "account_id": "accountid",
                "department": "department",
                "country": "mailingcountry",
                "state": "mailingstateprovince",
                "city": "mailingcity",
                "company_name": "accountname",
            },
            ("contact id", "last name|email", "account name|contact owner|mailing city"),
        ),
        _report(
            "account report",
            "accounts",
            {
                "id": "accountid",
                "name": "accountname",
                "domain": "website",
                "industry": "industry",
                "employees": "employees",
                "annual_revenue": "annualrevenue",
                "country": "billingcountry",
                "state": "billingstateprovince",
                "city": "billingcity",
                "owner": "accountowner",
                "created_at": "createddate",
            },
            ("account id", "account name", "account owner|industry|website|employees"),
        ),
        _with("OpportunityContactRole", "Opportunity"),
        _with("Product_2", "OpportunityLineItem"),
        _passed_over("Order", "there is no such record"),
        _passed_over("UserRole", "there is no such record"),
    ),
    long_ids=True,
)
