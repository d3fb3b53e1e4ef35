"""What the demonstration found, as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.day_view import show_day
from revops.interfaces.cli.findings_view import show_bands, show_chart, show_gaps, show_leads

if TYPE_CHECKING:
    from revops.services.demo import DemoReport


def show_demo(report: DemoReport) -> None:
    """Print the funnel, the scores, the hottest leads, what is missing and what to try next."""
    rows, took = report.rows, sum(report.seconds.values())
    stdout.print(
        f"A company of {rows['contacts']:,} contacts, {rows['activities']:,} activities and "
        f"{rows['opportunities']:,} opportunities over 12 months, "
        f"simulated, imported, worked and scored in {took:.0f} s\n",
        style="key",
    )
    show_chart("Funnel", ((step.stage, step.contacts, "") for step in report.funnel))
    bars = ((f"{each.least} to {each.least + 10}", each.contacts, "") for each in report.histogram)
    show_chart("Scores", bars)
    show_bands(report.bands)
    stdout.print(
        f"[key]{report.qualified:,} contacts are worth a call now.[/key] The hottest of them:\n"
    )
    show_leads(report.hottest)
    stdout.print()
    show_day(report.day)
    show_gaps(report.gaps)
    stdout.print(Text("\nTry next", "key"))
    for command, what in report.next_commands:
        stdout.print(Text(f"  {command}", "place"), soft_wrap=True)
        stdout.print(Text(f"      {what}", "quiet"), soft_wrap=True)
