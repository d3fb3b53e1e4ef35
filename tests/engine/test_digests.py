"""Digests: what they tell, to whom, when, and once."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from engine_company import later
from records_company import Company, make_company
from revops.store.engine_tables import SPELLS
from revops.store.sign_offs import add_sign_offs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DIGESTS = """
digests:
  - name: Activity
    schedule: {every: day, at: "08:00", time_zone: owner}
    to: owner
    what: lead_activity
    when: lifecycle_stage IN ('SQL', 'Opportunity')
    subject: "{{ count }} active"
    body: |
      {{ owner.name }} {{ today }}
      {% for lead in leads %}
      {{ lead.name }}|{{ lead.account }}|{{ lead.stage }}|{{ lead.score }}|{{ lead.pages | default('none') }}|{{ lead.downloads }}|{{ lead.emails_opened }}|{{ lead.emails_clicked }}|{{ lead.last_at }}|{{ lead.link }}
      {% endfor %}
  - name: Pipeline
    schedule: {every: week, on: mon, at: "08:00"}
    to: ["#sales", manager:sdr, boss@example.com, user:sam]
    what: pipeline
    subject: "{{ total_value }} {{ currency }} in {{ open_deals }}"
    body: |
      {{ weighted_value }} new {{ new_deals }} {{ new_value }} won {{ won_deals }} {{ won_value }} lost {{ lost_deals }} stale {{ stale_deals }} {{ stale_value }} closing {{ closing_deals }} {{ closing_value }}
      {% for deal in closing %}
      {{ deal.name }}|{{ deal.account }}|{{ deal.stage }}|{{ deal.amount }}|{{ deal.owner }}|{{ deal.close_date }}
      {% endfor %}
  - name: MQLs
    schedule: {every: week, on: mon, at: "08:00"}
    to: [team:cs, manager]
    what: mqls
    subject: "{{ count }} MQLs, {{ acceptance_percent }}%"
    body: |
      {{ accepted }} {{ rejected }} {{ undecided }}
      {% for row in rows %}
      {{ row.by }}|{{ row.name }}|{{ row.mqls }}|{{ row.accepted }}|{{ row.rejected }}|{{ row.acceptance_percent | default('-') }}
      {% endfor %}
