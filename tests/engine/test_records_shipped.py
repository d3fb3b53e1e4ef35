"""The shipped recipes about deals, renewals, usage and tickets, from imported files to tasks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from engine_company import Leads
from revops.services.importing import import_paths
from revops.services.init import init_workspace
from revops.services.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from revops.services.workspace import Workspace

FIRST = datetime(2026, 3, 1, 8, tzinfo=UTC)  # a Sunday
DAY = timedelta(days=1)
FILES = {
    "accounts": """
id,name,domain,employees,icp_tier
acme,Acme,acme.com,300,A
""",
    "contacts": """
id,email,first_name,last_name,account_id,lifecycle_stage,owner,created_at
ann,ann@acme.com,Ann,Lee,acme,{customer},abe,2025-01-01T00:00:00Z
bob,bob@acme.com,Bob,Ray,acme,{customer},dina,2024-01-01T00:00:00Z
""",
    "opportunities": """
id,name,account_id,contact_ids,owner,stage,amount,currency,created_at,close_date,closed_at,is_won
old,First,acme,ann;bob,ava,Closed Won,12000,USD,2025-02-01T00:00:00Z,,2025-03-01T00:00:00Z,true
new,Bigger,acme,ann;bob,ava,{stage},{amount},USD,2026-02-01T00:00:00Z,2026-03-04,{closed_at},{is_won}
""",
    "subscriptions": """
id,account_id,opportunity_id,product,monthly_price,currency,started_on
sub,acme,old,Suite,1000,USD,2025-03-01
""",
    "renewals": """
id,subscription_id,account_id,renews_on,amount,currency,status,owner
r90,sub,acme,2026-05-20,12000,USD,upcoming,cas
r60,sub,acme,2026-04-20,12000,USD,upcoming,cas
r30,sub,acme,2026-03-20,12000,USD,upcoming,
gone,sub,acme,2026-03-20,12000,USD,churned,cas
""",
    "surveys": """
id,account_id,type,score,answered_at
1,acme,nps,9,2026-02-20T00:00:00Z
""",
    "usage": """
