"""The options that many commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from revops.interfaces.cli.output import Format
from revops.kit.clock import parse_instant, parse_zone
from revops.kit.duration import parse_duration
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from datetime import datetime, timedelta

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        metavar="DIR",
        help="The workspace; by default the nearest parent folder with a revops.yaml.",
        show_default=False,
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="TIME",
        help="Answer as of this time, such as 2026-03-01; by default now.",
        show_default=False,
    ),
]
FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format",
        help="How to write the result; by default as --output is named, or a table.",
        show_default=False,
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output", metavar="FILE", help="Write the result to this file.", show_default=False
    ),
]


def workspace_folder(named: Path | None) -> Path:
    """The folder of the workspace that `--workspace` names, or the nearest.

    Raises:
        RevopsError: There is none; a folder that is named must itself be one.
    """
    from revops.definitions.workspace import SETTINGS_FILE, find_workspace

    if named is not None and not (named / SETTINGS_FILE).is_file():
        raise RevopsError(
            "no-workspace",
            f"there is no {SETTINGS_FILE} in {named}",
            f"name a folder that has one, or make it with revops init {named}",
        )
    return find_workspace(named)


def read_as_of(text: str | None, zone: str) -> datetime | None:
    """The instant that `--as-of` names, in the company's zone; None without one.

    Raises:
        RevopsError: It is not a time.
    """
    if text is None:
        return None
    try:
        return parse_instant(text, parse_zone(zone))
    except ValueError as error:
        raise RevopsError("bad-time", f"--as-of: {error}") from None


def read_duration(text: str, option: str) -> timedelta:
    """The length of time that an option names.

    Raises:
        RevopsError: It is none.
    """
    try:
        return parse_duration(text)
    except ValueError as error:
        raise RevopsError("bad-duration", f"{option}: {error}", "such as '7 days'") from None


def examples(*lines: str) -> str:
    """The epilog of a command's help."""
    return "\n\n".join(
        [
            "[bold]Examples[/bold]" if len(lines) > 1 else "[bold]Example[/bold]",
            *(line.replace("[", r"\[") for line in lines),
        ]
    )
