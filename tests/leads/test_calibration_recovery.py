"""Calibration on a simulated company, whose own causes its `truth` folder tells.

The true weight of an item is what it says of fit and interest over all people, in the log-odds
that decide a deal: 0.85 fit + 0.7 intent. Calibration sees who was won only. What it can and
cannot find of that:

- A deal is decided by the person it began with, and its colleagues on it share the outcome. So
  what is true of the company, and what is true of the person, are each found in their order, but
  the person's at a smaller scale.
- A lead is disqualified only after it looked good, so the disqualified have more of what makes
  a lead good than the lost. Held against them, weights are not found: calibration learns from
  deals won and lost.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from revops.definitions.lifecycle import Lifecycle
from revops.definitions.scope import Vocabulary
from revops.definitions.scoring import Scoring
from revops.leads.calibration import JUDGED, signs_of, suggest
from revops.leads.outcomes import DISQUALIFIED, OUTCOMES, WON, find_outcomes
from revops.leads.scoring import ASKED_AT, Past, remove_copies, score_at
from revops.simulator import simulate
from revops.store.facts import facts_from_folder

if TYPE_CHECKING:
    import duckdb

END = datetime(2026, 1, 1, tzinfo=UTC)
POINTS = 10
CHANCE = 0.538
"""What Spearman's correlation of 14 exceeds by accident once in forty times."""
COMPANY = {
    "large": "account.employees >= 1000",
    "upper_mid": "account.employees BETWEEN 200 AND 999",
    "mid": "account.employees BETWEEN 50 AND 199",
    "software": "LOWER(account.industry) IN ('saas', 'software', 'it services', 'fintech')",
    "services": "LOWER(account.industry) IN "
    "('financial services', 'professional services', 'healthcare')",
}
PERSON = {
    "executive": "seniority IN ('c_suite', 'vp')",
    "director": "seniority = 'director'",
    "manager": "seniority = 'manager'",
    "buying_department": "LOWER(department) IN ('marketing', 'sales', 'revenue operations')",
}
PAGES = {
    "pricing": "path = '/pricing'",
    "case_studies": "path LIKE '/case-studies/%'",
    "comparison": "path LIKE '/compare/%'",
    "about": "path = '/about'",  # looked at whether or not one is interested
    "documents": "path LIKE '/docs/%'",
}
SCORING = Scoring.model_validate({
    "models": [{
        "name": "m",
        "fit": {"attributes": [
            {"name": name, "tiers": [{"when": when, "points": POINTS}]}
            for name, when in (COMPANY | PERSON).items()
        ]},
        "engagement": {"signals": [
            {"name": name, "event": "page_view", "where": where, "points": POINTS}
            for name, where in PAGES.items()
        ]},
    }]
})  # fmt: skip


def _columns(con: duckdb.DuckDBPyConnection, asked: str, truth: str) -> tuple[Any, Any]:
    """The signs of those asked for, and the true log-odds to be won."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE {ASKED_AT} AS {asked}")
    score_at(con, SCORING, Vocabulary({}), Past())
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {JUDGED} AS SELECT"
        " row_number() OVER (ORDER BY contact_id) - 1 AS nr, contact_id, as_of,"
        f" 0.85 * fit + 0.7 * intent AS odds FROM {ASKED_AT}"
        " JOIN read_parquet($truth) USING (contact_id)",
        {"truth": truth},
    )
    signs = signs_of(con, SCORING.models[0])
    remove_copies(con)
    odds = con.execute(f"SELECT odds FROM {JUDGED} ORDER BY nr").fetchnumpy()["odds"]
    return signs, odds


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    """By name: the true weight, what is found among deals, its error, and found among all."""
    data = tmp_path_factory.mktemp("company")
    simulate(None, data, contacts=40_000, activities=400_000, until=END)
    truth = str(data / "truth/truth.parquet")
    with facts_from_folder(data).connect() as con:
        everyone, odds = _columns(
            con,
            "SELECT id AS contact_id, TIMESTAMP '2025-12-31' AS as_of FROM contacts JOIN"
            f" (SELECT contact_id AS id, kind FROM read_parquet('{truth}')) USING (id)"
            " WHERE kind IN ('usual', 'personal') ORDER BY ALL",
            truth,
        )
        find_outcomes(con, Lifecycle(), known_by=END)
        signs, _ = _columns(
            con,
            f"SELECT contact_id, judged_at AS as_of FROM {OUTCOMES}"
            " WHERE existed AND judged_at IS NOT NULL ORDER BY ALL",
            truth,
        )
        outcome = con.execute(
            f"SELECT outcome FROM {JUDGED} JOIN {OUTCOMES} USING (contact_id) ORDER BY nr"
        ).fetchnumpy()["outcome"].astype(str)  # fmt: skip
    names = [each.item.name for each in signs]
    deals = np.flatnonzero(outcome != DISQUALIFIED)
    of_deals = [each.part(deals) for each in signs]
    columns = np.column_stack([each.column for each in everyone])
    true = np.linalg.lstsq(np.column_stack([columns, np.ones(len(odds))]), odds, rcond=None)[0]
    found = {
        "true": true[:-1],
        "found": [each.log_odds for each in suggest(of_deals, outcome[deals] == WON)],
        "error": _errors(
            np.column_stack([each.column for each in of_deals]), outcome[deals] == WON
        ),
        "among all": [each.log_odds for each in suggest(signs, outcome == WON)],
    }
    return {kind: dict(zip(names, values, strict=True)) for kind, values in found.items()}


def _errors(columns: Any, won: Any) -> Any:
    """The standard error of each weight of a logistic model, at the base rate."""
    every = np.column_stack([columns, np.ones(len(columns))])
    information = won.mean() * (1 - won.mean()) * every.T @ every
    return np.sqrt(np.diag(np.linalg.inv(information)))[:-1]


@pytest.mark.parametrize("group", [COMPANY, PERSON, PAGES], ids=["company", "person", "pages"])
def test_what_is_surely_greater_is_found_greater(
    learned: dict[str, dict[str, float]], group: dict[str, str]
) -> None:
    """Items of one kind, whose true weights differ by two standard errors or more."""
    true, found, error = (learned[kind] for kind in ("true", "found", "error"))
    pairs = [
        (less, more)
        for one, other in combinations(group, 2)
        for less, more in [sorted((one, other), key=true.__getitem__)]
        if true[more] - true[less] > 2 * float(np.hypot(error[one], error[other]))
    ]
    assert len(pairs) >= 3
    wrong = [(less, more) for less, more in pairs if found[less] >= found[more]]
    assert not wrong


def test_the_order_of_all_is_no_accident(learned: dict[str, dict[str, float]]) -> None:
    """Spearman's rank correlation; one order in forty reaches `CHANCE` by accident."""
    names = [*COMPANY, *PERSON, *PAGES]
    true, found, among_all = (
        [learned[kind][name] for name in names] for kind in ("true", "found", "among all")
    )
    assert spearmanr(true, found)[0] > CHANCE
    assert spearmanr(true, among_all)[0] < CHANCE  # why the disqualified are left out
