"""An explanation as a person reads it: the score, what made it, and what it would take."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.tables import points
from revops.kit.clock import parse_zone, to_reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from revops.definitions.workspace import Settings
    from revops.leads.scoring.explain import Explanation, Reason
    from revops.services.explain import ContactExplanation


def show_explanation(explained: ContactExplanation, settings: Settings) -> None:
    """Print an explanation."""
    score = explained.score
    stdout.print(_who(explained))
    stdout.print(_verdict(score))
    if score.band and score.band.action and not score.blocked_by:
        stdout.print(Text("Do: ", "key") + Text(score.band.action))
    stdout.print()
    stdout.print(_reasons(score))
    _show_needs(score)
    at = to_reader(score.as_of, parse_zone(settings.time_zone))
    stdout.print(
        f"\nModel {score.model}, definitions {score.definitions_version}, as of {at}",
        style="quiet",
        markup=False,
    )


def _who(explained: ContactExplanation) -> Text:
    name = explained.name or explained.email or explained.score.contact_id
    told = (explained.title, explained.account, explained.email, explained.score.contact_id)
    more = [each for each in told if each and each != name]
    return Text(name, "key") + Text("".join(f" · {each}" for each in more))


def _verdict(score: Explanation) -> Text:
    band = score.band.name if score.band else "no band"
    told = Text(f"{points(score.total)} points, {band}, ", "key")
    told.append("qualified" if score.qualified else "not qualified", _style(score))
    if score.blocked_by:
        told.append(f": suppressed by {', '.join(score.blocked_by)}", "bad")
    elif score.reached:
        told.append(f" ({', '.join(score.reached)})")
    return told


def _style(score: Explanation) -> str:
    return "good" if score.qualified else "warn"


def _reasons(score: Explanation) -> Table:
    """The lines that add up to the score, by subtotal."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right")
    table.add_column(ratio=2)
    table.add_column(ratio=5)
    subtotals = {"fit": score.fit, "engagement": score.engagement}
    for dimension, reasons in groupby(score.reasons, key=lambda each: each.dimension):
        amount = points(subtotals[dimension]) if dimension in subtotals else ""
        table.add_row(Text(amount, "key"), Text(dimension.capitalize(), "key"))
        for reason in reasons:
            table.add_row(_amount(reason), Text(reason.name), Text(reason.why, "quiet"))
    table.add_row(Text(points(score.total), "key"), Text("in all", "key"))
    return table


def _amount(reason: Reason) -> Text:
    sign = "+" if reason.points >= 0 else ""
    return Text(f"{sign}{points(reason.points)}", "good" if reason.points >= 0 else "bad")


def _show_needs(score: Explanation) -> None:
    if not score.qualified:
        ways = [way for way in score.needs if way]
        if score.blocked_by:
            _show_list("Never qualifies while", [f"{name} holds" for name in score.blocked_by])
        for index, way in enumerate(ways):
            _show_list("To qualify" if index == 0 else "Or", way)
    _show_list("What would help", score.suggestions)


def _show_list(title: str, lines: Sequence[str]) -> None:
    if lines:
        stdout.print(Text(f"\n{title}", "key"))
    for line in lines:
        stdout.print(Text(f"  - {line}"))
