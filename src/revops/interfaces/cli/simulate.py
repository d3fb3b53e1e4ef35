"""`simulate`: the company's own past under proposed definitions, beside the present ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from revops.interfaces.cli.console import stderr, working
from revops.interfaces.cli.options import FormatOption, WorkspaceOption, workspace_folder
from revops.interfaces.cli.output import (
    Format,
    as_result,
    check_output,
    chosen,
    is_shown,
    write,
    write_object,
)
from revops.interfaces.cli.simulate_view import show_flips, show_lead, show_simulation
from revops.interfaces.pictures import is_picture, write_picture
from revops.kit.clock import parse_instant, parse_zone
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from datetime import datetime

    from revops.engine.replay import Flip
    from revops.services.simulate import Figure, Simulation

FromOption = Annotated[
    str,
    typer.Option("--from", metavar="TIME", help="The beginning.", show_default=False),
]
ToOption = Annotated[str, typer.Option("--to", metavar="TIME", help="The end.", show_default=False)]


@dataclass(frozen=True)
class Told:
    """A simulation as JSON has it."""

    start: datetime
    end: datetime
    contacts: int
    now_version: str
    then_version: str
    notes: tuple[str, ...]
    figures: list[Figure]
    leads: tuple[Flip, ...]


def simulate(
    *,
    proposed: Annotated[
        Path,
        typer.Option(
            "--with",
            metavar="DIR",
            help="A folder with the definitions proposed.",
            show_default=False,
        ),
    ],
    start: FromOption,
    end: ToOption,
    leads: Annotated[
        bool, typer.Option("--leads", help="List the leads that are decided otherwise, and why.")
    ] = False,
    lead: Annotated[
        str | None,
        typer.Option("--lead", metavar="ID", help="Show one of them.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
    format_: FormatOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Write the result to this file; .png or .svg for pictures.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Replay your own past under proposed definitions, beside the present ones.

    Who would have qualified, when, and whose they would have been; what became of them.
    """  # fmt: skip
    from revops.engine.replay import Flip
    from revops.services.simulate import Figure
    from revops.services.simulate import simulate as replay_both
    from revops.services.workspace import open_workspace

    check_output(output)
    with (
        open_workspace(workspace_folder(workspace)) as opened,
        working("Replaying the past ..."),
    ):
        zone = opened.settings.time_zone
        found = replay_both(
            opened, proposed, read_time(start, "--from", zone), read_time(end, "--to", zone)
        )
    if output is not None and is_picture(output):
        write_picture(found.charts(), output)
        stderr.print(f"Drawn: {output}", style="quiet")
    elif is_shown(format_, output):
        _show(found, leads=leads, lead=lead)
    elif chosen(format_, output) is Format.JSON:
        write_object(_told(found, lead), output)
    elif leads or lead:
        write(as_result(_asked(found, lead), Flip), format_, output, title="Leads")
    else:
        write(as_result(found.figures(), Figure), format_, output, title="Figures")


def read_time(text: str, option: str, zone: str) -> datetime:
    """The instant that an option names, in the company's zone.

    Raises:
        RevopsError: It is not a time.
    """
    try:
        return parse_instant(text, parse_zone(zone))
    except ValueError as error:
        raise RevopsError("bad-time", f"{option}: {error}") from None


def _show(found: Simulation, *, leads: bool, lead: str | None) -> None:
    if lead is not None:
        show_lead(found, _asked(found, lead)[0])
    elif leads:
        show_flips(found)
    else:
        show_simulation(found)


def _asked(found: Simulation, lead: str | None) -> list[Flip]:
    some = [each for each in found.flips if lead in {None, each.contact_id}]
    if lead is not None and not some:
        raise RevopsError(
            "no-difference",
            f"'{lead}' is decided alike under both, or there is no such contact",
            "--leads lists those that are decided otherwise",
        )
    return some


def _told(found: Simulation, lead: str | None) -> Told:
    return Told(
        found.start, found.end, found.contacts, found.now_version, found.then_version,
        found.notes, found.figures(), tuple(_asked(found, lead)),
    )  # fmt: skip