"""  # noqa: E501

NEXT_MONDAY = later(days=7, hours=-2)
"""Eight in New York, whose clocks went forward the day before."""


@pytest.fixture
def company(store_url: str, tmp_path: Path) -> Iterator[Company]:
    made = make_company(tmp_path / "acme", store_url, DIGESTS)
    made.add("accounts", {"id": "acme", "name": "Acme", "icp_tier": "A"})
    yield made
    made.workspace.close()


def people(company: Company) -> None:
    for name, stage, owner in (
        ("ann", "SQL", "dina"),
        ("bob", "SQL", "dina"),
        ("cat", "Lead", "dina"),
        ("dan", "SQL", "carl"),
    ):
        known = {"email": f"{name}@acme.com", "first_name": name.title(), "account_id": "acme"}
        company.add("contacts", {"id": name, "lifecycle_stage": stage, "owner": owner, **known})


def letters(company: Company, like: str = "") -> list[dict[str, Any]]:
    rows = company.rows("SELECT payload, cause FROM outbox ORDER BY seq")
    return [json.loads(payload) for payload, cause in rows if like in cause]


def looks(company: Company, name: str, path: str, at: Any) -> None:
    company.add(
        "activities",
        {"id": f"{name}{path}{at}", "contact_id": name, "type": "page_view", "path": path,
         "occurred_at": at},
    )  # fmt: skip


def test_each_owner_reads_in_the_morning_which_leads_were_active(company: Company) -> None:
    people(company)
    company.run(later())
    looks(company, "ann", "/pricing", later(hours=1))
    looks(company, "ann", "/", later(hours=2))
    looks(company, "bob", "/", later(hours=3))
    looks(company, "cat", "/pricing", later(hours=3))
    looks(company, "dan", "/docs", later(hours=3))
    company.do("email_open", "ann", later(hours=4))
    company.do("email_sent", "bob", later(hours=4), "outbound")
    company.run(later(hours=5))
    assert letters(company) == []
    company.run(later(hours=9, minutes=1))  # eight in Tokyo
    (carl,) = letters(company)
    assert carl["to"] == "carl@example.com"
    assert carl["text"].startswith("Carl 2026-03-03\nDan|Acme|SQL|")
    company.run(later(hours=23, minutes=1))  # eight in New York
    (_, dina) = letters(company)
    assert (dina["to"], dina["subject"]) == ("dina@example.com", "1 active")
    assert dina["text"] == (
        "Dina 2026-03-03\nAnn|Acme|SQL|0|/, /pricing||1|0|2026-03-02 13:00 EST|contact ann"
    )
    company.run(later(hours=23, minutes=2))
    assert len(letters(company)) == 2


def test_nothing_to_tell_is_not_told(company: Company) -> None:
    people(company)
    company.run(later())
    company.run(later(days=8))
    assert letters(company, "Activity") == letters(company, "Pipeline") == []
    assert company.rows("SELECT count(*) FROM schedules WHERE last_at IS NOT NULL") == [(4,)]


def test_after_a_standstill_one_stands_for_all_that_were_missed(company: Company) -> None:
    people(company)
    company.run(later())
    for day in (0, 1, 2):
        looks(company, "ann", f"/{day}", later(days=day, hours=1))
    company.run(later(days=3))
    (dina,) = letters(company)
    assert "/0, /1, /2" in dina["text"]
    assert "(1 hour late; 2 earlier times were missed since" in dina["text"]


def deals(company: Company) -> None:
    old = {"account_id": "acme", "owner": "dina", "created_at": later(days=-30)}
    first = {"id": "a", "name": "A", "stage": "Discovery", "amount": 1000}
    third = {**old, "id": "c", "name": "C", "stage": "Demo", "amount": 300.5}
    third |= {"created_at": later(days=2), "forecast_category": "commit"}
    company.add(
        "opportunities",
        {**first, "close_date": date(2026, 3, 11), **old},
        {"id": "b", "name": "B", "stage": "Discovery", "amount": 500, "currency": "EUR", **old},
        {**third, "close_date": date(2026, 3, 16)},
        {"id": "d", "name": "D", "amount": 700, "is_won": True, "closed_at": later(days=1), **old},
        {"id": "e", "name": "E", "amount": 9, "is_won": False, "closed_at": later(days=1), **old},
        {"id": "f", "name": "F", "amount": 9, "is_won": True, "closed_at": later(days=-20), **old},
    )


def test_the_pipeline_is_told_on_monday_to_each_reader_once(company: Company) -> None:
    deals(company)
    company.run(later())
    company.run(later(days=6))
    assert letters(company, "Pipeline") == []
    company.run(NEXT_MONDAY)
    slack, sam, boss = letters(company, "Pipeline")
    figures = "470.45 new 1 300.5 won 1 700 lost 1 stale 2 1000 closing 1 1000"
    assert slack == {"to": "#sales", "text": f"*1300.5 USD in 3*\n{figures}\n{CLOSING}"}
    assert (sam["to"], boss["to"]) == ("sam@example.com", "boss@example.com")
    assert sam["subject"] == "1300.5 USD in 3"
    company.run(later(days=8))
    assert len(letters(company, "Pipeline")) == 3


CLOSING = "A|Acme|Discovery|1000|Dina|2026-03-11"


def test_mqls_of_the_week_are_told_by_what_they_are_and_became(company: Company) -> None:
    company.run(later())
    company.arrive("p1", "p2", "p3", account="acme")
    for name in ("p1", "p2", "p3"):
        company.do("demo_request", name, later(hours=1))
    company.run(later(hours=2))
    with company.workspace.store.write() as connection:
        for name, how, code in (("p1", "accepted", None), ("p2", "rejected", "FIT-01")):
            values = {"left_at": later(hours=3), "outcome": how, "rejection_code": code}
            mine = (SPELLS.c.contact_id == name, SPELLS.c.stage == "MQL")
            connection.execute(sa.update(SPELLS).where(*mine).values(**values))
    company.run(NEXT_MONDAY)
    carl, cleo, sam = sorted(letters(company, "MQLs"), key=lambda each: each["to"])
    assert (carl["to"], cleo["to"], sam["to"]) == tuple(
        f"{name}@example.com" for name in ("carl", "cleo", "sam")
    )
    assert carl["subject"] == "3 MQLs, 50%"
    assert carl["text"].splitlines() == [
        "1 1 1",
        "source|unknown|3|1|1|50",
        "score band|none|3|1|1|50",
        "ICP tier|A|3|1|1|50",
        "reason of rejection|FIT-01 Wrong size|1|0|1|0",
    ]
    assert sam["text"] == carl["text"]


PQLS = """
stages:
  - {name: Lead, entry: {when: email IS NOT NULL}}
  - {name: PQL, qualifies: true, acceptance: {stage: SQL}, entry: {when: persona = 'user'}}
  - {name: MQL, qualifies: true, acceptance: {stage: SQL}, entry: {when: engagement >= 30}}
  - {name: SQL, by: person, qualifies: true}
