"""Prediction: the leak guard, fitted models, reasons, the scorecard, a model on disk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from revops.kit.errors import RevopsError
from revops.leads.bounded_fit import fit_bounded
from revops.leads.prediction import (
    Kept,
    Method,
    Model,
    Past,
    Subject,
    explain_chance,
    find_leaks,
    fit,
    keep_model,
    known_then,
    load_model,
    make_card,
    split,
    try_out,
)
from revops.leads.prediction.encoding import learn_encoding

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 600
few = settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def rows(seed: int = 0, count: int = ROWS) -> tuple[pa.Table, np.ndarray[Any, Any]]:
    """Leads of which the source, the size and the visits tell something, and the shoe nothing."""
    random = np.random.default_rng(seed)
    source = random.choice(["ads", "friend", "fair"], count)
    size = np.where(random.random(count) < 0.2, np.nan, random.integers(1, 900, count))
    visits = random.poisson(2, count).astype(float)
    odds = (source == "friend") * 2 + np.nan_to_num(size, nan=200) / 400 + visits * 0.5 - 2.5
    won = random.random(count) < 1 / (1 + np.exp(-odds))
    table = pa.table(
        {
            "source": pa.array(source.tolist()),
            "employees": pa.array(size),
            "shoe": pa.array(random.choice(["red", "blue"], count).tolist()),
            "page_view: ever": pa.array(visits),
            "page_view: in 30 days": pa.array(np.minimum(visits, 1)),
        }
    )
    return table, won


def groups(count: int = ROWS) -> np.ndarray[Any, Any]:
    return np.arange(count)


def chances(method: Method) -> tuple[Model, pa.Table]:
    table, won = rows()
    return fit(method, table, won, groups(), seed=1), table


@pytest.fixture(scope="module", params=list(Method))
def fitted(request: pytest.FixtureRequest) -> tuple[Model, pa.Table]:
    return chances(request.param)


class TestModels:
    def test_the_same_input_gives_the_same_chances(self, fitted: tuple[Model, pa.Table]) -> None:
        model, table = fitted
        again, _ = chances(model.method)
        assert np.array_equal(model.probabilities(table), again.probabilities(table))

    @few
    @given(place=st.integers(0, ROWS - 1))
    def test_reasons_add_up_to_the_chance(self, fitted: tuple[Model, pa.Table], place: int) -> None:
        model, table = fitted
        explained = explain_chance(model, table.slice(place, 1))
        parts = explained.typical + sum(each.change for each in explained.reasons)
        assert parts == pytest.approx(explained.chance, abs=1e-12)
        assert explained.chance == model.probabilities(table)[place]
        assert {each.about for each in explained.reasons} <= {
            "source", "employees", "shoe", "page_view",
        }  # fmt: skip

    def test_columns_that_nobody_has_any_more_are_blank(
        self, fitted: tuple[Model, pa.Table]
    ) -> None:
        model, table = fitted
        bare = model.encoding.complete(table.select(["source"]))
        assert bare.column("employees").null_count == ROWS
        assert set(bare.column("page_view: ever").to_pylist()) == {0.0}
        assert np.isfinite(model.probabilities(bare)).all()

    def test_a_trial_finds_signal_where_there_is_some_and_none_in_noise(self) -> None:
        table, won = rows()
        dates = np.arange(ROWS).astype("datetime64[D]").astype("datetime64[us]")
        parts = split(dates, dates, is_dated=True)
        assert max(dates[parts.train]) < min(dates[parts.test])
        trial = try_out(table, won, groups(), parts, 0, None)
        assert trial is not None
        assert trial.has_signal
        assert trial.auc.value > 0.7
        noise = np.random.default_rng(7).random(ROWS) < 0.5
        by_chance = try_out(table, noise, groups(), parts, 0, None)
        assert by_chance is not None
        assert not by_chance.has_signal

    def test_nothing_decided_after_the_later_part_begins_is_learned_from(self) -> None:
        dates = np.arange(100).astype("datetime64[D]").astype("datetime64[us]")
        decided = dates + np.timedelta64(20, "D")
        parts = split(dates, decided, is_dated=True)
        assert parts.until is not None
        assert (decided[parts.train] <= parts.until).all()
        assert len(parts.train) == 51


class TestScorecard:
    def test_points_are_what_its_conditions_say(self) -> None:
        table, won = rows()
        types = {"source": "text", "employees": "integer", "shoe": "text"}
        card = make_card(table, won, types)
        first: dict[str, str] = {}
        for item in card.items:
            if item.when:
                cases = first.get(item.group, "CASE")
                first[item.group] = f"{cases} WHEN {item.when} THEN {item.points}"
        tiers = [f"{cases} ELSE 0 END" for cases in first.values()]
        signals = [
            f'{item.points} * ("page_view: {"in 30 days" if item.is_recent else "ever"}" > 0)::INT'
            for item in card.items
            if not item.when
        ]
        with duckdb.connect() as con:
            blank = pa.array(table.column("employees").to_numpy(), from_pandas=True)
            con.register("leads", table.set_column(1, "employees", blank))
            asked = con.sql(f"SELECT {' + '.join([*tiers, *signals])} AS points FROM leads")
            assert card.points(table).tolist() == [float(row[0]) for row in asked.fetchall()]
        best = max((item for item in card.items if item.group == "source"), key=lambda x: x.points)
        assert best.when == "source = 'friend'"


class TestBounds:
    @few
    @given(seed=st.integers(0, 1000), centre=st.sampled_from([-1.0, 0.0, 1.0]))
    def test_weights_keep_to_them(self, seed: int, centre: float) -> None:
        random = np.random.default_rng(seed)
        columns = random.random((80, 3))
        won = random.random(80) < 0.5
        lower, upper = np.array([0, -np.inf, -0.1]), np.array([np.inf, 0, 0.1])
        fitted = fit_bounded(columns, won, lower, upper, centre=np.full(3, centre))
        assert (fitted.weights >= lower).all()
        assert (fitted.weights <= upper).all()

    def test_it_is_scikit_learns_where_nothing_binds(self) -> None:
        from sklearn.linear_model import LogisticRegression

        random = np.random.default_rng(3)
        columns = random.random((300, 3))
        won = random.random(300) < columns[:, 0]
        free = np.full(3, np.inf)
        fitted = fit_bounded(columns, won, -free, free, penalty=2.0)
        theirs = LogisticRegression(C=0.5, tol=1e-8).fit(columns, won)
        assert fitted.weights == pytest.approx(theirs.coef_[0], abs=1e-3)


class TestOnDisk:
    kept = Kept(
        format=1, subject=Subject.CONTACTS, method=Method.BOOSTING, seed=1, slope=1.1, shift=0.2,
        before_hours=24, field=None, trained_at="2026-01-01T00:00:00+00:00", rows="",
    )  # fmt: skip

    def test_it_comes_back_the_same_and_again_with_the_same_bytes(self, tmp_path: Path) -> None:
        table, won = rows()
        path = keep_model(tmp_path, Subject.CONTACTS, table, won, self.kept)
        data = path.with_suffix(".parquet")
        before = path.read_bytes(), data.read_bytes()
        keep_model(tmp_path, Subject.CONTACTS, table, won, self.kept)
        assert before == (path.read_bytes(), data.read_bytes())
        model, kept = load_model(tmp_path, Subject.CONTACTS)
        assert (model.scale.slope, kept.seed) == (1.1, 1)
        assert model.encoding == learn_encoding(table)

    @pytest.mark.parametrize("harm", ["rows", "settings", "format", "gone"])
    def test_what_does_not_belong_together_is_refused(self, tmp_path: Path, harm: str) -> None:
        table, won = rows()
        path = keep_model(tmp_path, Subject.CONTACTS, table, won, self.kept)
        match harm:
            case "rows":
                path.with_suffix(".parquet").write_bytes(b"cos\nsystem\n(S'echo'\ntR.")
            case "settings":
                path.write_text("[]")
            case "format":
                told = json.loads(path.read_text()) | {"format": 2}
                path.write_text(json.dumps(told))
            case "gone":
                path.unlink()
        with pytest.raises(RevopsError) as refused:
            load_model(tmp_path, Subject.CONTACTS)
        assert refused.value.issues[0].mend.endswith("revops predict train")


@pytest.fixture
def facts() -> duckdb.DuckDBPyConnection:
    """Four hundred leads, each looked at on day 100 of the year; half were won."""
    con = duckdb.connect()
    con.execute("""
