"""The compiled statement, transpiled, gives on Spark what the naive reading gives."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings

from revops.definitions.scope import Vocabulary
from revops.definitions.scoring import Scoring
from revops.leads.scoring import Past, compile_scoring, statement
from scoring_oracle.agreement import accounts_agree, lines_agree, scores_agree
from scoring_oracle.company import INSTANTS, busy_company
from scoring_oracle.conditions import written
from scoring_oracle.definitions import CUSTOM, LISTS, definitions, many_conditions
from scoring_oracle.tables import history_fields, tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

    from scoring_oracle.agreement import Rows

pytestmark = pytest.mark.spark
Definition = dict[str, Any]
NOW = INSTANTS[0]
BUSY = busy_company(NOW, contacts=30, seed=1)


def fixed(examples: int) -> settings:
    """The same few examples each time, and none to shrink: a query takes Spark a second."""
    return settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def run(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Definition, str], Rows]:
    """Gives the rows of one step of a definition's statement, run on Spark."""
    folder = tmp_path_factory.mktemp("facts")
    for name, table in tables(BUSY).items():
        pq.write_table(table, folder / f"{name}.parquet")
        spark.read.parquet(str(folder / f"{name}.parquet")).createOrReplaceTempView(name)

    def rows(definition: Definition, of: str) -> Rows:
        note(str(written(definition)))
        scoring = Scoring.model_validate(written(definition))
        past = Past(history_fields(BUSY))
        steps = compile_scoring(
            scoring, Vocabulary(LISTS, CUSTOM), NOW.replace(tzinfo=UTC), past=past
        )
        return [each.asDict() for each in spark.sql(statement(steps, of, "spark")).collect()]

    return rows


@seed(1)
@given(definition=definitions())
@fixed(12)
def test_scores_and_lines(run: Callable[[Definition, str], Rows], definition: Definition) -> None:
    wanted = BUSY.scores(definition, LISTS, NOW)
    scores_agree(run(definition, "scores"), wanted)
    lines_agree(run(definition, "lines"), wanted)


@seed(2)
@given(definition=many_conditions(on_contact=30, on_activity=8))
@fixed(3)
def test_conditions(run: Callable[[Definition, str], Rows], definition: Definition) -> None:
    scores_agree(run(definition, "scores"), BUSY.scores(definition, LISTS, NOW))


@seed(3)
@given(definition=definitions())
@fixed(2)
def test_accounts(run: Callable[[Definition, str], Rows], definition: Definition) -> None:
    wanted = BUSY.account_scores(definition, LISTS, NOW)
    accounts_agree(run(definition, "account_scores"), wanted)
