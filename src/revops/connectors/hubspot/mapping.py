"""HubSpot's files: exports, whose headers are labels, and raw tables."""

from __future__ import annotations

from revops.connectors.hubspot.events import EVENTS
from revops.connectors.hubspot.fields import (
    COMPANY,
    CONTACT,
    DEAL,
    DEAL_VALUES,
    PRIORITIES,
    TICKET,
)
from revops.connectors.hubspot.raw import RAW
from revops.connectors.mapping import FileKind, Source, Table, Vendor

_NO_VALUE = ("(No value)",)


def _labels(name: str, plural: str, fields: dict[str, Source], marks: tuple[str, ...]) -> FileKind:
    """An export of an object, with labels over its columns."""
    values = {"deals": DEAL_VALUES, "tickets": PRIORITIES}.get(name, {})
    table = Table(plural, fields, values=values, names_owners=True, stage_dates=name == "deals")
    ignored = ("Date entered *", "Date exited *")
    return FileKind(name, (table,), marks=marks, ignored=ignored, blank=_NO_VALUE)


HUBSPOT = Vendor(
    "hubspot",
    (
        _labels(
            "contacts",
            "contacts",
            CONTACT,
            ("record id|record id - contact", "email", "first name|last name|lead status"),
        ),
        _labels(
            "companies",
            "accounts",
            COMPANY,
            ("record id|record id - company", "company name", "company owner|company domain name"),
        ),
        _labels("deals", "opportunities", DEAL, ("record id|record id - deal", "deal name")),
        _labels("tickets", "tickets", TICKET, ("record id|ticket id", "ticket name")),
        *RAW,
        *EVENTS,
    ),
)
