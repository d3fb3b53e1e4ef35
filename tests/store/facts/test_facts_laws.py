from __future__ import annotations

import shutil
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facts_tables import AT, bring, everything
from revops.records import FieldType
from revops.store import open_store
from revops.store.facts import Tuning, rebuild_facts, refresh_facts, stored_manifest
from revops.store.facts.log import first_to_merge

if TYPE_CHECKING:
    from collections.abc import Callable

    from revops.store import Store

SMALL = Tuning(rows_in_file=7, most_runs=2)
CUSTOM = {"seats": FieldType.INTEGER}
ids = st.integers(0, 30)
steps = st.lists(
    st.tuples(st.sampled_from(["activities", "contacts", "history", "nothing"]), ids, ids, ids),
    max_size=6,
)


def take(store: Store, number: int, kind: str, first: int, count: int, shift: int) -> None:
    """One import: some rows are new, others are there already and may differ."""
    source = f"range({first}, {first + count}) AS t(i)"
    at = AT + timedelta(minutes=number)
    if kind == "activities":
        bring(
            store,
            kind,
            f"""SELECT 'a' || i AS id, nullif('c' || ((i + {shift}) % 5), 'c0') AS contact_id,
            'x' AS "type", TIMESTAMP '2026-01-01' + to_minutes(i % 7) AS occurred_at, i AS seats
            FROM {source}""",
            CUSTOM,
            at=at,
        )
    elif kind == "contacts":
        query = f"SELECT 'c' || i AS id, 't' || {shift} AS title, {shift} AS seats FROM {source}"
        bring(store, kind, query, CUSTOM, at=at)
    elif kind == "history":
        bring(
            store,
            "contact_history",
            f"""SELECT 'c' || i AS record_id, 'title' AS field, 'n' AS new_value,
            TIMESTAMP '2026-01-01' + to_minutes({shift}) AS changed_at FROM {source}""",
            at=at,
        )


def law(store: Store, folder: Path, imports: list[tuple[str, int, int, int]]) -> None:
    for number, (kind, first, count, shift) in enumerate(imports):
        take(store, number, kind, first, count, shift)
        refreshed = everything(refresh_facts(store, folder, SMALL))
        runs = stored_manifest(folder / "facts")[0].tables["activities"].runs
        assert len(runs) <= SMALL.most_runs
    refreshed = everything(refresh_facts(store, folder, SMALL))
    assert everything(rebuild_facts(store, folder)) == refreshed
    shutil.rmtree(folder / "facts")
    assert everything(refresh_facts(store, folder, SMALL)) == refreshed


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(imports=steps)
def test_appended_rebuilt_and_deleted_facts_are_the_same(
    sqlite_template: Path, imports: list[tuple[str, int, int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(sqlite_template, Path(name) / "revops.db")
        with closing(open_store("sqlite:///revops.db", Path(name))) as store:
            law(store, Path(name), imports)


def test_the_same_on_postgresql(postgresql_store: Store, tmp_path: Path) -> None:
    imports = [
        ("activities", 0, 20, 0),
        ("contacts", 0, 5, 1),
        ("history", 0, 9, 3),
        ("activities", 15, 10, 2),
        ("contacts", 2, 8, 4),
        ("activities", 100, 30, 0),
    ]
    law(postgresql_store, tmp_path, imports)


@given(sizes=st.lists(st.integers(1, 1_000), max_size=30), most=st.integers(1, 10))
def test_too_many_runs_become_fewer(sizes: list[int], most: int) -> None:
    first = first_to_merge(sizes, most)
    assert 0 <= first <= len(sizes)
    assert (first == len(sizes)) == (len(sizes) <= most)
    if first < len(sizes):
        assert len(sizes) - first >= 2


@pytest.mark.parametrize("grow", [lambda _: 1, lambda n: n])
def test_a_row_is_not_merged_often(grow: Callable[[int], int]) -> None:
    sizes: list[int] = []
    rewritten = total = 0
    for number in range(1, 400):
        sizes.append(grow(number))
        total += grow(number)
        first = first_to_merge(sizes, 8)
        if first < len(sizes):
            rewritten += sum(sizes[first:])
            sizes = [*sizes[:first], sum(sizes[first:])]
    assert len(sizes) <= 8
    assert rewritten <= 8 * total
