"""The figures of records, and with whom a record stands."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from engine_company import MONDAY, later
from records_company import Company, make_company
from revops.engine.record_facts import Asked, RecordFacts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

TODAY = date(2026, 3, 2)


@pytest.fixture
def company(sqlite_template: Path, tmp_path: Path) -> Iterator[Company]:
    assert sqlite_template
    made = make_company(tmp_path / "acme", "sqlite:///revops.db", "recipes: []")
    made.add("accounts", {"id": "acme"}, {"id": "void"})
    yield made
    made.workspace.close()


def facts_of(company: Company, kind: str) -> RecordFacts:
    return RecordFacts(company.workspace.facts(), company.workspace.catalog.vocabulary, kind)


def figures(company: Company, record: str, at: datetime = MONDAY) -> dict[str, Any]:
    kind, _, name = record.partition(":")
    (told,) = facts_of(company, kind).told([Asked(name, at)], {})
    assert told is not None
    return dict(told.fields)


def place(company: Company, record: str) -> tuple[str, str | None] | None:
    kind, _, name = record.partition(":")
    found = facts_of(company, kind).places([name], MONDAY).get(name)
    return (found.contact_id, found.owner) if found else None


def test_days_in_stage_are_whole_and_run_from_the_last_change(company: Company) -> None:
    company.add("opportunities", {"id": "d", "stage": "A", "created_at": later(days=-30)})
    assert figures(company, "opportunity:d")["days_in_stage"] == 30
    company.change("opportunities", "d", "stage", "B", later(days=-3, hours=1))
    assert figures(company, "opportunity:d")["days_in_stage"] == 2
    assert figures(company, "opportunity:d", later(hours=1))["days_in_stage"] == 3


def test_the_average_of_a_stage_is_of_stays_that_ended_in_the_same_pipeline(
    company: Company,
) -> None:
    for name, days, pipeline in (("a", 4, "x"), ("b", 8, "x"), ("c", 60, "y")):
        created = {"created_at": later(days=-90), "pipeline": pipeline}
        company.add("opportunities", {"id": name, "stage": "A", **created})
        company.change("opportunities", name, "stage", "B", later(days=-90 + days))
    company.add("opportunities", {"id": "d", "stage": "A", "pipeline": "x"})
    assert figures(company, "opportunity:d")["stage_average_days"] == 6
    assert figures(company, "opportunity:d", later(days=-85))["stage_average_days"] == 4
    assert figures(company, "opportunity:d", later(days=-89))["stage_average_days"] is None
    assert figures(company, "opportunity:a")["stage_average_days"] is None


def test_days_left_are_those_of_the_workspace_and_nps_is_the_last_answer(company: Company) -> None:
    company.add("subscriptions", {"id": "s", "account_id": "acme", "monthly_price": 1,
                                  "started_on": TODAY})  # fmt: skip
    company.add("contacts", {"id": "ann", "account_id": "acme"})
    renews = {"subscription_id": "s", "renews_on": TODAY + timedelta(days=10)}
    company.add("renewals", {"id": "r", **renews})
    company.add(
        "surveys",
        {"id": "1", "account_id": "acme", "type": "nps", "score": 6, "answered_at": later(days=-9)},
        {"id": "2", "contact_id": "ann", "type": "nps", "score": 9, "answered_at": later(days=-2)},
        {"id": "3", "contact_id": "ann", "type": "csat", "score": 1, "answered_at": MONDAY},
        {"id": "4", "account_id": "acme", "type": "nps", "score": 1, "answered_at": later(days=1)},
    )  # fmt: skip
    told = figures(company, "renewal:r")
    assert (told["days_left"], told["last_nps"]) == (10, 9)
    assert figures(company, "renewal:r", later(hours=14))["days_left"] == 10  # 23 h in New York
    assert figures(company, "renewal:r", later(hours=15, minutes=1))["days_left"] == 9
    assert figures(company, "renewal:r", later(days=-5))["last_nps"] == 6


def test_growth_is_of_the_account_and_of_adjoining_periods(company: Company) -> None:
    def used(name: str, month: int, quantity: float, **more: Any) -> dict[str, Any]:
        period = {"period_start": date(2026, month, 1), "period_end": date(2026, month + 1, 1)}
        given = {"account_id": "acme", "metric": "api", **period, "quantity": quantity}
        return {"id": name, **given, **more}

    company.add(
        "usage",
        used("jan", 1, 60, subscription_id="s"),
        used("jan2", 1, 40, subscription_id="t"),
        used("feb", 2, 121),
        used("apr", 4, 500),
        used("other", 2, 9, metric="seats"),
    )
    assert figures(company, "usage_record:feb")["growth_percent"] == 21
    for name in ("jan", "apr", "other"):
        assert figures(company, f"usage_record:{name}")["growth_percent"] is None


def test_days_at_price_run_from_the_last_rise(company: Company) -> None:
    company.add("subscriptions", {"id": "s", "account_id": "acme", "monthly_price": 100,
                                  "started_on": TODAY - timedelta(days=400)})  # fmt: skip
    assert figures(company, "subscription:s")["days_at_price"] == 400
    company.change("subscriptions", "s", "monthly_price", 120, later(days=-90))
    company.change("subscriptions", "s", "monthly_price", 110, later(days=-10))
    assert figures(company, "subscription:s")["days_at_price"] == 90


def test_only_what_is_open_and_late_is_overdue(company: Company) -> None:
    company.add(
        "tasks",
        {"id": "late", "due_at": later(minutes=-90)},
        {"id": "early", "due_at": later(minutes=90)},
        {"id": "done", "due_at": later(minutes=-90), "status": "done"},
    )
    assert figures(company, "task:late")["hours_overdue"] == 1.5
    assert figures(company, "task:early")["hours_overdue"] is None
    assert figures(company, "task:done")["hours_overdue"] is None


def test_a_schedule_leaves_usage_alone_that_is_long_past(company: Company) -> None:
    for month in (1, 2, 3, 4):
        period = {"period_start": date(2026, month, 1), "period_end": date(2026, month + 1, 1)}
        company.add("usage", {"id": str(month), "account_id": "acme", "metric": "api", **period,
                              "quantity": 1})  # fmt: skip
    company.add("contacts", {"id": "ann", "account_id": "acme"})
    assert facts_of(company, "usage_record").where(None, MONDAY).keys() == {"2", "3"}


def test_a_record_stands_with_one_contact_by_a_fixed_order(company: Company) -> None:
    company.add("subscriptions", {"id": "s", "account_id": "acme", "monthly_price": 1,
                                  "started_on": TODAY})  # fmt: skip
    company.add(
        "renewals", {"id": "r", "subscription_id": "s", "renews_on": TODAY, "owner": "carl"}
    )
    company.add("tickets", {"id": "t", "account_id": "acme", "contact_id": "who"})
    company.add("tickets", {"id": "v", "account_id": "void"})
    assert place(company, "ticket:t") is None
    company.add("contacts", {"id": "new", "account_id": "acme", "created_at": later(days=-1)})
    company.add("contacts", {"id": "old", "account_id": "acme", "created_at": later(days=-2),
                             "owner": "dina"})  # fmt: skip
    assert place(company, "ticket:t") == ("old", "dina")
    company.add("opportunities", {"id": "d1", "account_id": "acme", "contact_ids": "x;new",
                                  "created_at": later(days=-9)})  # fmt: skip
    assert place(company, "renewal:r") == ("new", "carl")
    company.add("opportunities", {"id": "d2", "account_id": "acme", "contact_ids": "old;new",
                                  "created_at": later(days=-8)})  # fmt: skip
    company.add("opportunities", {"id": "d3", "account_id": "acme", "created_at": later(days=-7)})
    assert place(company, "renewal:r") == ("old", "carl")
    assert place(company, "opportunity:d1") == ("new", None)
    assert place(company, "opportunity:d3") == ("old", "dina")
    company.add("tasks", {"id": "k", "opportunity_id": "d1"})
    assert place(company, "task:k") == ("new", None)
    company.add("contacts", {"id": "who"})
    assert place(company, "ticket:t") == ("who", None)
    assert place(company, "ticket:v") is None
