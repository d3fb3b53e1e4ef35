"""Which of Salesforce's columns is which field: API names, with or without underscores.

Headers are in plain form, in which `AccountId` and `account_id` are one.
"""

from __future__ import annotations

from revops.connectors.mapping import Given, Source, Starting

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
OPPORTUNITY_VALUES: dict[str, dict[str, str | None]] = {
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
ACTIVITY: dict[str, Source] = {
    "id": "id",
    "contact_id": ("leadcontactid", "whoid"),
    "account_id": ("accountid", Starting("whatid", "001")),
    "opportunity_id": Starting("whatid", "006"),
    "owner": "ownerid",
    "subject": "subject",
}
TASK: dict[str, Source] = {
    **ACTIVITY,
    "type": ("tasksubtype", "type"),
    "direction": "calltype",
    "occurred_at": ("completeddatetime", "activitydate", "createddate"),
}
TO_DO: dict[str, Source] = {
    **ACTIVITY,
    "status": "isclosed",
    "priority": "priority",
    "due_at": ("activitydate", "remindertime"),
    "done_at": Given("isclosed", ("completeddatetime", "activitydate")),
    "created_at": "createddate",
    "_changed_at": ("systemmodstamp", "lastmodifieddate"),
}
TASK_VALUES: dict[str, dict[str, str | None]] = {
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
