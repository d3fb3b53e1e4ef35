"""A proposed model beside the present one, as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.tables import plain_table
from revops.kit.number import how_many

if TYPE_CHECKING:
    from revops.leads.validation import Comparison, Validation
    from revops.leads.validation.bands import Band
    from revops.leads.validation.statistics import Estimate

_SAID = {
    "better": ("The proposed model tells those won apart better.", "good"),
    "worse": ("The proposed model tells those won apart worse.", "bad"),
    "not told apart": ("The two AUCs differ by no more than chance can do.", "warn"),
    "cannot tell": ("Too few won or other leads to compare the two.", "warn"),
}


def show_comparison(found: Validation, beside: Comparison) -> None:
    """Print verdicts, figures and conversion by band side by side, then who is better."""
    present = beside.present
    table = plain_table(f"Beside the present definitions ({beside.present_version})")
    for name in ("", "present", "proposed"):
        table.add_column(name)
    table.add_row("verdict", _verdict(present), _verdict(found))
    for name, now, then in (
        ("leads", f"{present.leads:,}", f"{found.leads:,}"),
        (f"said to be {found.confusion.rule}", _yes(present), _yes(found)),
        ("AUC", _figure(beside.auc_present), _figure(beside.auc_proposed)),
        (
            "average precision",
            _share(present.average_precision),
            _share(found.average_precision),
        ),
        ("precision", _share(present.precision), _share(found.precision)),
        ("recall", _share(present.recall), _share(found.recall)),
        ("won in the top quarter", _top(present), _top(found)),
    ):
        table.add_row(name, now, then)
    for band, other in zip(present.bands, found.bands, strict=True):
        table.add_row(f"won of {band.name}", _converted(band), _converted(other))
    stdout.print(table)
    _show_difference(beside)


def _show_difference(beside: Comparison) -> None:
    said, style = _SAID[beside.verdict]
    if beside.difference:
        each = beside.difference
        told = f"{each.value:+.3f} ({each.low:+.3f} to {each.high:+.3f})"
        of = how_many(beside.leads, "lead")
        stdout.print(f"Difference of AUC: {told}, of the {of} that both judge, as pairs.")
    stdout.print(said, style=style)
    stdout.print(
        "A proposal that was learned from these leads looks better here than it is: revops "
        "calibrate tries its own on later ones.\n",
        style="quiet",
    )


def _verdict(found: Validation) -> Text:
    style = {"pass": "good", "mend": "bad"}.get(found.verdict, "warn")
    failed = sum(check.state != "pass" for check in found.checks)
    return Text(
        found.verdict + (f" ({failed} of {len(found.checks)} checks)" if failed else ""), style
    )


def _yes(found: Validation) -> str:
    cells = found.confusion
    return f"{cells.true_positives + cells.false_positives:,}"


def _top(found: Validation) -> str:
    return _share(found.top_quarter.won if found.top_quarter else None)


def _converted(band: Band) -> str:
    return f"{_share(band.conversion)} of {band.leads:,}" if band.leads else "no leads"


def _share(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return f"{estimate.value:.1%} ({estimate.low:.0%}-{estimate.high:.0%})"


def _figure(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return f"{estimate.value:.3f} ({estimate.low:.2f}-{estimate.high:.2f})"
