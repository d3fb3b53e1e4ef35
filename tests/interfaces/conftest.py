"""The command, run inside the test's process."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import pytest

from revops.interfaces.cli import main


class Said(NamedTuple):
    code: object
    out: str
    err: str


class Revops(Protocol):
    def __call__(self, *arguments: object) -> Said: ...


@pytest.fixture
def revops(capfd: pytest.CaptureFixture[str]) -> Revops:
    def run(*arguments: object) -> Said:
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        said = capfd.readouterr()
        return Said(left.value.code, said.out, said.err)

    return run
