"""`validate`: whether a scoring model holds against the leads whose outcome is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from revops.interfaces.cli.console import stderr, working
from revops.interfaces.cli.listing import ByOption, person
from revops.interfaces.cli.options import (
    AsOfOption,
    FormatOption,
    WorkspaceOption,
    read_as_of,
    read_duration,
    workspace_folder,
)
from revops.interfaces.cli.output import (
    Format,
    check_output,
    chosen,
    is_shown,
    write,
    write_object,
)
from revops.interfaces.cli.validate_view import show_validation
from revops.interfaces.pictures import is_picture, write_picture
from revops.kit.duration import format_duration

if TYPE_CHECKING:
    from revops.leads.validation import Comparison, Validation
    from revops.services.validate import Validated


@dataclass(frozen=True)
class Told:
    """A validation as JSON has it."""

    as_of: datetime
    before: str
    definitions_version: str
    notes: tuple[str, ...]
    validation: Validation
    beside: Comparison | None


def validate(
    *,
    proposed: Annotated[
        Path | None,
        typer.Option(
            "--with",
            metavar="DIR",
            help="Judge the definitions in this folder, beside the workspace's own.",
            show_default=False,
        ),
    ] = None,
    before: Annotated[
        str,
        typer.Option(
            "--before",
            metavar="TIME",
            help="How long before its first opportunity a lead is judged.",
        ),
    ] = "1 day",
    within: Annotated[
        str | None,
        typer.Option(
            "--within",
            metavar="TIME",
            help="Judge only leads decided in the last so long, such as '12 months'.",
            show_default=False,
        ),
    ] = None,
    outcome: Annotated[
        str | None,
        typer.Option(
            "--outcome",
            metavar="FIELD",
            help="The field of contacts that says what became of them, if not opportunities.",
            show_default=False,
        ),
    ] = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit with 1 unless the verdict is to pass.")
    ] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Put it on record for the roll-out, if it passes.")
    ] = False,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Write the result to this file; .png or .svg for pictures.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Score past leads as they were before their outcome was known, and compare.

    As JSON all figures; as CSV or Parquet every judged lead with its outcome and score.
    """
    from revops.leads.validation import charts
    from revops.services.score import now
    from revops.services.validate import sign
    from revops.services.validate import validate as judge_all
    from revops.services.workspace import open_workspace

    check_output(output)
    with (
        open_workspace(workspace_folder(workspace)) as opened,
        working("Judging past leads ..."),
        judge_all(
            opened,
            now=read_as_of(as_of, opened.settings.time_zone) or now(),
            proposed=proposed,
            before=read_duration(before, "--before"),
            within=read_duration(within, "--within") if within else None,
            field=outcome,
        ) as judged,
    ):
        if output is not None and is_picture(output):
            present = judged.beside.present if judged.beside else None
            write_picture(charts(judged.found, present), output)
            stderr.print(f"Drawn: {output}", style="quiet")
        elif is_shown(format_, output):
            show_validation(judged.found, judged.beside, _heading(judged), judged.notes())
        elif chosen(format_, output) is Format.JSON:
            write_object(_told(judged), output)
        else:
            write(judged.leads(), format_, output, title="Judged leads")
        if record:
            sign(opened, judged, by=person(by), now=now())
            stderr.print("On record.", style="good")
    if gate and judged.found.verdict != "pass":
        raise typer.Exit(1)


def _told(judged: Validated) -> Told:
    before = format_duration(judged.before)
    version = judged.definitions_version
    return Told(judged.as_of, before, version, judged.notes(), judged.found, judged.beside)


def _heading(judged: Validated) -> str:
    leads = f"{judged.found.leads:,} leads with a known outcome"
    version = f"definitions {judged.definitions_version}"
    if judged.found.left_out.undated == judged.found.leads:
        return f"{leads}, scored by what is known now ({version})"
    before = format_duration(judged.before)
    return f"{leads}, each scored as of {before} before its first opportunity ({version})"
