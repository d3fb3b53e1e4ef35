"""Charts on the terminal and as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from revops.interfaces.cli.charts import draw
from revops.interfaces.pictures import write_picture
from revops.kit.chart import Axis, Bars, Curve, Lines, Points, Series
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from pathlib import Path

SHARES = Bars(
    "Conversion",
    ("0-25", "26-50", "51-75"),
    (Series("won", (0.1, 0.4, None), ((0.05, 0.2), None, None), ("of 9", "of 5", "")),),
    Axis("won", is_share=True),
    expected=((0.0, 0.05), (0.05, 0.15), None),
)
STACKED = Bars(
    "Leads", ("low", "high"), (Series("won", (0, 1)), Series("lost", (9, 1))), is_stacked=True
)
LIFT = Lines(
    "Lift for $ 5 and $ 6",
    Axis("leads", is_share=True, low=0, high=1),
    Axis("wins", is_share=True, low=0, high=1),
    (Curve("model", ((0, 0), (0.5, 1), (1, 1)), (None, (0.8, 1), None)),),
    Curve("chance", ((0, 0), (1, 1))),
)
WEEKS = Lines("Weeks", Axis(names=("W1", "W2")), Axis("MQLs"), (Curve("now", ((0, 3), (1, 5))),))
SPOTS = Points("Reps", Axis("leads"), Axis("wins"), (Curve("a", ((1, 2),)), Curve("b", ((3, 4),))))
EVERY = (SHARES, STACKED, LIFT, WEEKS, SPOTS)
numbers = st.floats(-1e6, 1e6)
curves = st.lists(st.tuples(numbers, numbers), max_size=9).map(lambda each: Curve("c", tuple(each)))


def test_bars_are_as_long_as_their_values() -> None:
    title, label, first, second, third = draw(SHARES)
    assert (title, label) == ("Conversion", "won")
    assert second.count("█") == pytest.approx(4 * first.count("█"), abs=2)
    assert "10 % (5 % to 20 %) of 9, expected below 5 %" in first
    assert "40 % of 5, expected 5 % to 15 %" in second
    assert third.endswith("nothing")


def test_parts_of_a_bar_lie_end_to_end() -> None:
    low, high, legend = draw(STACKED)[1:]
    assert low.startswith("low  ▒")
    assert high.startswith("high █")
    assert (low.endswith("0 + 9"), high.endswith("1 + 1")) == (True, True)
    assert legend == "█ won  ▒ lost"


def test_lines_go_from_corner_to_corner() -> None:
    lines = draw(LIFT, 60)
    top, bottom = lines[2], lines[15]
    assert top.startswith("100 % |")
    assert top.endswith("*")
    assert bottom.startswith("  0 % |*")
    assert lines[-1] == "* model  . chance"
    assert any(":" in line for line in lines)
    assert "W1" in draw(WEEKS)[-2]


@given(curves=st.lists(curves, max_size=4), width=st.integers(30, 120))
@settings(max_examples=50, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_no_line_is_too_wide(curves: list[Curve], width: int) -> None:
    chart = Lines("t", Axis("x"), Axis("y"), tuple(curves))
    assert all(len(line) <= width for line in draw(chart, width))


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_charts_are_the_same_bytes(tmp_path: Path, kind: str) -> None:
    one, other = tmp_path / f"one.{kind}", tmp_path / f"other.{kind}"
    write_picture(EVERY, one)
    write_picture(EVERY, other)
    assert one.read_bytes() == other.read_bytes()
    begins = b"\x89PNG" if kind == "png" else b"<?xml"
    assert one.read_bytes().startswith(begins)
    if kind == "svg":
        assert "Lift for $ 5 and $ 6" in one.read_text()


def test_what_cannot_be_drawn_is_told(tmp_path: Path) -> None:
    with pytest.raises(RevopsError, match="neither of"):
        write_picture(EVERY, tmp_path / "x.pdf")
    with pytest.raises(RevopsError, match="nothing to draw"):
        write_picture((), tmp_path / "x.png")
    with pytest.raises(RevopsError, match="cannot be written"):
        write_picture(EVERY, tmp_path / "nowhere" / "x.png")
