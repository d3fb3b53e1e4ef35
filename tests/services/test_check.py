from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from revops.definitions.templates import MOTIONS
from revops.kit.issue import Level, errors
from revops.services.check import check
from revops.services.init import init_workspace
from revops.store import open_store
from revops.store.tables import CUSTOM_FIELDS

if TYPE_CHECKING:
    from pathlib import Path

SCORING = """\
models:
  - name: main
    fit:
      attributes: [{name: grade, tiers: [{when: grade = 'A', points: 60}]}]
    engagement:
      signals: [{name: demo, event: demo_request, points: 30, decay: {half_life: 30 days}}]
    negative: [{name: gone, event: unsubscribe, points: -20}]
    thresholds: {mql: fit >= 50 AND engagement >= 25}
"""


def workspace(folder: Path, scoring: str = SCORING, settings: str = "company: Acme\n") -> Path:
    (folder / "definitions").mkdir()
    (folder / "definitions/scoring.yaml").write_text(scoring)
    (folder / "revops.yaml").write_text(settings)
    return folder


@pytest.mark.parametrize("motion", MOTIONS)
def test_the_templates_are_sound(tmp_path: Path, motion: str) -> None:
    init_workspace(tmp_path / "new", motion)
    assert [each for each in check(tmp_path / "new") if each.level is not Level.NOTE] == []


def test_makes_no_store(tmp_path: Path) -> None:
    (issue,) = check(workspace(tmp_path))
    assert issue.code == "bad-condition"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["definitions", "revops.yaml"]


def test_knows_the_custom_fields_the_store_has_met(tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    store = open_store("sqlite:///revops.db", folder)
    row = {"object": "contacts", "name": "grade", "type": "text"}
    with store.write() as connection:
        connection.execute(sa.insert(CUSTOM_FIELDS), row)
    store.close()
    assert check(folder) == []


def test_a_store_out_of_reach_is_a_note(tmp_path: Path) -> None:
    url = "postgresql://localhost:1/nothing"
    folder = workspace(tmp_path, settings=f"company: Acme\nstore: {url}\n")
    issues = check(folder)
    assert {each.code for each in issues} == {"bad-condition", "no-store"}
    assert [each.code for each in errors(issues)] == ["bad-condition"]


def test_everything_at_once_in_order(tmp_path: Path) -> None:
    scoring = SCORING.replace("grade = 'A'", "title = 'A'").replace("fit >= 50", "fit >= 61")
    folder = workspace(tmp_path, scoring, "company: Acme\ntimezone: UTC\n")
    (folder / "definitions/lists.yaml").write_text("a: [1]\n")
    issues = check(folder)
    assert [(each.file, each.code) for each in issues] == [
        ("definitions/lists.yaml", "bad-value"),
        ("revops.yaml", "unknown-key"),
    ]
    (folder / "definitions/lists.yaml").write_text("a:\n")
    assert [each.code for each in check(folder)] == ["unreachable-threshold", "unknown-key"]


def test_no_settings_at_all(tmp_path: Path) -> None:
    assert [each.file for each in check(tmp_path)] == ["revops.yaml"]
