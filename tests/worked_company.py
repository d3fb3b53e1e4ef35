"""A small company whose leads are worked: definitions, contacts, and two runs of the engine.

Leads with fit of 20 or more qualify and are routed to Ann and Bob in turn, who have four hours.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from revops.services.importing import import_paths
from revops.services.run import run
from revops.services.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When the engine looked for the first time: a Monday."""
NOW = BEGAN + timedelta(hours=1)
"""When it looked again, and found that four leads had qualified."""

_SETTINGS = "company: Acme\ntime_zone: Europe/Berlin\nstore: {store}\n"
_FILES = {
    "scoring.yaml": """
models:
  - name: everyone
    fit:
      max: 30
      attributes:
        - {name: title, tiers: [{when: "title ILIKE 'vp%'", points: 20}]}
    engagement:
      signals:
        - {name: demo, event: demo_request, points: 20}
    thresholds: {mql: fit >= 20}
    bands: [{name: hot, from: 5}, {name: cold, from: 0}]
""",
    "lifecycle.yaml": """
stages:
  - name: Lead
    definition: Known by name
  - name: MQL
    definition: Worth a call
    qualifies: true
    entry: {when: fit >= 20}
    on_enter:
      - route: {}
      - task: {subject: "Call {{ contact.last_name }}", due: 4 hours, priority: high}
      - webhook: {destination: crm, event: lead.qualified, payload: {who: "{{ contact.email }}"}}
    acceptance: {stage: SQL}
    rejection_reasons: [FIT-01, ENG-01]
  - name: SQL
    definition: Taken over
    qualifies: true
    by: person
    entry: {criteria: [Spoken with]}
    on_enter:
      - task: {subject: "Discover {{ contact.last_name }}", due: 3 days}
rejection_reasons:
  - {code: FIT-01, reason: Company too small, action: nurture, until: account.employees >= 50}
  - {code: ENG-01, reason: No response, action: recycle, after: 90 days}
recycling: {stage: Recycled, back_to: Lead}
archive: {stage: Archived}
""",
    "routing.yaml": """
rules:
  - {name: Big, when: account.employees >= 1000, to: {owner: eve}}
  - {name: Rest, to: {pool: sales}, sla: first_call}
pools:
  sales: {members: [ann, bob]}
fallback: {owner: eve}
""",
    "people.yaml": """
users:
  - {id: ann, name: Ann, email: ann@acme.example}
  - {id: bob, name: Bob, email: bob@acme.example}
  - {id: eve, name: Eve, email: eve@acme.example}
""",
    "slas.yaml": """
slas:
  - name: first_call
    promise: A call within four hours
    starts: {promised: true}
    stops: [{activity: call, direction: outbound}, {accepted: true}, {rejected: true}]
    within: 4 hours
    hours: calendar
before_rejecting:
  - {codes: [ENG-01], touches: 3, counts: [{activity: call, direction: outbound}]}
""",
    "automations.yaml": """
destinations:
  crm: {webhook: {url: "https://crm.example/in", secret_env: CRM_SECRET}}
""",
}
_ACCOUNTS = "id,name,domain,employees\na1,Big Corp,big.example,5000\na2,Tiny,tiny.example,12\n"
_CONTACTS = """id,email,first_name,last_name,title,account_id,lifecycle_stage,created_at
c1,una@one.example,Una,One,Clerk,,Lead,2026-01-05
c2,tom@two.example,Tom,Two,Clerk,,Lead,2026-01-05
c3,kim@tiny.example,Kim,Three,Clerk,a2,Lead,2026-01-05
c4,lou@four.example,Lou,Four,Clerk,,Lead,2026-01-05
c5,max@five.example,Max,Five,Clerk,,Lead,2026-01-05
c6,eva@six.example,Eva,Six,Clerk,,Lead,2026-01-05
"""
_PROMOTED = """id,title
c1,VP Sales
c2,VP Marketing
c4,VP Product
c5,VP Service
"""


def write_company(folder: Path, store_url: str) -> Path:
    """A workspace whose engine has run twice; the leads c1, c2, c4 and c5 qualified in between."""
    prepare_company(folder, store_url)
    with open_workspace(folder) as workspace:
        run(workspace, now=BEGAN)
        bring(workspace.folder, {"contacts.csv": _PROMOTED})
        run(workspace, now=NOW)
    return folder


def prepare_company(folder: Path, store_url: str) -> Path:
    """The same before the engine has ever run."""
    (folder / "definitions").mkdir(parents=True, exist_ok=True)
    (folder / "revops.yaml").write_text(_SETTINGS.format(store=store_url), "utf-8")
    for name, text in _FILES.items():
        (folder / "definitions" / name).write_text(text, "utf-8")
    bring(folder, {"accounts.csv": _ACCOUNTS, "contacts.csv": _CONTACTS})
    return folder


def bring(folder: Path, files: dict[str, str]) -> None:
    """Import the texts of some files."""
    incoming = folder / "incoming"
    incoming.mkdir(exist_ok=True)
    for name, text in files.items():
        (incoming / name).write_text(text, "utf-8")
    paths = [incoming / name for name in files]
    with open_workspace(folder) as workspace:
        import_paths(workspace, paths, who="tester", at=BEGAN)
