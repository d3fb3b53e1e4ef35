"""Files into a real store: whole or not at all, twice as once, with a file of what was refused."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.services.importing import FileOutcome, import_paths
from revops.services.workspace import Workspace, open_workspace

WriteFiles = Callable[[dict[str, str]], Path]

DATA = Path(__file__).parents[2] / "../shared/data"
EXAMPLES = Path(__file__).parents[2] / "examples"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "revops.yaml").write_text("company: Test\n", "utf-8")
    with open_workspace(folder) as opened:
        yield opened


@pytest.fixture
def files(tmp_path: Path) -> WriteFiles:
    def write(contents: dict[str, str]) -> Path:
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        for name, content in contents.items():
            (folder / name).write_text(content, "utf-8")
        return folder

    return write


def ask(workspace: Workspace, sql: str) -> list[tuple[Any, ...]]:
    with workspace.store.read() as connection:
        return [tuple(row) for row in connection.execute(sa.text(sql))]


def run(workspace: Workspace, *paths: Path, **options: Any) -> list[FileOutcome]:
    return import_paths(workspace, paths, who="tester", at=AT, **options)


def test_a_folder_in_the_order_records_need(workspace: Workspace, files: WriteFiles) -> None:
    folder = files(
        {
            "activities.csv": "id,contact_id,type,occurred_at\na1,1,login,2024-01-01\n",
            "contacts.csv": "id,email,plan\n1,a@x.io,pro\n2,b@x.io,\n",
            "accounts.csv": "id,name\n7,Calc\n",
            "contact_history.csv": (
                "contact_id,changed_at,field,old_value,new_value\n1,2024-01-01,title,A,B\n"
            ),
            "readme.md": "hello",
            "other.csv": "colour\nred\n",
        }
    )
    seen = []
    outcomes = run(workspace, folder, on_progress=lambda *step: seen.append(step))
    assert [step[0] for step in seen] == [
        "accounts.csv",
        "contacts.csv",
        "contact_history.csv",
        "activities.csv",
    ]
    assert seen[0][1:] == (1, 4)
    by_file = {outcome.file: outcome for outcome in outcomes}
    assert by_file["contacts.csv"].inserted == 2
    assert by_file["readme.md"].skipped
    assert "not recognised" in by_file["other.csv"].skipped
    assert not any(outcome.failed for outcome in outcomes)
    assert ask(workspace, "SELECT id, custom FROM contacts ORDER BY id") == [
        ("1", '{"plan":"pro"}'),
        ("2", None),
    ]
    assert ask(workspace, "SELECT record_id, field, new_value FROM changes") == [
        ("1", "title", "B")
    ]


def test_importing_twice_is_importing_once(workspace: Workspace, files: WriteFiles) -> None:
    folder = files(
        {
            "contacts.csv": "id,email,plan,visits\n1,a@x.io,pro,3\n2,b@x.io,,\n",
            "activities.csv": "id,contact_id,type,occurred_at,plan\na1,1,login,2024-01-01,x\n",
            "contact_history.csv": "contact_id,changed_at,field,new_value\n1,2024-01-01,title,B\n",
        }
    )
    run(workspace, folder)
    tables = ("contacts", "activities", "changes", "custom_fields")
    before = [ask(workspace, f"SELECT * FROM {table}") for table in tables]
    outcomes = run(workspace, folder)
    assert sum(outcome.inserted + outcome.updated for outcome in outcomes) == 0
    assert sum(outcome.unchanged for outcome in outcomes) == 4
    assert [ask(workspace, f"SELECT * FROM {table}") for table in tables] == before


def test_a_later_file_changes_only_what_it_has(workspace: Workspace, files: WriteFiles) -> None:
    folder = files({"contacts.csv": "id,email,title,plan\n1,a@x.io,CTO,pro\n"})
    run(workspace, folder)
    files({"contacts.csv": "id,email,plan\n1,b@x.io,\n"})
    (outcome,) = run(workspace, folder)
    assert outcome.updated == 1
    assert ask(workspace, "SELECT email, title, custom FROM contacts") == [("b@x.io", "CTO", None)]
    told = ask(workspace, "SELECT field, old_value, new_value FROM changes ORDER BY field")
    assert told == [("email", "a@x.io", "b@x.io"), ("plan", "pro", None)]


def test_refused_rows_go_to_a_file_with_their_reason(
    workspace: Workspace, files: WriteFiles
) -> None:
    folder = files(
        {
            "contacts.csv": (
                'id,email,opted_in,note\n1,a@x.io,yes,"=1+1"\n2,b@x.io,'
                'perhaps,"=cmd()\nx"\n,c@x.io,,-5\n'
            )
        }
    )
    (outcome,) = run(workspace, folder / "contacts.csv")
    assert (outcome.rows, outcome.inserted, outcome.rejected) == (3, 1, 2)
    assert outcome.rejects_file.parent == workspace.folder / "rejects"
    with outcome.rejects_file.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [
        {"id": "2", "email": "b@x.io", "opted_in": "perhaps", "note": "'=cmd()\nx", "_line": "3",
         "_reason": "opted_in: 'perhaps' is not yes or no"},
        {"id": "", "email": "c@x.io", "opted_in": "", "note": "-5", "_line": "5",
         "_reason": "id is missing"},
    ]  # fmt: skip


def test_a_file_that_fails_changes_nothing_and_undoes_nothing(
    workspace: Workspace, files: WriteFiles
) -> None:
    folder = files(
        {
            "accounts.csv": "id,name\n1,Calc\n",
            "contacts.csv": "id,email,created_at\n1,a@x.io,3/4/2024\n",
            "activities.csv": "id,type,occurred_at\n,login,2024-01-01\n2,login,never\n",
        }
    )
    outcomes = {outcome.file: outcome for outcome in run(workspace, folder)}
    assert outcomes["accounts.csv"].inserted == 1
    assert outcomes["contacts.csv"].errors[0].code == "ambiguous-dates"
    assert outcomes["activities.csv"].errors[0].code == "no-good-row"
    assert outcomes["activities.csv"].errors[1].line == 2
    assert ask(workspace, "SELECT count(*) FROM contacts") == [(0,)]
    assert ask(workspace, "SELECT count(*) FROM activities") == [(0,)]
    assert not (workspace.folder / "rejects").exists()


def test_a_canonical_file_that_contradicts_itself_changes_nothing(
    workspace: Workspace, files: WriteFiles
) -> None:
    folder = files({"contacts.csv": "id,title\n1,A\n2,B\n1,C\n"})
    (outcome,) = run(workspace, folder / "contacts.csv")
    assert [issue.code for issue in outcome.errors] == ["duplicate-ids"]
    assert "1 row whose id comes again" in outcome.errors[0].message
    assert ask(workspace, "SELECT * FROM contacts") == []


def test_of_a_mapped_file_that_contradicts_itself_the_last_row_counts(
    workspace: Workspace, files: WriteFiles
) -> None:
    folder = files(
        {
            "leads.csv": "Key,Title\n1,A\n2,B\n1,C\n",
            "map.yaml": "records: contacts\nid: Key\nfields: {title: Title}\n",
        }
    )
    (outcome,) = run(workspace, folder / "leads.csv", mapping=folder / "map.yaml")
    assert (outcome.inserted, outcome.rejected) == (2, 1)
    assert [note.code for note in outcome.notes] == ["duplicate-ids"]
    assert ask(workspace, "SELECT id, title FROM contacts ORDER BY id") == [("1", "C"), ("2", "B")]


def test_a_path_that_is_not_there(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(RevopsError) as caught:
        run(workspace, tmp_path / "nothing.csv")
    assert caught.value.code == "no-file"


def test_another_source_does_not_overwrite_unless_it_is_the_system_of_record(
    workspace: Workspace, files: WriteFiles
) -> None:
    folder = files({"contacts.csv": "id,email\n1,a@x.io\n"})
    run(workspace, folder)
    files({"contacts.csv": "id,email\n1,b@x.io\n2,c@x.io\n"})
    (outcome,) = run(workspace, folder, source="webinar")
    assert (outcome.inserted, outcome.rejected) == (1, 1)
    assert "belongs to" in outcome.rejects_file.read_text("utf-8")


def test_a_vendor_beside_the_system_of_record_has_its_ids_prefixed(
    tmp_path: Path, files: WriteFiles
) -> None:
    (tmp_path / "revops.yaml").write_text("company: T\nsystem_of_record: salesforce\n", "utf-8")
    folder = files({"deals.csv": "Record ID,Deal Name,Associated Contact IDs\n1,Big,7;8\n"})
    with open_workspace(tmp_path) as workspace:
        run(workspace, folder)
        found = ask(workspace, "SELECT id, contact_ids, origin FROM opportunities")
    assert found == [("hubspot:1", "hubspot:7;hubspot:8", "hubspot")]


def test_a_mapping_of_one_file(workspace: Workspace, files: WriteFiles) -> None:
    folder = files(
        {
            "leads.csv": (
                "Nr;Herkunft;Angelegt;Umsatz;Stadt\n"
                "1;google;3.4.2024;1.000,50;Köln\n2;-;5.4.2024;;\n"
            ),
            "map.yaml": (
                "records: contacts\nid: Nr\nsource: fair\ntime_zone: Europe/Berlin\n"
                "fields: {source: Herkunft, created_at: Angelegt, city: Stadt}\n"
                'blank: ["-"]\nreplace: {source: {google: Google}}\nconstants: {country: Germany}\n'
            ),
        }
    )
    (outcome,) = run(workspace, folder / "leads.csv", mapping=folder / "map.yaml")
    assert outcome.inserted == 2
    found = ask(
        workspace,
        "SELECT id, source, city, country, custom, origin, created_at FROM contacts ORDER BY id",
    )
    midnight = int(datetime(2024, 4, 2, 22, tzinfo=UTC).timestamp() * 1_000_000)
    assert found[0] == ("1", "Google", "Köln", "Germany", '{"umsatz":"1.000,50"}', "fair", midnight)
    assert found[1][1] is None


def test_a_mapping_that_is_wrong_tells_where(workspace: Workspace, files: WriteFiles) -> None:
    folder = files(
        {
            "leads.csv": "Nr,Source\n1,x\n",
            "a.yaml": "records: contact\nid: Nr\n",
            "b.yaml": "records: contacts\nid: Nr\nfeilds: {}\n",
            "c.yaml": "records: contacts\nid: Nr\nfields:\n  source: Sorce\n",
        }
    )
    told = {}
    for name in ("a", "b"):
        with pytest.raises(RevopsError) as caught:
            run(workspace, folder / "leads.csv", mapping=folder / f"{name}.yaml")
        told[name] = caught.value.issues[0]
    (outcome,) = run(workspace, folder / "leads.csv", mapping=folder / "c.yaml")
    told["c"] = outcome.errors[0]
    assert "did you mean 'contacts'?" in f"{told['a'].message} {told['a'].mend}"
    assert (told["b"].line, told["b"].mend) == (3, "did you mean 'fields'?")
    assert (told["c"].line, told["c"].mend) == (4, "did you mean 'Source'?")


@pytest.mark.skipif(not DATA.exists(), reason="the data is not at hand")
class TestRealFiles:
    def test_x_education(self, workspace: Workspace) -> None:
        (outcome,) = run(
            workspace,
            DATA / "x_education/Leads.csv",
            mapping=EXAMPLES / "x_education/mapping.yaml",
        )
        assert (outcome.inserted, outcome.rejected) == (9240, 0)
        assert "tags" in outcome.known_at_export
        converted, google, other = ask(
            workspace,
            "SELECT sum(json_extract(custom, '$.converted') = '1'), sum(source = 'Google'),"
            " sum(source = 'google') FROM contacts",
        )[0]
        assert round(converted / 9240, 4) == 0.3854
        assert (google, other) == (2873, 0)
        cells = ask(
            workspace, "SELECT sum(custom LIKE '%\"Select\"%'), sum(city = 'Select') FROM contacts"
        )
        assert cells == [(0, 0)]

    def test_maven(self, workspace: Workspace) -> None:
        outcomes = run(workspace, DATA / "maven_crm", mapping=EXAMPLES / "maven_crm/mapping.yaml")
        assert not any(outcome.failed for outcome in outcomes)
        assert ask(
            workspace,
            "SELECT count(*), sum(is_won = 1), sum(is_won = 0), sum(amount * (is_won = 1)),"
            " sum(account_id IS NULL), sum(product = 'GTXPro'),"
            " sum(json_extract(custom, '$.list_price') = '4821') > 0 FROM opportunities",
        ) == [(8800, 4238, 2473, 10_005_534, 1425, 0, 1)]
        assert ask(workspace, "SELECT count(*) FROM accounts WHERE industry = 'technolgy'") == [
            (0,)
        ]
        assert ask(
            workspace,
            "SELECT count(*) FROM opportunities o LEFT JOIN users u ON u.id = o.owner"
            " LEFT JOIN accounts a ON a.id = o.account_id"
            " WHERE u.id IS NULL OR (o.account_id IS NOT NULL AND a.id IS NULL)",
        ) == [(0,)]

    @pytest.mark.parametrize(
        ("folder", "vendor", "least", "once_more"),
        [
            (
                "fivetran_hubspot_seeds",
                "hubspot",
                17,
                ("deal_data.csv", "contact_property_history_data.csv"),
            ),
            ("fivetran_salesforce_seeds", "salesforce", 7, ("sf_task_data.csv",)),
        ],
    )
    def test_raw_tables(
        self, workspace: Workspace, folder: str, vendor: str, least: int, once_more: tuple[str, ...]
    ) -> None:
        outcomes = run(workspace, DATA / folder)
        assert not [outcome for outcome in outcomes if outcome.failed]
        brought = [outcome for outcome in outcomes if outcome.inserted]
        assert {outcome.vendor for outcome in brought} == {vendor}
        assert len(brought) >= least
        assert sum(outcome.rejected for outcome in outcomes) == 0
        again = run(workspace, *(DATA / folder / name for name in once_more))
        assert sum(outcome.unchanged for outcome in again) > 0
        assert sum(outcome.inserted + outcome.updated for outcome in again) == 0
