from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import pytest

from revops.simulator import SimulatedCompany, simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> SimulatedCompany:
    folder = tmp_path_factory.mktemp("company")
    return simulate(None, folder, contacts=10_000, activities=200_000, until=UNTIL)


@pytest.fixture(scope="session")
def db(company: SimulatedCompany) -> Iterator[duckdb.DuckDBPyConnection]:
    """The company's files, one view each, and `truth`."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        for path in company.folder.rglob("*.parquet"):
            con.read_parquet(str(path)).create_view(path.stem)
        yield con