CREATE TABLE accounts AS SELECT 'a' || i AS id, 'shop' AS industry FROM range(400) AS t(i);
CREATE TABLE contacts AS
SELECT 'c' || i AS id, 'a' || i AS account_id, CASE WHEN i % 3 = 0 THEN 'ads' ELSE 'fair' END
    AS source, CASE WHEN i % 2 = 0 THEN 'signed' ELSE 'gone' END AS note, i % 2 = 0 AS is_customer,
    CASE WHEN i % 2 = 0 OR i % 19 = 0 THEN 'high' END AS grade, hash(i) % 90 AS visits,
    'late' AS verdict, DATE '2026-01-01' + 200 AS signed_on, TIMESTAMP '2026-01-01' AS created_at
FROM range(400) AS t(i);
CREATE TABLE contact_history AS
SELECT 'c' || i AS record_id, 'verdict' AS field, TIMESTAMP '2026-06-01' AS changed_at,
    CAST(NULL AS TEXT) AS old_value, 'late' AS new_value, i AS seq FROM range(400) AS t(i);
CREATE TABLE account_history AS FROM contact_history LIMIT 0;
CREATE TABLE activities AS
SELECT 'c' || i AS contact_id, 'page_view' AS type,
    TIMESTAMP '2026-04-11' - to_days(CAST(k * 20 AS INT)) AS occurred_at
