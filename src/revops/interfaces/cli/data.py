"""`import`, `export`, `facts`: records in and out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from revops.interfaces.cli.console import stderr, stdout, working
from revops.interfaces.cli.issues import show_issues
from revops.interfaces.cli.options import (
    AsOfOption,
    FormatOption,
    OutputOption,
    WorkspaceOption,
    examples,
    read_as_of,
    workspace_folder,
)
from revops.interfaces.cli.output import as_result, check_output, is_shown, write
from revops.kit.number import how_many

if TYPE_CHECKING:
    from datetime import datetime

    from revops.services.facts import FactsStatus
    from revops.services.workspace import Workspace

facts_app = typer.Typer(
    no_args_is_help=True,
    help="The columns that scores are read from.",
    epilog=examples("revops facts status", "revops facts rebuild"),
)


class ExportAs(StrEnum):
    """How a table is exported."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    EXCEL = "xlsx"


def export(
    table: Annotated[
        str,
        typer.Argument(
            help="A kind of record in the plural, such as contacts; its history, such as "
            "contact_history; changes, scores or score_lines.",
            show_default=False,
        ),
    ],
    *,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: Annotated[
        ExportAs | None,
        typer.Option(
            "--format", help="By default as --output is named, or CSV.", show_default=False
        ),
    ] = None,
    output: OutputOption = None,
) -> None:
    """Write a table to a file or to stdout, as it is or as it was at a time."""
    from revops.services.export import export_table
    from revops.services.export_formats import ExportFormat
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        at = read_as_of(as_of, opened.settings.time_zone)
        if format_ is ExportAs.TABLE:
            _show_table(opened, table, at, output)
            return
        kind = ExportFormat(format_) if format_ else None
        with working(f"Exporting {table}"):
            done = export_table(opened, table, format_=kind, output=output, as_of=at)
    if output is not None:
        rows = how_many(done.rows, "row")
        stderr.print(f"{rows} of {done.table} written to {output}", markup=False)


def _show_table(workspace: Workspace, table: str, at: datetime | None, output: Path | None) -> None:
    from pyarrow import parquet

    from revops.interfaces.cli.output import Format
    from revops.services.export import export_table

    with TemporaryDirectory(prefix="revops-") as folder:
        file = Path(folder) / f"{table}.parquet"
        export_table(workspace, table, output=file, as_of=at)
        write(parquet.read_table(file), Format.TABLE, output)


@facts_app.command("status", epilog=examples("revops facts status"))
def facts_status(
    *,
    workspace: WorkspaceOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Say what the facts hold now."""
    from revops.services.facts import facts_status as status
    from revops.services.workspace import open_workspace

    with open_workspace(workspace_folder(workspace)) as opened:
        _show_facts(status(opened), format_, output)


@facts_app.command("rebuild", epilog=examples("revops facts rebuild"))
def facts_rebuild(
    *,
    workspace: WorkspaceOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Make the facts anew from the store; nothing is lost."""
    from revops.services.facts import facts_rebuild as rebuild
    from revops.services.workspace import open_workspace

    with open_workspace(workspace_folder(workspace)) as opened, working("Rebuilding the facts"):
        status = rebuild(opened)
    _show_facts(status, format_, output)


def _show_facts(status: FactsStatus, format_: FormatOption, output: OutputOption) -> None:
    from revops.services.facts import TableStatus

    show_issues(status.issues)
    if is_shown(format_, output) and not status.tables:
        stdout.print(
            "There are no facts yet. revops score makes them from what revops import brought in."
        )
    else:
        write(as_result(status.tables, TableStatus), format_, output)
