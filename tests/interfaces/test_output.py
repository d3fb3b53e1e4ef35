from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from rich.console import Console

from revops.interfaces.cli.console import PIPED_WIDTH, stdout
from revops.interfaces.cli.output import Format, chosen, write
from revops.interfaces.cli.tables import cell, plain_table, points
from revops.kit.errors import RevopsError

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
RESULT = pa.table(
    {
        "id": ["a,b", 'say "hi"', None],
        "count of": [1, None, 3],
        "points": [0.25, 2.0, None],
        "at": pa.array([AT.replace(tzinfo=None), None, None], pa.timestamp("us")),
        "zoned": pa.array([AT, None, None], pa.timestamp("us", "Europe/Berlin")),
        "amount": pa.array([Decimal("1250.50"), None, None], pa.decimal128(18, 2)),
    }
)


def test_csv_has_times_in_utc(capfd: pytest.CaptureFixture[str]) -> None:
    write(RESULT, Format.CSV, None)
    rows = list(csv.reader(io.StringIO(capfd.readouterr().out)))
    at = "2026-03-01T09:30:00Z"
    assert rows == [
        ["id", "count of", "points", "at", "zoned", "amount"],
        ["a,b", "1", "0.25", at, at, "1250.50"],
        ['say "hi"', "", "2.0", "", "", ""],
        ["", "3", "", "", "", ""],
    ]


def test_json_is_a_list_of_objects(capfd: pytest.CaptureFixture[str]) -> None:
    write(RESULT, Format.JSON, None)
    rows = json.loads(capfd.readouterr().out)
    assert rows[0]["points"] == 0.25
    assert rows[0]["amount"] == 1250.5
    assert rows[1] == {
        "id": 'say "hi"', "count of": None, "points": 2.0, "at": None, "zoned": None,
        "amount": None,
    }  # fmt: skip


@pytest.mark.parametrize("kind", [Format.JSON, Format.CSV])
def test_no_rows_are_an_empty_list_or_a_header(
    kind: Format, capfd: pytest.CaptureFixture[str]
) -> None:
    write(RESULT.slice(0, 0), kind, None)
    said = capfd.readouterr().out
    if kind is Format.JSON:
        assert json.loads(said) == []
    else:
        assert said == "id,count of,points,at,zoned,amount\n"


def test_parquet_keeps_the_values_as_they_are(tmp_path: Path) -> None:
    write(RESULT, None, tmp_path / "scores.parquet")
    read = parquet.read_table(tmp_path / "scores.parquet")
    assert read.column("points").to_pylist() == RESULT.column("points").to_pylist()
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]


def test_a_name_with_a_quote_is_a_file_like_any_other(tmp_path: Path) -> None:
    write(RESULT, None, tmp_path / "o'brien.csv")
    assert (tmp_path / "o'brien.csv").read_text().startswith("id,count of")


@pytest.mark.parametrize(
    ("asked", "output", "kind"),
    [
        (None, None, Format.TABLE),
        (None, "a.csv", Format.CSV),
        (None, "a.JSON", Format.JSON),
        (None, "a.txt", Format.TABLE),
        (Format.JSON, "a.csv", Format.JSON),
    ],
)
def test_the_name_of_the_output_says_its_format(
    asked: Format | None, output: str | None, kind: Format
) -> None:
    assert chosen(asked, Path(output) if output else None) is kind


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(RevopsError, match="there is no folder"):
        write(RESULT, None, tmp_path / "none" / "a.csv")


def test_a_table_shows_its_first_rows_and_says_how_many_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(pa.table({"number": range(1000)}), None, None)
    shown = capsys.readouterr()
    assert shown.out.split()[-1] == "49"
    assert "50 of 1,000 rows" in shown.err


def test_a_table_can_go_to_a_file(tmp_path: Path) -> None:
    write(RESULT, Format.TABLE, tmp_path / "table.txt", title="Scores")
    assert (tmp_path / "table.txt").read_text().splitlines()[0].strip() == "Scores"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""), (True, "yes"), (12345, "12,345"), (57.142857, "57.14"), (20.0, "20"),
        (AT, "2026-03-01 09:30"), (["a", "b"], "a, b"), ("[bold]x", "[bold]x"),
    ],
)  # fmt: skip
def test_values_are_shown_as_people_write_them(value: object, shown: str) -> None:
    assert str(cell(value)) == shown


def test_a_long_text_is_folded_so_that_more_columns_fit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stdout, "width", PIPED_WIDTH)
    write(pa.table({f"column_{letter}": [letter.upper() * 60] for letter in "defghi"}), None, None)
    shown = capsys.readouterr()
    assert [shown.out.count(letter) for letter in "DEFGHI"] == [60] * 6
    assert "fit" not in shown.err


def test_points_never_lose_their_zeros() -> None:
    assert [points(value) for value in (0.0, 100.0, -2.5, 1000)] == ["0", "100", "-2.5", "1,000"]


def test_a_wide_table_shows_what_fits_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    wide = {f"column_{number}": ["x" * 30] for number in range(20)}
    write(pa.table({**wide, "nothing": pa.array([None], pa.string())}), None, None)
    shown = capsys.readouterr()
    assert shown.out.count("x") % 30 == 0
    assert "column 0" in shown.out
    assert "column 19" not in shown.out
    assert "nothing" not in shown.out
    assert "more columns that are empty or do not fit; --format csv gives all" in shown.err


def test_a_single_column_left_out_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    write(pa.table({"shown": ["x"], "nothing": pa.array([None], pa.string())}), None, None)
    told = capsys.readouterr().err
    assert "1 of 1 row, 1 more column that is empty or does not fit" in told


@pytest.mark.parametrize("width", [24, 40, 60])
def test_a_narrow_table_cuts_nothing_off(width: int) -> None:
    table = plain_table()
    for name in ("signal", "points", "lift"):
        table.add_column(name)
    table.add_row("a_long_name_of_a_signal", "1,234,567.5", "1.35 (1.04 to 1.76)")
    shown = io.StringIO()
    Console(width=width, file=shown).print(table)
    digits = [each for each in shown.getvalue() if each.isdigit()]
    assert sorted(digits) == sorted("12345675135104176")
    assert shown.getvalue().count("a") >= "a_long_name_of_a_signal".count("a")
