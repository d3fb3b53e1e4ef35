"""Files of records: one record is found in them without reading all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from revops.store.facts.segment import ROWS_IN_GROUP_OF_RECORDS, write_segment

if TYPE_CHECKING:
    from pathlib import Path

GROUPS = 3


def test_groups_that_lack_a_value_are_told_though_all_values_differ(tmp_path: Path) -> None:
    rows = (
        "SELECT 'c' || i AS id, 'a' || hash(i) AS account_id"
        f" FROM range({GROUPS * ROWS_IN_GROUP_OF_RECORDS}) AS t(i)"
    )
    with duckdb.connect() as con:
        segment = write_segment(con, rows, tmp_path, "contacts")
        assert segment
        (account,) = con.execute("SELECT 'a' || hash(5)").fetchall()[0]
        probe = "SELECT bloom_filter_excludes FROM parquet_bloom_probe($1, 'account_id', $2)"
        lacking = con.execute(probe, [str(tmp_path / segment.name), account]).fetchall()
    assert len(lacking) == GROUPS
    assert (True,) in lacking
    assert (False,) in lacking
