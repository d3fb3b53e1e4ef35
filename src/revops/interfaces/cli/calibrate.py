"""`calibrate`: points, decays and thresholds that past outcomes call for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from revops.interfaces.cli.calibrate_view import charts_of, show_calibrated
from revops.interfaces.cli.console import stderr, working
from revops.interfaces.cli.options import (
    AsOfOption,
    FormatOption,
    WorkspaceOption,
    read_as_of,
    read_duration,
    workspace_folder,
)
from revops.interfaces.cli.output import Format, check_output, write_object
from revops.interfaces.pictures import is_picture, write_picture
from revops.kit.errors import RevopsError


def calibrate(
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="DIR|FILE",
            help="Write the suggested definitions to this new folder, or their scoring.yaml to a "
            "file that ends in .yaml; .png or .svg for pictures.",
            show_default=False,
        ),
    ] = None,
    proposed: Annotated[
        Path | None,
        typer.Option(
            "--with",
            metavar="DIR",
            help="Start from the definitions in this folder instead of the workspace's.",
            show_default=False,
        ),
    ] = None,
    before: Annotated[
        str,
        typer.Option(
            "--before",
            metavar="TIME",
            help="How long before its first opportunity a lead is looked at.",
        ),
    ] = "1 day",
    outcome: Annotated[
        str | None,
        typer.Option(
            "--outcome",
            metavar="FIELD",
            help="The field of contacts that says what became of them, if not opportunities.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Chooses what is left to chance.")] = 0,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
) -> None:
    """Suggest points, decays and the threshold: learned from earlier outcomes, tried on later.

    Nothing is changed: read the suggestion, then try it with revops validate --with DIR.
    """
    from revops.services.calibrate import calibrate as suggest
    from revops.services.score import now
    from revops.services.workspace import open_workspace

    ahead = read_duration(before, "--before")
    is_drawn = is_picture(output)
    if output is not None and (is_drawn or output.suffix not in {"", ".yaml", ".yml"}):
        check_output(output)
    if format_ in {Format.CSV, Format.PARQUET}:
        raise RevopsError("bad-options", "a calibration is shown as a table or as json")
    with open_workspace(workspace_folder(workspace)) as opened, working("Calibrating ..."):
        at = read_as_of(as_of, opened.settings.time_zone) or now()
        found = suggest(
            opened,
            now=at,
            proposed=proposed,
            before=ahead,
            field=outcome,
            seed=seed,
            output=None if is_drawn else output,
        )
    drawn = charts_of(found) if is_drawn else []
    if output is not None and drawn:
        write_picture(drawn, output)
        stderr.print(f"Drawn: {output}", style="quiet")
    elif format_ is Format.JSON:
        write_object(found, None)
    else:
        show_calibrated(found)
    if not any(each.threshold for each in found.models):
        raise typer.Exit(1)
