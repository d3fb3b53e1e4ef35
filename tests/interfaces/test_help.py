"""The help of every command: it has examples, and what they show can be typed."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest
import typer.main

from revops.interfaces.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

ROOT = typer.main.get_command(app)


def commands(command: Any = ROOT, path: tuple[str, ...] = ("revops",)) -> Iterator[tuple[str, Any]]:
    yield " ".join(path), command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


def examples(command: Any) -> list[str]:
    lines = (line.strip() for line in (command.epilog or "").splitlines())
    return [line for line in lines if line.startswith("revops ")]


EVERY = dict(commands())


@pytest.mark.parametrize("name", [name for name in EVERY if name != "revops"])
def test_a_command_shows_examples_that_can_be_typed(name: str) -> None:
    shown = examples(EVERY[name])
    assert shown
    for line in shown:
        assert line.startswith(name)
        parse(shlex.split(line)[1:])


def parse(words: list[str]) -> None:
    """Read a command line as the command would; what cannot be read raises."""
    command, path = ROOT, "revops"
    while below := getattr(command, "commands", None):
        if not words:
            return  # a group that says something by itself
        path, command = f"{path} {words[0]}", below[words[0]]
        words = words[1:]
    command.make_context(path, words)


def test_an_option_that_is_not_there_is_seen() -> None:
    with pytest.raises(Exception, match="No such option"):
        parse(["pto", "list", "--nothing"])
