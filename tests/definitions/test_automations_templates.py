"""The shipped recipes are all there, and carry the figures of their tables."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from revops.definitions.catalog import load_catalog
from revops.definitions.recipe_steps import BusinessWait, Moment
from revops.definitions.templates import MOTIONS
from revops.services.init import init_workspace

if TYPE_CHECKING:
    from revops.definitions.actions import Action
    from revops.definitions.automations import Automations, Recipe

HOUR = timedelta(hours=1)
RECIPES = {
    "workflows of a CRM": [
        "MQL alert and assignment", "MQL SLA escalation", "MQL on score", "Meeting booked",
        "Closed-won handoff to customer success", "Stale deal", "Stale deal, a week on",
        "Recycled lead to nurture",
    ],
    "flows": [
        "MQL alert and assignment (flow)", "SLA sweep (flow)", "Pipeline stage tasks",
        "Closed-won handoff (flow)", "Stale deal sweep (flow)",
    ],
    "scheduling": [
        "Booked meeting goes to its owner", "Confirmation of a SavvyCal booking", "No-show",
    ],
    "across tools": [
        "New lead everywhere", "Meeting booked, in one message", "Onboarding stack",
        "Score everywhere", "Follow-up overdue",
    ],
    "renewal": ["Renewal in 90 days", "Renewal in 60 days", "Renewal in 30 days"],
    "expansion": [
        "Near the limit of the plan", "New team uses the product", "API use grows",
        "Executive at a webinar", "Ticket of a new group of users", "Healthy before the renewal",
        "A year at one price",
    ],
    "return": ["Dormant lead returns", "Buying committee"],
}  # fmt: skip
FROM_THE_PRODUCT = ["Five people use it", "At the limit of use", "Ten people invited",
                    "Very large company"]  # fmt: skip


@cache
def automations(motion: str) -> Automations:
    with tempfile.TemporaryDirectory() as folder:
        init_workspace(Path(folder, "workspace"), motion)
        return load_catalog(Path(folder, "workspace"))[0].automations


def recipe(name: str, motion: str = "plg") -> Recipe:
    (found,) = (each for each in automations(motion).recipes if each.name == name)
    return found


def actions(name: str, motion: str = "plg") -> list[Action]:
    return [action for _path, action in recipe(name, motion).actions()]


def waits(name: str, motion: str = "plg") -> list[timedelta]:
    """When the recipe goes on, since it began."""
    found = (step.wait for _path, step in recipe(name, motion).walk())
    return list(accumulate(each for each in found if isinstance(each, timedelta)))


@pytest.mark.parametrize("kind", RECIPES)
@pytest.mark.parametrize("motion", ["enterprise", "mid-market", "playbook", "plg", "full"])
def test_they_are_there(motion: str, kind: str) -> None:
    names = {each.name for each in automations(motion).recipes}
    assert set(RECIPES[kind]) - names == set()


@pytest.mark.parametrize("motion", ["plg", "full", "universal"])
def test_signals_of_the_product_are_there(motion: str) -> None:
    names = {each.name for each in automations(motion).recipes}
    assert {*FROM_THE_PRODUCT, *RECIPES["renewal"], *RECIPES["expansion"]} - names == set()


@pytest.mark.parametrize("motion", MOTIONS)
def test_each_says_why_and_shows_what_it_does(motion: str) -> None:
    for each in automations(motion).recipes:
        assert each.examples, each.name
        assert each.why or each.name.startswith("Renewal"), each.name
        assert any(example.then for example in each.examples), each.name


def test_product_led_is_the_usual_one_and_more() -> None:
    usual, more = automations("enterprise"), automations("plg")
    names = {each.name for each in usual.recipes}
    assert tuple(each for each in more.recipes if each.name in names) == usual.recipes
    assert more.digests == usual.digests
    assert {each.name for each in more.recipes} - names == {"PQL in the tools", *FROM_THE_PRODUCT}


class TestFigures:
    def test_an_mql_is_followed_up_in_4_hours(self) -> None:
        for name in ("MQL alert and assignment", "MQL alert and assignment (flow)"):
            assert [each.task.due for each in actions(name) if each.task] == [4 * HOUR]

    def test_escalation_after_12_24_and_48_hours(self) -> None:
        assert waits("MQL SLA escalation") == [12 * HOUR, 24 * HOUR, 48 * HOUR]
        to = [each.email.to for each in actions("MQL SLA escalation") if each.email]
        assert to == ["owner", "manager"]

    def test_overdue_for_2_and_4_hours(self) -> None:
        assert waits("Follow-up overdue") == [2 * HOUR, 4 * HOUR]

    def test_the_sweep_comes_every_4_hours_of_work(self) -> None:
        schedule = recipe("SLA sweep (flow)").trigger.schedule
        assert schedule is not None
        assert schedule.at == ("09:00", "13:00", "17:00")
        assert len(schedule.on) == 5

    def test_a_meeting_is_prepared_an_hour_before(self) -> None:
        (due,) = (step.due for _, step in recipe("Meeting booked").walk() if step.due)
        assert due == Moment(until="activity.properties.starts_at", before=HOUR)

    def test_a_no_show_is_found_after_30_minutes(self) -> None:
        steps = [step for _, step in recipe("No-show").walk()]
        assert steps[0].wait == Moment(until="activity.properties.starts_at", after=HOUR / 2)
        assert [step.due for step in steps if step.due] == [BusinessWait(business_days=1)]

    def test_tasks_of_deals(self) -> None:
        dues = {
            name: [step.due for _, step in recipe(name).walk() if step.due]
            for name in ("Closed-won handoff to customer success", "Stale deal")
        }
        assert [[due.business_days for due in found] for found in dues.values()] == [[2], [3]]

    @pytest.mark.parametrize(
        ("name", "limits"),
        [("Stale deal", (14, 10, 21)), ("Stale deal, a week on", (21, 17, 28)),
         ("Stale deal sweep (flow)", (14, 10, 21))],
    )  # fmt: skip
    def test_deals_are_stale(self, name: str, limits: tuple[int, ...]) -> None:
        where = recipe(name).trigger.where or ""
        for stage, days in zip(("Discovery", "Proposal", "Negotiation"), limits, strict=True):
            assert f"(stage = '{stage}' AND days_in_stage > {days})" in where
        assert "2 * stage_average_days" in where

    def test_the_deal_desk_looks_above_25000(self) -> None:
        cases = [case.where for _, case in recipe("Pipeline stage tasks").cases()]
        assert "stage = 'Proposal' AND amount > 25000" in cases

    def test_invitations_silence_and_users(self) -> None:
        assert recipe("Ten people invited").trigger.count == 10
        assert recipe("Five people use it").when == "account.engaged_contacts >= 5"
        assert recipe("Dormant lead returns").trigger.after_silence == timedelta(days=30)
        assert recipe("Buying committee").when == "account.engaged_contacts >= 3"

    def test_six_touches_in_14_days(self) -> None:
        name = "Six touches in 14 days"
        assert waits(name, "universal")[-1] == timedelta(days=14)
        first = [each for each in actions("MQL in the tools", "universal") if each.task]
        assert len([*first, *actions(name, "universal")]) == 6

    def test_a_customer_is_handed_over(self) -> None:
        name = "Closed-won handoff to customer success"
        dues = [each.task.due for each in actions(name, "universal") if each.task]
        assert dues == [24 * HOUR, 24 * HOUR, 4 * HOUR, 24 * HOUR, None]


@pytest.mark.parametrize("name", ["Lead activity", "Weekly pipeline", "Weekly MQLs"])
@pytest.mark.parametrize("motion", MOTIONS)
def test_digests(motion: str, name: str) -> None:
    (digest,) = (each for each in automations(motion).digests if each.name == name)
    is_daily = name == "Lead activity"
    assert digest.schedule.at == ("08:00",)
    assert digest.schedule.every == ("day" if is_daily else "week")
    assert digest.schedule.time_zone == ("owner" if is_daily else "workspace")
    assert digest.schedule.on == (() if is_daily else ("mon",))
