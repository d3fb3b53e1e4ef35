"""What scores amount to, as a person reads it: charts, and the hottest leads with reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.tables import bar, cell, plain_table, points

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from revops.services.demo_findings import BandCount, Gap, HotLead

GAPS_SHOWN = 12
WHOLE_PERCENT = 0.005


def show_chart(title: str, rows: Iterable[tuple[str, int, str]]) -> None:
    """Print a bar for each name and count; the third says what it means."""
    listed = list(rows)
    most = max((count for _name, count, _what in listed), default=0)
    table = plain_table(title, header=False)
    for name, count, what in listed:
        table.add_row(name, cell(count), bar(count, most), Text(what, "quiet"))
    table.columns[1].justify = "right"
    stdout.print(table)
    stdout.print()


def show_bands(bands: Sequence[BandCount]) -> None:
    """Print how many contacts are in each band, and what is to be done with them."""
    show_chart("Bands", ((each.band, each.contacts, each.action) for each in bands))


def show_leads(leads: Sequence[HotLead]) -> None:
    """Print the hottest leads, each with what gives most of its points."""
    table = plain_table(header=False)
    for place, lead in enumerate(leads, 1):
        who = Text(lead.name or lead.contact_id, "key")
        who.append("".join(f", {each}" for each in (lead.title, lead.company) if each), "not bold")
        who.append(f"  {lead.contact_id}" if lead.name else "", "not bold dim")
        reasons = Text("; ".join(lead.reasons), "quiet")
        table.add_row(f"{place}.", points(lead.score), Text("\n").join([who, reasons]))
    table.columns[0].justify = table.columns[1].justify = "right"
    stdout.print(table)


def show_gaps(gaps: Sequence[Gap]) -> None:
    """Print what is missing in the records, worst first."""
    table = plain_table("What is missing", header=False)
    for gap in sorted(gaps, key=lambda each: -each.share)[:GAPS_SHOWN]:
        counts = Text(f"{gap.count:,} of {gap.of:,}", "quiet")
        share = f"{gap.share:.0%}" if gap.share >= WHOLE_PERCENT else "<1%"
        table.add_row(Text(share, "warn"), gap.what, counts)
    table.columns[0].justify = "right"
    stdout.print(table)
