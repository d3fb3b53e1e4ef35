"""`task`: what people are to do."""

from __future__ import annotations

from typing import Annotated

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
    workspace_folder,
)
from revops.interfaces.cli.output import check_output
from revops.kit.clock import parse_zone, to_reader

task_app = typer.Typer(
    no_args_is_help=True,
    help="What people are to do.",
    epilog=examples("revops task list", "revops task done msg_5d41402a"),
)


@task_app.command(
    "list", epilog=examples("revops task list", "revops task list --owner ada --format csv")
)
def list_(
    *,
    owner: Annotated[
        str | None, typer.Option("--owner", help="Of this user only.", show_default=False)
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that are done or cancelled too.")
    ] = False,
    workspace: WorkspaceOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """The open tasks: what is due first, then what is urgent."""
    from revops.services.task import ToDo, list_tasks
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        found = list_tasks(opened, owner=owner, everything=everything)
        zone = opened.settings.time_zone
    said = f"There is nothing to do{f' for {owner}' if owner else ''}."
    hidden = ["contact_id", "account_id", "opportunity_id"]  # `about` says it in words
    hidden += () if everything else ("status", "done_at")
    write_list(found, ToDo, format_, output, zone=zone, empty=said, hidden=hidden)


@task_app.command(epilog=examples("revops task done T-17", "revops task done msg_5d41402a"))
def done(
    task: Annotated[
        str, typer.Argument(help="The task's id, or enough of its beginning.", show_default=False)
    ],
    *,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Note that a task is done."""
    from revops.services.task import finish_task
    from revops.services.workspace import open_workspace

    with open_workspace(workspace_folder(workspace)) as opened:
        zone = opened.settings.time_zone
        now = read_times(zone, as_of=as_of)["as_of"]
        found, was_open = finish_task(opened, task, by=person(by), now=now)
    when = f" on {to_reader(found.done_at, parse_zone(zone))}" if found.done_at else ""
    said = "Done" if was_open else f"Was done already{when}"
    stdout.print(Text.assemble((said, "good"), f": {found.subject or found.id}"))
