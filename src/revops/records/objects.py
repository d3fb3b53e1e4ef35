"""Every kind of record of a company's revenue, declared once."""

from __future__ import annotations

from revops.kit.errors import RevopsError
from revops.kit.issue import did_you_mean
from revops.records.field import Field, FieldType, RecordType

INTEGER, DECIMAL, BOOLEAN = FieldType.INTEGER, FieldType.DECIMAL, FieldType.BOOLEAN
TIME, DATE, JSON, LIST = FieldType.TIME, FieldType.DATE, FieldType.JSON, FieldType.LIST

ID = Field("id", meaning="Identifies the record within its source", required=True)
CREATED = Field("created_at", TIME, "When the record came to be")
OWNER = Field("owner", meaning="The person who works it", refers_to="user")
CURRENCY = Field("currency", meaning="ISO 4217 code of the amounts; empty is the base currency")

PRODUCT_ACTIVITY_TYPES = (
    "account_created",
    "login",
    "onboarding_completed",
    "feature_used",
    "member_invited",
    "limit_reached",
    "data_exported",
    "integration_connected",
)
ACTIVITY_TYPES = (
    "page_view",
    "form_submit",
    "email_sent",
    "email_open",
    "email_click",
    "email_reply",
    "email_bounce",
    "unsubscribe",
    "spam_complaint",
    "content_download",
    "webinar_registration",
    "webinar_attendance",
    "event_attendance",
    "demo_request",
    "contact_sales",
    "trial_signup",
    "chat",
    "social",
    "ad_click",
    "referral",
    "call",
    "meeting_booked",
    "meeting_held",
    "meeting_no_show",
    "note",
    *PRODUCT_ACTIVITY_TYPES,
)

ACCOUNT = RecordType(
    "account",
    "accounts",
    "A company that buys or might buy",
    (
        ID,
        Field("name", meaning="The company's name", wanted_from="Lead"),
        Field("domain", meaning="Its main web domain, lower case, such as example.com"),
        Field("industry", meaning="What it does", wanted_from="MQL"),
        Field("employees", INTEGER, "Number of employees", wanted_from="MQL"),
        Field("annual_revenue", DECIMAL, "Its yearly revenue, in the base currency"),
        Field("country", meaning="Country of its seat"),
        Field("state", meaning="State or region of its seat"),
        Field("city", meaning="City of its seat"),
        Field(
            "icp_tier",
            meaning="How well it matches the ideal customer profile",
            values=("A", "B", "C", "D"),
        ),
        Field("arr_band", meaning="Band of its annual recurring revenue"),
        Field("health_score", DECIMAL, "Customer health, 0 to 100"),
        Field("technologies", LIST, "Technologies it uses"),
        Field("funding_stage", meaning="Last funding round"),
        Field("growth_signals", LIST, "Signs of growth, such as hiring or a new office"),
        Field("parent_id", meaning="The account it belongs to", refers_to="account"),
        OWNER,
        Field("territory", meaning="The territory it lies in"),
        Field("named", BOOLEAN, "Whether it is a named (target) account"),
        CREATED,
    ),
)

CONTACT = RecordType(
    "contact",
    "contacts",
    "A person at a company, from first visit to champion",
    (
        ID,
        Field("email", meaning="E-mail address", wanted_from="Lead"),
        Field("first_name", meaning="Given name", wanted_from="Lead"),
        Field("last_name", meaning="Family name", wanted_from="Lead"),
        Field("title", meaning="Job title as the person writes it", wanted_from="MQL"),
        Field(
            "seniority",
            meaning="Level of the job",
            values=("c_suite", "vp", "director", "manager", "individual", "intern", "student"),
        ),
        Field("department", meaning="Part of the company, such as marketing"),
        Field("phone", meaning="Telephone number", wanted_from="SQL"),
        Field("phone_status", meaning="Whether the number works", values=("valid", "invalid")),
        Field("country", meaning="Country the person works in"),
        Field("state", meaning="State or region the person works in"),
        Field("city", meaning="City the person works in"),
        Field("language", meaning="Preferred language, ISO 639-1"),
        Field("account_id", meaning="The person's company", refers_to="account"),
        Field("lifecycle_stage", meaning="Stage of the lifecycle the contact is in"),
        Field("persona", meaning="Buyer persona"),
        Field(
            "buying_role",
            meaning="Part the person plays in the purchase",
            values=("decision_maker", "influencer", "champion", "end_user"),
        ),
        Field("budget_authority", BOOLEAN, "Whether the person is known to control the budget"),
        Field("source", meaning="Where the contact first came from", wanted_from="Lead"),
        Field("latest_source", meaning="Where the contact last came from"),
        OWNER,
        Field("opted_in", BOOLEAN, "Whether the person agreed to be written to"),
        Field("recycled_at", TIME, "When sales last sent the lead back to nurture"),
        CREATED,
    ),
)

