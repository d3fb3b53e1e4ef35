"""HubSpot's raw tables, as a sync delivers them: records, property history, events."""

from __future__ import annotations

from revops.connectors.hubspot.fields import (
    COMPANY,
    CONTACT,
    DEAL,
    DEAL_VALUES,
    PRIORITIES,
    TICKET,
)
from revops.connectors.mapping import (
    FileKind,
    Joined,
    Lookup,
    Many,
    Shape,
    Source,
    Table,
    properties,
)

_UTC = "UTC"
_SYNC = ("_fivetran_synced", "_fivetran_active", "_fivetran_start", "_fivetran_end")
_DELETED = ("isdeleted", "fivetrandeleted")

_DEAL_LOOKUPS = (
    Lookup(
        ("dealpipelinestage", "dealpipelinestagedata"),
        "dealpipelinestageid",
        "stageid",
        {"label": "stagelabel", "isclosed": "stageisclosed", "closedwon": "stageclosedwon"},
    ),
    Lookup(
        ("dealpipeline", "dealpipelinedata"),
        "dealpipelineid",
        "pipelineid",
        {"label": "pipelinelabel"},
    ),
    Lookup(("dealcompany", "dealcompanydata"), "dealid", "dealid", {"companyid": "dealcompanyid"}),
    Lookup(
        ("dealcontact", "dealcontactdata"),
        "dealid",
        "dealid",
        {"contactid": "dealcontactids"},
        Many.GATHER,
    ),
)


def _raw(
    name: str,
    tables: tuple[Table, ...],
    marks: tuple[str, ...],
    lookups: tuple[Lookup, ...] = (),
    *,
    needs_name: bool = False,
) -> FileKind:
    """A table as a sync delivers it; its times are in UTC."""
    plain = name.replace("_", "")
    return FileKind(
        name,
        tables,
        stems=(plain, f"{plain}data"),
        marks=marks,
        ignored=(*_SYNC, "portal_id", "is_deleted", "_fivetran_deleted"),
        needs_name=needs_name,
        deleted=_DELETED,
        lookups=lookups,
        time_zone=_UTC,
    )


def _history(name: str, plural: str, key: str, fields: dict[str, Source]) -> FileKind:
    changes: dict[str, Source] = {
        "record_id": key,
        "changed_at": "timestamp",
        "field": "name",
        "new_value": "value",
        "changed_by": "sourceid",
        "reason": "source",
    }
    renamed = {
        column.removeprefix("property"): target
        for column, target in properties(fields).items()
        if column.startswith("property") and not target.startswith("_")
    }
    table = Table(plural, changes, shape=Shape.CHANGE, renamed=renamed, keeps_rest=False)
    return _raw(name, (table,), (key, "timestamp", "name", "value"))


_LINKS = (
    Lookup(
        ("engagementcompany", "engagementcompanydata"),
        "engagementid",
        "engagementid",
        {"companyid": "engagedcompanyid"},
    ),
    Lookup(
        ("engagementdeal", "engagementdealdata"),
        "engagementid",
        "engagementid",
        {"dealid": "engageddealid"},
    ),
)
_ENGAGED = (
    ("engagementcontact", "engagementcontactdata"),
    "engagementid",
    "engagementid",
    {"contactid": "engagedcontactid"},
)
_ENGAGEMENT_VALUES: dict[str, dict[str, str | None]] = {
    "type": {
        "completed": "meeting_held",
        "scheduled": "meeting_booked",
        "rescheduled": "meeting_booked",
        "no_show": "meeting_no_show",
        "canceled": "meeting_canceled",
        "email": "email_sent",
        "forwarded_email": "email_sent",
        "incoming_email": "email_reply",
    },
    "direction": {
        "email": "outbound",
        "forwarded_email": "outbound",
        "incoming_email": "inbound",
    },
}


def _engagement(name: str, kind: str, **fields: Source) -> FileKind:
    """What somebody did; of several people, each did it."""
    common: dict[str, Source] = {
        "id": Joined(("engagementid", "engagedcontactid"), "-"),
        "contact_id": "engagedcontactid",
        "account_id": "engagedcompanyid",
        "opportunity_id": "engageddealid",
        "occurred_at": ("starttime", "propertyhstimestamp", "propertyhscreatedate"),
        "owner": "propertyhubspotownerid",
        **fields,
    }
    table = Table("activities", common, {"type": kind}, values=_ENGAGEMENT_VALUES, keeps_rest=False)
    marks = ("engagement_id", "start_time|property_hs_timestamp|property_hs_createdate")
    return _raw(name, (table,), marks, (Lookup(*_ENGAGED, Many.SPREAD), *_LINKS))


