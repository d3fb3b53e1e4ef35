"""What customers pay for, use, ask and say."""

from __future__ import annotations

from revops.records.field import Field, RecordType
from revops.records.shared import BOOLEAN, CREATED, CURRENCY, DATE, DECIMAL, ID, OWNER, TIME

SUBSCRIPTION = RecordType(
    "subscription",
    "subscriptions",
    "A running contract for one product",
    (
        ID,
        Field("account_id", meaning="Who pays", required=True, refers_to="account"),
        Field("opportunity_id", meaning="The sale it came from", refers_to="opportunity"),
        Field("product", meaning="What is subscribed to"),
        Field("plan", meaning="The plan or edition"),
        Field("quantity", DECIMAL, "Seats or units"),
        Field("monthly_price", DECIMAL, "Price of a month, all units", required=True),
        CURRENCY,
        Field("is_usage_based", BOOLEAN, "Whether the price follows usage"),
        Field("started_on", DATE, "First day", required=True),
        Field("ended_on", DATE, "First day it no longer runs; empty while it runs"),
        Field("cancelled_at", TIME, "When it was cancelled"),
        CREATED,
    ),
)

RENEWAL = RecordType(
    "renewal",
    "renewals",
    "One date of a subscription's renewal schedule",
    (
        ID,
        Field("subscription_id", required=True, meaning="What renews", refers_to="subscription"),
        Field("account_id", meaning="Whose it is", refers_to="account"),
        Field("renews_on", DATE, "When it renews", required=True),
        Field("amount", DECIMAL, "Yearly value at renewal"),
        CURRENCY,
        Field("auto_renews", BOOLEAN, "Whether it renews by itself"),
        Field("status", meaning="Where it stands", values=("upcoming", "renewed", "churned")),
        OWNER,
    ),
)

USAGE = RecordType(
    "usage_record",
    "usage",
    "How much of a metered thing an account used in a period",
    (
        ID,
        Field("account_id", meaning="Who used it", required=True, refers_to="account"),
        Field("subscription_id", meaning="Under which contract", refers_to="subscription"),
        Field("metric", meaning="What is counted, such as api_calls", required=True),
        Field("period_start", DATE, "First day of the period", required=True),
        Field("period_end", DATE, "First day after it", required=True),
        Field("quantity", DECIMAL, "How much", required=True),
        Field("limit", DECIMAL, "How much the plan includes"),
        Field("amount", DECIMAL, "What it costs"),
        CURRENCY,
    ),
)

TICKET = RecordType(
    "ticket",
    "tickets",
    "A request for support",
    (
        ID,
        Field("account_id", meaning="Who asks", refers_to="account"),
        Field("contact_id", meaning="The person who asks", refers_to="contact"),
        Field("subject", meaning="What it is about"),
        Field("status", meaning="Where it stands", values=("open", "pending", "solved")),
        Field("priority", meaning="How urgent", values=("low", "normal", "high", "urgent")),
        Field("category", meaning="Kind of problem"),
        Field("pipeline", meaning="Support pipeline"),
        OWNER,
        CREATED,
        Field("first_response_at", TIME, "When it was first answered"),
        Field("closed_at", TIME, "When it was solved"),
    ),
)

SURVEY = RecordType(
    "survey_response",
    "surveys",
    "An answer to a CSAT or NPS survey",
    (
        ID,
        Field("account_id", meaning="Whose", refers_to="account"),
        Field("contact_id", meaning="Who answered", refers_to="contact"),
        Field("ticket_id", meaning="The ticket it is about", refers_to="ticket"),
        Field("type", meaning="Kind of survey", required=True, values=("csat", "nps")),
        Field("score", DECIMAL, "The score given: CSAT 1 to 5, NPS 0 to 10", required=True),
        Field("comment", meaning="What was said"),
        Field("answered_at", TIME, "When", required=True),
    ),
)
