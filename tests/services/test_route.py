"""Who would get a lead, who got it, and that asking changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest
import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.services.route import fairness, preview, route_log
from revops.store.engine_tables import CREDITS
from worked_company import NOW

if TYPE_CHECKING:
    from revops.services.workspace import Workspace


def credit_rows(workspace: Workspace) -> list[object]:
    with workspace.store.read() as connection:
        return list(connection.execute(sa.select(CREDITS).order_by(CREDITS.c.member)))


def test_a_contact_is_previewed_as_it_is_and_no_turn_is_taken(worked: Workspace) -> None:
    before = credit_rows(worked)
    found = preview(worked, "kim@tiny.example", now=NOW)
    tried = [(each.rule, each.matched) for each in found.decision.considered]
    assert tried == [("Big", False), ("Rest", True)]
    assert found.decision.owner in {"ann", "bob"}
    ((member, why, pool),) = found.decision.passed_over
    assert {member, found.decision.owner} == {"ann", "bob"}
    assert pool == "sales"
    assert why.startswith(("less credit", "the same credit"))
    assert credit_rows(worked) == before


def test_a_contact_may_be_supposed_to_be_other(worked: Workspace) -> None:
    found = preview(worked, "c3", {"account.employees": "1000"}, now=NOW)
    assert (found.decision.rule, found.decision.owner) == ("Big", "eve")
    assert found.not_tried == ("Rest",)
    assert found.lead.fields["account.name"] == "Tiny"  # all else is as it is
    assert preview(worked, "c3", now=NOW).decision.rule == "Rest"


def test_a_lead_that_is_not_there_is_scored_and_belongs_to_the_account_of_its_address(
    worked: Workspace,
) -> None:
    found = preview(worked, values={"title": "VP Sales", "email": "x@eu.big.example"}, now=NOW)
    assert (found.decision.rule, found.lead.fields["account.name"]) == ("Big", "Big Corp")
    assert (found.lead.fit, found.lead.qualified) == (20, True)
    alone = preview(worked, values={"account.employees": "999"}, now=NOW)
    assert (alone.decision.rule, alone.lead.fields["account.employees"]) == ("Rest", 999)
    assert preview(worked, values={"account.employees": ""}, now=NOW).decision.rule == "Rest"
    assert duckdb.sql("SELECT 1").fetchall() == [(1,)]  # the process's connection was left alone


def test_all_that_is_wrong_with_a_supposed_lead_is_told_at_once(worked: Workspace) -> None:
    values = {"titel": "VP", "account.employees": "many", "fit": "3", "email_domain": "x.example"}
    with pytest.raises(RevopsError) as told:
        preview(worked, values=values, now=NOW)
    assert [each.code for each in told.value.issues] == [
        "unknown-field", "bad-value", "derived-field", "derived-field",
    ]  # fmt: skip
    assert told.value.issues[0].mend == "did you mean 'title'?"


def test_a_value_is_never_read_as_sql(worked: Workspace) -> None:
    title = "VP'); DROP TABLE contacts; --"
    found = preview(worked, values={"title": title}, now=NOW)
    assert found.lead.fields["title"] == title


def test_the_log_tells_every_rule_that_was_tried(worked: Workspace) -> None:
    (first,) = route_log(worked, "c2")
    assert (first.at, first.rule) == (NOW, "Rest")
    assert first.considered[0].why == "does not hold: account.employees >= 1000"
    assert len(route_log(worked, limit=1)) == 1
    assert route_log(worked, "c3") == []


def test_turns_are_shown_to_be_shared_fairly(worked: Workspace) -> None:
    found = fairness(worked, "sales")
    assert [each.member for each in found] == ["ann", "bob"]
    assert sum(each.difference for each in found) == 0
    assert all(each.is_kept for each in found)
    assert sum(each.count for each in found) == len(route_log(worked))
    with pytest.raises(RevopsError) as told:
        fairness(worked, "sale")
    assert told.value.issues[0].mend == "did you mean 'sales'?"
