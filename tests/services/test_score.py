"""Scoring as a person uses it: a workspace with records, today and on past days."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.services.explain import Explainer, explain
from revops.services.importing import import_paths
from revops.services.score import score, score_statement
from revops.services.workspace import Workspace, open_workspace
from revops.store.tables import SCORE_RUNS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS = "company: Acme\nstore: {store}\n"
SCORING = """
models:
  - name: everyone
    fit:
      weight: 0.5
      max: 30
      attributes:
        - name: size
          tiers:
            - {when: account.employees >= 1000, points: 25}
            - {when: account.employees >= 100, points: 15}
        - {name: title, tiers: [{when: "title ILIKE 'vp%'", points: 20}]}
    engagement:
      signals:
        - name: pricing
          event: page_view
          where: path LIKE '/pricing%'
          points: 20
          count: 2
          within: 7 days
          decay: {points: 5, every: 1 week}
        - {name: clicks, event: email_click, points: 5, per: occurrence, max: 8}
        - {name: team, when: account.engaged_contacts >= 2, points: 3}
    negative:
      - {name: competitor, when: "in_list(email_domain, 'competitors')", points: -40}
    suppress:
      - {name: customers, when: lifecycle_stage = 'Customer'}
    thresholds:
      mql: fit >= 20 AND engagement >= 20
      mql_override: happened('demo_request', '30 days')
    bands:
      - {name: hot, from: 30, action: call, sla: 1 hour}
      - {name: cold, from: 0}
