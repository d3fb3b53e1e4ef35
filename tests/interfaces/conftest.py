"""The command, run inside the test's process."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import pytest

from revops.interfaces.cli import main
from revops.interfaces.cli.console import PIPED_WIDTH, stderr, stdout


class Said(NamedTuple):
    code: object
    out: str
    err: str


class Revops(Protocol):
    def __call__(self, *arguments: object) -> Said: ...


@pytest.fixture
def revops(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Revops:
    for console in (stdout, stderr):  # as in a pipe, whatever terminal the tests are run from
        monkeypatch.setattr(console, "width", PIPED_WIDTH)

    def run(*arguments: object) -> Said:
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        said = capfd.readouterr()
        return Said(left.value.code, said.out, said.err)

    return run
