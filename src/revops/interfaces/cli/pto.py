"""`pto`: when people are away, so that no lead is given to them meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from revops.interfaces.cli.console import stderr, stdout
from revops.interfaces.cli.listing import read_needed, write_list
from revops.interfaces.cli.options import (
    AsOfOption,
    FormatOption,
    OutputOption,
    WorkspaceOption,
    examples,
    read_as_of,
    workspace_folder,
)
from revops.interfaces.cli.output import check_output
from revops.kit.clock import parse_zone, to_reader

if TYPE_CHECKING:
    from revops.services.absence import Away

pto_app = typer.Typer(
    no_args_is_help=True,
    help="When people are away.",
    epilog=examples("revops pto list", "revops pto add ada --from 2026-12-24 --until 2027-01-02"),
)


@pto_app.command(
    epilog=examples(
        "revops pto add ada --from 2026-12-24 --until 2027-01-02 --reason vacation",
        "revops pto add ada --from 2026-03-02T13:00 --until 2026-03-02T17:00",
    )
)
def add(
    user: Annotated[str, typer.Argument(help="The user's id or address.", show_default=False)],
    *,
    from_: Annotated[str, typer.Option("--from", metavar="TIME", help="From when.")],
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="When the person is back.")],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why.", show_default=False)
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Note that somebody will be away: no pool gives them a lead then."""
    from revops.services.absence import add_absence
    from revops.services.workspace import open_workspace

    with open_workspace(workspace_folder(workspace)) as opened:
        zone = opened.settings.time_zone
        times = read_needed(zone, from_=from_, until=until)
        made, others = add_absence(opened, user, times["from_"], times["until"], reason)
    stdout.print(f"{_words(made, zone)}.", markup=False)
    for each in others:
        stderr.print(f"It overlaps number {each.id}: {_words(each, zone)}.", style="warn")


@pto_app.command("list", epilog=examples("revops pto list", "revops pto list --user ada --all"))
def list_(
    *,
    user: Annotated[
        str | None, typer.Option("--user", help="Of this user only.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that are over too.")] = False,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Who is away and who will be."""
    from revops.services.absence import Away, list_absences
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        zone = opened.settings.time_zone
        now = read_as_of(as_of, zone)
        found = list_absences(opened, user=user, everything=everything, now=now)
    said = f"{'Nobody' if user is None else user} is away or will be."
    if user is not None:
        said = f"{user} is not away and will not be."
    write_list(found, Away, format_, output, zone=zone, empty=said)


@pto_app.command(epilog=examples("revops pto remove 3"))
def remove(
    number: Annotated[int, typer.Argument(help="As revops pto list tells it.", show_default=False)],
    *,
    workspace: WorkspaceOption = None,
) -> None:
    """Take an absence back."""
    from revops.services.absence import remove_absence
    from revops.services.workspace import open_workspace

    with open_workspace(workspace_folder(workspace)) as opened:
        gone = remove_absence(opened, number)
        zone = opened.settings.time_zone
    stdout.print(f"No longer: {_words(gone, zone)}.", markup=False)


def _words(away: Away, zone_name: str) -> str:
    zone = parse_zone(zone_name)
    reason = f" ({away.reason})" if away.reason else ""
    times = f"from {to_reader(away.starts_at, zone)} until {to_reader(away.ends_at, zone)}"
    return f"{away.user_id} is away {times}{reason}"
