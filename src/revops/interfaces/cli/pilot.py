"""`pilot`: some sellers work by the scores first, and are compared with the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.listing import ByOption, person, read_times, write_list
from revops.interfaces.cli.options import (
    AsOfOption,
    FormatOption,
    OutputOption,
    WorkspaceOption,
    examples,
    read_as_of,
    read_duration,
    workspace_folder,
)
from revops.interfaces.cli.output import check_output, is_shown
from revops.interfaces.cli.tables import plain_table
from revops.kit.clock import parse_zone, to_reader
from revops.kit.number import how_many

if TYPE_CHECKING:
    from datetime import tzinfo

    from revops.leads.golive.pilot import Comparison, Pilot, Share

pilot_app = typer.Typer(
    no_args_is_help=True,
    help="Some sellers work by the scores first; compare them.",
    epilog=examples("revops pilot list", "revops pilot show spring"),
)
NameArgument = Annotated[str, typer.Argument(help="The pilot's name.", show_default=False)]


@pilot_app.command(
    epilog=examples(
        "revops pilot start spring --reps 4",
        "revops pilot start west --team 'Enterprise West' --from 2026-03-02 --for '2 weeks'",
        "revops pilot start hand-picked --member ada --member ben --member eve",
    )
)
def start(
    name: NameArgument,
    *,
    reps: Annotated[int, typer.Option("--reps", help="So many, drawn by lot.")] = 4,
    team: Annotated[
        str | None, typer.Option("--team", help="Or everybody in this team.", show_default=False)
    ] = None,
    member: Annotated[
        list[str] | None,
        typer.Option("--member", metavar="USER", help="Or this one; may be repeated."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed draws the same.")] = 1,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="From when; by default now."),
    ] = None,
    length: Annotated[str, typer.Option("--for", metavar="TIME", help="How long.")] = "2 weeks",
    by: ByOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Set up a pilot: 3 to 5 sellers for two weeks is the usual size."""
    from revops.services.pilot import start_pilot
    from revops.services.workspace import open_workspace

    with open_workspace(workspace_folder(workspace)) as opened:
        zone = opened.settings.time_zone
        begins = read_times(zone, from_=from_)["from_"]
        made = start_pilot(
            opened, name, by=person(by), members=member or (), team=team, size=reps, seed=seed,
            starts_at=begins, length=read_duration(length, "--for"),
        )  # fmt: skip
    stdout.print(Text(_words(made, parse_zone(zone))))


@pilot_app.command("list", epilog=examples("revops pilot list"))
def list_(
    *,
    workspace: WorkspaceOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Every pilot."""
    from revops.leads.golive.pilot import Pilot
    from revops.services.pilot import list_pilots
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        zone = opened.settings.time_zone
        found = list_pilots(opened)
    said = "There is no pilot yet; revops pilot start NAME makes one."
    write_list(found, Pilot, format_, output, zone=zone, empty=said, hidden=("others",))


@pilot_app.command(
    epilog=examples("revops pilot show spring", "revops pilot show spring --format json")
)
def show(
    name: NameArgument,
    *,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """How the leads of the pilot's sellers fare beside those of the others."""
    from revops.services.pilot import compare_pilot
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        zone = opened.settings.time_zone
        pilot, found = compare_pilot(opened, name, now=read_as_of(as_of, zone))
    if is_shown(format_, output):
        _show(pilot, found, parse_zone(zone))
        return
    import pyarrow as pa

    from revops.interfaces.cli.output import write

    write(pa.Table.from_pylist([_plain(each) for each in found]), format_, output)


@pilot_app.command(epilog=examples("revops pilot end spring"))
def end(name: NameArgument, *, workspace: WorkspaceOption = None) -> None:
    """End a pilot before its time."""
    from revops.services.pilot import end_pilot
    from revops.services.workspace import open_workspace

    with open_workspace(workspace_folder(workspace)) as opened:
        ended = end_pilot(opened, name)
        zone = opened.settings.time_zone
    when = to_reader(ended.ends_at, parse_zone(zone))
    stdout.print(f"Pilot {ended.name} ended {when}.", markup=False)


def _words(pilot: Pilot, zone: tzinfo) -> str:
    times = f"{to_reader(pilot.starts_at, zone)} until {to_reader(pilot.ends_at, zone)}"
    return (
        f"Pilot {pilot.name}, {times}: {', '.join(pilot.members)} ({pilot.chosen}); "
        f"compared with {how_many(len(pilot.others), 'other')}"
    )


def _show(pilot: Pilot, found: list[Comparison], zone: tzinfo) -> None:
    stdout.print(Text(_words(pilot, zone)))
    table = plain_table()
    for name in ("leads", "pilot", "others", "difference", "verdict"):
        table.add_column(name)
    for each in found:
        style = {"better": "good", "worse": "bad"}.get(each.verdict, "quiet")
        table.add_row(
            each.what, _share(each.pilot), _share(each.others), _apart(each),
            Text(each.verdict, style),
        )  # fmt: skip
    stdout.print(table)
    stdout.print(Text("In brackets: 95 % intervals.", "quiet"))


def _share(share: Share) -> str:
    if share.value is None or share.interval is None:
        return "no leads"
    low, high = share.interval
    return f"{share.value:.0%} of {share.of:,} ({low:.0%} to {high:.0%})"


def _apart(each: Comparison) -> str:
    if each.difference is None:
        return ""
    apart, low, high = (100 * value for value in each.difference)
    return f"{apart:+.1f} points ({low:+.1f} to {high:+.1f})"


def _plain(each: Comparison) -> dict[str, object]:
    apart = each.difference or (None, None, None)
    return {
        "what": each.what,
        "pilot_count": each.pilot.count,
        "pilot_of": each.pilot.of,
        "others_count": each.others.count,
        "others_of": each.others.of,
        "difference": apart[0],
        "difference_low": apart[1],
        "difference_high": apart[2],
        "verdict": each.verdict,
    }
