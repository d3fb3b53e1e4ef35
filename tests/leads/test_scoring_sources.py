"""The same numbers wherever the facts come from: a folder of files, SQLite or PostgreSQL."""

from __future__ import annotations

import shutil
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from revops.definitions.catalog import Catalog
from revops.definitions.scoring import Scoring
from revops.definitions.workspace import Settings
from revops.leads.scoring import Prepared
from revops.services.score import plan
from revops.store import open_store
from revops.store.batch import Batch
from revops.store.facts import facts_from_folder, refresh_facts
from revops.store.load import load_batches
from scoring_oracle import conditions as c
from scoring_oracle.agreement import accounts_agree, lines_agree, scores_agree
from scoring_oracle.company import INSTANTS, Company, busy_company, companies
from scoring_oracle.conditions import written
from scoring_oracle.definitions import CUSTOM, LISTS, definitions
from scoring_oracle.tables import HISTORY_TABLES, custom_fields, tables, write_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from revops.store import Store
    from revops.store.facts import Facts
    from scoring_oracle.agreement import Rows

    Source = Callable[[Company], AbstractContextManager[Facts]]

Definition = dict[str, Any]
RESULTS = ("scores", "lines", "account_scores")
NOW = INSTANTS[0]
BUSY = busy_company(NOW, contacts=30, seed=2)
MOMENTS = (NOW, *(each["occurred_at"] for each in BUSY.activities[:5]))
few = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def scored(
    definition: Definition,
    facts: Facts,
    as_of: datetime,
    custom_fields: Mapping[str, Mapping[str, str]] = CUSTOM,
) -> dict[str, Rows]:
    """The rows of each result, worked out as the service does."""
    catalog = Catalog(
        folder=Path(),
        settings=Settings(company="Example"),
        scoring=Scoring.model_validate(written(definition)),
        lists=LISTS,
        custom_fields=custom_fields,
    )
    with facts.connect(threads=1) as con:
        Prepared(con, plan(catalog, facts, as_of.replace(tzinfo=UTC)))
        return {name: con.table(name).to_arrow_table().to_pylist() for name in RESULTS}


def agree(definition: Definition, facts: Facts, company: Company, as_of: datetime) -> None:
    note(str(written(definition)))
    rows = scored(definition, facts, as_of)
    wanted = company.scores(definition, LISTS, as_of)
    scores_agree(rows["scores"], wanted)
    lines_agree(rows["lines"], wanted)
    accounts_agree(rows["account_scores"], company.account_scores(definition, LISTS, as_of))


def load(store: Store, company: Company) -> None:
    """Bring a company into an empty store, as an import does."""
    with duckdb.connect() as con:
        batches = [_batch(con, name, table) for name, table in tables(company).items()]
        load_batches(store, con, batches, source="test", file="f", who="w", at=datetime.now(UTC))


def _batch(con: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> Batch:
    con.register("arriving", table)
    con.execute(f"CREATE TABLE {name} AS SELECT row_number() OVER () AS _line, * FROM arriving")
    plural = HISTORY_TABLES.get(name, name)
    is_history = name in HISTORY_TABLES
    custom = {} if is_history else custom_fields(plural)
    own = {"seq", *custom}
    columns = tuple(each for each in table.column_names if each not in own)
    return Batch(plural, name, columns, custom, is_history=is_history)


@contextmanager
def in_folder(company: Company) -> Iterator[Facts]:
    with TemporaryDirectory() as folder:
        write_folder(company, Path(folder))
        yield facts_from_folder(Path(folder))


@pytest.fixture(scope="session", params=["folder", "sqlite", "postgresql"])
def source(request: pytest.FixtureRequest) -> Source:
    """Gives the facts of a company for a while: from files, or through a store of its own."""
    if request.param == "folder":
        return in_folder
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")

        def new_url(folder: Path) -> str:
            shutil.copy(template, folder / "revops.db")
            return "sqlite:///revops.db"
    else:
        new_postgres = request.getfixturevalue("new_postgres")
        name = request.getfixturevalue("postgres_template")

        def new_url(_folder: Path) -> str:
            return str(new_postgres(name))

    @contextmanager
    def through_store(company: Company) -> Iterator[Facts]:
        with (
            TemporaryDirectory() as folder,
            closing(open_store(new_url(Path(folder)), Path(folder))) as store,
        ):
            load(store, company)
            yield refresh_facts(store, Path(folder))

    return through_store


@given(definition=definitions(), data=st.data(), as_of=st.sampled_from(INSTANTS))
@few
def test_random_companies(
    source: Source, definition: Definition, data: st.DataObject, as_of: datetime
) -> None:
    company = data.draw(companies(as_of))
    with source(company) as facts:
        agree(definition, facts, company, as_of)


def test_a_busy_company(source: Source) -> None:
    with source(BUSY) as facts:

        @given(definition=definitions(), as_of=st.sampled_from(MOMENTS))
        @few
        def agrees(definition: Definition, as_of: datetime) -> None:
            agree(definition, facts, BUSY, as_of)

        agrees()


def test_a_custom_field_that_no_record_has_is_empty(source: Source) -> None:
    empty = c.IsNull(c.Field("account.seats"))
    definition = {"models": [{"name": "m", "applies_to": empty}]}
    with source(Company(contacts=[{"id": "c"}])) as facts:
        custom = {**CUSTOM, "accounts": {**CUSTOM["accounts"], "seats": "integer"}}
        rows = scored(definition, facts, NOW, custom_fields=custom)
    assert [each["model"] for each in rows["scores"]] == ["m"]