_EMAIL_EVENT: dict[str, Source] = {
    "id": "id",
    "contact_id": "eventcontactid",
    "occurred_at": ("created", "eventcreated"),
    "campaign": ("emailcampaignid", "eventcampaignid"),
    "subject": "subject",
    "path": "url",
}
_EMAIL_CONTACT = Lookup(
    ("contact", "contactdata"),
    "recipient",
    "propertyemail",
    {"id": "eventcontactid"},
    ignores_case=True,
)


def _email_event(name: str, kind: str, *, marks: tuple[str, ...] = ()) -> FileKind:
    """Details of e-mail events, whose time and recipient another table has."""
    direction = "outbound" if kind == "email_sent" else "inbound"
    table = Table(
        "activities", _EMAIL_EVENT, {"type": kind, "direction": direction}, keeps_rest=False
    )
    event = Lookup(
        ("emailevent", "emaileventdata"),
        "id",
        "id",
        {
            "created": "eventcreated",
            "recipient": "recipient",
            "emailcampaignid": "eventcampaignid",
        },
        needed="the time and the recipient of its e-mails are in email_event",
    )
    return _raw(name, (table,), ("id", *marks), (event, _EMAIL_CONTACT))


def _with(name: str, other: str) -> FileKind:
    return _passed_over(name, f"it is read together with {other}")


def _passed_over(name: str, why: str) -> FileKind:
    plain = name.replace("_", "")
    return FileKind(name, stems=(plain, f"{plain}data"), passed_over=why, needs_name=True)


_EMAIL_TYPES: dict[str, dict[str, str | None]] = {
    "type": {
        "sent": "email_sent",
        "open": "email_open",
        "click": "email_click",
        "bounce": "email_bounce",
        "spamreport": "spam_complaint",
        "statuschange": "unsubscribe",
    }
}

