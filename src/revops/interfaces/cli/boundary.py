"""The one place where an error becomes a message and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from revops.interfaces.cli.console import stderr
from revops.interfaces.cli.issues import show_issues
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from collections.abc import Sequence

WRONG_USE, BUG = 2, 70
GARBAGE = 10_000
"""New objects between two looks for garbage. Definitions and statements are trees of very many
objects that stay: Python's own 700 spends a third of the time in looking through them."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit.

    Exit codes: 0 done; 1 the answer is no; 2 wrong use or bad input; 70 a bug; 130 interrupted.
    """
    gc.set_threshold(GARBAGE)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader had enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    from typer.main import get_command

    from revops.interfaces.cli.app import app

    try:
        get_command(app)(arguments, prog_name="revops")
    except RevopsError as error:
        show_issues(error.issues)
        return WRONG_USE
    except BrokenPipeError:
        raise
    except OSError as error:
        show_issues(RevopsError("file", _reason(error)).issues)
        return WRONG_USE
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    except Exception as bug:
        if os.environ.get("REVOPS_DEBUG"):
            raise
        _report(bug)
        return BUG
    return 0


def _reason(error: OSError) -> str:
    """What the system said, naming the file: `scores.csv: Permission denied`."""
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


def _report(bug: Exception) -> None:
    """Tell a bug in one line, and how to report it."""
    said = " ".join(str(bug).split())[:200]
    stderr.print(f"revops has a bug: {type(bug).__name__}: {said}", style="bold red", markup=False)
    stderr.print(
        "Nothing more was done. Run the command again with REVOPS_DEBUG=1 in the environment "
        "and report what it prints, with the command, to the project."
    )
