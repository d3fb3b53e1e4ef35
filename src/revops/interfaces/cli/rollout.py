"""`rollout`: the plan by which scoring goes live, and how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.listing import ByOption, person, write_list
from revops.interfaces.cli.options import (
    FormatOption,
    OutputOption,
    WorkspaceOption,
    examples,
    workspace_folder,
)
from revops.interfaces.cli.output import check_output, is_shown
from revops.interfaces.cli.tables import plain_table
from revops.kit.clock import parse_zone, to_reader

if TYPE_CHECKING:
    from datetime import tzinfo

    from revops.leads.golive.rollout import ItemState, PhaseState

rollout_app = typer.Typer(
    invoke_without_command=True,
    help="The plan by which scoring goes live, and how far it is.",
    epilog=examples("revops rollout", "revops rollout done 1a.homework --by ada"),
)
ItemsArgument = Annotated[
    list[str], typer.Argument(help="Items, such as 1a.homework.", show_default=False)
]


@rollout_app.callback()
def rollout(
    context: typer.Context,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="The items of every phase, not of the present one only.")
    ] = False,
    workspace: WorkspaceOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Tell how far the roll-out is, and what is next."""
    if context.invoked_subcommand is not None:
        return
    from revops.leads.golive.rollout import ItemState
    from revops.services.rollout import rollout_of
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        zone = opened.settings.time_zone
        states = rollout_of(opened)
    if is_shown(format_, output):
        _show(states, parse_zone(zone), everything=everything)
    else:
        items = [item for state in states for item in state.items]
        write_list(items, ItemState, format_, output, zone=zone, empty="")


@rollout_app.command(
    epilog=examples("revops rollout done 1a.homework 1a.audit --by ada --note 'see the wiki'")
)
def done(
    items: ItemsArgument,
    *,
    by: ByOption = None,
    note: Annotated[
        str | None, typer.Option("--note", help="What to remember.", show_default=False)
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Note that items are done."""
    from revops.services.rollout import tick
    from revops.services.workspace import open_workspace

    with open_workspace(workspace_folder(workspace)) as opened:
        tick(opened, items, by=person(by), note=note)
    stdout.print(f"Done: {', '.join(items)}.", markup=False, style="good")


@rollout_app.command(epilog=examples("revops rollout undo 1a.homework"))
def undo(items: ItemsArgument, *, workspace: WorkspaceOption = None) -> None:
    """Note that items are not done after all."""
    from revops.services.rollout import untick
    from revops.services.workspace import open_workspace

    with open_workspace(workspace_folder(workspace)) as opened:
        count = untick(opened, items)
    stdout.print(f"{count} of {len(items)} were done, and are not any more.", markup=False)


@rollout_app.command(
    "pass",
    epilog=examples(
        "revops rollout pass strategy --by ada",
        "revops rollout pass engineering --override 'the pilot ends next week' --by ada",
    ),
)
def pass_(
    phase: Annotated[str, typer.Argument(help="The phase, as rollout.yaml names it.")],
    *,
    override: Annotated[
        str | None,
        typer.Option(
            "--override", metavar="REASON", help="Although not everything is done; it is kept."
        ),
    ] = None,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Pass the gate at the end of a phase."""
    from revops.services.rollout import pass_gate
    from revops.services.workspace import open_workspace

    with open_workspace(workspace_folder(workspace)) as opened:
        state = pass_gate(opened, phase, by=person(by), override=override)
    left = f", with {len(state.to_do)} items open" if state.to_do else ""
    stdout.print(
        f"{state.phase.title} is passed{left}: {state.phase.gate}",
        markup=False,
        style="warn" if state.to_do else "good",
    )


def _show(states: tuple[PhaseState, ...], zone: tzinfo, *, everything: bool) -> None:
    present = next((state for state in states if state.passed is None), None)
    for number, state in enumerate(states, 1):
        stdout.print(_headline(number, state, zone))
        if everything or state is present:
            stdout.print(Text(f"   {state.phase.goal}", "quiet"))
            stdout.print(_items(state, zone))
            stdout.print(Text(f"   Gate: {state.phase.gate}\n", "quiet"))
    if present is None:
        stdout.print(Text("Scoring is live and the project is closed.", "good"))


def _headline(number: int, state: PhaseState, zone: tzinfo) -> Text:
    finished = len(state.items) - len(state.to_do)
    words = f"{finished} of {len(state.items)} done"
    style = "key" if state.is_open else "quiet"
    if state.passed is not None:
        how = "overridden" if state.overridden is state.passed else "passed"
        words += f", {how} {to_reader(state.passed.made_at, zone)} by {state.passed.made_by}"
        words += f": {state.passed.note}" if state.passed.note else ""
        style = "warn" if how == "overridden" else "good"
    return Text.assemble((f"{number}. {state.phase.title}", style), f"  {words}")


def _items(state: PhaseState, zone: tzinfo) -> object:
    table = plain_table(header=False)
    table.add_column()
    table.add_column(style="key")
    table.add_column()
    table.add_column()
    step = ""
    for item in state.items:
        if item.step != step:
            step = item.step
            table.add_row("", "", Text(step, "place"), "")
        mark = Text("[x]", "good") if item.is_done else Text("[ ]")
        table.add_row(mark, item.id, Text(item.text), _who(item, zone))
    return table


def _who(item: ItemState, zone: tzinfo) -> Text:
    if item.proof is not None:
        return Text(f"{item.note}", "good" if item.is_done else "warn")
    when = f"{item.by}, {to_reader(item.at, zone)}" if item.at else ""
    return Text(": ".join(part for part in (when, item.note) if part), "quiet")
