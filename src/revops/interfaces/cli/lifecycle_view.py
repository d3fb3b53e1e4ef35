"""A contact's way through the stages as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.tables import plain_table
from revops.kit.clock import parse_zone, to_reader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from revops.leads.lifecycle import Move, Override
    from revops.services.contact import Person
    from revops.services.lifecycle import Stay, Way
    from revops.services.settling import Settled


def show_settled(settled: Settled) -> None:
    """Print what became of a contact once a person had decided."""
    for each in settled.moves:
        stdout.print(_move(settled.person.id, each))
    if not settled.moves:
        stdout.print(f"{settled.person.id} stays in {settled.person.stage}.", markup=False)
    stdout.print(Text(f"Owner: {settled.owner or 'nobody'}", "quiet"))
    _show_lines("Tasks", settled.tasks)
    _show_lines("To be told, by the next revops run", settled.messages)
    _show_lines("Mind", settled.notes)


def show_way(way: Way, zone_name: str) -> None:
    """Print where a contact stands, how it came there, and what would move it on."""
    zone = parse_zone(zone_name)
    stdout.print(_who(way.person))
    stdout.print(Text(f"Account: {way.account}", "quiet"))
    if way.override is not None:
        stdout.print(_override(way.override, zone))
    if way.stays:
        _show_stays(way.stays, zone)
    else:
        said = "It has been in no stage since the engine began; revops run looks at what is new."
        stdout.print(said, style="quiet")
    moves = [f"to {each.to_stage}: {each.because}" for each in way.due]
    _show_lines("Due at the next revops run", moves)
    _show_lines(
        "Further on",
        [
            f"{each.subject}: {'holds' if each.holds else 'not yet'}, {each.why}"
            for each in way.prospects
        ],
    )


def _who(person: Person) -> Text:
    known = ", ".join(each for each in (person.name, person.title, person.email) if each)
    owner = f"owned by {person.owner}" if person.owner else "owned by nobody"
    return Text.assemble(
        (person.id, "key"), f"  {known}\n", (person.stage or "in no stage", "key"), f", {owner}"
    )


def _override(held: Override, zone: tzinfo) -> Text:
    until = f" until {to_reader(held.expires_at, zone)}" if held.expires_at else ""
    said = f"Held in {held.stage} by {held.made_by}{until}: {held.reason}"
    return Text(said, "warn")


def _show_stays(stays: Sequence[Stay], zone: tzinfo) -> None:
    table = plain_table()
    for name in ("stage", "from", "because", "until", "because", "outcome"):
        table.add_column(name)
    for each in stays:
        left = to_reader(each.left_at, zone) if each.left_at else "now"
        outcome = " ".join(part for part in (each.outcome, each.rejection_code) if part)
        cells = (
            each.stage + (" again" if each.is_recycled else ""),
            to_reader(each.entered_at, zone),
            each.entered_because or "",
            left,
            each.left_because or "",
            outcome,
        )
        table.add_row(*map(Text, cells))
    stdout.print(table)


def _move(contact_id: str, each: Move) -> Text:
    came = f"{each.from_stage} -> " if each.from_stage else ""
    return Text.assemble(
        (contact_id, "key"), f"  {came}", (each.to_stage, "good"), f": {each.because}"
    )


def _show_lines(title: str, lines: Sequence[str]) -> None:
    if lines:
        stdout.print(Text(f"\n{title}", "key"))
    for line in lines:
        stdout.print(Text(f"  - {line}"))
