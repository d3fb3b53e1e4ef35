"""`align`: what the words mean, who has approved it, and whether scoring may go live."""

from __future__ import annotations

from typing import Annotated

import typer

from revops.interfaces.cli.align_view import show_agreement
from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.listing import ByOption, person, read_times, write_list
from revops.interfaces.cli.options import (
    FormatOption,
    OutputOption,
    WorkspaceOption,
    examples,
    workspace_folder,
)
from revops.interfaces.cli.output import check_output, is_shown
from revops.kit.clock import parse_zone, to_reader
from revops.kit.errors import RevopsError

align_app = typer.Typer(
    invoke_without_command=True,
    help="What the words mean, who has approved it, and whether scoring may go live.",
    epilog=examples("revops align", "revops align approve --all --as vp_sales --by ada"),
)

TermsArgument = Annotated[
    list[str] | None,
    typer.Argument(help="Terms, as alignment.yaml names them.", show_default=False),
]
AllOption = Annotated[
    bool, typer.Option("--all", help="All terms that the stakeholder is asked for.")
]
AsOption = Annotated[
    str,
    typer.Option("--as", metavar="STAKEHOLDER", help="For whom: a short name in alignment.yaml."),
]


@align_app.callback()
def align(
    context: typer.Context,
    *,
    workspace: WorkspaceOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Tell how far the company agrees on what its words and criteria mean."""
    if context.invoked_subcommand is not None:
        return
    from revops.leads.golive.alignment import Approval
    from revops.services.align import alignment_of
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        zone = opened.settings.time_zone
        found = alignment_of(opened)
        stakeholders = opened.catalog.alignment.stakeholders
    if is_shown(format_, output):
        show_agreement(found, stakeholders, zone)
    else:
        write_list(found.approvals, Approval, format_, output, zone=zone, empty="")


@align_app.command(
    epilog=examples(
        "revops align approve MQL SQL --as vp_sales --by ada",
        "revops align approve --all --as vp_marketing --by ben --note 'meeting of 3 March'",
    )
)
def approve(
    terms: TermsArgument = None,
    *,
    stakeholder: AsOption,
    everything: AllOption = False,
    by: ByOption = None,
    note: Annotated[
        str | None, typer.Option("--note", help="What to remember.", show_default=False)
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Approve terms in their present wording; when the wording changes, it is asked for again."""
    from revops.services.align import approve as approve_terms
    from revops.services.workspace import open_workspace

    asked = _terms(terms, everything=everything)
    with open_workspace(workspace_folder(workspace)) as opened:
        new = approve_terms(opened, asked, stakeholder=stakeholder, by=person(by), note=note)
    said = (
        f"{stakeholder} approved {', '.join(new)}." if new else "All of that was approved already."
    )
    stdout.print(said, markup=False, style="good")


@align_app.command(epilog=examples("revops align withdraw MQL --as vp_sales"))
def withdraw(
    terms: TermsArgument = None,
    *,
    stakeholder: AsOption,
    everything: AllOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Take approvals back; that they were given stays on record."""
    from revops.services.align import withdraw as withdraw_terms
    from revops.services.workspace import open_workspace

    asked = _terms(terms, everything=everything)
    with open_workspace(workspace_folder(workspace)) as opened:
        count = withdraw_terms(opened, asked, stakeholder=stakeholder)
    stdout.print(f"{count} approvals of {stakeholder} taken back.", markup=False)


@align_app.command(
    epilog=examples("revops align override --reason 'pilot first' --until 2026-12-31 --by ada")
)
def override(
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")],
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="When it ends.", show_default=False),
    ] = None,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Go live although not everything is signed off; who decided that and why is kept."""
    from revops.services.align import override as override_gate
    from revops.services.workspace import open_workspace

    with open_workspace(workspace_folder(workspace)) as opened:
        zone = opened.settings.time_zone
        ends = read_times(zone, until=until)["until"]
        override_gate(opened, by=person(by), reason=reason, until=ends)
    when = f" until {to_reader(ends, parse_zone(zone))}" if ends else ""
    stdout.print(f"Scoring may go live{when}: {reason}", markup=False, style="warn")


@align_app.command(epilog=examples("revops align lift"))
def lift(*, workspace: WorkspaceOption = None) -> None:
    """Take an override back."""
    from revops.services.align import lift_override
    from revops.services.workspace import open_workspace

    with open_workspace(workspace_folder(workspace)) as opened:
        was_there = lift_override(opened)
    stdout.print("Taken back." if was_there else "There was no override.", markup=False)


def _terms(terms: list[str] | None, *, everything: bool) -> list[str]:
    if bool(terms) == everything:
        raise RevopsError(
            "which-terms", "name the terms, or --all of them", "revops align lists them"
        )
    return terms or []
