from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from revops.records import RECORDS, FieldType

if TYPE_CHECKING:
    import duckdb

    from revops.simulator import SimulatedCompany


def one(db: duckdb.DuckDBPyConnection, query: str) -> float:
    row = db.execute(query).fetchall()[0]
    return float(row[0])


REFERENCES = [
    (plural, field.name, field.refers_to)
    for plural in ("accounts", "contacts", "activities", "opportunities", "users", "teams", "spend")
    for field in RECORDS[plural].fields
    if field.refers_to and field.type is not FieldType.LIST
]


@pytest.mark.parametrize(("plural", "field", "target"), REFERENCES)
def test_references_name_records_that_are_there(
    db: duckdb.DuckDBPyConnection, plural: str, field: str, target: str
) -> None:
    if field not in db.table(plural).columns:
        pytest.skip("not simulated")
    there = next(record.plural for record in RECORDS.values() if record.name == target)
    orphans = f"SELECT count(*) FROM {plural} AS r ANTI JOIN {there} AS t ON r.{field} = t.id"
    assert one(db, f"{orphans} WHERE r.{field} IS NOT NULL") == 0


def test_people_in_deals_are_there(db: duckdb.DuckDBPyConnection) -> None:
    people = "SELECT unnest(string_split(contact_ids, ';')) AS id FROM opportunities"
    assert one(db, f"SELECT count(*) FROM ({people}) ANTI JOIN contacts USING (id)") == 0
    assert one(db, "SELECT max(len(string_split(contact_ids, ';'))) FROM opportunities") > 1


def test_ids_are_unique(company: SimulatedCompany, db: duckdb.DuckDBPyConnection) -> None:
    for plural in RECORDS.keys() & company.rows.keys():
        assert one(db, f"SELECT count(*) - count(DISTINCT id) FROM {plural}") == 0, plural


def test_nothing_is_later_than_the_end(
    company: SimulatedCompany, db: duckdb.DuckDBPyConnection
) -> None:
    for name in company.rows.keys() - {"truth", "spend", "campaigns"}:
        types = db.table(name).description
        for column, kind, *_ in types:
            if "TIMESTAMP" in str(kind):
                late = f"SELECT count(*) FROM {name} WHERE {column} >= TIMESTAMP '2026-03-01'"
                assert one(db, late) == 0, (name, column)


def test_the_year_is_filled(db: duckdb.DuckDBPyConnection) -> None:
    months = db.execute(
        "SELECT count(*) FROM activities GROUP BY date_trunc('month', occurred_at)"
    ).fetchall()
    assert len(months) == 12
    assert min(months)[0] > 0.3 * max(months)[0]


def test_nothing_happens_before_the_contact_is_known(db: duckdb.DuckDBPyConnection) -> None:
    early = """SELECT count(*) FROM activities AS a JOIN contacts AS c ON c.id = a.contact_id
        WHERE a.occurred_at < c.created_at"""
    assert one(db, early) == 0


def test_stages_go_forward_one_by_one(db: duckdb.DuckDBPyConnection) -> None:
    steps = db.execute("""
        SELECT list(new_value ORDER BY changed_at), list(old_value ORDER BY changed_at),
            count(DISTINCT changed_at)
        FROM opportunity_history WHERE field = 'stage' GROUP BY opportunity_id""").fetchall()
    line = ["Qualified", "Discovery", "Demo/Evaluation", "Proposal", "Negotiation"]
    assert len(steps) == 750
    for after, before, moments in steps:
        assert before == [None, *after[:-1]]
        assert moments == len(after)
        assert [stage for stage in after if not stage.startswith("Closed")] == line[: len(after)][
            : len(after) - after[-1].startswith("Closed")
        ]
        assert after[-1] != "Closed Won" or len(after) == 6


def test_history_ends_in_what_the_record_says(db: duckdb.DuckDBPyConnection) -> None:
    for plural, key in (
        ("opportunities", "opportunity"),
        ("contacts", "contact"),
        ("accounts", "account"),
    ):
        fields = db.execute(f"SELECT DISTINCT field FROM {key}_history").fetchall()
        for (field,) in fields:
            other = f"""SELECT count(*) FROM (
                    SELECT {key}_id AS id, max_by(new_value, changed_at) AS value
                    FROM {key}_history WHERE field = '{field}' GROUP BY ALL
                ) AS h JOIN {plural} AS r USING (id)
                WHERE h.value IS DISTINCT FROM r.{field}::VARCHAR"""
            assert one(db, other) == 0, (plural, field)


def test_lifecycle_history_is_a_chain(db: duckdb.DuckDBPyConnection) -> None:
    breaks = """SELECT count(*) FROM (
        SELECT old_value, changed_at,
            lag(new_value) OVER w AS before, lag(changed_at) OVER w AS prior
        FROM contact_history WHERE field = 'lifecycle_stage'
        WINDOW w AS (PARTITION BY contact_id ORDER BY changed_at)
    ) WHERE old_value <> coalesce(before, 'Subscriber') OR changed_at = prior"""
    assert one(db, breaks) == 0


def test_deals_are_closed_when_they_say_so(db: duckdb.DuckDBPyConnection) -> None:
    odd = """SELECT count(*) FROM opportunities WHERE closed_at <= created_at
        OR (closed_at IS NULL) <> (is_won IS NULL)
        OR (stage LIKE 'Closed%') <> (closed_at IS NOT NULL)
        OR (stage = 'Closed Won') <> coalesce(is_won, FALSE) OR amount <= 0"""
    assert one(db, odd) == 0


def test_a_session_is_one_visit(db: duckdb.DuckDBPyConnection) -> None:
    sessions = """FROM (SELECT count(*) AS n, count(DISTINCT contact_id) AS people,
        max(occurred_at) - min(occurred_at) AS length FROM activities
        WHERE session_id IS NOT NULL GROUP BY session_id)"""
    assert one(db, f"SELECT max(people) {sessions}") == 1
    assert one(db, f"SELECT max(length) < INTERVAL 1 HOUR {sessions}") == 1
    assert one(db, f"SELECT max(n) {sessions}") >= 6


def test_people_work_on_weekdays(db: duckdb.DuckDBPyConnection) -> None:
    assert one(db, "SELECT avg((isodow(occurred_at) > 5)::INTEGER) FROM activities") < 0.12


def test_activity_is_heavy_tailed(db: duckdb.DuckDBPyConnection) -> None:
    counts = "(SELECT count(*) AS n FROM activities GROUP BY contact_id)"
    assert one(db, f"SELECT avg(n) / median(n) FROM {counts}") > 1.5
    assert one(db, f"SELECT quantile_cont(n, 0.99) / avg(n) FROM {counts}") > 5
