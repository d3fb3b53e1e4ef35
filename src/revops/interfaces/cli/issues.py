"""Issues as a person reads them: where, what, and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from revops.interfaces.cli.console import stderr
from revops.kit.issue import Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from revops.kit.issue import Issue

MOST_SHOWN = 100
_STYLES = {Level.ERROR: "bold red", Level.WARNING: "bold yellow", Level.NOTE: "bold blue"}


def show_issues(issues: Sequence[Issue], console: Console = stderr) -> None:
    """Print each issue in a line, its mend below; at most a hundred of them."""
    for issue in issues[:MOST_SHOWN]:
        console.print(_line(issue), soft_wrap=True)
    if len(issues) > MOST_SHOWN:
        console.print(f"and {len(issues) - MOST_SHOWN:,} more", style="quiet")


def _line(issue: Issue) -> Text:
    place = ":".join(part for part in (issue.file, str(issue.line or "")) if part)
    line = Text()
    line.append(f"{issue.level}: ", _STYLES[issue.level])
    line.append(f"{place}: " if place else "", "place")
    line.append(f"{issue.path}: " if issue.path else "", "key")
    line.append(issue.message)
    if issue.mend:
        line.append(f"\n  {issue.mend}", "quiet")
    return line