id,account_id,subscription_id,metric,period_start,period_end,quantity,limit
jan,acme,sub,api_calls,2026-01-01,2026-02-01,95,100
feb,acme,sub,api_calls,2026-02-01,2026-03-01,119,140
old,acme,sub,seats,2025-01-01,2025-02-01,99,100
""",
}
TICKETS = """
id,account_id,contact_id,subject,priority,created_at
1,acme,bob,How do I start?,normal,2026-03-02T09:00:00Z
"""
MINUTE = timedelta(minutes=1)
CUSTOMERS = (
    "API use grows",
    "Healthy before the renewal",
    "Near the limit of the plan",
    "Renewal in 30 days",
    "Renewal in 60 days",
    "Renewal in 90 days",
)
CUSTOMERS_TASKS = {
    ("Start the renewal of Acme", "cas", "ann"),
    ("Send the renewal offer to Acme", "cas", "ann"),
    ("Close the renewal of Acme", "abe", "ann"),
    ("Talk with Acme about the renewal and what more they could use", "cas", "ann"),
    ("Offer the next plan to Acme", "abe", "ann"),
    ("Prepare the enterprise tier for Acme: API use grew by 25.26%", "abe", "ann"),
}


@pytest.fixture
def company(motion: str, store_url: str, tmp_path: Path) -> Iterator[Shipped]:
    folder = tmp_path / "acme"
    init_workspace(folder, motion)
    settings = folder / "revops.yaml"
    settings.write_text(settings.read_text().replace("sqlite:///revops.db", store_url))
    with open_workspace(folder) as opened:
        stages = [stage.name for stage in opened.catalog.lifecycle.stages]
        customer = next(each for each in ("Customer", "Closed Won") if each in stages)
        yield Shipped(opened, tmp_path / "data", customer)


class Shipped:
    """A workspace of a template, into which files are imported."""

    def __init__(self, workspace: Workspace, data: Path, customer: str) -> None:
        self.leads = Leads(workspace)
        self.data = data
        self.customer = customer
        data.mkdir()

    def bring(self, at: datetime, files: dict[str, str], **given: str) -> None:
        """Import these files."""
        values = {"customer": self.customer, "stage": "Discovery", "amount": "30000"}
        values |= {"closed_at": "", "is_won": "", **given}
        for name, text in files.items():
            (self.data / f"{name}.csv").write_text(text.lstrip().format(**values))
        paths = [self.data / f"{name}.csv" for name in files]
        for outcome in import_paths(self.leads.workspace, paths, at=at):
            assert not outcome.failed, outcome

    def deal(self, at: datetime, **given: str) -> None:
        """The deal changes elsewhere, and an import brings it."""
        self.bring(at, {"opportunities": FILES["opportunities"]}, **given)

    def recipes(self) -> list[str]:
        """Those that leads came into."""
        rows = self.leads.rows("SELECT recipe FROM enrolments ORDER BY recipe, id")
        return [recipe for (recipe,) in rows]

    def tasks(self) -> set[tuple[str, str, str]]:
        """What is to be done, by whom, about whom."""
        return {*self.leads.rows("SELECT subject, owner, contact_id FROM tasks")}

    def subjects(self, to: str) -> set[str]:
        """Of the letters to someone."""
        rows = self.leads.rows("SELECT payload FROM outbox")
        letters = [json.loads(payload) for (payload,) in rows]
        return {each.get("subject", each.get("text")) for each in letters if each["to"] == to}


@pytest.mark.parametrize(
    ("motion", "store_url"),
    [(each, "sqlite") for each in ("enterprise", "plg", "universal")]
    + [("universal", "postgresql")],
    indirect=["store_url"],
)
def test_renewals_expansion_deals_and_tickets(company: Shipped) -> None:
    company.bring(FIRST, FILES)
    company.leads.run(FIRST)
    assert company.recipes() == []

    company.leads.run(FIRST + DAY)
    assert {*CUSTOMERS} <= {*company.recipes()}
    assert company.recipes().count("Healthy before the renewal") == 3
    assert company.tasks() >= CUSTOMERS_TASKS
    assert {"Acme renews on 2026-05-20", "Acme renews on 2026-04-20: 60 days"} <= (
        company.subjects("cas@example.com")
    )
    assert company.subjects("ann@acme.com") == {"You are near the limit of your plan"}
    assert "Pipeline: 30000 USD in 1 deals" in company.subjects("ada@example.com")
    assert any(text.startswith("*Pipeline: 30000 USD") for text in company.subjects("#sales-team"))

    before = company.recipes()
    company.bring(FIRST + DAY, {"tickets": TICKETS})
    company.leads.run(FIRST + DAY + MINUTE)
    assert [*before, "Ticket of a new group of users"] == company.recipes()
    assert "A new group of users at Acme?" in company.subjects("cas@example.com")

    company.deal(FIRST + DAY + MINUTE, stage="Proposal")
    company.leads.run(FIRST + DAY + 2 * MINUTE)
    is_shared = "Pipeline stage tasks" in company.recipes()
    assert (("Send proposal", "ava", "ann") in company.tasks()) is is_shared

    won = {"closed_at": "2026-03-03T10:00:00Z", "is_won": "true"}
    company.deal(FIRST + DAY + 2 * MINUTE, stage="Closed Won", **won)
    company.leads.run(FIRST + DAY + 3 * MINUTE)
    handed = {"New customer", "Onboarding stack"}
    assert handed <= {*company.recipes()} or (
        "Closed-won handoff to customer success" in company.recipes()
    )

    done = company.recipes()
    company.leads.run(FIRST + DAY + 4 * MINUTE)
    assert company.recipes() == done
