"""`monitor`: whether a model in use still does what it was made for."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from revops.interfaces.cli.charts import show
from revops.interfaces.cli.console import stderr, stdout, working
from revops.interfaces.cli.listing import write_list
from revops.interfaces.cli.options import (
    AsOfOption,
    FormatOption,
    WorkspaceOption,
    read_as_of,
    workspace_folder,
)
from revops.interfaces.cli.output import check_output, is_shown
from revops.interfaces.cli.tables import plain_table
from revops.interfaces.pictures import is_picture, write_picture
from revops.kit.chart import Axis, Bars, Series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from revops.leads.monitoring.checks import Check
    from revops.leads.monitoring.figures import Figures

_STYLES = {"green": "good", "amber": "warn", "red": "bad", "unknown": "quiet"}


class FailOn(StrEnum):
    """From which light on the command says no."""

    AMBER = "amber"
    RED = "red"


def monitor(
    *,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            "--fail-on", help="Exit with 1 if a check is so or worse.", show_default=False
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Write the checks to this file; .png or .svg for the distribution of scores.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check the model in use: inflation, volume, acceptance, bands, decay, drift, age.

    Each check is green, amber or red, with what was seen and what to do. A digest
    `what: scoring_health` in automations.yaml does the same on schedule and tells of trouble.
    """
    from revops.leads.monitoring.checks import Check
    from revops.services.monitor import monitor as check_all
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened, working("Checking ..."):
        zone = opened.settings.time_zone
        figures, checks = check_all(opened, now=read_as_of(as_of, zone))
    if output is not None and is_picture(output):
        write_picture([_distribution(figures)], output)
        stderr.print(f"Drawn: {output}", style="quiet")
    elif is_shown(format_, output):
        _show(figures, checks)
    else:
        write_list(checks, Check, format_, output, zone=zone, empty="")
    lights = {check.light for check in checks}
    if fail_on and lights & {"red", fail_on.value}:
        raise typer.Exit(1)


def _distribution(figures: Figures) -> Bars:
    names = tuple(f"{10 * ten}-{10 * ten + 9}" for ten in range(9))
    series = Series("leads", tuple(float(count) for count in figures.histogram))
    return Bars("Leads by total score", (*names, "90-100"), (series,), Axis("leads"))


def _show(figures: Figures, checks: Sequence[Check]) -> None:
    show(_distribution(figures), stdout)
    table = plain_table()
    for name in ("", "check", "seen", "should be"):
        table.add_column(name)
    for check in checks:
        style = _STYLES[check.light]
        table.add_row(
            Text(check.light, style), Text(check.name, "key"), check.evidence,
            Text(check.limit, "quiet"),
        )  # fmt: skip
    stdout.print(table)
    for check in checks:
        if check.light in {"amber", "red"}:
            stdout.print(Text.assemble((f"{check.name}: ", _STYLES[check.light]), check.mend))
