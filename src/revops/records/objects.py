"""Every kind of record of a company's revenue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.kit.errors import RevopsError
from revops.kit.issue import did_you_mean
from revops.records.company import CAMPAIGN, CAMPAIGN_MEMBER, QUOTA, SPEND, TASK, TEAM, USER
from revops.records.customers import RENEWAL, SUBSCRIPTION, SURVEY, TICKET, USAGE
from revops.records.sales import ACCOUNT, ACTIVITY, CONTACT, LINE_ITEM, OPPORTUNITY

if TYPE_CHECKING:
    from revops.records.field import RecordType

RECORDS: dict[str, RecordType] = {
    each.plural: each
    for each in (
        ACCOUNT,
        CONTACT,
        ACTIVITY,
        OPPORTUNITY,
        LINE_ITEM,
        SUBSCRIPTION,
        RENEWAL,
        USAGE,
        TICKET,
        SURVEY,
        USER,
        TEAM,
        CAMPAIGN,
        CAMPAIGN_MEMBER,
        SPEND,
        QUOTA,
        TASK,
    )
}


def record_type(plural: str) -> RecordType:
    """The kind of record called this in the plural.

    Raises:
        RevopsError: There is none; the nearest name is proposed.
    """
    try:
        return RECORDS[plural]
    except KeyError:
        mend = did_you_mean(plural, RECORDS) or f"one of {', '.join(RECORDS)}"
        raise RevopsError("unknown-record", f"there is no record '{plural}'", mend) from None
