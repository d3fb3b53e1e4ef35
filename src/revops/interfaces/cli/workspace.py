"""`init`, `check`, `diff`: the definitions of a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.impact import show_changes, show_impact
from revops.interfaces.cli.issues import show_issues
from revops.interfaces.cli.options import (
    FormatOption,
    OutputOption,
    WorkspaceOption,
    workspace_folder,
)
from revops.interfaces.cli.output import Format, as_result, chosen, write
from revops.kit.issue import Issue, Level, errors


def init(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Where the workspace is to be.", show_default=False),
    ],
    *,
    motion: Annotated[
        str,
        typer.Option(
            help="How you sell: plg, enterprise, mid-market, playbook, universal or full."
        ),
    ] = "mid-market",
    company: Annotated[
        str | None, typer.Option(help="The company's name.", show_default=False)
    ] = None,
) -> None:
    """Start a workspace: commented definitions for the way you sell, ready to edit."""
    from revops.services.init import init_workspace

    written = init_workspace(folder, motion, company)
    stdout.print(f"Wrote a [key]{motion}[/key] workspace of {len(written)} files to {folder}:\n")
    for path in written:
        stdout.print(f"  {path.relative_to(folder)}", markup=False)
    stdout.print(
        f"\nNext: [key]cd {folder}[/key], read revops.yaml and definitions/scoring.yaml, then\n"
        "  revops check               prove it sound\n"
        "  revops import FILE...      bring in your records\n"
        "  revops score               see who is worth a call",
        soft_wrap=True,
    )


def check(
    *,
    workspace: WorkspaceOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Prove the definitions sound: every fault and doubt, with file, line and mend.

    Exits with 1 if there is an error; warnings and notes pass.
    """
    from revops.services.check import check as check_workspace

    issues = check_workspace(workspace_folder(workspace))
    if chosen(format_, output) is Format.TABLE and output is None:
        show_issues(issues, stdout)
        stdout.print(_verdict(issues))
    else:
        write(as_result(issues, Issue), format_, output)
    if errors(issues):
        raise typer.Exit(1)


def diff(
    old: Annotated[
        str | None,
        typer.Argument(
            help="A folder or a git revision; by default the last commit.", show_default=False
        ),
    ] = None,
    new: Annotated[
        str | None,
        typer.Argument(help="The same; by default the workspace as it is.", show_default=False),
    ] = None,
    *,
    impact: Annotated[
        bool,
        typer.Option("--impact", help="Show what it would have changed in your own past, too."),
    ] = False,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TIME",
            help="With --impact: the beginning; half a year ago.",
            show_default=False,
        ),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="TIME", help="With --impact: the end; now.", show_default=False
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Say what changed in the definitions, in words: `pricing_page: 20 -> 15 points`."""
    from revops.definitions.diff import Change
    from revops.services.diff import diff as diff_workspaces

    two_folders = new is not None and Path(new).is_dir() and workspace is None and not impact
    folder = Path(new) if new is not None and two_folders else workspace_folder(workspace)
    if impact:
        show_impact(folder, (old, new), (start, end), format_, output)
        return
    changes = diff_workspaces(folder, old, new)
    if chosen(format_, output) is Format.TABLE and output is None:
        show_changes(changes)
    else:
        write(as_result(changes, Change), format_, output)


def _verdict(issues: list[Issue]) -> str:
    counts = [(level, sum(issue.level is level for issue in issues)) for level in Level]
    said = ", ".join(f"{n} {level}" + ("s" if n != 1 else "") for level, n in counts if n)
    if errors(issues):
        return f"[bad]The definitions are not sound: {said}.[/bad]"
    return "[good]The definitions are sound[/good]" + (f", with {said}." if said else ".")