ACTIVITY = RecordType(
    "activity",
    "activities",
    "Something a contact did or that was done towards one, at one moment",
    (
        ID,
        Field("contact_id", meaning="Whose it is", refers_to="contact"),
        Field("account_id", meaning="The account concerned", refers_to="account"),
        Field("opportunity_id", meaning="The opportunity concerned", refers_to="opportunity"),
        Field("type", meaning="What happened", required=True, values=ACTIVITY_TYPES),
        Field("occurred_at", TIME, "When", required=True),
        Field(
            "direction",
            meaning="Who did it: the contact (inbound, the default) or we (outbound)",
            values=("inbound", "outbound"),
        ),
        Field("session_id", meaning="The visit it belongs to"),
        Field("path", meaning="Path of the page, such as /pricing"),
        Field("source", meaning="Channel it came through"),
        Field("campaign", meaning="Campaign it belongs to"),
        OWNER,
        Field("subject", meaning="Subject line or title"),
        Field("properties", JSON, "Anything else, as a JSON object"),
    ),
    is_log=True,
)

OPPORTUNITY = RecordType(
    "opportunity",
    "opportunities",
    "A possible sale",
    (
        ID,
        Field("name", meaning="What the deal is called"),
        Field("account_id", meaning="Who would buy", refers_to="account"),
        Field("contact_ids", LIST, "The people involved", refers_to="contact"),
        OWNER,
        Field("pipeline", meaning="The pipeline it runs through"),
        Field("stage", meaning="The pipeline stage it is in", wanted_from="Qualified"),
        Field("amount", DECIMAL, "Its value", wanted_from="Qualified"),
        CURRENCY,
        Field("type", meaning="Kind of sale", values=("new", "expansion", "renewal")),
        Field("product", meaning="What would be bought"),
        Field("source", meaning="Where it came from"),
        Field("campaign", meaning="Campaign it came from"),
        CREATED,
        Field("close_date", DATE, "When it is expected to close", wanted_from="Qualified"),
        Field("closed_at", TIME, "When it closed"),
        Field("is_won", BOOLEAN, "Whether it was won; empty while open"),
        Field("loss_reason", meaning="Why it was lost", wanted_from="Closed Lost"),
        Field("competitor", meaning="Who else was considered"),
        Field(
            "forecast_category",
            meaning="How sure it is",
            values=("commit", "best_case", "pipeline", "upside", "omitted"),
        ),
        Field("next_step", meaning="What is to be done next"),
        Field("meddpicc_score", INTEGER, "MEDDPICC qualification score"),
    ),
)

LINE_ITEM = RecordType(
    "line_item",
    "line_items",
    "One product on an opportunity",
    (
        ID,
        Field("opportunity_id", meaning="The deal it is on", refers_to="opportunity"),
        Field("product", meaning="What is sold"),
        Field("quantity", DECIMAL, "How many"),
        Field("unit_price", DECIMAL, "Price of one, after discount"),
        Field("discount_percent", DECIMAL, "Discount from the list price, in percent"),
        Field("amount", DECIMAL, "Value of the line"),
        CURRENCY,
        Field("billing_period", meaning="How it is billed", values=("once", "monthly", "yearly")),
        CREATED,
    ),
)

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

