from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from revops.kit.errors import RevopsError
from revops.records import RECORDS
from revops.simulator import SimulatedCompany, simulate

if TYPE_CHECKING:
    from pathlib import Path

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def read_rows(path: Path) -> list[dict[str, Any]]:
    return parquet.read_table(path).to_pylist()


def test_numbers_are_as_asked(company: SimulatedCompany) -> None:
    assert company.rows["contacts"] == 10_000
    assert company.rows["accounts"] == 2_000
    assert company.rows["opportunities"] == 750
    assert company.rows["activities"] == pytest.approx(200_000, rel=0.01)


def test_rows_are_what_is_in_the_files(
    company: SimulatedCompany, db: duckdb.DuckDBPyConnection
) -> None:
    for name, count in company.rows.items():
        assert db.table(name).count("*").fetchall() == [(count,)], name


def test_headers_are_canonical(company: SimulatedCompany, db: duckdb.DuckDBPyConnection) -> None:
    for plural in RECORDS.keys() & company.rows.keys():
        canonical = [field.name for field in RECORDS[plural].fields]
        columns = db.table(plural).columns
        assert columns == [name for name in canonical if name in columns]
        required = {field.name for field in RECORDS[plural].fields if field.required}
        assert required <= {*columns}


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(tmp_path: Path) -> None:
    for threads in (1, 4):
        with duckdb.connect(config={"threads": threads}) as con:
            simulate(con, tmp_path / f"{threads}", contacts=3_000, activities=40_000, until=UNTIL)
    assert contents(tmp_path / "1") == contents(tmp_path / "4")


def test_another_seed_gives_another_company(tmp_path: Path) -> None:
    for seed in (1, 2):
        folder = tmp_path / f"{seed}"
        simulate(None, folder, contacts=200, activities=1_000, until=UNTIL, seed=seed)
    one, two = contents(tmp_path / "1"), contents(tmp_path / "2")
    assert one.keys() == two.keys()
    assert one["contacts.parquet"] != two["contacts.parquet"]
    assert one["activities.parquet"] != two["activities.parquet"]


def test_activities_in_pieces_are_the_same_activities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate(None, tmp_path / "whole", contacts=500, activities=8_000, until=UNTIL)
    monkeypatch.setattr("revops.simulator.files._ACTIVITIES_PER_FILE", 3_000)
    simulate(None, tmp_path / "pieces", contacts=500, activities=8_000, until=UNTIL)
    whole = read_rows(tmp_path / "whole/activities.parquet")
    paths = sorted((tmp_path / "pieces/activities").iterdir())
    assert [path.name for path in paths] == [f"activities_00{i}.parquet" for i in (1, 2, 3)]
    assert [row for path in paths for row in read_rows(path)] == whole
    assert whole == sorted(
        whole, key=lambda row: (row["contact_id"], row["occurred_at"], row["id"])
    )


def test_csv_says_the_same_with_the_zone_spelled_out(tmp_path: Path) -> None:
    for kind in ("csv", "parquet"):
        folder = tmp_path / kind
        simulate(None, folder, contacts=300, activities=2_000, until=UNTIL, format=kind)
    csv = (tmp_path / "csv/activities.csv").read_text("utf-8").splitlines()
    rows = read_rows(tmp_path / "parquet/activities.parquet")
    assert csv[0].split(",") == [*rows[0]]
    assert len(csv) - 1 == len(rows)
    assert f"{rows[0]['occurred_at']:%Y-%m-%dT%H:%M:%SZ}" in csv[1]


def test_times_in_parquet_are_marked_as_utc(company: SimulatedCompany) -> None:
    for path in company.folder.rglob("*.parquet"):
        times = [kind for kind in parquet.read_schema(path).types if pa.types.is_timestamp(kind)]
        assert all(kind.tz == "UTC" for kind in times), path


@settings(max_examples=4, deadline=None)
@given(contacts=st.integers(10, 400), activities=st.integers(0, 5_000), months=st.integers(1, 30))
def test_any_size_can_be_simulated(
    tmp_path_factory: pytest.TempPathFactory, contacts: int, activities: int, months: int
) -> None:
    folder = tmp_path_factory.mktemp("any")
    done = simulate(
        None, folder, contacts=contacts, activities=activities, months=months, until=UNTIL
    )
    assert done.rows["contacts"] == contacts
    assert done.rows["opportunities"] <= contacts


def test_sizes_out_of_reach_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RevopsError, match="5 contacts cannot be simulated"):
        simulate(None, tmp_path, contacts=5, until=UNTIL)
    with pytest.raises(RevopsError, match="no zone"):
        simulate(None, tmp_path, until=UNTIL.replace(tzinfo=None))
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(RevopsError, match="not an empty folder"):
        simulate(None, tmp_path, until=UNTIL)
