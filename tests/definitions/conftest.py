"""Workspaces for the tests of this room, written to real files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def workspace(tmp_path: Path) -> Callable[..., Path]:
    """Write a workspace: `workspace(scoring='models: ...', settings='company: X')`."""

    def make(*, settings: str = "company: Acme\n", **definitions: str) -> Path:
        (tmp_path / "definitions").mkdir(exist_ok=True)
        (tmp_path / "revops.yaml").write_text(settings, encoding="utf-8")
        for stem, text in definitions.items():
            (tmp_path / "definitions" / f"{stem}.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return make
