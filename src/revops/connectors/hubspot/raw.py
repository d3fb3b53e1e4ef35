"""HubSpot's raw tables of records and their property history, as a sync delivers them."""

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


def raw_table(
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
    return raw_table(name, (table,), (key, "timestamp", "name", "value"))


def _with(name: str, other: str) -> FileKind:
    return _passed_over(name, f"it is read together with {other}")


def _passed_over(name: str, why: str) -> FileKind:
    plain = name.replace("_", "")
    return FileKind(name, stems=(plain, f"{plain}data"), passed_over=why, needs_name=True)


RAW = (
    raw_table(
        "contact",
        (Table("contacts", CONTACT),),
        ("id|contact_id|vid", "property_email|property_firstname|property_createdate"),
    ),
    raw_table(
        "company",
        (Table("accounts", COMPANY),),
        ("id", "property_name|property_domain"),
    ),
    raw_table(
        "deal",
        (Table("opportunities", DEAL, values=DEAL_VALUES),),
        ("deal_id", "deal_pipeline_stage_id|property_dealname"),
        _DEAL_LOOKUPS,
    ),
    raw_table(
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
    raw_table(
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
    raw_table(
        "team",
        (Table("teams", {"id": "id", "name": "name"}, keeps_rest=False),),
        ("id", "name"),
        needs_name=True,
    ),
    _history("contact_property_history", "contacts", "contactid", CONTACT),
    _history("company_property_history", "accounts", "companyid", COMPANY),
    _history("deal_property_history", "opportunities", "dealid", DEAL),
    _history("ticket_property_history", "tickets", "ticketid", TICKET),
    raw_table(
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
