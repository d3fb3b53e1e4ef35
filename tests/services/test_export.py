from __future__ import annotations

import csv
import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from python_calamine import CalamineWorkbook

from facts_tables import bring, table
from revops.kit.errors import RevopsError
from revops.records import RECORDS, FieldType
from revops.services import export_excel
from revops.services.export import TABLES, export_table
from revops.services.export_formats import ExportFormat
from revops.services.importing import import_paths
from revops.services.workspace import Workspace, open_workspace
from revops.store.tables import SCORE_RUNS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OPPORTUNITIES = """SELECT * FROM (VALUES
    ('o1', 'Acme, "big"', 1234.5, TIMESTAMP '2026-01-02 03:04:05', DATE '2026-03-01', true, -5, 7),
    ('o2', NULL, -0.25, TIMESTAMP '2026-01-03 00:00:00.25', NULL, false, NULL, NULL),
    ('o3', 'x', NULL, NULL, NULL, NULL, 3, -2)
) AS t(id, name, amount, created_at, close_date, is_won, meddpicc_score, seats)"""
SEATS = {"seats": FieldType.INTEGER}
FORMULAS = ["=1+1", "+49 170", "-x", "@SUM(A1)", "\tx", "\rx", "'=1", "'plain", "a=b"]
PLAIN = FORMULAS[7:]


def workspace_in(folder: Path, url: str) -> Workspace:
    (folder / "revops.yaml").write_text(
        f"company: Test\nstore: {url}\ntime_zone: America/New_York\n"
    )
    return open_workspace(folder)


@pytest.fixture
def workspace(store_url: str, tmp_path: Path) -> Iterator[Workspace]:
    """On each database; not in UTC, to see that times say their zone."""
    with workspace_in(tmp_path, store_url) as opened:
        yield opened


