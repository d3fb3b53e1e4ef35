"""`run`, `serve`: let the engine act, once or for as long as it is wanted."""

from __future__ import annotations

import signal
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from revops.interfaces.cli.console import stdout, working
from revops.interfaces.cli.options import (
    AsOfOption,
    FormatOption,
    OutputOption,
    WorkspaceOption,
    read_as_of,
    workspace_folder,
)
from revops.interfaces.cli.output import as_result, check_output, is_shown, write
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from revops.engine.delivery import Deliveries
    from revops.kit.issue import Issue
    from revops.services.run import Round

MOST_SHOWN = 200


def run(
    *,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done and why; save nothing.")
    ] = False,
    no_deliver: Annotated[
        bool, typer.Option("--no-deliver", help="Leave messages in the outbox.")
    ] = False,
    output_format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """One pass: decide what changed or fell due, save it, and deliver what is to be told."""
    from revops.services.run import Decided, decided, deliver
    from revops.services.run import run as run_engine
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        now = read_as_of(as_of, opened.settings.time_zone)
        with working("Deciding"):
            passed = run_engine(opened, now=now, is_dry=dry_run)
        delivered = None
        if not (dry_run or no_deliver):
            with working("Delivering"):
                delivered = deliver(opened)
    rows = [row for outcome in passed.outcomes for row in decided(outcome)]
    if not is_shown(output_format, output):
        write(as_result(rows, Decided), output_format, output)
        return
    for row in rows[:MOST_SHOWN]:
        line = f"[bold]{row.contact_id}[/bold]  [dim]{row.kind:10}[/dim] {escape(row.decided)}"
        stdout.print(line, highlight=False, soft_wrap=True)
    if len(rows) > MOST_SHOWN:
        stdout.print(f"... and {len(rows) - MOST_SHOWN:,} more; --format csv has all")
    counts = ", ".join(f"{count:,} {name}" for name, count in passed.counts.items() if count)
    done = "Nothing of this was saved." if dry_run else ""
    stdout.print(f"{counts or 'Nothing was due'}. {done}".rstrip(), highlight=False)
    if delivered is not None:
        _show_deliveries(*delivered)


def _show_deliveries(deliveries: Deliveries, issues: list[Issue]) -> None:
    left = sum(deliveries.pending.values()) + sum(deliveries.unknown.values())
    counts = f"{deliveries.delivered:,} messages delivered, {left:,} waiting"
    stdout.print(f"{counts}, {deliveries.dead:,} given up.", highlight=False)
    for issue in issues:
        stdout.print(f"[yellow]{escape(issue.message)}[/yellow] {escape(issue.mend)}")


def serve(
    *,
    workspace: WorkspaceOption = None,
    worker: Annotated[
        bool, typer.Option("--worker", help="Run passes as changes arrive and clocks fall due.")
    ] = False,
) -> None:
    """Act for as long as it runs; Ctrl-C ends it after the pass that is under way."""
    from revops.services.run import work
    from revops.services.workspace import open_workspace

    if not worker:
        raise RevopsError(
            "nothing-to-serve",
            "there is nothing to serve but the worker yet",
            "revops serve --worker runs the engine as changes arrive",
        )
    stop = Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    with open_workspace(workspace_folder(workspace)) as opened:
        stdout.print(f"Working on {opened.folder}; Ctrl-C ends it.")
        work(opened, stop, _told)
    stdout.print("Ended.")


def _told(done: Round) -> None:
    counts = {name: count for name, count in done.passed.counts.items() if count}
    if counts:
        said = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        stdout.print(f"{said} in {done.seconds:.2f} s", highlight=False)
