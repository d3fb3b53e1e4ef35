"""A simulation as a person reads it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from revops.interfaces.cli.charts import show
from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.tables import plain_table

if TYPE_CHECKING:
    from datetime import datetime

    from revops.engine.replay import Flip
    from revops.services.simulate import Figure, Simulation

LEADS_SHOWN = 50
_CHANGES = {
    "more": "qualifies only as proposed",
    "fewer": "qualifies only now",
    "earlier": "earlier",
    "later": "later",
    "other owner": "another owner",
}


def show_simulation(found: Simulation) -> None:
    """Print the figures beside each other, then the charts."""
    stdout.print(_heading(found), style="key", markup=False)
    for note in found.notes:
        stdout.print(note, style="warn", markup=False)
    show_figures(found)
    for chart in found.charts():
        if chart.names:
            stdout.print()
            show(chart, stdout)
    stdout.print()
    if found.flips:
        stdout.print(
            f"{len(found.flips):,} leads are decided otherwise: --leads lists them, --lead ID "
            "shows one.",
            soft_wrap=True,
        )
    else:
        stdout.print("No lead is decided otherwise.")


def show_figures(found: Simulation) -> None:
    """Print the figures, group by group."""
    for group, figures in groupby(found.figures(), key=lambda each: each.group):
        table = plain_table()
        table.add_column(group)
        for name in ("now", "proposed", "difference"):
            table.add_column(name, justify="right")
        for each in figures:
            change = _told(each, each.difference, is_signed=True)
            table.add_row(each.name, _told(each, each.now), _told(each, each.then), change)
        stdout.print()
        stdout.print(table)


def show_flips(found: Simulation) -> None:
    """Print the leads that are decided otherwise."""
    table = plain_table()
    for name in ("lead", "", "days", "now", "proposed", "became", "why"):
        table.add_column(name, justify="right" if name == "days" else "left")
    for each in found.flips[:LEADS_SHOWN]:
        table.add_row(
            each.contact_id, _CHANGES[each.change], _days(each.days),
            _when(each.now_at, each.now_owner), _when(each.then_at, each.then_owner),
            each.became, each.then_because or each.now_because,
        )  # fmt: skip
    stdout.print(table)
    if len(found.flips) > LEADS_SHOWN:
        rest = len(found.flips) - LEADS_SHOWN
        stdout.print(f"and {rest:,} more; --format csv has all of them", style="quiet")
    if not found.flips:
        stdout.print("No lead is decided otherwise.")


def show_lead(found: Simulation, flip: Flip) -> None:
    """Print one of them."""
    stdout.print(f"{flip.contact_id}: {_CHANGES[flip.change]}", style="key", markup=False)
    for name, at, owner, because in (
        ("now", flip.now_at, flip.now_owner, flip.now_because),
        ("proposed", flip.then_at, flip.then_owner, flip.then_because),
    ):
        said = f"{_when(at, owner)}: {because}" if at else "does not qualify"
        stdout.print(f"  {name}: {said}", markup=False, soft_wrap=True)
    became = flip.became or "no opportunity"
    amount = f", {found.currency} {flip.amount:,.0f}" if flip.amount else ""
    taken = "; sales took it further" if flip.is_accepted else ""
    stdout.print(f"  afterwards: {became}{amount}{taken}", markup=False)
    stdout.print(
        f"  revops explain {flip.contact_id} --as-of "
        f"{(flip.then_at or flip.now_at or found.end):%Y-%m-%dT%H:%M} has its score then",
        style="quiet", markup=False, soft_wrap=True,
    )  # fmt: skip


def _heading(found: Simulation) -> str:
    return (
        f"{found.contacts:,} contacts from {found.start:%Y-%m-%d} to {found.end:%Y-%m-%d}: "
        f"definitions {found.now_version} beside {found.then_version}"
    )


def _told(figure: Figure, value: float | None, *, is_signed: bool = False) -> str:
    if value is None:
        return ""
    sign = "+" if is_signed else ""
    match figure.unit:
        case "share":
            points = " points" if is_signed else "%"
            return f"{value * 100:{sign}.1f}{points}"
        case "amount":
            return f"{value:{sign},.0f}"
        case "days" | "turns":
            return f"{value:{sign}.1f}"
    return f"{value:{sign},.0f}" if float(value).is_integer() else f"{value:{sign},.1f}"


def _days(days: float | None) -> str:
    return "" if days is None else f"{days:+.1f}"


def _when(at: datetime | None, owner: str | None) -> str:
    if at is None:
        return ""
    return f"{at:%Y-%m-%d %H:%M}" + (f" {owner}" if owner else "")
