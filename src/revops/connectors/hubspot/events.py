"""HubSpot's raw tables of what people did: engagements, e-mail events, forms."""

from __future__ import annotations

from revops.connectors.hubspot.raw import raw_table
from revops.connectors.mapping import FileKind, Joined, Lookup, Many, Source, Table

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
    return raw_table(name, (table,), marks, (Lookup(*_ENGAGED, Many.SPREAD), *_LINKS))


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
    return raw_table(name, (table,), ("id", *marks), (event, _EMAIL_CONTACT))


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

EVENTS = (
    raw_table(
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
    raw_table(
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
    raw_table(
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
)
