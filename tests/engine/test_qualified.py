"""Recipes that a score sets off: once for each time that it makes an MQL of a lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine_company import later
from records_company import Company, make_company

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECIPES = """
recipes:
  - name: worth a call
    trigger: qualified
    reenroll: always
    steps: [{do: [{task: "{{ contact.id }} is a {{ contact.lifecycle_stage }}"}]}]
"""


@pytest.fixture
def company(store_url: str, tmp_path: Path) -> Iterator[Company]:
    made = make_company(tmp_path / "acme", store_url, RECIPES)
    made.arrive("old")
    made.do("demo_request", "old", later(hours=-1))
    made.run(later())
    made.arrive("ann", "bob")
    made.run(later(minutes=1))
    yield made
    made.workspace.close()


def told(company: Company) -> list[str]:
    return sorted(company.texts("SELECT subject FROM tasks WHERE subject LIKE '% is a %'"))


def test_a_score_that_makes_an_mql_sets_it_off(company: Company) -> None:
    company.set_stage("bob", "SQL", later(minutes=2))  # where no score moves him
    company.run(later(minutes=2))
    assert told(company) == []
    for name in ("ann", "bob"):
        company.do("demo_request", name, later(minutes=3))
    company.run(later(minutes=3))
    assert told(company) == ["ann is a MQL", "bob is a SQL"]
    company.run(later(minutes=4))
    company.do("page_view", "ann", later(minutes=5))
    company.run(later(minutes=5))
    assert len(told(company)) == 2


def test_a_stage_that_is_entered_without_it_does_not(company: Company) -> None:
    company.set_stage("ann", "MQL", later(minutes=2))
    company.run(later(minutes=2))
    assert told(company) == []


def test_it_does_so_again_after_the_score_has_fallen(company: Company) -> None:
    for weeks in (1, 20):
        company.do("demo_request", "bob", later(weeks=weeks))
        company.set_stage("bob", "SQL", later(weeks=weeks, minutes=-1))
        company.run(later(weeks=weeks))
        company.run(later(weeks=weeks + 6))  # it decays, and nobody did anything
    found = company.rows("SELECT contact_id FROM enrolments WHERE recipe = 'worth a call'")
    assert found == [("bob",), ("bob",)]
