"""Charts as values: what is to be seen, whoever draws it, on a terminal or as a picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """What one direction of a chart means.

    Attributes:
        label: What is measured, with its unit.
        is_share: Whether values are shares from 0 to 1, shown in percent.
        low: Where it begins, if not at the least value.
        high: Where it ends, if not at the greatest value.
        names: What stands at 0, 1, 2, ... instead of the numbers, such as weeks.
    """

    label: str = ""
    is_share: bool = False
    low: float | None = None
    high: float | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Series:
    """One row of values, of bars: one for each of the chart's names; None where there is none.

    Attributes:
        name: As the legend says it.
        values: The heights.
        spans: For each value the interval it lies in with some confidence, or nothing.
        notes: For each value what is written beside it, or nothing.
    """

    name: str
    values: tuple[float | None, ...]
    spans: tuple[tuple[float, float] | None, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bars:
    """Bars, a group of them for each name.

    Attributes:
        title: What it shows.
        names: What each group is of.
        series: The bars of all groups; those of a group stand side by side.
        axis: What their length means.
        is_stacked: Whether those of a group lie end to end instead.
        expected: For each name the range that its value is expected to lie in, or nothing.
    """

    title: str
    names: tuple[str, ...]
    series: tuple[Series, ...]
    axis: Axis = Axis()
    is_stacked: bool = False
    expected: tuple[tuple[float, float] | None, ...] = ()


@dataclass(frozen=True)
class Curve:
    """Points in the order in which a line joins them.

    Attributes:
        name: As the legend says it.
        points: Pairs of x and y.
        spans: For each point the interval y lies in with some confidence, or nothing.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    spans: tuple[tuple[float, float] | None, ...] = ()


@dataclass(frozen=True)
class Lines:
    """Curves over the same axes.

    Attributes:
        title: What it shows.
        x: To the right.
        y: Upwards.
        curves: The curves.
        reference: What they are compared with, drawn faintly, such as chance.
    """

    title: str
    x: Axis
    y: Axis
    curves: tuple[Curve, ...]
    reference: Curve | None = None


@dataclass(frozen=True)
class Points:
    """Single points, such as one for each lead or rep; axes and groups as those of `Lines`."""

    title: str
    x: Axis
    y: Axis
    groups: tuple[Curve, ...]
    reference: Curve | None = None


Chart = Bars | Lines | Points
