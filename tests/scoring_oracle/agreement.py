"""Whether an engine's rows say what the naive reading says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scoring_oracle.oracle import AccountResult, Result

Rows = list[dict[str, Any]]
CLOSE = 1e-9


def scores_agree(scores: Rows, wanted: Mapping[str, Result]) -> None:
    """Every contact that is scored, and no other, has one row, with the same numbers."""
    rows = {each["contact_id"]: each for each in scores}
    assert len(rows) == len(scores)
    assert rows.keys() == wanted.keys()
    for contact_id, want in wanted.items():
        found = rows[contact_id]
        note(f"{found}\n  wanted {want}")
        assert found["model"] == want.model
        for part in ("fit", "engagement", "total"):
            assert found[part] == _near(getattr(want, part))
        assert (found["band"], found["qualified"]) == (want.band, want.qualified)
        assert set(filter(None, found["reached"].split(", "))) == want.reached


def lines_agree(lines: Rows, wanted: Mapping[str, Result]) -> None:
    """Lines with a name of the definition give the same points; with the others they add up."""
    by_contact: dict[str, Rows] = {contact_id: [] for contact_id in wanted}
    for line in lines:
        by_contact[line["contact_id"]].append(line)
    for contact_id, want in wanted.items():
        own = by_contact[contact_id]
        note(f"{contact_id}: {own}")
        sums = {part: _points(own, part) for part in ("fit", "engagement")}
        assert sums == {"fit": _near(want.fit), "engagement": _near(want.engagement)}
        assert sum(each["points"] for each in own) == _near(want.total)
        named = {(each["dimension"], each["signal"]): each for each in own}
        assert len(named) == len(own)
        _named_lines_agree(named, want)


def _named_lines_agree(named: Mapping[tuple[str, str], dict[str, Any]], want: Result) -> None:
    for line in want.lines:
        found = named[line.dimension, line.name]
        assert found["points"] == _near(line.points)
        assert line.raw_points is None or found["raw_points"] == _near(line.raw_points)
        assert line.count is None or found["count"] == line.count
        assert line.last_at is None or found["last_at"] == line.last_at


def accounts_agree(accounts: Rows, wanted: Mapping[str, AccountResult]) -> None:
    """Every account that a scored contact names has one row, with the same numbers."""
    rows = {each["account_id"]: each for each in accounts}
    assert len(rows) == len(accounts)
    assert rows.keys() == wanted.keys()
    for account_id, want in wanted.items():
        found = rows[account_id]
        note(f"{found}\n  wanted {want}")
        assert found["score"] == _near(want.score)
        assert found["engaged_contacts"] == want.engaged_contacts
        assert found["buying_committee"] == want.is_committee


def rows_agree(one: Rows, other: Rows, key: Sequence[str]) -> None:
    """Two tables have the same rows in any order, numbers to 1e-9."""
    assert len(one) == len(other)
    ordered = (sorted(rows, key=lambda row: [row[name] for name in key]) for rows in (one, other))
    for left, right in zip(*ordered, strict=True):
        assert left.keys() == right.keys()
        for name, value in left.items():
            assert value == (_near(right[name]) if isinstance(value, float) else right[name]), name


def _points(lines: Rows, dimension: str) -> float:
    return sum(each["points"] for each in lines if each["dimension"] == dimension)


def _near(value: float) -> Any:
    return pytest.approx(value, abs=CLOSE, rel=0)
