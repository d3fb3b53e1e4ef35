"""The company itself: its people, campaigns, money and tasks."""

from __future__ import annotations

from revops.records.field import Field, RecordType
from revops.records.shared import BOOLEAN, CREATED, CURRENCY, DATE, DECIMAL, ID, LIST, OWNER, TIME

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
