"""`calibrate`: points, decays and thresholds that past outcomes call for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from revops.interfaces.cli.calibrate_view import show_calibrated
from revops.interfaces.cli.console import working
from revops.interfaces.cli.options import (
    AsOfOption,
    FormatOption,
    WorkspaceOption,
    read_as_of,
    read_duration,
    workspace_folder,
)
from revops.interfaces.cli.output import Format, write_object
from revops.kit.errors import RevopsError


def calibrate(
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="DIR|FILE.yaml",
            help="Write the suggested definitions to this new folder, or their scoring.yaml.",
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
    if format_ in {Format.CSV, Format.PARQUET}:
        raise RevopsError("bad-options", "a calibration is shown as a table or as json")
    with open_workspace(workspace_folder(workspace)) as opened, working("Calibrating ..."):
        at = read_as_of(as_of, opened.settings.time_zone) or now()
        found = suggest(opened, now=at, before=ahead, field=outcome, seed=seed, output=output)
    if format_ is Format.JSON:
        write_object(found, None)
    else:
        show_calibrated(found)
    if not any(each.threshold for each in found.models):
        raise typer.Exit(1)
