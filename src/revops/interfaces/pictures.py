"""Charts as PNG or SVG: the same charts give the same bytes."""

from __future__ import annotations

from io import BytesIO
from itertools import cycle
from typing import TYPE_CHECKING, Any

from revops.kit.chart import Bars, Lines, Points
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from revops.kit.chart import Axis, Chart, Curve, Series

FORMATS = (".png", ".svg")
COLOURS = ("#2f6f8f", "#d08c34", "#8a8f98", "#5b9a5f", "#a3557a", "#4b4f58")
_SIZE = (6.4, 4.0)
_DPI = 120
_SETTINGS: Any = {
    "svg.hashsalt": "revops",  # else ids inside are random
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.parse_math": False,  # a dollar is a dollar
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def is_picture(output: Path | None) -> bool:
    """Whether a file's name asks for a picture."""
    return output is not None and output.suffix.lower() in FORMATS


def write_picture(charts: Sequence[Chart], output: Path) -> None:
    """Draw charts, two in a row, into one file whose name ends in .png or .svg.

    Raises:
        RevopsError: Its name ends in something else, it cannot be written, or there is no chart.
    """
    if not is_picture(output):
        raise RevopsError("bad-output", f"'{output}' ends in neither of {' and '.join(FORMATS)}")
    if not charts:
        raise RevopsError("nothing-to-draw", "there is nothing to draw")
    try:
        output.write_bytes(_drawn(charts, output.suffix.lower().removeprefix(".")))
    except OSError as error:
        raise RevopsError("bad-output", f"'{output}' cannot be written: {error.strerror}") from None


def _drawn(charts: Sequence[Chart], kind: str) -> bytes:
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(len(charts), 2)
    rows = -(-len(charts) // columns)
    with rc_context(_SETTINGS):
        figure = Figure(figsize=(_SIZE[0] * columns, _SIZE[1] * rows), layout="constrained")
        FigureCanvasAgg(figure)
        places = figure.subplots(rows, columns, squeeze=False).ravel()
        for place, chart in zip(places, charts, strict=False):
            _draw(place, chart)
        for place in places[len(charts) :]:
            place.set_visible(False)
        data = BytesIO()
        # A date inside would make the same charts other bytes tomorrow.
        metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
        figure.savefig(data, format=kind, dpi=_DPI, metadata=metadata)
    return data.getvalue()


def _draw(place: Axes, chart: Chart) -> None:
    place.set_title(chart.title, loc="left", fontweight="bold")
    match chart:
        case Bars():
            _bars(place, chart)
        case Lines():
            _curves(place, chart, chart.curves, "-")
        case Points():
            _curves(place, chart, chart.groups, "none")


def _bars(place: Axes, chart: Bars) -> None:
    many = 1 if chart.is_stacked else max(len(chart.series), 1)
    thick = 0.8 / many
    below = [0.0] * len(chart.names)
    for nth, (series, colour) in enumerate(zip(chart.series, cycle(COLOURS), strict=False)):
        at = [
            i + (0 if chart.is_stacked else (nth - (many - 1) / 2) * thick)
            for i in range(len(below))
        ]
        values = [value or 0.0 for value in series.values]
        bottom = below if chart.is_stacked else None
        place.bar(at, values, thick, bottom=bottom, color=colour, label=series.name)
        _whiskers(place, at, series)
        below = [low + value for low, value in zip(below, values, strict=True)]
    expected = [(at_, span) for at_, span in enumerate(chart.expected) if span is not None]
    for nth, (at_, span) in enumerate(expected):
        label = "" if nth else "expected"  # once in the legend
        ends = [at_ - 0.45, at_ + 0.45]
        place.fill_between(ends, *span, color="#000000", alpha=0.12, linewidth=0, label=label)
    place.set_xticks(range(len(chart.names)), chart.names)
    _long_names(place, chart.names)
    _axis(place, "y", chart.axis)
    if len(chart.series) > 1 or expected:
        place.legend(frameon=False)


_LONG_NAMES = 50


def _long_names(place: Axes, names: Sequence[str]) -> None:
    if sum(map(len, names)) > _LONG_NAMES:
        for label in place.get_xticklabels():
            label.set_rotation(35)
            label.set_horizontalalignment("right")


def _whiskers(place: Axes, at: Sequence[float], series: Series) -> None:
    for x, span in zip(at, series.spans, strict=False):
        if span is not None:
            place.vlines(x, *span, color="#333333", linewidth=1)


def _curves(place: Axes, chart: Lines | Points, curves: Sequence[Curve], line: str) -> None:
    if chart.reference is not None:
        faint = chart.reference
        place.plot(
            *zip(*faint.points, strict=True), "--", color="#999999", linewidth=1, label=faint.name
        )
    for curve, colour in zip(curves, cycle(COLOURS), strict=False):
        xs = [x for x, _ in curve.points]
        ys = [y for _, y in curve.points]
        place.plot(xs, ys, linestyle=line, marker="o", markersize=3, color=colour, label=curve.name)
        for x, span in zip(xs, curve.spans, strict=False):
            if span is not None:
                place.vlines(x, *span, color=colour, linewidth=1, alpha=0.6)
    _axis(place, "x", chart.x)
    _axis(place, "y", chart.y)
    place.legend(frameon=False)


def _axis(place: Axes, which: str, axis: Axis) -> None:
    from matplotlib.ticker import FuncFormatter

    ours = place.xaxis if which == "x" else place.yaxis
    ours.set_label_text(axis.label)
    if axis.low is not None or axis.high is not None:
        (place.set_xlim if which == "x" else place.set_ylim)(axis.low, axis.high)
    if axis.is_share:
        ours.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g} %"))
    if axis.names:
        step = -(-len(axis.names) // 12)
        ours.set_ticks(range(0, len(axis.names), step), axis.names[::step])