@pytest.fixture
def light(sqlite_template: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copy(sqlite_template, tmp_path / "revops.db")
    with workspace_in(tmp_path, "sqlite:///revops.db") as opened:
        yield opened


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_sheet(path: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


def test_csv_of_records(workspace: Workspace, tmp_path: Path) -> None:
    bring(workspace.store, "opportunities", OPPORTUNITIES, SEATS)
    done = export_table(workspace, "opportunities", output=tmp_path / "out.csv")
    rows = read_csv(tmp_path / "out.csv")
    assert (done.rows, done.table) == (3, "opportunities")
    assert list(rows[0]) == [*RECORDS["opportunities"].field_by_name, "seats"]
    shown = (
        "id",
        "name",
        "amount",
        "created_at",
        "close_date",
        "is_won",
        "meddpicc_score",
        "seats",
    )
    assert [[row[name] for name in shown] for row in rows] == [
        ["o1", 'Acme, "big"', "1234.5", "2026-01-02T03:04:05Z", "2026-03-01", "true", "-5", "7"],
        ["o2", "", "-0.25", "2026-01-03T00:00:00.25Z", "", "false", "", ""],
        ["o3", "x", "", "", "", "", "3", "-2"],
    ]


def test_json_of_records_has_its_types(light: Workspace, tmp_path: Path) -> None:
    bring(light.store, "opportunities", OPPORTUNITIES, SEATS)
    bring(
        light.store,
        "activities",
        """SELECT 'a1' AS id, 'x' AS "type", TIMESTAMP '2026-01-01' AS occurred_at,
        '{"plan":"pro"}' AS properties""",
    )
    export_table(light, "opportunities", output=tmp_path / "o.json")
    first = json.loads((tmp_path / "o.json").read_text())[0]
    wanted = {"amount": 1234.5, "created_at": "2026-01-02T03:04:05Z", "close_date": "2026-03-01"}
    assert wanted.items() <= first.items()
    assert first["is_won"] is True
    assert first["owner"] is None
    export_table(light, "activities", output=tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text())[0]["properties"] == {"plan": "pro"}


def test_parquet_of_records_marks_times_as_utc(light: Workspace, tmp_path: Path) -> None:
    bring(light.store, "opportunities", OPPORTUNITIES, SEATS)
    export_table(light, "opportunities", output=tmp_path / "o.parquet")
    with duckdb.connect() as con:
        told = con.execute("DESCRIBE FROM read_parquet($1)", [str(tmp_path / "o.parquet")])
        types = {row[0]: row[1] for row in told.fetchall()}
    assert types["created_at"] == "TIMESTAMP WITH TIME ZONE"
    assert (types["amount"], types["is_won"], types["close_date"]) == ("DOUBLE", "BOOLEAN", "DATE")


def test_excel_of_records(light: Workspace, tmp_path: Path) -> None:
    bring(light.store, "opportunities", OPPORTUNITIES, SEATS)
    export_table(light, "opportunities", output=tmp_path / "o.xlsx")
    header, *rows = read_sheet(tmp_path / "o.xlsx")
    first = dict(zip(header, rows[0], strict=True))
    assert first["amount"] == 1234.5
    assert first["is_won"] is True
    assert first["created_at"] == datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - UTC in Excel
    assert len(rows) == 3


def names_query() -> str:
    values = ", ".join(f"('u{at}', $${name}$$)" for at, name in enumerate(FORMULAS))
    return f"SELECT * FROM (VALUES {values}) AS t(id, name)"


def test_no_text_is_a_formula_in_csv(light: Workspace, tmp_path: Path) -> None:
    bring(light.store, "users", names_query())
    export_table(light, "users", output=tmp_path / "u.csv")
    names = [row["name"] for row in read_csv(tmp_path / "u.csv")]
    assert names == ["'" + name for name in FORMULAS[:7]] + PLAIN


def test_no_text_is_a_formula_in_excel(light: Workspace, tmp_path: Path) -> None:
    bring(light.store, "users", names_query())
    export_table(light, "users", output=tmp_path / "u.xlsx")
    header, *rows = read_sheet(tmp_path / "u.xlsx")
    names = [row[header.index("name")] for row in rows]
    assert [name.replace("\n", "\r") for name in names] == FORMULAS
    assert b"<f>" not in b"".join(zip_parts(tmp_path / "u.xlsx"))


def zip_parts(path: Path) -> Iterator[bytes]:
    from zipfile import ZipFile

    with ZipFile(path) as archive:
        for name in archive.namelist():
            yield archive.read(name)


def test_a_header_is_no_formula(light: Workspace, tmp_path: Path) -> None:
    bring(light.store, "users", "SELECT 'u1' AS id, 'x' AS \"=cmd()\"", {"=cmd()": FieldType.TEXT})
    export_table(light, "users", output=tmp_path / "u.csv")
    assert list(read_csv(tmp_path / "u.csv")[0])[-1] == "'=cmd()"


def test_too_many_rows_for_excel_are_refused(
    light: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(light.store, "users", "SELECT 'u' || i AS id FROM range(5) AS t(i)")
    monkeypatch.setattr(export_excel, "ROWS", 4)
    with pytest.raises(RevopsError, match="5 rows: the most is 4") as refused:
        export_table(light, "users", output=tmp_path / "u.xlsx")
    assert "csv" in refused.value.issues[0].mend
    assert not (tmp_path / "u.xlsx").exists()


def test_a_text_too_long_for_a_cell_is_refused(light: Workspace, tmp_path: Path) -> None:
    bring(light.store, "users", "SELECT 'u1' AS id, repeat('x', 40000) AS name")
    with pytest.raises(RevopsError, match="column 'name'"):
        export_table(light, "users", output=tmp_path / "u.xlsx")


def test_history_has_the_columns_of_its_file(light: Workspace, tmp_path: Path) -> None:
    bring(light.store, "contacts", "SELECT 'c1' AS id, 'a' AS title")
    bring(light.store, "contacts", "SELECT 'c1' AS id, 'b' AS title", at=AT + DAY)
    export_table(light, "contact_history", output=tmp_path / "h.csv")
    (row,) = read_csv(tmp_path / "h.csv")
    assert list(row)[:5] == ["contact_id", "changed_at", "field", "old_value", "new_value"]
    assert list(row.values())[:5] == ["c1", "2026-05-02T12:00:00Z", "title", "a", "b"]
    export_table(light, "changes", output=tmp_path / "changes.csv")
    assert read_csv(tmp_path / "changes.csv")[0]["object"] == "contacts"


def test_scores_are_those_of_the_newest_run(light: Workspace, tmp_path: Path) -> None:
    with pytest.raises(RevopsError, match="no scores"):
        export_table(light, "scores", output=tmp_path / "s.csv")
    for name, total, at in (("old", 1, AT), ("new", 2, AT + DAY)):
        folder = tmp_path / "scores" / name
        folder.mkdir(parents=True)
        with duckdb.connect() as con:
            con.sql(f"SELECT 'c1' AS contact_id, {total} AS total").write_parquet(
                str(folder / "scores.parquet")
            )
        run = {"id": name, "as_of": at, "scored_at": at, "definitions_version": "v"}
        run |= {"contacts": 1, "qualified": 0, "folder": f"scores/{name}"}
        with light.store.write() as connection:
            connection.execute(
                SCORE_RUNS.insert(),
                run | {"contacts": 1, "qualified": 0, "folder": f"scores/{name}"},
            )
    export_table(light, "scores", output=tmp_path / "s.csv")
    assert read_csv(tmp_path / "s.csv") == [{"contact_id": "c1", "total": "2"}]
    export_table(light, "scores", output=tmp_path / "s.csv", as_of=AT)
    assert read_csv(tmp_path / "s.csv")[0]["total"] == "1"


@pytest.mark.parametrize(
    ("as_of", "title", "seats", "amounts"),
    [
        (AT - 9 * DAY, "first", "1", 0),
        (AT, "first", "1", 1),
        (AT + DAY, "second", "1", 1),
        (AT + 2 * DAY, "", "2", 1),
        (AT + 9 * DAY, "", "2", 1),
    ],
)
def test_as_of_shows_the_fields_in_force(
    workspace: Workspace, tmp_path: Path, as_of: datetime, title: str, seats: str, amounts: int
) -> None:
    bring(
        workspace.store,
        "contacts",
        "SELECT 'c1' AS id, 'first' AS title, 'x' AS city, 1 AS seats",
        SEATS,
        at=AT - DAY,
    )
    bring(workspace.store, "contacts", "SELECT 'c1' AS id, 'second' AS title", at=AT + DAY)
    bring(
        workspace.store,
        "contacts",
        "SELECT 'c1' AS id, NULL::VARCHAR AS title, 2 AS seats",
        SEATS,
        at=AT + 2 * DAY,
    )
    bring(
        workspace.store,
        "opportunities",
        "SELECT 'o1' AS id, TIMESTAMP '2026-04-25' AS created_at, 5.0 AS amount",
    )
    export_table(workspace, "contacts", output=tmp_path / "c.csv", as_of=as_of)
    (row,) = read_csv(tmp_path / "c.csv")
    assert (row["title"], row["seats"], row["city"]) == (title, seats, "x")
    export_table(workspace, "opportunities", output=tmp_path / "o.csv", as_of=as_of)
    assert len(read_csv(tmp_path / "o.csv")) == amounts


def test_as_of_cuts_logs(light: Workspace, tmp_path: Path) -> None:
    bring(
        light.store,
        "activities",
        """SELECT 'a' || i AS id, 'x' AS "type", TIMESTAMP '2026-05-01' + to_days(i::INT)
        AS occurred_at FROM range(5) AS t(i)""",
    )
    done = export_table(light, "activities", output=tmp_path / "a.csv", as_of=AT + 2 * DAY)
    assert done.rows == 3


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_is_exported_can_be_imported_as_it_was(
    workspace: Workspace, tmp_path: Path, suffix: str, sqlite_template: Path
) -> None:
    bring(workspace.store, "opportunities", OPPORTUNITIES, SEATS)
    bring(workspace.store, "users", names_query())
    bring(workspace.store, "opportunities", "SELECT 'o2' AS id, 'new' AS name", at=AT + DAY)
    out = tmp_path / "out"
    out.mkdir()
    names = ("opportunities", "users", "opportunity_history")
    for name in names:
        export_table(workspace, name, output=out / f"{name}.{suffix}")
    again = import_paths(workspace, [out], source="crm")
    assert [(each.inserted, each.updated, each.rejected) for each in again] == [(0, 0, 0)] * 3
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(sqlite_template, other / "revops.db")
    with workspace_in(other, "sqlite:///revops.db") as fresh:
        import_paths(fresh, [out])
        for name in names:
            columns = "* EXCLUDE (seq, changed_by)" if name.endswith("history") else "*"
            assert table(fresh.facts(), name, columns) == table(workspace.facts(), name, columns)


def test_an_unknown_table_is_told_with_the_nearest(light: Workspace) -> None:
    with pytest.raises(RevopsError) as refused:
        export_table(light, "contcats")
    assert "'contacts'" in refused.value.issues[0].mend


def test_stdout_by_default(light: Workspace, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    bring(light.store, "teams", "SELECT 't1' AS id, 'Ö' AS name")
    export_table(light, "teams")
    assert capfdbinary.readouterr().out.decode().splitlines()[1].startswith("t1,Ö")


def test_a_failed_export_leaves_the_old_file(light: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "u.xlsx"
    out.write_text("old")
    bring(light.store, "users", "SELECT 'u1' AS id, repeat('x', 40000) AS name")
    with pytest.raises(RevopsError):
        export_table(light, "users", output=out)
    assert out.read_text() == "old"
    assert sorted(path.name for path in tmp_path.glob(".revops-*")) == []


@pytest.mark.parametrize("place", ["", "no/such/folder/u.csv"])
def test_an_output_that_cannot_be_written_is_told(
    light: Workspace, tmp_path: Path, place: str
) -> None:
    with pytest.raises(RevopsError) as refused:
        export_table(light, "users", output=tmp_path / place, format_=ExportFormat.CSV)
    assert refused.value.code == "bad-output"


def test_every_table_can_be_exported_when_empty(light: Workspace, tmp_path: Path) -> None:
    for name in TABLES:
        if not name.startswith("score"):
            done = export_table(light, name, output=tmp_path / f"{name}.json")
            assert done.rows == 0
            assert json.loads((tmp_path / f"{name}.json").read_text()) == []


def test_large_logs_come_out_sorted(light: Workspace, tmp_path: Path) -> None:
    bring(
        light.store,
        "activities",
        """SELECT 'a' || i AS id, 'c' || (hash(i) % 500) AS contact_id, 'x' AS "type",
        TIMESTAMP '2026-05-01' + to_seconds((hash(i) % 1000)::BIGINT) AS occurred_at
        FROM range(300000) AS t(i)""",
    )
    done = export_table(light, "activities", output=tmp_path / "a.csv")
    keys = [
        (row["contact_id"], row["occurred_at"], row["id"]) for row in read_csv(tmp_path / "a.csv")
    ]
    assert done.rows == 300_000
    assert keys == sorted(keys)
