"""To whom a promise applies is asked when its clock starts, and not again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine_company import later
from records_company import Company, make_company

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLAS = """
slas:
  - name: titled
    promise: A call within a day
    starts: {stage: MQL}
    stops: [{activity: call}]
    within: 24 hours
    hours: calendar
    applies_to: persona = 'buyer'
    escalations: [{at: breach, actions: [{task: Late}]}]
  - name: owned
    promise: As above, to whom the stage gives an owner
    starts: {stage: MQL}
    stops: [{activity: call}]
    within: 24 hours
    hours: calendar
    applies_to: owner IS NOT NULL AND lifecycle_stage = 'MQL'
    escalations: [{at: breach, actions: [{task: Owned late}]}]
"""


@pytest.fixture
def company(store_url: str, tmp_path: Path) -> Iterator[Company]:
    made = make_company(tmp_path / "acme", store_url, "")
    definitions = tmp_path / "acme" / "definitions"
    routing = definitions / "routing.yaml"
    routing.write_text(routing.read_text().replace("sla: first_call", "sla: titled"))
    (definitions / "slas.yaml").write_text(SLAS)
    made.run(later())
    for name, persona in (("ann", "buyer"), ("bob", "user")):
        made.add("contacts", {"id": name, "email": f"{name}@acme.com", "persona": persona})
        made.do("demo_request", name, later(minutes=1))
    made.run(later(minutes=2))
    yield made
    made.workspace.close()


def clocks(company: Company) -> list[tuple[str, str, str]]:
    rows = company.rows("SELECT sla, contact_id, state FROM clocks ORDER BY sla, contact_id")
    return [each for each in rows if each[2] != "waived"]  # type: ignore[misc]


def test_who_comes_to_meet_it_later_is_promised_nothing(company: Company) -> None:
    assert clocks(company) == [
        ("owned", "ann", "running"), ("owned", "bob", "running"), ("titled", "ann", "running"),
    ]  # fmt: skip
    for name, persona in (("ann", "user"), ("bob", "buyer")):
        company.change("contacts", name, "persona", persona, later(hours=1))
        company.run(later(hours=1))
    company.run(later(hours=25))
    assert clocks(company) == [
        ("owned", "ann", "breached"), ("owned", "bob", "breached"), ("titled", "ann", "breached"),
    ]  # fmt: skip
    late = company.rows("SELECT contact_id FROM tasks WHERE subject LIKE 'Late%'")
    assert late == [("ann",)]
