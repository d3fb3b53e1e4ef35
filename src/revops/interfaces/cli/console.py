"""The terminal: results on stdout, everything said about them on stderr."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Iterator

PIPED_WIDTH = 200

_theme = Theme(
    {
        "good": "green",
        "bad": "red",
        "warn": "yellow",
        "quiet": "dim",
        "key": "bold",
        "place": "cyan",
    }
)


def _console(*, to_stderr: bool) -> Console:
    console = Console(stderr=to_stderr, theme=_theme, highlight=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in console._environ:  # noqa: SLF001
        console.width = PIPED_WIDTH
    return console


stdout = _console(to_stderr=False)
stderr = _console(to_stderr=True)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that something is going on, on a terminal only, and leave no trace of it."""
    if not sys.stderr.isatty():
        yield
        return
    with stderr.status(what):
        yield
