"""Who is away gets no lead; what cannot be is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from revops.kit.errors import RevopsError
from revops.services.absence import add_absence, list_absences, remove_absence
from revops.services.route import preview
from worked_company import NOW

if TYPE_CHECKING:
    from revops.services.workspace import Workspace

DAY = timedelta(days=1)


def test_nobody_who_is_away_gets_a_lead_and_an_absence_can_be_taken_back(
    worked: Workspace,
) -> None:
    made, others = add_absence(worked, "ann", NOW - DAY, NOW + DAY, "skiing")
    assert others == []
    further, others = add_absence(worked, "ann@acme.example", NOW, NOW + 2 * DAY)
    assert others == [made]
    decision = preview(worked, "c3", now=NOW).decision
    assert decision.owner == "bob"
    assert decision.passed_over[0].why == "absent until 2026-03-04 11:00 (Europe/Berlin)"
    assert list_absences(worked, now=NOW + DAY) == [further]  # the end is not part of it
    assert list_absences(worked, user="ann", everything=True, now=NOW + 9 * DAY) == [made, further]
    for each in (made, further):
        assert remove_absence(worked, each.id) == each
    assert list_absences(worked, everything=True) == []
    with pytest.raises(RevopsError) as told:
        remove_absence(worked, made.id)
    assert told.value.code == "unknown-absence"


def test_what_cannot_be_is_refused(worked: Workspace) -> None:
    with pytest.raises(RevopsError) as told:
        add_absence(worked, "anne", NOW, NOW + DAY)
    assert told.value.issues[0].mend == "did you mean 'ann'?"
    with pytest.raises(RevopsError) as told:
        add_absence(worked, "ann", NOW, NOW)
    assert told.value.code == "bad-absence"
    assert list_absences(worked, everything=True) == []