recycling: {stage: Nurture}
"""


def test_who_is_asked_of_sales_for_using_the_product_is_counted_with_the_mqls(
    company: Company,
) -> None:
    (company.workspace.folder / "definitions" / "lifecycle.yaml").write_text(PQLS)
    company.run(later())
    company.arrive("cat", "dan")
    for name in ("ann", "bob"):
        company.add("contacts", {"id": name, "email": f"{name}@acme.com", "persona": "user"})
    company.run(later(hours=1))
    for name in ("bob", "cat"):  # bob is a PQL already, and asked of sales once
        company.do("demo_request", name, later(hours=2))
    company.run(later(hours=2))
    company.set_stage("bob", "SQL", later(hours=3))
    company.run(later(hours=3))
    company.run(NEXT_MONDAY)
    first, *_ = letters(company, "MQLs")
    assert first["subject"].startswith("3 MQLs")


def test_a_dry_run_sends_none(company: Company) -> None:
    deals(company)
    company.run(later())
    company.run(later(days=7), is_dry=True)
    assert letters(company) == []
    company.run(later(days=7))
    assert letters(company)


HEALTH = """
digests:
  - name: Health
    schedule: {every: week, on: mon, at: "08:00"}
    to: ["#sales"]
    what: scoring_health
    subject: "{{ count }} checks: {{ red }} red, {{ amber }} amber"
    body: "{% for one in checks %}{{ one.light }} {{ one.name }}: {{ one.mend }};{% endfor %}"
"""


def test_a_model_in_trouble_is_told_of(store_url: str, tmp_path: Path) -> None:
    company = make_company(tmp_path / "acme", store_url, HEALTH)
    company.run(later())
    company.run(NEXT_MONDAY)
    (told,) = letters(company, "Health")
    text = json.dumps(told)
    assert "1 checks: 0 red, 1 amber" in text
    assert "amber age of the model: revops validate --record, " in text
    company.workspace.close()


def test_a_sound_model_is_not_told_of(store_url: str, tmp_path: Path) -> None:
    company = make_company(tmp_path / "acme", store_url, HEALTH)
    company.run(later())
    with company.workspace.store.write() as connection:
        made = {"kind": "validation", "subject": "scoring", "content": "pass", "made_by": "ada"}
        add_sign_offs(connection, [{**made, "made_at": later(), "role": None, "until": None}])
    company.run(NEXT_MONDAY)
    assert letters(company, "Health") == []
    company.workspace.close()
