"""What a pass makes of accounts and deals that arrive beside the contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from engine_company import MONDAY, Leads, later, make_workspace, open_leads
from revops.services.run import decided
from revops.store.tables import CHANGES, META, RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

LISTS = "personal_domains: [gmail.com]\n"
LIFECYCLE = """
stages:
  - {name: Lead, entry: {when: email IS NOT NULL}}
  - {name: Known, entry: {when: account.employees >= 100}}
  - name: MQL
    qualifies: true
    entry: {when: engagement >= 30}
    on_enter: [route]
  - {name: Opportunity, entry: {deal: open}, exit: {deal: lost, to: Lost}}
  - {name: Customer, entry: {deal: won}}
recycling: {stage: Lost}
"""


@pytest.fixture
def leads(store_url: str, tmp_path: Path) -> Iterator[Leads]:
    folder = make_workspace(tmp_path / "acme", store_url)
    (folder / "definitions" / "lists.yaml").write_text(LISTS)
    (folder / "definitions" / "lifecycle.yaml").write_text(LIFECYCLE)
    opened = open_leads(folder)
    opened.run(MONDAY)
    yield opened
    opened.workspace.close()


def arrive(leads: Leads, plural: str, **row: Any) -> None:
    leads.add(plural, row)


def change(leads: Leads, plural: str, name: str, at: datetime, **values: Any) -> None:
    """Somebody changes a record elsewhere, and an import brings it."""
    table = RECORD_TABLES[plural]
    given = {"object": plural, "record_id": name, "changed_at": at, "recorded_at": at}
    with leads.workspace.store.write() as connection:
        mine = table.c.id == name
        before = connection.execute(sa.select(table).where(mine)).mappings().one()
        connection.execute(sa.update(table).where(mine).values(**values))
        for field, value in values.items():
            old, new = (each if each is None else str(each) for each in (before[field], value))
            told = {"field": field, "old_value": old, "new_value": new, "source": "crm"}
            connection.execute(sa.insert(CHANGES), [{**given, **told}])
        key = META.c.key == f"{plural}_rewritten"
        connection.execute(sa.delete(META).where(key))
        mark = {"key": f"{plural}_rewritten", "value": f"{at.timestamp():.0f}"}
        connection.execute(sa.insert(META), [mark])


def stages(leads: Leads) -> dict[str, str]:
    return dict(leads.rows("SELECT id, lifecycle_stage FROM contacts"))  # type: ignore[arg-type]


class TestAccounts:
    def test_a_new_contact_is_scored_and_routed_by_the_account_of_its_address(
        self, leads: Leads
    ) -> None:
        arrive(leads, "accounts", id="a1", name="Acme", domain="acme.com", employees=500)
        leads.arrive("old", account="a1")
        leads.do("demo_request", "old", later(minutes=1))
        leads.run(later(minutes=2))
        ((owner,),) = leads.rows("SELECT owner FROM contacts")
        arrive(leads, "contacts", id="ann", email="ann@eu.acme.com")
        leads.do("demo_request", "ann", later(minutes=3))
        leads.run(later(minutes=4))
        mine = leads.rows("SELECT account_id, owner FROM contacts WHERE id = 'ann'")
        assert mine == [("a1", owner)]
        query = "SELECT rule FROM assignments WHERE contact_id = 'ann'"
        assert leads.rows(query) == [("Account owner",)]
        ((old, new, by, reason, source),) = leads.rows(
            "SELECT old_value, new_value, changed_by, reason, source FROM changes"
            " WHERE record_id = 'ann' AND field = 'account_id'"
        )
        assert (old, new, by, source) == (None, "a1", "revops", "revops")
        assert reason == "eu.acme.com lies below acme.com, the domain of account a1"

    def test_conditions_on_the_account_hold_in_the_same_pass(self, leads: Leads) -> None:
        arrive(leads, "accounts", id="a1", domain="acme.com", employees=500)
        leads.arrive("ann")
        (outcome,) = leads.run(later(minutes=1)).outcomes[:1]
        assert [step.to_stage for step in outcome.moves] == ["Known"]

    def test_who_is_not_certain_is_left_and_told(self, leads: Leads) -> None:
        arrive(leads, "accounts", id="a1", domain="acme.com", employees=500)
        arrive(leads, "accounts", id="a2", domain="acme.com", employees=500)
        leads.arrive("ann")
        arrive(leads, "contacts", id="bob", email="bob@gmail.com")
        passed = leads.run(later(minutes=1), is_dry=True)
        told = [(each.contact_id, each.decided) for outcome in passed.outcomes
                for each in decided(outcome) if each.kind == "account"]  # fmt: skip
        assert told == [("ann", "none: acme.com is the domain of 2 accounts: a1, a2")]
        leads.run(later(minutes=1))
        assert leads.rows("SELECT DISTINCT account_id FROM contacts") == [(None,)]

    def test_an_account_that_comes_later_gets_its_contacts(self, leads: Leads) -> None:
        leads.arrive("ann")
        leads.arrive("bob", account="a9")
        leads.run(later(minutes=1))
        assert stages(leads) == {"ann": "Lead", "bob": "Lead"}
        arrive(leads, "accounts", id="a1", domain="Acme.com", employees=500)
        arrive(leads, "accounts", id="a9", domain="nine.com", employees=900)
        leads.run(later(minutes=2))
        assert stages(leads) == {"ann": "Known", "bob": "Known"}

    def test_an_account_that_somebody_took_away_stays_away(self, leads: Leads) -> None:
        arrive(leads, "accounts", id="a1", domain="acme.com", employees=500)
        leads.arrive("ann", account="a1")
        leads.run(later(minutes=1))
        change(leads, "contacts", "ann", later(minutes=2), account_id=None)
        leads.run(later(minutes=3))
        assert leads.rows("SELECT account_id FROM contacts") == [(None,)]


class TestDeals:
    @pytest.fixture(autouse=True)
    def known(self, leads: Leads) -> None:
        leads.arrive("ann", "bob", "cid")
        leads.run(later(minutes=1))

    def test_a_new_deal_moves_those_it_names(self, leads: Leads) -> None:
        opened = {"created_at": later(minutes=2), "stage": "Qualified"}
        arrive(leads, "opportunities", id="d1", contact_ids="ann; bob", **opened)
        passed = leads.run(later(minutes=3))
        assert {each.lead.contact_id for each in passed.outcomes} == {"ann", "bob"}
        assert stages(leads) == {"ann": "Opportunity", "bob": "Opportunity", "cid": "Lead"}

    @pytest.mark.parametrize(("is_won", "stage"), [(True, "Customer"), (False, "Lost")])
    def test_a_deal_that_closes_moves_them_on(
        self, leads: Leads, *, is_won: bool, stage: str
    ) -> None:
        arrive(leads, "opportunities", id="d1", contact_ids="ann", created_at=later(minutes=2))
        leads.run(later(minutes=3))
        closed = {"is_won": is_won, "closed_at": later(minutes=4)}
        change(leads, "opportunities", "d1", later(minutes=4), **closed)
        leads.run(later(minutes=5))
        assert stages(leads)["ann"] == stage

    def test_who_is_named_later_or_no_more_is_looked_at(self, leads: Leads) -> None:
        arrive(leads, "opportunities", id="d1", contact_ids="ann", created_at=later(minutes=2))
        leads.run(later(minutes=3))
        change(leads, "opportunities", "d1", later(minutes=4), contact_ids="bob")
        passed = leads.run(later(minutes=5))
        assert {each.lead.contact_id for each in passed.outcomes} == {"ann", "bob"}
        assert stages(leads)["bob"] == "Opportunity"
