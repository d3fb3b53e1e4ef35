"""The terminal: results on stdout, everything said about them on stderr."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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


@contextmanager
def steps(names: Mapping[str, str]) -> Iterator[Callable[[str], None]]:
    """Show which step of some work is going on; call what is given with each step's key."""
    if not sys.stderr.isatty():
        yield lambda _step: None
        return
    with stderr.status("Starting") as status:
        yield lambda step: status.update(f"{names.get(step, step)} ...")


@contextmanager
def progress(what: str) -> Iterator[Callable[[float], None]]:
    """Show a bar for work of known length; call what is given with the fraction done."""
    from rich.progress import Progress

    with Progress(console=stderr, transient=True, disable=not sys.stderr.isatty()) as shown:
        task = shown.add_task(what, total=1.0)
        yield lambda fraction: shown.update(task, completed=fraction)


@contextmanager
def counted(what: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show which of several things is being worked on; call what is given with it."""
    if not sys.stderr.isatty():
        yield lambda _name, _number, _of: None
        return
    with stderr.status(what) as status:
        yield lambda name, number, of: status.update(f"{what} {escape(name)} ({number} of {of})")
