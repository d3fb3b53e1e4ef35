"""A company whose leads are worked, made once on each database; each test has its own contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from revops.services.workspace import Workspace, open_workspace
from worked_company import write_company

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def worked_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the company."""
    url = "sqlite:///revops.db"
    if request.param == "postgresql":
        new: Callable[[str], str] = request.getfixturevalue("new_postgres")
        url = new(request.getfixturevalue("postgres_template"))
    return write_company(tmp_path_factory.mktemp("worked"), url)


@pytest.fixture
def worked(worked_folder: Path) -> Iterator[Workspace]:
    """The company, open."""
    with open_workspace(worked_folder) as opened:
        yield opened
