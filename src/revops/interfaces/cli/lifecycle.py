"""`lifecycle`: what sales decides about a contact, and where it stands and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from revops.interfaces.cli.lifecycle_view import show_settled, show_way
from revops.interfaces.cli.listing import ByOption, person, read_times
from revops.interfaces.cli.options import (
    AsOfOption,
    FormatOption,
    OutputOption,
    WorkspaceOption,
    examples,
    workspace_folder,
)
from revops.interfaces.cli.output import Format, check_output, is_shown, write_object

if TYPE_CHECKING:
    from pathlib import Path

    from revops.services.settling import Settled

lifecycle_app = typer.Typer(
    no_args_is_help=True,
    help="Where a contact stands, and who decides.",
    epilog=examples("revops lifecycle show C1042", "revops lifecycle accept C1042"),
)

ContactArgument = Annotated[
    str, typer.Argument(help="The contact's id or e-mail address.", show_default=False)
]


@lifecycle_app.command(
    epilog=examples("revops lifecycle accept C1042", "revops lifecycle accept C1042 --by ada")
)
def accept(
    contact: ContactArgument,
    *,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Sales takes a contact over: it enters the stage that acceptance leads to."""
    from revops.services.lifecycle import accept_contact
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        now = read_times(opened.settings.time_zone, as_of=as_of)["as_of"]
        settled = accept_contact(opened, contact, by=person(by), now=now)
    _tell(settled, format_, output)


@lifecycle_app.command(
    epilog=examples(
        "revops lifecycle reject C1042 --reason FIT-01 --by ada",
        "revops lifecycle reject C1042 --reason ENG-02 --returns 2027-01-15",
    )
)
def reject(
    contact: ContactArgument,
    *,
    reason: Annotated[
        str,
        typer.Option("--reason", metavar="CODE", help="A rejection code of lifecycle.yaml."),
    ],
    returns: Annotated[
        str | None,
        typer.Option(
            "--returns",
            metavar="TIME",
            help="When it comes back; by default when the code says.",
            show_default=False,
        ),
    ] = None,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Sales sends a contact back, and what the code says happens to it."""
    from revops.services.lifecycle import reject_contact
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        times = read_times(opened.settings.time_zone, returns=returns, as_of=as_of)
        settled = reject_contact(
            opened, contact, reason,
            by=person(by), returns_at=times["returns"], now=times["as_of"],
        )  # fmt: skip
    _tell(settled, format_, output)


@lifecycle_app.command(
    epilog=examples(
        "revops lifecycle override C1042 --stage SQL --because 'Met the board at the fair'",
        "revops lifecycle override C1042 --stage Lead --because 'A student' --until 2026-09-01",
    )
)
def override(
    contact: ContactArgument,
    *,
    stage: Annotated[str, typer.Option("--stage", help="The stage it is held in.")],
    because: Annotated[str, typer.Option("--because", metavar="TEXT", help="Why.")],
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="TIME",
            help="Until then; by default until it is lifted.",
            show_default=False,
        ),
    ] = None,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Hold a contact in a stage, whatever the rules say."""
    from revops.services.lifecycle import override_contact
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        times = read_times(opened.settings.time_zone, until=until, as_of=as_of)
        settled = override_contact(
            opened, contact, stage, because,
            by=person(by), until=times["until"], now=times["as_of"],
        )  # fmt: skip
    _tell(settled, format_, output)


@lifecycle_app.command(epilog=examples("revops lifecycle lift C1042"))
def lift(
    contact: ContactArgument,
    *,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Lift an override: the rules decide again."""
    from revops.services.lifecycle import lift_override
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        now = read_times(opened.settings.time_zone, as_of=as_of)["as_of"]
        settled = lift_override(opened, contact, by=person(by), now=now)
    _tell(settled, format_, output)


@lifecycle_app.command(
    epilog=examples("revops lifecycle show C1042", "revops lifecycle show ada@example.com")
)
def show(
    contact: ContactArgument,
    *,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Where a contact stands, how it came there, and what would move it on."""
    from revops.services.lifecycle import show_contact
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        zone = opened.settings.time_zone
        way = show_contact(opened, contact, now=read_times(zone, as_of=as_of)["as_of"])
    if is_shown(format_, output):
        show_way(way, zone)
    else:
        write_object(way, output)


def _tell(settled: Settled, form: Format | None, output: Path | None) -> None:
    if is_shown(form, output):
        show_settled(settled)
    else:
        write_object(settled, output)
