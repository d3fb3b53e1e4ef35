"""Salesforce's reports, whose headers are labels and whose times are as the readers' clocks."""

from __future__ import annotations

from revops.connectors.mapping import FileKind, Given, Joined, Source, Table
from revops.connectors.salesforce.fields import OPPORTUNITY_VALUES

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


def _report(name: str, plural: str, fields: dict[str, Source], marks: tuple[str, ...]) -> FileKind:
    """A report with labels; its times are as the company's people see them."""
    table = Table(
        plural,
        fields,
        values=OPPORTUNITY_VALUES if plural == "opportunities" else {},
        names_owners=True,
    )
    return FileKind(name, (table,), marks=marks, blank=("-",))


REPORTS = (
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
)