USER = RecordType(
    "user",
    "users",
    "A person who works with the records",
    (
        ID,
        Field("name", meaning="Full name"),
        Field("email", meaning="E-mail address"),
        Field("role", meaning="What the person does", values=("sdr", "ae", "csm", "manager")),
        Field("team_id", meaning="The team the person is on", refers_to="team"),
        Field("manager_id", meaning="Who leads the person", refers_to="user"),
        Field("time_zone", meaning="IANA time zone, such as Europe/Berlin"),
        Field("country", meaning="Country, for holidays"),
        Field("languages", LIST, "Languages the person speaks"),
        Field("is_active", BOOLEAN, "Whether the person still works here"),
        Field("started_on", DATE, "First day of work"),
        CREATED,
    ),
)

TEAM = RecordType(
    "team",
    "teams",
    "People who work together",
    (
        ID,
        Field("name", meaning="What it is called"),
        Field("manager_id", meaning="Who leads it", refers_to="user"),
        Field("parent_id", meaning="The team it belongs to", refers_to="team"),
        Field("region", meaning="The region it covers"),
    ),
)

CAMPAIGN = RecordType(
    "campaign",
    "campaigns",
    "A marketing effort that touches contacts",
    (
        ID,
        Field("name", meaning="What it is called"),
        Field("channel", meaning="How it reaches people, such as paid_search"),
        Field("type", meaning="Kind of effort, such as webinar"),
        Field("started_on", DATE, "First day"),
        Field("ended_on", DATE, "Last day"),
        Field("budget", DECIMAL, "What may be spent"),
        CURRENCY,
        OWNER,
    ),
)

CAMPAIGN_MEMBER = RecordType(
    "campaign_member",
    "campaign_members",
    "A contact reached by a campaign",
    (
        ID,
        Field("campaign_id", meaning="Which campaign", required=True, refers_to="campaign"),
        Field("contact_id", meaning="Whom", required=True, refers_to="contact"),
        Field("status", meaning="How far it went", values=("sent", "responded", "attended")),
        Field("responded_at", TIME, "When the contact responded"),
        CREATED,
    ),
)

SPEND = RecordType(
    "spend_record",
    "spend",
    "Money spent on marketing or sales in a period",
    (
        ID,
        Field("channel", meaning="What it was spent on, such as paid_search"),
        Field("campaign_id", meaning="The campaign it went to", refers_to="campaign"),
        Field("category", meaning="Whose budget", values=("marketing", "sales")),
        Field("period_start", DATE, "First day of the period", required=True),
        Field("period_end", DATE, "First day after it", required=True),
        Field("amount", DECIMAL, "How much", required=True),
        CURRENCY,
    ),
)

QUOTA = RecordType(
    "quota",
    "quotas",
    "What a person or team is to sell in a period",
    (
        ID,
        Field("user_id", meaning="Whose, if a person's", refers_to="user"),
        Field("team_id", meaning="Whose, if a team's", refers_to="team"),
        Field("metric", meaning="What counts, such as new_arr"),
        Field("period_start", DATE, "First day of the period", required=True),
        Field("period_end", DATE, "First day after it", required=True),
        Field("amount", DECIMAL, "How much", required=True),
        CURRENCY,
    ),
)

TASK = RecordType(
    "task",
    "tasks",
    "Something a person is to do",
    (
        ID,
        Field("subject", meaning="What is to be done"),
        Field("contact_id", meaning="About whom", refers_to="contact"),
        Field("account_id", meaning="About which account", refers_to="account"),
        Field("opportunity_id", meaning="About which deal", refers_to="opportunity"),
        OWNER,
        Field("priority", meaning="How urgent", values=("low", "normal", "high", "urgent")),
        Field("status", meaning="Where it stands", values=("open", "done", "cancelled")),
        Field("due_at", TIME, "By when"),
        Field("done_at", TIME, "When it was done"),
        CREATED,
    ),
)

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
