"""`import`: files in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from revops.interfaces.cli.console import counted, stderr, stdout
from revops.interfaces.cli.issues import show_issues
from revops.interfaces.cli.options import (
    FormatOption,
    OutputOption,
    WorkspaceOption,
    workspace_folder,
)
from revops.interfaces.cli.output import as_result, check_output, is_shown, write
from revops.interfaces.cli.tables import cell, plain_table
from revops.kit.errors import RevopsError
from revops.kit.number import how_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from revops.services.importing import FileOutcome

WRONG_INPUT = 2


def import_(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Files or folders.", show_default=False)
    ],
    *,
    workspace: WorkspaceOption = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A mapping file, for columns that are not a known system's.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What to call where they come from; by default the system they are recognised as.",
            show_default=False,
        ),
    ] = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Import records and activities: CSV, Excel or Parquet, from a CRM or in canonical form.

    Each file is imported as a whole or not at all; importing it twice is importing it once.
    Rows that cannot be used go to rejects/ with their line and the reason.
    """
    from revops.services.importing import FileOutcome, import_paths
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened, counted("Importing") as tell:
        outcomes = import_paths(opened, paths, mapping=mapping, source=source, on_progress=tell)
    if is_shown(format_, output):
        _show(outcomes)
    else:
        write(as_result(outcomes, FileOutcome), format_, output)
    _conclude(outcomes)


def _show(outcomes: Sequence[FileOutcome]) -> None:
    """What became of each file; then what is worth telling."""
    done = [each for each in outcomes if not each.failed and not each.skipped]
    table = plain_table()
    table.add_column("file")
    table.add_column("as")
    for name in ("rows", "new", "changed", "same", "refused"):
        table.add_column(name, justify="right")
    for each in done:
        counts = (each.rows, each.inserted, each.updated, each.unchanged)
        refused = Text(f"{each.rejected:,}", "warn" if each.rejected else "")
        kind = " ".join(part for part in (each.vendor, each.kind) if part)
        table.add_row(Text(each.file), Text(kind), *map(cell, counts), refused)
    if done:
        stdout.print(table)
    for each in done:
        _show_remarks(each)
    for each in outcomes:
        if each.skipped:
            stdout.print(Text(f"passed over: {each.file}: {each.skipped}", "quiet"), soft_wrap=True)


def _show_remarks(outcome: FileOutcome) -> None:
    show_issues(outcome.notes, stdout)
    if outcome.rejects_file:
        told = f"{how_many(outcome.rejected, 'row')} of {outcome.file} refused; why is in "
        stdout.print(Text(told, "warn") + Text(str(outcome.rejects_file)), soft_wrap=True)
    if outcome.known_at_export:
        fields = ", ".join(outcome.known_at_export)
        told = f"known only when {outcome.file} was exported, not when it happened: {fields}"
        stdout.print(Text(told, "quiet"), soft_wrap=True)


def _conclude(outcomes: Sequence[FileOutcome]) -> None:
    """Tell what failed, and exit with 2 if anything did.

    Raises:
        RevopsError: No file could be used, and none says why.
    """
    failed = [each for each in outcomes if each.failed]
    for each in failed:
        show_issues(each.errors)
        stderr.print(Text(f"Nothing of {each.file} was imported."), soft_wrap=True)
    if failed:
        raise typer.Exit(WRONG_INPUT)
    if all(each.skipped for each in outcomes):
        raise RevopsError(
            "nothing-to-import",
            "none of these files is of a kind that is known",
            "name files after what they hold, such as contacts.csv, or write a --mapping",
        )