"""
ACCOUNTS = "id,name,employees\na1,Acme,2000\na2,Small,50\n"
CONTACTS = """id,email,first_name,last_name,title,account_id,lifecycle_stage,created_at
c1,ann@acme.com,Ann,Lee,VP Sales,a1,Lead,2025-01-01
c2,bob@acme.com,Bob,Ray,Engineer,a1,Customer,2025-01-01
c3,eve@Rival.com,Eve,Poe,VP Ops,a2,Lead,2025-01-01
c4,,Lone,Wolf,,,Lead,2025-01-01
"""
HISTORY = "contact_id,changed_at,field,old_value,new_value\nc1,2026-02-01,title,Intern,VP Sales\n"
ACTIVITIES = """id,contact_id,type,occurred_at,path
1,c1,page_view,2026-03-01T10:00:00Z,/pricing
2,c1,page_view,2026-03-03T10:00:00Z,/pricing/teams
3,c1,email_click,2026-03-04T10:00:00Z,
4,c1,email_click,2026-03-05T10:00:00Z,
5,c2,demo_request,2026-03-05T10:00:00Z,
6,c3,page_view,2026-03-05T10:00:00Z,/pricing
"""
NOW = datetime(2026, 3, 12, tzinfo=UTC)


@pytest.fixture
def workspace(store_url: str, tmp_path: Path) -> Iterator[Workspace]:
    folder = tmp_path / "acme"
    (folder / "definitions").mkdir(parents=True)
    (folder / "revops.yaml").write_text(SETTINGS.format(store=store_url))
    (folder / "definitions" / "scoring.yaml").write_text(SCORING)
    (folder / "definitions" / "lists.yaml").write_text("competitors: [rival.com]\n")
    files = {
        "accounts": ACCOUNTS,
        "contacts": CONTACTS,
        "contact_history": HISTORY,
        "activities": ACTIVITIES,
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    with open_workspace(folder) as opened:
        import_paths(opened, [tmp_path / f"{name}.csv" for name in files])
        yield opened


def totals(workspace: Workspace, as_of: datetime) -> dict[str, tuple[float, float, float]]:
    with score(workspace, as_of=as_of) as run:
        rows = run.scores().to_pylist()
    return {row["contact_id"]: (row["fit"], row["engagement"], row["total"]) for row in rows}


def test_scores_add_up_as_the_definition_says(workspace: Workspace) -> None:
    # c1: 25 + 20 capped at 30; pricing completed 8.6 days ago has lost one step of 5;
    # two clicks of 5 capped at 8; two contacts of the account were active: 30 / 2 + 15 + 8 + 3.
    assert totals(workspace, NOW) == {
        "c1": (30, 26, 41),
        "c2": (25, 3, 15.5),
        "c3": (20, 0, 0),
        "c4": (0, 0, 0),
    }


def test_the_past_is_scored_with_what_was_known_then(workspace: Workspace) -> None:
    before_promotion = totals(workspace, datetime(2026, 1, 15, tzinfo=UTC))
    assert before_promotion["c1"] == (25, 0, 12.5)
    between_visits = totals(workspace, datetime(2026, 3, 2, tzinfo=UTC))
    assert between_visits["c1"] == (30, 0, 15)


def test_a_run_is_kept_whole_and_recorded(workspace: Workspace) -> None:
    with score(workspace, as_of=NOW) as run:
        assert run.folder is not None
        kept = pq.read_table(run.folder / "scores.parquet").to_pylist()
        lines = pq.read_table(run.folder / "lines.parquet").to_pylist()
        assert len(lines) == run.lines().num_rows
    assert {row["definitions_version"] for row in kept} == {workspace.catalog.version}
    for row in kept:
        mine = [line["points"] for line in lines if line["contact_id"] == row["contact_id"]]
        assert sum(mine) == pytest.approx(row["total"], abs=1e-9)
    with workspace.store.read() as connection:
        recorded = connection.execute(sa.select(SCORE_RUNS)).one()
    assert recorded.folder == f"scores/{run.folder.name}"
    assert (recorded.as_of, recorded.contacts, recorded.qualified) == (NOW, 4, 1)
    assert not [path for path in run.folder.parent.iterdir() if path.name.startswith(".")]


def test_a_few_contacts_are_scored_as_among_all_and_not_kept(workspace: Workspace) -> None:
    everyone = totals(workspace, NOW)
    with score(workspace, as_of=NOW, contact_ids=["c3", "c1"]) as run:
        assert run.folder is None
        found = {row["contact_id"]: row["total"] for row in run.scores().to_pylist()}
    assert found == {name: everyone[name][2] for name in ("c1", "c3")}


def test_accounts_add_up_their_contacts(workspace: Workspace) -> None:
    with score(workspace, as_of=NOW) as run:
        first = run.accounts().to_pylist()[0]
    assert first == {
        "account_id": "a1",
        "name": "Acme",
        "score": 26 + 3 + 30,
        "engagement": 29,
        "fit": 30,
        "contacts": 2,
        "engaged_contacts": 1,
        "buying_committee": False,
    }


def test_who_is_suppressed_does_not_qualify(workspace: Workspace) -> None:
    with score(workspace, as_of=NOW) as run:
        qualified = {row["contact_id"]: row["qualified"] for row in run.scores().to_pylist()}
    assert qualified == {"c1": True, "c2": False, "c3": False, "c4": False}
    told = explain(workspace, "c2", as_of=NOW).score
    assert "mql_override" in told.reached
    assert told.blocked_by == ("customers",)


def test_a_printed_statement_gives_the_scores(workspace: Workspace) -> None:
    statement = score_statement(workspace, as_of=NOW)
    with workspace.facts().connect() as con:
        rows = con.execute(statement).fetchall()
    assert len(rows) == 4
    assert duckdb.extract_statements(statement)[0].type == duckdb.StatementType.SELECT


def test_an_explanation_says_what_why_and_what_is_missing(workspace: Workspace) -> None:
    told = explain(workspace, "Ann@Acme.com", as_of=NOW)
    assert (told.name, told.account, told.score.band.name) == ("Ann Lee", "Acme", "hot")  # type: ignore[union-attr]
    why = {reason.name: reason.why for reason in told.score.reasons}
    assert why["size"] == "account.employees is 2000 (account.employees >= 1000)"
    assert "2 seen, last 9 days ago; 5 of 20 gone (loses 5 points every week)" in why["pricing"]
    assert "2 of 10 gone (capped at 8)" in why["clicks"]
    assert why["fit limit"] == "not below 0 and not above 30"
    assert sum(reason.points for reason in told.score.reasons) == pytest.approx(41)
    lone = explain(workspace, "c4", as_of=NOW).score
    assert lone.needs == (
        (
            "20 more fit points (0 of at least 20)",
            "20 more engagement points (0 of at least 20)",
        ),
        ("demo_request within 30 days",),
    )
    assert "account.employees not known: up to 25" in lone.suggestions


def test_reasons_of_equal_points_come_in_the_same_order_each_time(workspace: Workspace) -> None:
    alike = "".join(
        f"        - {{name: {name}, tiers: [{{when: created_at IS NOT NULL, points: 5}}]}}\n"
        for name in ("cedar", "ash", "elm", "birch", "oak")
    )
    scoring = f"models:\n  - name: trees\n    fit:\n      attributes:\n{alike}"
    (workspace.folder / "definitions" / "scoring.yaml").write_text(scoring)
    with open_workspace(workspace.folder) as again:
        told = explain(again, "c4", as_of=NOW).score
    assert [each.name for each in told.reasons] == ["ash", "birch", "cedar", "elm", "oak"]


def test_one_explainer_explains_many(workspace: Workspace) -> None:
    with Explainer(workspace, as_of=NOW) as explainer:
        found = {each: explainer.explain(each).score.total for each in ("c1", "c2", "c3", "c1")}
    assert found == {"c1": 41, "c2": 15.5, "c3": 0}


@pytest.mark.parametrize("who", ["nobody", "nobody@acme.com", "c1' OR 1=1 --"])
def test_an_unknown_contact_is_told(workspace: Workspace, who: str) -> None:
    with pytest.raises(RevopsError, match="there is no contact"):
        explain(workspace, who)
    with (
        pytest.raises(RevopsError, match="there is no contact"),
        score(workspace, contact_ids=[who]),
    ):
        pass


def test_no_model_is_told_and_nothing_is_left(workspace: Workspace) -> None:
    (workspace.folder / "definitions" / "scoring.yaml").unlink()
    with (
        open_workspace(workspace.folder) as fresh,
        pytest.raises(RevopsError, match="no scoring model"),
        score(fresh),
    ):
        pass
    assert not (workspace.folder / "scores").exists()
