"""A validation as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from revops.interfaces.cli.charts import WIDEST, show
from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.tables import cell, plain_table, points
from revops.interfaces.cli.validate_compared import show_comparison

if TYPE_CHECKING:
    from collections.abc import Sequence

    from revops.leads.validation import Comparison, Validation
    from revops.leads.validation.gate import Check
    from revops.leads.validation.misses import Miss
    from revops.leads.validation.statistics import Estimate
    from revops.leads.validation.weights import Weighed

MISSES_SHOWN = 5
_SIGNAL_COLUMNS = ("", "points", "leads", "won with", "without", "lift", "worth", "verdict")
_FEWER_COLUMNS = ("", "points", "leads", "lift", "verdict")
_STYLES = {"pass": "good", "mend": "bad", "cannot tell": "warn"}
_SIGNAL_STYLES = {"wrong way": "bad", "over-weighted": "warn", "under-weighted": "warn"}
_VERDICTS = {
    "pass": "Pass: the scores go with the outcomes.",
    "mend": "Not yet: mend what is marked above, and validate again.",
    "cannot tell": "Cannot tell: see what is missing above.",
}


def show_validation(
    found: Validation, beside: Comparison | None, heading: str, notes: Sequence[str]
) -> None:
    """Print the figures, then what is to be mended; beside it the present model, if given."""
    from revops.leads.validation import charts

    stdout.print(heading, style="key", markup=False)
    for note in notes:
        stdout.print(note, style="warn", markup=False)
    stdout.print()
    if found.leads:
        for chart in charts(found, beside.present if beside else None):
            show(chart, stdout)
            stdout.print()
        _show_figures(found)
        _show_signals(found.signals)
        says = f"{found.confusion.rule}, but not won"
        _show_misses(
            f"False positives: {says}", found.confusion.false_positives, found.false_positives
        )
        says = f"won, but not {found.confusion.rule}"
        _show_misses(
            f"False negatives: {says}", found.confusion.false_negatives, found.false_negatives
        )
    _show_checks(found.checks)
    if beside:
        show_comparison(found, beside)
    stdout.print(_VERDICTS[found.verdict], style=_STYLES[found.verdict])
    if found.leads:
        stdout.print(
            "--format csv gives every lead, --format json all figures, --output FILE.png pictures.",
            style="quiet",
        )


def _show_figures(found: Validation) -> None:
    table = plain_table(header=False)
    for name, estimate, is_share, meaning in (
        ("Won", found.base_rate, True, "of the leads judged"),
        ("AUC", found.auc, False, "a lead that was won scores above one that was not"),
        ("Average precision", found.average_precision, True, "without any order, as many as won"),
        ("Precision", found.precision, True, f"of those {found.confusion.rule} were won"),
        ("Recall", found.recall, True, f"of those won were {found.confusion.rule}"),
    ):
        table.add_row(name, _estimate(estimate, is_share=is_share), Text(meaning, "quiet"))
    stdout.print(table)
    spreads = plain_table("Totals by outcome")
    for name in ("outcome", "leads", "mean", "lowest", "25 %", "median", "75 %", "highest"):
        spreads.add_column(name, justify="left" if name == "outcome" else "right")
    for each in found.spread:
        figures = (each.mean, each.least, each.quarter, each.median, each.three_quarters)
        shown = [f"{x:.0f}" if each.leads else "" for x in (*figures, each.greatest)]
        spreads.add_row(each.outcome, cell(each.leads), *shown)
    stdout.print(spreads)


def _show_signals(signals: Sequence[Weighed]) -> None:
    seen = [each for each in signals if each.leads]
    many = len({each.model for each in seen}) > 1
    names = _SIGNAL_COLUMNS if stdout.width >= WIDEST else _FEWER_COLUMNS
    table = plain_table("Attributes and signals")
    for name in names:
        table.add_column(name, justify="left" if name in {"", "verdict"} else "right")
    for each in seen:
        cells = _cells(each)
        if many:
            cells[""] = f"{each.model}: {each.signal}"
        table.add_row(*(cells[name] for name in names))
    stdout.print(table)
    never = [each.signal for each in signals if not each.leads]
    if never:
        stdout.print(f"Never seen: {', '.join(never)}", style="quiet", markup=False)
    stdout.print(
        "Worth: the points that the lift calls for, on the model's own scale (95 %).\n",
        style="quiet",
    )


def _cells(each: Weighed) -> dict[str, Text | str]:
    """What the table says of a signal, by column."""
    worth = each.deserved
    return {
        "": each.signal,
        "points": points(each.points),
        "leads": cell(each.leads),
        "won with": f"{each.conversion_with.value:.0%}" if each.conversion_with else "",
        "without": f"{each.conversion_without.value:.0%}" if each.conversion_without else "",
        "lift": _estimate(each.lift, is_share=False),
        "worth": f"{worth.low:.0f} to {worth.high:.0f}" if worth else "",
        "verdict": Text(each.verdict, _SIGNAL_STYLES.get(each.verdict, "")),
    }


def _show_misses(title: str, count: int, misses: Sequence[Miss]) -> None:
    if not misses:
        return
    table = plain_table(f"{title} ({count:,})", header=False)
    for miss in misses[:MISSES_SHOWN]:
        who = Text(miss.name or miss.contact_id, "key")
        who.append(f", {miss.account}" if miss.account else "", "not bold")
        who.append(f"  {miss.contact_id}", "not bold dim")
        who.append(f"\n{miss.explain}", "not bold cyan")
        table.add_row(points(miss.total), miss.outcome, who)
    table.columns[0].justify = "right"
    stdout.print(table)


def _show_checks(checks: Sequence[Check]) -> None:
    table = plain_table("The gate", header=False)
    for check in checks:
        said = Text(check.name, "key")
        said.append(f"\n{check.found}", "not bold")
        if check.mend:
            said.append(f"\n{check.mend}", "not bold " + "italic")
        table.add_row(Text(check.state, _STYLES[check.state]), said)
    stdout.print(table)


def _estimate(estimate: Estimate | None, *, is_share: bool) -> str:
    if estimate is None:
        return ""
    if is_share:
        return f"{estimate.value:.1%} ({estimate.low:.1%} to {estimate.high:.1%})"
    return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"
