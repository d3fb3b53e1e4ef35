"""Which of HubSpot's columns is which field: labels of exports, and properties of raw tables.

Headers are in plain form. Whether a stage means won or lost is never read from its name: the
export's own columns or the pipelines' metadata say it.
"""

from __future__ import annotations

from revops.connectors.mapping import Given, Source

CONTACT: dict[str, Source] = {
    "id": ("recordid", "recordidcontact", "propertyhsobjectid", "contactid", "vid", "id"),
    "email": ("email", "propertyemail"),
    "first_name": ("firstname", "propertyfirstname"),
    "last_name": ("lastname", "propertylastname"),
    "title": ("jobtitle", "propertyjobtitle"),
    "phone": ("phonenumber", "phone", "propertyphone"),
    "country": ("countryregion", "country", "propertycountry"),
    "state": ("stateregion", "state", "propertystate"),
    "city": ("city", "propertycity"),
    "language": ("preferredlanguage", "propertyhslanguage"),
    "account_id": (
        "primaryassociatedcompanyid",
        "propertyassociatedcompanyid",
        "associatedcompanyidsprimary",
        "associatedcompanyids",
    ),
    "lifecycle_stage": ("lifecyclestage", "propertylifecyclestage"),
    "persona": ("persona", "propertyhspersona"),
    "buying_role": ("buyingrole", "propertyhsbuyingrole"),
    "source": ("originaltrafficsource", "originalsource", "propertyhsanalyticssource"),
    "latest_source": ("latesttrafficsource", "latestsource", "propertyhslatestsource"),
    "owner": ("contactowner", "propertyhubspotownerid"),
    "lead_status": ("leadstatus", "propertyhsleadstatus"),
    "company_name": ("associatedcompany", "companyname", "propertycompany"),
    "created_at": ("createdate", "propertycreatedate"),
    "_changed_at": ("lastmodifieddate", "propertylastmodifieddate"),
}
COMPANY: dict[str, Source] = {
    "id": ("recordid", "recordidcompany", "propertyhsobjectid", "id"),
    "name": ("companyname", "propertyname", "name"),
    "domain": ("companydomainname", "propertydomain", "websiteurl", "propertywebsite"),
    "industry": ("industry", "propertyindustry"),
    "employees": ("numberofemployees", "propertynumberofemployees"),
    "annual_revenue": ("annualrevenue", "propertyannualrevenue"),
    "country": ("countryregion", "country", "propertycountry"),
    "state": ("stateregion", "state", "propertystate"),
    "city": ("city", "propertycity"),
    "technologies": ("webtechnologies", "propertywebtechnologies"),
    "parent_id": ("parentcompanyid", "propertyhsparentcompanyid"),
    "owner": ("companyowner", "propertyhubspotownerid"),
    "created_at": ("createdate", "propertycreatedate"),
    "_changed_at": ("lastmodifieddate", "propertyhslastmodifieddate"),
}
_CLOSED = ("isdealclosed", "isclosed", "stageisclosed", "propertyhsisclosed")
_WON = ("isclosedwon", "stageclosedwon", "propertyhsisclosedwon")
DEAL: dict[str, Source] = {
    "id": ("recordid", "recordiddeal", "propertyhsobjectid", "dealid", "id"),
    "name": ("dealname", "propertydealname"),
    "account_id": ("primaryassociatedcompanyid", "associatedcompanyids", "dealcompanyid"),
    "contact_ids": ("associatedcontactids", "dealcontactids"),
    "owner": ("dealowner", "ownerid", "propertyhubspotownerid"),
    "pipeline": ("pipeline", "pipelinelabel", "dealpipelineid", "propertypipeline"),
    "stage": ("dealstage", "stagelabel", "dealpipelinestageid", "propertydealstage"),
    "amount": ("amount", "propertyamount"),
    "currency": ("currency", "propertydealcurrencycode"),
    "type": ("dealtype", "propertydealtype"),
    "source": ("originaltrafficsource", "originalsourcetype", "propertyhsanalyticssource"),
    "created_at": ("createdate", "propertycreatedate"),
    "close_date": ("closedate", "propertyclosedate"),
    "closed_at": tuple(Given(flag, ("closedate", "propertyclosedate")) for flag in _CLOSED),
    "is_won": tuple(Given(closed, _WON) for closed in _CLOSED),
    "loss_reason": ("closedlostreason", "propertyclosedlostreason"),
    "forecast_category": ("forecastcategory", "propertyhsforecastcategory"),
    "next_step": ("nextstep", "propertyhsnextstep"),
    "company_name": "associatedcompany",
    "_changed_at": ("lastmodifieddate", "propertyhslastmodifieddate"),
}
TICKET: dict[str, Source] = {
    "id": ("recordid", "ticketid", "propertyhsobjectid", "id"),
    "account_id": ("primaryassociatedcompanyid", "associatedcompanyids", "ticketcompanyid"),
    "contact_id": ("associatedcontactids", "ticketcontactid"),
    "subject": ("ticketname", "subject", "propertysubject"),
    "status": ("ticketstatus", "propertyhspipelinestage"),
    "priority": ("priority", "propertyhsticketpriority"),
    "category": ("category", "propertyhsticketcategory"),
    "pipeline": ("pipeline", "propertyhspipeline"),
    "owner": ("ticketowner", "propertyhubspotownerid"),
    "created_at": ("createdate", "propertycreatedate"),
    "first_response_at": ("firstagentemailresponsedate", "propertyfirstagentreplydate"),
    "closed_at": ("closedate", "propertycloseddate", "propertyclosedate"),
}
DEAL_VALUES: dict[str, dict[str, str | None]] = {
    "type": {
        "newbusiness": "new",
        "new business": "new",
        "existingbusiness": "expansion",
        "existing business": "expansion",
    },
    "forecast_category": {
        "best case": "best_case",
        "bestcase": "best_case",
        "not forecasted": "omitted",
        "omit": "omitted",
    },
}
PRIORITIES: dict[str, dict[str, str | None]] = {
    "priority": {"low": "low", "medium": "normal", "high": "high", "urgent": "urgent"}
}
