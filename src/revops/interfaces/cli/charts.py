"""Charts on a terminal, in plain characters."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from revops.kit.chart import Bars, Chart, Curve, Lines, Points

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from revops.kit.chart import Axis, Series

WIDTH = 78
WIDEST = 100
ROWS = 14
FILLS = "█▒░▓▪"
MARKS = "*o+x#@"
REFERENCE, SPAN = ".", ":"
_LEAST_BAR = 10


def draw(chart: Chart, width: int = WIDTH) -> list[str]:
    """The lines of a chart, none wider than `width`, title first."""
    match chart:
        case Bars():
            body = _bars(chart, width)
        case Lines():
            body = _plane(chart, chart.curves, width, is_joined=True)
        case Points():
            body = _plane(chart, chart.groups, width, is_joined=False)
    return [line.rstrip()[:width] for line in (chart.title, *body)]


def show(chart: Chart, console: Console) -> None:
    """Print a chart as wide as the console, and no wider than is easily read."""
    lines = draw(chart, min(console.width, WIDEST))
    console.print("\n".join(lines), markup=False, soft_wrap=True)


# Bars


def _bars(chart: Bars, width: int) -> list[str]:
    rows = list(_stacked_rows(chart) if chart.is_stacked else _rows(chart))
    texts = [text for _, _, text in rows]
    label_width = min(max((len(label) for label, _, _ in rows), default=0), width // 3)
    room = max(width - label_width - max(map(len, texts), default=0) - 3, _LEAST_BAR)
    most = chart.axis.high or max((sum(v for _, v in parts) for _, parts, _ in rows), default=0)
    lines = [
        f"{label[:label_width]:{label_width}} {_bar(parts, most, room)} {text}"
        for label, parts, text in rows
    ]
    if len(chart.series) > 1:
        legend = zip(FILLS, chart.series, strict=False)
        lines.append("  ".join(f"{fill} {series.name}" for fill, series in legend))
    return [*([chart.axis.label] if chart.axis.label else []), *lines]


_Row = tuple[str, list[tuple[str, float]], str]


def _rows(chart: Bars) -> Iterable[_Row]:
    """A row for each bar; the name stands at the first of its group."""
    for place, name in enumerate(chart.names):
        for nth, (fill, series) in enumerate(zip(FILLS, chart.series, strict=False)):
            value = series.values[place]
            text = "nothing" if value is None else _told(series, place, value, chart.axis)
            if nth == 0:
                text += _expectation(chart, place)
            yield name if nth == 0 else "", [(fill, value or 0)], text


def _stacked_rows(chart: Bars) -> Iterable[_Row]:
    for place, name in enumerate(chart.names):
        parts = [
            (fill, series.values[place] or 0)
            for fill, series in zip(FILLS, chart.series, strict=False)
        ]
        yield name, parts, " + ".join(figure(value, chart.axis) for _, value in parts)


def _told(series: Series, place: int, value: float, axis: Axis) -> str:
    text = figure(value, axis)
    span = series.spans[place] if series.spans else None
    if span is not None:
        text += f" ({figure(span[0], axis)} to {figure(span[1], axis)})"
    return f"{text} {series.notes[place]}" if series.notes else text


def _expectation(chart: Bars, place: int) -> str:
    expected = chart.expected[place] if chart.expected else None
    if expected is None:
        return ""
    low, high = (figure(each, chart.axis) for each in expected)
    if chart.axis.is_share and expected[1] >= 1:
        return f", expected {low} or more"
    return f", expected {low} to {high}" if expected[0] > 0 else f", expected below {high}"


def _bar(parts: Sequence[tuple[str, float]], most: float, room: int) -> str:
    """Parts end to end, as long as their shares of `most`; something is never nothing."""
    drawn, reached = "", 0.0
    for fill, value in parts:
        reached += value
        length = round(room * min(reached / most, 1.0)) if most > 0 else 0
        drawn += fill * max(length - len(drawn), value > 0)
    return f"{drawn[:room]:{room}}"


def figure(value: float, axis: Axis) -> str:
    """A value as an axis shows it: `12.5 %`, `1,200`, `0.86`."""
    if axis.is_share:
        return f"{100 * value:.1f}".removesuffix(".0") + " %"
    return f"{value:,.0f}" if round(value, 2) == int(value) else f"{value:,.2f}"


# Lines and points


def _plane(
    chart: Lines | Points, curves: Sequence[Curve], width: int, *, is_joined: bool
) -> list[str]:
    every = [*curves, *([chart.reference] if chart.reference else [])]
    if not any(curve.points for curve in every):
        return ["(nothing to show)"]
    left, right = _ends(chart.x, [x for each in every for x, _ in each.points])
    heights = [y for each in every for _, y in each.points]
    bottom, top = _ends(chart.y, heights)
    ticks = [figure(top, chart.y), figure((bottom + top) / 2, chart.y), figure(bottom, chart.y)]
    margin = max(map(len, ticks))
    canvas = _Canvas(width - margin - 2, ROWS, (left, right), (bottom, top))
    if chart.reference:
        canvas.join(chart.reference, REFERENCE)
    for mark, curve in zip(MARKS, curves, strict=False):
        canvas.spread(curve)
        if is_joined:
            canvas.join(curve, mark)
        canvas.mark(curve, mark)
    labels = {0: ticks[0], ROWS // 2: ticks[1], ROWS - 1: ticks[2]}
    grid = [
        f"{labels.get(row, ''):>{margin}} |{''.join(line)}" for row, line in enumerate(canvas.grid)
    ]
    ends = (_named(left, chart.x), _named(right, chart.x))
    foot = f"{ends[0]}{chart.x.label:^{max(canvas.width - sum(map(len, ends)), 0)}}{ends[1]}"
    frame = [" " * margin + " +" + "-" * canvas.width, " " * (margin + 2) + foot]
    legend = [f"{mark} {curve.name}" for mark, curve in zip(MARKS, curves, strict=False)]
    if chart.reference:
        legend.append(f"{REFERENCE} {chart.reference.name}")
    return [*([chart.y.label] if chart.y.label else []), *grid, *frame, "  ".join(legend)]


def _named(value: float, axis: Axis) -> str:
    place = int(value)
    return axis.names[place] if 0 <= place < len(axis.names) else figure(value, axis)


def _ends(axis: Axis, values: Sequence[float]) -> tuple[float, float]:
    low = min(values) if axis.low is None else axis.low
    high = max(values) if axis.high is None else axis.high
    return (low, high) if high > low else (low, low + 1)


class _Canvas:
    """Characters in rows, on which points of a plane are marked."""

    def __init__(
        self, width: int, height: int, x: tuple[float, float], y: tuple[float, float]
    ) -> None:
        self.width, self._height, self._x, self._y = max(width, 2), height, x, y
        self.grid = [[" "] * self.width for _ in range(height)]

    def mark(self, curve: Curve, sign: str) -> None:
        """Mark each point."""
        for x, y in curve.points:
            self._set(*self._place(x, y), sign)

    def spread(self, curve: Curve) -> None:
        """Mark the interval of each point."""
        for (x, _), span in zip(curve.points, curve.spans, strict=False):
            if span is not None:
                column, low = self._place(x, span[0])
                _, high = self._place(x, span[1])
                for row in range(high, low + 1):
                    self._set(column, row, SPAN)

    def join(self, curve: Curve, sign: str) -> None:
        """Mark the way from each point to the next, one character a column."""
        for one, other in pairwise(curve.points):
            (start, from_row), (end, to_row) = self._place(*one), self._place(*other)
            steps = max(abs(end - start), 1)
            for step in range(steps + 1):
                row = from_row + round((to_row - from_row) * step / steps)
                self._set(start + (end - start) * step // steps, row, sign)

    def _place(self, x: float, y: float) -> tuple[int, int]:
        across = (x - self._x[0]) / (self._x[1] - self._x[0])
        up = (y - self._y[0]) / (self._y[1] - self._y[0])
        return round(across * (self.width - 1)), round((1 - up) * (self._height - 1))

    def _set(self, column: int, row: int, sign: str) -> None:
        if 0 <= column < self.width and 0 <= row < self._height:
            self.grid[row][column] = sign
