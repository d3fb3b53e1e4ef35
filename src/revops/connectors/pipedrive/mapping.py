"""Pipedrive's exports, as data: headers in plain form, without the `Person - ` before them."""

from __future__ import annotations

from revops.connectors.mapping import FileKind, Joined, Source, Table, Vendor

_PERSON: dict[str, Source] = {
    "id": "id",
    "email": ("emailwork", "email", "emailhome", "emailother"),
    "first_name": "firstname",
    "last_name": "lastname",
    "title": "jobtitle",
    "phone": ("phonework", "phone", "phonemobile", "phonehome", "phoneother"),
    "account_id": ("organizationid", "orgid"),
    "owner": "owner",
    "opted_in": "marketingstatus",
    "full_name": "name",
    "company_name": ("organization", "organizationname"),
    "created_at": ("personcreated", "created", "addtime"),
    "_changed_at": ("updatetime", "updated"),
}
_ORGANIZATION: dict[str, Source] = {
    "id": "id",
    "name": "name",
    "domain": ("website", "domain"),
    "industry": "industry",
    "employees": ("numberofemployees", "employeecount"),
    "annual_revenue": "annualrevenue",
    "country": ("countryofaddress", "addresscountry"),
    "state": ("stateofaddress", "addressstate"),
    "city": ("cityofaddress", "citytownvillagelocalityofaddress", "addresscity"),
    "owner": "owner",
    "created_at": ("organizationcreated", "created", "addtime"),
    "_changed_at": ("updatetime", "updated"),
}
_DEAL: dict[str, Source] = {
    "id": "id",
    "name": "title",
    "account_id": ("organizationid", "orgid"),
    "contact_ids": ("contactpersonid", "personid"),
    "owner": "owner",
    "pipeline": "pipeline",
    "stage": "stage",
    "amount": "value",
    "currency": ("currencyofvalue", "currency", "valuecurrency"),
    "source": ("sourceorigin", "sourcechannel"),
    "created_at": ("dealcreated", "created", "addtime"),
    "close_date": "expectedclosedate",
    "closed_at": ("dealclosedon", "closetime", "wontime", "losttime"),
    "is_won": "status",
    "loss_reason": "lostreason",
    "company_name": ("organization", "organizationname"),
    "_changed_at": ("updatetime", "updated"),
}
_ACTIVITY: dict[str, Source] = {
    "id": "id",
    "contact_id": ("contactpersonid", "personid"),
    "account_id": ("organizationid", "orgid"),
    "opportunity_id": "dealid",
    "type": "type",
    "occurred_at": (
        "markedasdonetime",
        Joined(("duedate", "duetime")),
        "duedate",
        "addtime",
        "created",
    ),
    "owner": ("assignedtouser", "owner", "creator"),
    "subject": "subject",
}
_TYPES: dict[str, dict[str, str | None]] = {
    "type": {
        "call": "call",
        "meeting": "meeting_held",
        "lunch": "meeting_held",
        "email": "email_sent",
        "task": "note",
        "deadline": "note",
    }
}


def _kind(
    name: str, prefix: str, table: Table, marks: tuple[str, ...], stems: tuple[str, ...]
) -> FileKind:
    return FileKind(name, (table,), stems=stems, marks=marks, prefix=prefix, deleted=("deleted",))


PIPEDRIVE = Vendor(
    "pipedrive",
    (
        _kind(
            "organizations",
            "Organization - ",
            Table("accounts", _ORGANIZATION, names_owners=True),
            ("Organization - Name", "Organization - ID"),
            ("organizations",),
        ),
        _kind(
            "people",
            "Person - ",
            Table(
                "contacts",
                _PERSON,
                values={
                    "opted_in": {
                        "subscribed": "true",
                        "unsubscribed": "false",
                        "no consent": "false",
                        "bounced": None,
                        "archived": None,
                        "no_consent": "false",
                    }
                },
                names_owners=True,
            ),
            ("Person - Name", "Person - ID"),
            ("people", "persons"),
        ),
        _kind(
            "deals",
            "Deal - ",
            Table(
                "opportunities",
                _DEAL,
                values={"is_won": {"won": "true", "lost": "false", "open": None, "deleted": None}},
                names_owners=True,
            ),
            ("Deal - Title", "Deal - ID"),
            ("deals",),
        ),
        _kind(
            "activities",
            "Activity - ",
            Table(
                "activities",
                _ACTIVITY,
                {"type": "note", "direction": "outbound"},
                values=_TYPES,
                only={"done": ("done", "true", "yes", "1")},
                names_owners=True,
                keeps_rest=False,
            ),
            ("Activity - Subject", "Activity - ID", "Activity - Type"),
            ("activities",),
        ),
    ),
)
