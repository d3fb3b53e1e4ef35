"""`outbox`: what is to be told to the world."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer
from rich.text import Text

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.listing import write_list
from revops.interfaces.cli.options import (
    FormatOption,
    OutputOption,
    WorkspaceOption,
    examples,
    workspace_folder,
)
from revops.interfaces.cli.output import check_output, is_shown, write_object
from revops.interfaces.cli.tables import plain_table
from revops.kit.clock import parse_zone, to_reader
from revops.kit.errors import RevopsError
from revops.kit.number import how_many

if TYPE_CHECKING:
    from datetime import datetime

    from revops.store.outbox import Letter

outbox_app = typer.Typer(
    no_args_is_help=True,
    help="Messages: what waits, what was delivered, what was given up.",
    epilog=examples("revops outbox list", "revops outbox list --state dead"),
)

DestinationOption = Annotated[
    str | None, typer.Option("--destination", help="To this one only.", show_default=False)
]


class StateOption(StrEnum):
    """Where a letter stands."""

    PENDING = "pending"
    DEAD = "dead"
    DELIVERED = "delivered"


@dataclass(frozen=True)
class _Shown:
    key: str
    state: str
    channel: str
    destination: str
    contact_id: str | None
    cause: str | None
    created_at: datetime
    next_at: datetime | None
    delivered_at: datetime | None
    attempts: int
    last_error: str | None
    payload: dict[str, Any]


@outbox_app.command(
    "list",
    epilog=examples("revops outbox list --state dead", "revops outbox list --contact C1042"),
)
def list_(
    *,
    state: Annotated[
        StateOption | None,
        typer.Option("--state", help="Those that stand there only.", show_default=False),
    ] = None,
    destination: DestinationOption = None,
    contact: Annotated[
        str | None,
        typer.Option("--contact", help="About this contact only.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    workspace: WorkspaceOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """The messages, the newest first."""
    from revops.services.outbox import Listed, list_outbox
    from revops.services.workspace import open_workspace

    check_output(output)
    where = cast("Literal['pending', 'dead', 'delivered'] | None", state and state.value)
    with open_workspace(workspace_folder(workspace)) as opened:
        found = list_outbox(
            opened, state=where, destination=destination, contact=contact, limit=limit
        )
        zone = opened.settings.time_zone
    said = f"There are no {f'{where} ' if where else ''}messages."
    write_list(found, Listed, format_, output, zone=zone, empty=said)


@outbox_app.command(epilog=examples("revops outbox show msg_5d41402abc4b2a76b9719d911017c592"))
def show(
    key: Annotated[str, typer.Argument(help="The message's key.", show_default=False)],
    *,
    workspace: WorkspaceOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """One message: what it says, why, and what became of it."""
    from revops.services.outbox import show_letter
    from revops.services.workspace import open_workspace

    check_output(output)
    with open_workspace(workspace_folder(workspace)) as opened:
        shown = _shown(show_letter(opened, key))
        zone = opened.settings.time_zone
    if is_shown(format_, output):
        _show(shown, zone)
    else:
        write_object(shown, output)


@outbox_app.command(
    epilog=examples(
        "revops outbox replay msg_5d41402abc4b2a76b9719d911017c592",
        "revops outbox replay --all-dead --destination crm",
    )
)
def replay(
    key: Annotated[
        str | None, typer.Argument(help="The key of a dead message.", show_default=False)
    ] = None,
    *,
    all_dead: Annotated[bool, typer.Option("--all-dead", help="All that were given up.")] = False,
    destination: DestinationOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Try dead messages once more, with the same key and content."""
    from revops.services.outbox import replay_letters
    from revops.services.workspace import open_workspace

    if (key is None) != all_dead:
        raise RevopsError(
            "which-message",
            "it is not said which message is to be sent once more",
            "give its key, or --all-dead",
        )
    with open_workspace(workspace_folder(workspace)) as opened:
        count = replay_letters(opened, key, destination=destination)
    if count:
        said = f"{how_many(count, 'message')} will be sent once more by the next revops run."
    else:
        said = "No message is dead."
    stdout.print(said)


def _shown(letter: Letter) -> _Shown:
    names = [name for name in _Shown.__dataclass_fields__ if name != "payload"]
    return _Shown(**{name: getattr(letter, name) for name in names}, payload=letter.content)


def _show(shown: _Shown, zone_name: str) -> None:
    zone = parse_zone(zone_name)
    table = plain_table(header=False)
    for name in _Shown.__dataclass_fields__:
        value = getattr(shown, name)
        if name != "payload" and value is not None:
            text = to_reader(value, zone) if name.endswith("_at") else str(value)
            table.add_row(Text(name.replace("_", " "), "quiet"), Text(text))
    stdout.print(table)
    stdout.print(Text(json.dumps(shown.payload, indent=2, ensure_ascii=False)))
