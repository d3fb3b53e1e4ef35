"""A company whose leads are worked, made once on each database; each test has a copy."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

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
def worked(
    worked_folder: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Workspace]:
    """A copy of the company, open: what a test does to it concerns no other."""
    folder = tmp_path / "worked"
    shutil.copytree(worked_folder, folder)
    settings = folder / "revops.yaml"
    text = settings.read_text("utf-8")
    (url,) = re.findall(r"store: (\S+)", text)
    if "sqlite" not in url:
        new: Callable[[str], str] = request.getfixturevalue("new_postgres")
        settings.write_text(text.replace(url, new(str(sa.make_url(url).database))), "utf-8")
    with open_workspace(folder) as opened:
        yield opened
