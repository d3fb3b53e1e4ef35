"""A calibration as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from revops.interfaces.cli.charts import show
from revops.interfaces.cli.console import stdout
from revops.interfaces.cli.tables import plain_table, points
from revops.kit.number import how_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from revops.kit.chart import Chart
    from revops.leads.calibration import Fading, Suggestion, Threshold
    from revops.leads.validation.statistics import Estimate
    from revops.services.calibrate import Calibrated, ModelCalibrated


def show_calibrated(found: Calibrated) -> None:
    """Print what is suggested for each model, how it did, and the changes in words."""
    if not found.is_dated:
        stdout.print(
            "The outcomes carry no dates: a random part is held back, not the later one.",
            style="warn",
        )
    for each in found.models:
        _show_model(each)
    if not any(each.threshold for each in found.models):
        return
    stdout.print("\nIn words", style="key")
    for change in found.changes:
        stdout.print(f"  {change}", markup=False, soft_wrap=True)
    if not found.changes:
        stdout.print("  nothing changes")
    if found.output is not None:
        stdout.print(f"\nWritten: {found.output}", style="good", markup=False)
    write = "" if found.output is not None else "Write it with --output DIR, then: "
    folder = found.output or "DIR"
    said = f"Nothing is applied. {write}revops validate --with {folder} judges it"
    stdout.print(f"\n{said}", style="quiet", markup=False, soft_wrap=True)


def _show_model(each: ModelCalibrated) -> None:
    leads = how_many(each.leads, "lead")
    stdout.print(f"\n{each.model}: {leads} with a known outcome, {each.won:,} won", style="key")
    if each.threshold is None:
        stdout.print(
            f"Too few to calibrate: {each.missing:,} more are missing. "
            "Import older deals, or wait for more to close."
        )
        return
    _show_parts(each)
    _show_points(each.points)
    _show_fadings(each.fadings)
    for chart in totals_charts(each):
        show(chart, stdout)
        stdout.print()
    _show_threshold(each.threshold)
    _show_verdict(each.auc_now, each.auc_then)


def _show_parts(each: ModelCalibrated) -> None:
    kinds = " won and lost" if each.left_out else ""
    stdout.print(
        f"Learned from the first {each.learned:,}{kinds}, tried on the {each.tried:,} after them"
    )
    if each.left_out:
        stdout.print(
            f"{each.left_out:,} disqualified are not learned from: they were there only because "
            "they looked good.",
            style="quiet",
        )


def charts_of(found: Calibrated) -> list[Chart]:
    """The pictures of a calibration."""
    from revops.leads.calibration.charts import points_chart

    return [
        chart
        for each in found.models
        for chart in (*points_chart(each.points), *totals_charts(each))
    ]


def totals_charts(each: ModelCalibrated) -> list[Chart]:
    """The totals of those tried, now and as suggested, with the threshold."""
    from revops.leads.calibration.charts import totals_chart

    if each.threshold is None or each.totals_now is None or each.totals_then is None:
        return []
    return [
        totals_chart("Totals now", each.totals_now, each.threshold.now),
        totals_chart("Totals as suggested", each.totals_then, each.threshold.suggested),
    ]


def _show_points(suggestions: Sequence[Suggestion]) -> None:
    table = plain_table("Points")
    for name in ("", "leads", "now", "suggested"):
        table.add_column(name, justify="right" if name else "left")
    table.add_column("")
    for each in suggestions:
        is_changed = each.points != each.item.points
        table.add_row(
            Text(each.item.label),
            f"{each.leads:,}",
            points(each.item.points),
            Text(points(each.points), "warn" if is_changed else ""),
            Text(each.note, "quiet"),
        )
    stdout.print(table)


def _show_fadings(fadings: Sequence[Fading]) -> None:
    if not fadings:
        return
    table = plain_table("How long an occurrence tells")
    for name in ("signal", "decay now", "tells for", "suggested"):
        table.add_column(name)
    for each in fadings:
        told = f"{each.days} days" if each.days else Text("cannot be told", "quiet")
        change = ", ".join(f"{key}: {value}" for key, value in each.suggested.items())
        table.add_row(Text(each.signal), each.now, told, Text(change, "warn"))
    stdout.print(table)


def _show_threshold(threshold: Threshold) -> None:
    table = plain_table("Threshold: what four in five of those won reach")
    for name in ("", "mql", "won reach it", "others reach it"):
        table.add_column(name)
    now = threshold.now or "not made of scores alone"
    table.add_row("now", Text(now), _share(threshold.won_now), _share(threshold.lost_now))
    table.add_row(
        "suggested", Text(threshold.suggested), _share(threshold.won), _share(threshold.lost)
    )
    stdout.print(table)
    if not threshold.is_selective:
        told = "The others reach it as often as those won: it selects nobody, and is not written."
        stdout.print(told, style="warn")


def _show_verdict(now: Estimate | None, then: Estimate | None) -> None:
    if now is None or then is None:
        return
    told = f"AUC on those tried: {_auc(now)} now, {_auc(then)} as suggested. "
    if then.value <= now.value:
        stdout.print(f"{told}No better: keep the points you have.", style="warn")
    elif then.low <= now.value:
        stdout.print(f"{told}Better, but not by more than chance can do.")
    else:
        stdout.print(f"{told}Better.", style="good")


def _share(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return f"{estimate.value:.0%} ({estimate.low:.0%}-{estimate.high:.0%})"


def _auc(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.2f}-{estimate.high:.2f})"
