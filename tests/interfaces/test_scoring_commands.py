from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from revops.interfaces.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Revops

AS_OF = ("--as-of", "2026-06-01")
COLUMNS = [
    "contact_id", "model", "fit", "engagement", "total", "band", "qualified", "scored_at",
]  # fmt: skip
LINE_COLUMNS = [
    "contact_id", "dimension", "signal", "points", "raw_points", "count", "last_at",
]  # fmt: skip


def run(*arguments: object) -> None:
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    assert left.value.code == 0


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    run("demo", "--out", folder / "files", "--contacts", 120, "--activities", 3000)
    run("init", folder / "acme", "--motion", "playbook")
    run("import", folder / "files", "--workspace", folder / "acme")
    return folder


@pytest.fixture
def acme(company: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(company / "acme")
    return company / "acme"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.usefixtures("acme")
class TestScore:
    def test_csv_is_one_row_a_contact_in_order(self, revops: Revops) -> None:
        said = revops("score", *AS_OF, "--format", "csv")
        assert said.code == 0
        assert said.out.splitlines()[0].split(",") == COLUMNS
        ids = [row["contact_id"] for row in rows(said.out)]
        assert ids
        assert ids == sorted(set(ids))
        assert {row["scored_at"] for row in rows(said.out)} == {"2026-06-01T00:00:00Z"}

    def test_the_lines_add_up_to_the_totals(self, revops: Revops) -> None:
        scores = rows(revops("score", *AS_OF, "--format", "csv").out)
        said = revops("score", *AS_OF, "--explain", "--format", "csv").out
        assert said.splitlines()[0].split(",") == LINE_COLUMNS
        sums = dict.fromkeys((row["contact_id"] for row in scores), 0.0)
        for line in rows(said):
            sums[line["contact_id"]] += float(line["points"])
        for row in scores:
            assert sums[row["contact_id"]] == pytest.approx(float(row["total"]), abs=1e-4)

    def test_the_store_and_its_files_give_the_same(self, tmp_path: Path, revops: Revops) -> None:
        for table in ("accounts", "contacts", "activities", "contact_history", "account_history"):
            revops("export", table, "--output", tmp_path / f"{table}.parquet")
        stored = revops("score", *AS_OF, "--format", "csv").out
        read = revops("score", *AS_OF, "--format", "csv", "--input", tmp_path).out
        assert stored == read

    def test_a_person_sees_bands_and_the_hottest(self, revops: Revops) -> None:
        said = revops("score", *AS_OF)
        assert "120 contacts scored as of 2026-06-01 00:00 UTC" in said.out
        assert "hot" in said.out
        assert "revops explain" in said.out

    def test_a_few_contacts_can_be_named(self, revops: Revops) -> None:
        whole = rows(revops("score", *AS_OF, "--format", "csv").out)
        named = [row["contact_id"] for row in whole[:2]]
        said = revops("score", *named, *AS_OF, "--format", "csv")
        assert rows(said.out) == whole[:2]
        table = revops("score", *named, *AS_OF).out
        assert named[0] in table

    def test_the_statement_is_sql(self, revops: Revops) -> None:
        import sqlglot

        said = revops("score", *AS_OF, "--sql")
        assert said.code == 0
        assert sqlglot.parse_one(said.out, dialect="duckdb").key == "select"

    def test_accounts_have_scores(self, revops: Revops) -> None:
        accounts = json.loads(revops("score", *AS_OF, "--account", "--format", "json").out)
        totals = [each["score"] for each in accounts]
        assert totals == sorted(totals, reverse=True)
        assert isinstance(accounts[0]["buying_committee"], bool)

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["nobody"], "there is no contact 'nobody'"),
            (["--as-of", "yesterday"], "--as-of: 'yesterday' is not a time"),
            (["--explain", "--account"], "ask one"),
            (["--input", "nowhere"], "nowhere"),
            (["--format", "csv", "--output", "none/scores.csv"], "there is no folder"),
        ],
    )
    def test_wrong_use_is_told(self, arguments: list[str], told: str, revops: Revops) -> None:
        said = revops("score", *arguments)
        assert (said.code, said.out) == (2, "")
        assert told in said.err


@pytest.mark.usefixtures("acme")
class TestExplain:
    def test_it_says_what_made_the_score(self, revops: Revops) -> None:
        best = max(
            rows(revops("score", *AS_OF, "--format", "csv").out), key=lambda r: float(r["total"])
        )
        said = revops("explain", best["contact_id"], *AS_OF)
        assert said.code == 0
        assert best["model"] in said.out
        assert "Fit" in said.out
        assert "in all" in said.out
        told = json.loads(revops("explain", best["contact_id"], *AS_OF, "--format", "json").out)[
            "score"
        ]
        assert told["total"] == pytest.approx(float(best["total"]), abs=1e-4)
        points = sum(reason["points"] for reason in told["reasons"])
        assert points == pytest.approx(told["total"])

    def test_it_says_what_would_make_the_lead_qualify(self, revops: Revops) -> None:
        scores = rows(revops("score", *AS_OF, "--format", "csv").out)
        cold = min(scores, key=lambda row: (row["qualified"] == "true", float(row["total"])))
        said = revops("explain", cold["contact_id"], *AS_OF).out
        assert "not qualified" in said
        assert "To qualify" in said or "Never qualifies" in said

    def test_an_unknown_contact_is_told(self, revops: Revops) -> None:
        said = revops("explain", "nobody@example.com")
        assert said.code == 2
        assert "there is no contact" in said.err


def test_scores_without_contacts_say_what_to_do(tmp_path: Path, revops: Revops) -> None:
    revops("init", tmp_path / "new", "--motion", "plg")
    said = revops("score", "--workspace", tmp_path / "new")
    assert said.code == 0
    assert "revops import" in said.out


def test_a_demo_shows_what_it_found(tmp_path: Path, revops: Revops) -> None:
    said = revops(
        "demo", "--workspace", tmp_path / "demo", "--no-serve", "--contacts", 100,
        "--activities", 2000, "--motion", "playbook",
    )  # fmt: skip
    assert said.code == 0
    for part in ("Funnel", "Scores", "Bands", "worth a call now", "missing", "Try next"):
        assert part in said.out
