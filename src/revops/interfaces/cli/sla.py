"""`sla`: the clocks that run, the promises that were broken, and how well they are kept."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, cast

import typer

from revops.interfaces.cli.listing import write_list
from revops.interfaces.cli.options import (
    AsOfOption,
    FormatOption,
    OutputOption,
    WorkspaceOption,
    read_as_of,
    workspace_folder,
)
from revops.interfaces.cli.output import Format, check_output, chosen, is_shown, write_object
from revops.interfaces.cli.sla_view import show_sla
from revops.kit.errors import RevopsError


class PeriodOption(StrEnum):
    """What compliance is counted by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


def sla(
    *,
    contact: Annotated[
        str | None,
        typer.Option("--contact", help="Of this contact: id or address.", show_default=False),
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", help="Of this user only.", show_default=False)
    ] = None,
    breached: Annotated[
        bool, typer.Option("--breached", help="The broken promises only, all of them.")
    ] = False,
    compliance: Annotated[
        bool, typer.Option("--compliance", help="Only how well they are kept.")
    ] = False,
    by_owner: Annotated[
        bool, typer.Option("--by-owner", help="Count compliance for each owner apart.")
    ] = False,
    period: Annotated[
        PeriodOption | None,
        typer.Option("--period", help="Count compliance for each apart.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Open clocks with the time left, broken promises, and compliance against each target.

    As JSON all of it; as CSV or Parquet the open clocks, or what --breached or --compliance asks.
    """
    from revops.services.sla import Breach, Kept, RunningClock, sla_report
    from revops.services.workspace import open_workspace

    if breached and compliance:
        raise RevopsError("two-lists", "--breached and --compliance are two lists", "ask for one")
    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        zone = opened.settings.time_zone
        report = sla_report(
            opened,
            contact=contact,
            owner=owner,
            by_owner=by_owner,
            period=cast("Literal['day', 'week', 'month', 'quarter'] | None", period),
            now=read_as_of(as_of, zone),
        )
    if breached:
        said = "No promise was broken."
        write_list(report.breaches, Breach, format_, output, zone=zone, empty=said)
    elif compliance:
        said = "No promise is decided or runs."
        write_list(report.compliance, Kept, format_, output, zone=zone, empty=said)
    elif is_shown(format_, output):
        show_sla(report, zone)
    elif chosen(format_, output) is Format.JSON:
        write_object(report, output)
    else:
        said = "No clock runs."
        write_list(report.running, RunningClock, format_, output, zone=zone, empty=said)
