"""Service levels as a person reads them: what is urgent in its colour, then what was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.tables import plain_table
from revops.kit.clock import parse_zone, to_reader
from revops.kit.number import how_many

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from rich.table import Table

    from revops.services.sla import Breach, Kept, RunningClock, SlaReport

MOST_RUNNING, MOST_BREACHES = 30, 10
_STYLES = {"red": "bad", "amber": "warn", "green": "good", "grey": "quiet"}


def show_sla(report: SlaReport, zone_name: str) -> None:
    """Print the open clocks, the latest broken promises, and how well all are kept."""
    zone = parse_zone(zone_name)
    at = to_reader(report.as_of, zone)
    if not (report.running or report.breaches or report.compliance):
        stdout.print(f"No clock has run by {at}; revops run starts those that are promised.")
        return
    if report.running:
        _show_running(report.running, zone, at)
    else:
        stdout.print(f"No clock runs as of {at}.")
    ended = [each for each in report.breaches if each.stopped_at is not None]
    if ended:
        _show_ended(ended, zone)
    if report.compliance:
        stdout.print(_compliance(report.compliance))


def _show_running(running: Sequence[RunningClock], zone: tzinfo, at: str) -> None:
    counts = {level: sum(each.level == level for each in running) for level in _STYLES}
    words = {"red": "breached", "amber": "hurry", "green": "in time", "grey": "stand still"}
    said = Text(f"{how_many(len(running), 'open clock')} as of {at}: ", "key")
    parts = [(f"{n:,} {words[level]}", _STYLES[level]) for level, n in counts.items() if n]
    for place, (text, style) in enumerate(parts):
        said.append(", " if place else "").append(text, style)
    stdout.print(said)
    table = _table("service level", "contact", "owner", "due", "time left", "steps taken")
    for each in running[:MOST_RUNNING]:
        table.add_row(
            Text(each.sla),
            Text(each.contact_id, "key"),
            Text(each.owner or "nobody"),
            Text(to_reader(each.due_at, zone)),
            Text(each.left, _STYLES[each.level]).append(f": {each.why}" if each.why else ""),
            Text(str(each.steps_fired)),
        )
    stdout.print(table)
    _show_rest(len(running), MOST_RUNNING, "revops sla --format csv")


def _show_ended(ended: Sequence[Breach], zone: tzinfo) -> None:
    table = _table("service level", "contact", "owner", "due", "kept after all", "correction")
    table.title, table.title_justify = Text("Kept too late", "bold"), "left"
    for each in ended[:MOST_BREACHES]:
        table.add_row(
            Text(each.sla),
            Text(each.contact_id, "key"),
            Text(each.owner or "nobody"),
            Text(to_reader(each.due_at, zone)),
            Text(to_reader(each.stopped_at, zone) if each.stopped_at else ""),
            Text(each.correction or "", "quiet"),
        )
    stdout.print(table)
    _show_rest(len(ended), MOST_BREACHES, "revops sla --breached")


def _compliance(kept: Sequence[Kept]) -> Table:
    extra = [name for name in ("owner", "period") if any(getattr(each, name) for each in kept)]
    table = _table("service level", *extra, "kept", "target", "in time", "late", "open")
    table.title, table.title_justify = Text("Compliance", "bold"), "left"
    for each in kept:
        style = {True: "good", False: "bad", None: "quiet"}[each.is_on_target]
        percent = "not yet" if each.percent is None else f"{each.percent:.1f}%"
        table.add_row(
            Text(each.sla),
            *(Text(getattr(each, name)) for name in extra),
            Text(percent, style),
            Text(f"{each.target:g}%"),
            *(Text(f"{count:,}") for count in (each.met, each.breached, each.running)),
        )
    return table


def _table(*names: str) -> Table:
    table = plain_table()
    for name in names:
        table.add_column(name)
    return table


def _show_rest(count: int, shown: int, command: str) -> None:
    if count > shown:
        stdout.print(f"{shown:,} of {count:,}; {command} gives all", style="quiet")