RAW = (
    _raw(
        "contact",
        (Table("contacts", CONTACT),),
        ("id|contact_id|vid", "property_email|property_firstname|property_createdate"),
    ),
    _raw(
        "company",
        (Table("accounts", COMPANY),),
        ("id", "property_name|property_domain"),
    ),
    _raw(
        "deal",
        (Table("opportunities", DEAL, values=DEAL_VALUES),),
        ("deal_id", "deal_pipeline_stage_id|property_dealname"),
        _DEAL_LOOKUPS,
    ),
    _raw(
        "ticket",
        (Table("tickets", TICKET, values=PRIORITIES),),
        ("id", "property_subject|property_hs_pipeline_stage"),
        (
            Lookup(
                ("ticketcompany", "ticketcompanydata"),
                "id",
                "ticketid",
                {"companyid": "ticketcompanyid"},
            ),
            Lookup(
                ("ticketcontact", "ticketcontactdata"),
                "id",
                "ticketid",
                {"contactid": "ticketcontactid"},
            ),
        ),
    ),
    _raw(
        "owner",
        (
            Table(
                "users",
                {
                    "id": "ownerid",
                    "name": Joined(("firstname", "lastname")),
                    "email": "email",
                    "team_id": "ownerteamid",
                    "created_at": "createdat",
                    "_changed_at": "updatedat",
                },
                keeps_rest=False,
            ),
        ),
        ("owner_id", "email"),
        (Lookup(("ownerteam", "ownerteamdata"), "ownerid", "ownerid", {"teamid": "ownerteamid"}),),
    ),
    _raw(
        "team",
        (Table("teams", {"id": "id", "name": "name"}, keeps_rest=False),),
        ("id", "name"),
        needs_name=True,
    ),
    _history("contact_property_history", "contacts", "contactid", CONTACT),
    _history("company_property_history", "accounts", "companyid", COMPANY),
    _history("deal_property_history", "opportunities", "dealid", DEAL),
    _history("ticket_property_history", "tickets", "ticketid", TICKET),
    _raw(
        "deal_stage",
        (
            Table(
                "opportunities",
                {
                    "record_id": "dealid",
                    "changed_at": ("dateentered", "fivetranstart"),
                    "new_value": ("stagelabel", "value"),
                    "changed_by": "sourceid",
                    "reason": "source",
                },
                {"field": "stage"},
                shape=Shape.CHANGE,
                keeps_rest=False,
            ),
        ),
        ("deal_id", "value", "date_entered|_fivetran_start"),
        (
            Lookup(
                ("dealpipelinestage", "dealpipelinestagedata"),
                "value",
                "stageid",
                {"label": "stagelabel"},
            ),
        ),
    ),
    _raw(
        "contact_form_submission",
        (
            Table(
                "activities",
                {
                    "id": Joined(("contactid", "formid", "conversionid", "timestamp"), "-"),
                    "contact_id": "contactid",
                    "occurred_at": "timestamp",
                    "path": "pageurl",
                    "subject": "title",
                    "form_id": "formid",
                },
                {"type": "form_submit"},
                keeps_rest=False,
            ),
        ),
        ("contact_id", "form_id", "timestamp"),
    ),
    _raw(
        "email_event",
        (
            Table(
                "activities",
                {**_EMAIL_EVENT, "type": "type"},
                values=_EMAIL_TYPES,
                only={"type": tuple(_EMAIL_TYPES["type"])},
                keeps_rest=False,
            ),
        ),
        ("id", "created", "recipient", "type"),
        (_EMAIL_CONTACT,),
    ),
    _email_event("email_event_sent", "email_sent", marks=("reply_to",)),
    _email_event("email_event_open", "email_open", marks=("duration", "user_agent")),
    _email_event("email_event_click", "email_click", marks=("url", "user_agent")),
    _email_event("email_event_bounce", "email_bounce", marks=("response",)),
    _email_event("email_event_spam_report", "spam_complaint", marks=("ip_address",)),
    _email_event("email_event_status_change", "unsubscribe", marks=("portal_subscription_status",)),
    _engagement("engagement_call", "call", direction="propertyhscalldirection"),
    _engagement(
        "engagement_email",
        "email_sent",
        type="propertyhsemaildirection",
        direction="propertyhsemaildirection",
        subject=("propertyhsemailsubject", "subject"),
    ),
    _engagement(
        "engagement_meeting",
        "meeting_held",
        type="propertyhsmeetingoutcome",
        subject=("propertyhsmeetingtitle", "title"),
    ),
    _engagement("engagement_note", "note"),
    _engagement("engagement_communication", "chat"),
    _raw(
        "engagement_task",
        (
            Table(
                "tasks",
                {
                    "id": "engagementid",
                    "subject": ("propertyhstasksubject", "subject"),
                    "contact_id": "engagedcontactid",
                    "account_id": "engagedcompanyid",
                    "opportunity_id": "engageddealid",
                    "owner": "propertyhubspotownerid",
                    "priority": "propertyhstaskpriority",
                    "status": "propertyhstaskstatus",
                    "due_at": "propertyhstimestamp",
                    "done_at": "propertyhstaskcompletiondate",
                    "created_at": "propertyhscreatedate",
                },
                values={
                    "status": {
                        "completed": "done",
                        "not_started": "open",
                        "in_progress": "open",
                        "waiting": "open",
                        "deferred": "open",
                    },
                    "priority": {"none": None, "medium": "normal"},
                },
                keeps_rest=False,
            ),
        ),
        ("engagement_id", "task_type|property_hs_task_type"),
        (Lookup(*_ENGAGED), *_LINKS),
    ),
    *(
        _with(name, other)
        for name, other in (
            ("deal_pipeline", "deal"),
            ("deal_pipeline_stage", "deal"),
            ("deal_company", "deal"),
            ("deal_contact", "deal"),
            ("ticket_company", "ticket"),
            ("ticket_contact", "ticket"),
            ("owner_team", "owner"),
            ("engagement", "the tables of its types"),
            ("engagement_contact", "the engagements"),
            ("engagement_company", "the engagements"),
            ("engagement_deal", "the engagements"),
        )
    ),
    *(
        _passed_over(name, "records name owners, who are in owner")
        for name in ("users", "team_user")
    ),
    *(
        _passed_over(name, "it says nothing about records")
        for name in ("property", "property_option", "contact_merge_audit")
    ),
)
