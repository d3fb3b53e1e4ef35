"""A day of the demonstration, as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.tables import plain_table
from revops.kit.number import how_many

if TYPE_CHECKING:
    from collections.abc import Mapping

    from revops.services.demo_stories import DayReport, Story

_WIDEST = 110


def show_day(report: DayReport) -> None:
    """Print what the engine made of the day: some leads in full, and all of them in figures."""
    day = report.day
    stdout.print(
        f"A day in the life: {day.starts_at:%A, %d %B %Y} (UTC), in"
        f" {how_many(len(day.passes), 'look')}",
        style="key",
    )
    for story in report.stories:
        _show_story(story)
    _show_totals(report)


def _show_story(story: Story) -> None:
    of = f", {story.company}" if story.company else ""
    stdout.print(Text(f"{story.name}{of}  {story.contact_id}"))
    table = plain_table(header=False)
    last = ""
    for event in story.events:
        at = f"{event.at:%a %H:%M}"
        table.add_row("" if at == last else at, event.kind, Text(event.what[:_WIDEST]))
        last = at
    stdout.print(table)
    stdout.print()


def _show_totals(report: DayReport) -> None:
    arrived = f"{how_many(report.contacts, 'contact')}, {report.activities:,} activities"
    made = f"{how_many(report.tasks, 'task')}; " + _counted(report.messages, "no message")
    waiting = sum(report.messages.values()) - report.delivered
    waits = f"{waiting} wait in the outbox until the secrets that automations.yaml names are set"
    rows = {
        "arrived": arrived,
        "qualified": _counted(report.qualified, "nobody"),
        "assigned": _counted(report.assigned, "nobody"),
        "promises": f"{report.kept} kept, {report.broken} broken, {report.running} running",
        "queued": made,
        "delivered": f"{report.delivered} of these; {waits}",
    }
    table = plain_table(header=False)
    for name, what in rows.items():
        table.add_row(name, Text(what))
    stdout.print(table)
    stdout.print()


def _counted(counts: Mapping[str, int], none: str) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or none
