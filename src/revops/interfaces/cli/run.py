"""`run`, `serve`: let the engine act, once or for as long as it is wanted."""

from __future__ import annotations

import signal
from enum import StrEnum
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
from revops.kit.number import how_many

if TYPE_CHECKING:
    from revops.engine.delivery import Deliveries
    from revops.kit.issue import Issue
    from revops.services.run import Round

MOST_SHOWN = 200


class FirstLook(StrEnum):
    """What the first run does about those who are there."""

    SETTLE = "settle"
    ACT = "act"


def run(
    *,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done and why; save nothing.")
    ] = False,
    first_look: Annotated[
        FirstLook,
        typer.Option(
            "--first-look",
            help="Of the first run on a store: settle everybody's stage and do nothing more,"
            " or act on what the rules say of them.",
        ),
    ] = FirstLook.SETTLE,
    no_deliver: Annotated[
        bool, typer.Option("--no-deliver", help="Leave messages in the outbox.")
    ] = False,
    output_format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """One pass: decide what changed or fell due, save it, and deliver what is to be told.

    The first run on a store settles where everybody stands, by the record and the rules, and does
    nothing more for what lies before: no owners, tasks, messages, clocks or recipes.
    """
    from revops.services.run import Decided, decided, deliver
    from revops.services.run import run as run_engine
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        now = read_as_of(as_of, opened.settings.time_zone)
        with working("Deciding"):
            acts = first_look is FirstLook.ACT
            passed = run_engine(opened, now=now, is_dry=dry_run, acts_at_first=acts)
        delivered = None
        if not (dry_run or no_deliver):
            with working("Delivering"):
                delivered = deliver(opened)
    rows = [row for outcome in passed.outcomes for row in decided(outcome)]
    if not is_shown(output_format, output):
        write(as_result(rows, Decided), output_format, output)
        return
    telling = [each for each in passed.outcomes if not (each.is_settled and each.is_as_before)]
    rows = [row for outcome in telling for row in decided(outcome)]
    for row in rows[:MOST_SHOWN]:
        line = f"[bold]{row.contact_id}[/bold]  [dim]{row.kind:10}[/dim] {escape(row.decided)}"
        stdout.print(line, highlight=False, soft_wrap=True)
    if len(rows) > MOST_SHOWN:
        stdout.print(f"... and {len(rows) - MOST_SHOWN:,} more; --format csv has all")
    counts = ", ".join(f"{count:,} {name}" for name, count in passed.counts.items() if count)
    done = "Nothing of this was saved." if dry_run else ""
    stdout.print(f"{counts or 'Nothing was due'}. {done}".rstrip(), highlight=False)
    if passed.counts["settled"]:
        moved = sum(each.is_settled for each in telling)
        _show_first_look(passed.counts["settled"], moved, is_dry=dry_run)
    if delivered is not None:
        _show_deliveries(*delivered)


def _show_first_look(settled: int, moved: int, *, is_dry: bool) -> None:
    stdout.print(
        f"This is the first look: {how_many(settled, 'contact')} had a past here. Their stages are"
        f" settled, {moved:,} other than their record said, and nothing else is done for it;"
        " what happens from now on counts.",
        highlight=False,
        soft_wrap=True,
    )
    if is_dry:
        stdout.print("--first-look act would do what the rules say of them, too.", style="quiet")


def _show_deliveries(deliveries: Deliveries, issues: list[Issue]) -> None:
    left = sum(deliveries.pending.values()) + sum(deliveries.unknown.values())
    counts = f"{deliveries.delivered:,} messages delivered, {left:,} waiting"
    stdout.print(f"{counts}, {deliveries.dead:,} given up.", highlight=False)
    for issue in issues:
        _warn(issue)


def _warn(issue: Issue) -> None:
    stdout.print(f"[yellow]{escape(issue.message)}[/yellow]; {escape(issue.mend)}")


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
        work(opened, stop, _told, _warn)
    stdout.print("Ended.")


def _told(done: Round) -> None:
    counts = {name: count for name, count in done.passed.counts.items() if count}
    if counts:
        said = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        stdout.print(f"{said} in {done.seconds:.2f} s", highlight=False)