FROM range(400) AS t(i), range(3) AS u(k);
CREATE TABLE examples AS
SELECT i AS nr, 'c' || i AS id, TIMESTAMP '2026-04-11' AS as_of, NULL AS decided_at,
    i % 2 = 0 AS is_won, true AS is_dated FROM range(400) AS t(i);
""")
    return con


HISTORY = Past({"contacts": {"verdict"}})


def learned(con: duckdb.DuckDBPyConnection) -> pa.Table:
    return known_then(con, Subject.CONTACTS, HISTORY)


class TestGuard:
    def test_it_names_what_knows_the_outcome_and_spares_what_does_not(
        self, facts: duckdb.DuckDBPyConnection
    ) -> None:
        known, won = learned(facts), np.arange(400) % 2 == 0
        leaks = find_leaks(facts, Subject.CONTACTS, known, won, {"contacts": {"visits"}})
        found = {leak.field: leak.evidence for leak in leaks}
        assert found["note"] == "it alone separates won from lost: AUC 1.00"
        assert "set after the moment of decision, half of them 51 days" in found["verdict"]
        assert found["signed_on"] == "400 of 400 values lie after the moment of decision"
        assert found["visits"].startswith("declared in the mapping")
        assert {"is_customer", "grade"} <= set(found)
        assert not {"source", "created_at", "account.industry"} & set(found)

    def test_renaming_a_field_changes_nothing(self, facts: duckdb.DuckDBPyConnection) -> None:
        facts.execute("ALTER TABLE contacts RENAME COLUMN note TO harmless")
        won = np.arange(400) % 2 == 0
        leaks = find_leaks(facts, Subject.CONTACTS, learned(facts), won, {})
        assert "harmless" in {leak.field for leak in leaks}


class TestFeatures:
    def test_values_and_counts_are_those_of_the_instant(
        self, facts: duckdb.DuckDBPyConnection
    ) -> None:
        known = learned(facts)
        assert known.column("verdict").null_count == 400
        assert known.column("signed_on").null_count == 400
        assert known.column("created_at")[0].as_py() == 100
        assert known.column("page_view: ever")[0].as_py() == 3
        assert known.column("page_view: in 30 days")[0].as_py() == 2
        assert known.column("page_view: days since")[0].as_py() == 0

    def test_what_comes_later_changes_nothing(self, facts: duckdb.DuckDBPyConnection) -> None:
        before = learned(facts)
        facts.execute("""
INSERT INTO activities SELECT id, 'demo_request', TIMESTAMP '2026-04-12' FROM contacts;
INSERT INTO contact_history
SELECT id, 'source', TIMESTAMP '2026-05-01', source, 'changed', 1000 FROM contacts;
UPDATE contacts SET source = 'changed';
""")
        past = Past({"contacts": {"verdict", "source"}})
        assert known_then(facts, Subject.CONTACTS, past).equals(before)
