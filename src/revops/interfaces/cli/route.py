"""`route`: who would get a lead, who got it and why, and whether turns are shared fairly."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.listing import read_times, write_list
from revops.interfaces.cli.options import (
    AsOfOption,
    FormatOption,
    OutputOption,
    WorkspaceOption,
    examples,
    read_as_of,
    workspace_folder,
)
from revops.interfaces.cli.output import Format, check_output, chosen, is_shown, write_object
from revops.interfaces.cli.route_view import (
    Tried,
    show_log,
    show_preview,
    told,
    tried,
)
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from datetime import datetime

    from revops.leads.routing import Fairness

route_app = typer.Typer(
    no_args_is_help=True,
    help="Who gets a lead, and why.",
    epilog=examples("revops route preview C1042", "revops route log"),
)


@route_app.command(
    epilog=examples(
        "revops route preview C1042",
        "revops route preview --set title='VP Sales' --set account.employees=900",
        "revops route preview C1042 --set country=Germany --format json",
    )
)
def preview(
    contact: Annotated[
        str | None,
        typer.Argument(
            help="The contact's id or e-mail address; without it, a lead that --set describes.",
            show_default=False,
        ),
    ] = None,
    *,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="A field as it is supposed to be, named as in conditions; may be given often.",
            show_default=False,
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Who would get a lead now: the rules that are tried, and why not the others. Saves nothing."""
    from revops.services.route import preview as preview_route
    from revops.services.workspace import open_workspace

    check_output(output)
    values = _values(set_ or [])
    with open_workspace(workspace_folder(workspace)) as opened:
        at = read_as_of(as_of, opened.settings.time_zone)
        found = preview_route(opened, contact, values, now=at)
        zone = opened.settings.time_zone
    if is_shown(format_, output):
        show_preview(found, zone)
    elif chosen(format_, output) is Format.JSON:
        write_object(told(found), output)
    else:
        write_list(tried(found), Tried, format_, output, zone=zone, empty="No rule was tried.")


@dataclass(frozen=True)
class _Logged:
    contact_id: str
    at: datetime
    rule: str
    owner: str | None
    queue: str | None
    reason: str
    definitions_version: str
    considered: str
    passed_over: str


@route_app.command(
    epilog=examples(
        "revops route log", "revops route log C1042", "revops route log --since 2026-03-01"
    )
)
def log(
    contact: Annotated[
        str | None,
        typer.Argument(help="The contact's id or e-mail address.", show_default=False),
    ] = None,
    *,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Decided then or later.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    workspace: WorkspaceOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Who got which lead, by which rule and why; the newest first."""
    from revops.services.route import route_log
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        zone = opened.settings.time_zone
        found = route_log(
            opened, contact, since=read_times(zone, since=since)["since"], limit=limit
        )
    if contact is not None and found and is_shown(format_, output):
        show_log(found, zone)
        return
    rows = [
        _Logged(
            each.contact_id,
            each.at,
            each.rule,
            each.owner,
            each.queue,
            each.reason,
            each.definitions_version,
            json.dumps([one._asdict() for one in each.considered]),
            json.dumps([one._asdict() for one in each.passed_over]),
        )
        for each in found
    ]
    said = "Nothing was routed yet; revops run routes what is due."
    if contact is not None or since is not None:
        said = "Nothing of it was routed; revops route preview CONTACT tells what would be."
    nested = ("considered", "passed_over")
    write_list(
        rows,
        _Logged,
        format_,
        output,
        zone=zone,
        empty=said,
        hidden=("definitions_version", *nested),
        json_columns=nested,
    )


@dataclass(frozen=True)
class _Shared:
    pool: str
    period_start: datetime
    member: str
    share: float
    count: int
    difference: float
    bound: float
    is_kept: str


@route_app.command(epilog=examples("revops route fairness", "revops route fairness --pool west"))
def fairness(
    *,
    pool: Annotated[
        str | None, typer.Option("--pool", help="Of this pool only.", show_default=False)
    ] = None,
    workspace: WorkspaceOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """What each member of a pool was due in each period and what it got; 1 if a bound is broken."""
    from revops.services.route import fairness as shared
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        found = shared(opened, pool)
        zone = opened.settings.time_zone
    said = "No turns were taken yet; revops run routes what is due."
    rows = [_shared(each) for each in found]
    write_list(rows, _Shared, format_, output, zone=zone, empty=said)
    is_kept = all(each.is_kept for each in found)
    if found and is_shown(format_, output):
        verdict = (
            "Nobody is further from its share than the bound allows."
            if is_kept
            else "The bound is broken."
        )
        stdout.print(verdict, style="good" if is_kept else "bad")
    if not is_kept:
        raise typer.Exit(1)


def _shared(each: Fairness) -> _Shared:
    return _Shared(**asdict(each), is_kept="yes" if each.is_kept else "no")


def _values(texts: list[str]) -> dict[str, str]:
    """What `--set` says, by field."""
    found = {}
    for each in texts:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            message = f"--set {each}: there is no '=' between a field and its value"
            raise RevopsError("bad-set", message, "write it as --set title='VP Sales'")
        found[name.strip()] = value.strip()
    return found
