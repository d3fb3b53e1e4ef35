from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import duckdb

SHARES = [  # what is wrong, of whom, at least and at most
    ("contacts", "email IS NULL", 0.01, 0.03),
    ("contacts", "title IS NULL", 0.10, 0.16),
    ("contacts", "email <> lower(trim(email))", 0.03, 0.08),
    ("contacts", "first_name <> trim(first_name) OR last_name <> trim(last_name)", 0.02, 0.08),
    ("contacts", "trim(lower(email)) LIKE '%@gmail.com'", 0.02, 0.06),
    ("contacts", "lower(email) LIKE '%.edu%'", 0.015, 0.035),
    ("contacts", "lower(email) SIMILAR TO '.*@competitor-(one|two).example *'", 0.003, 0.010),
    ("contacts", "seniority IN ('student', 'intern')", 0.03, 0.07),
    ("contacts", "account_id IS NULL", 0.08, 0.18),
    ("contacts", "opted_in = FALSE", 0.08, 0.17),
    ("contacts", "phone_status = 'invalid'", 0.01, 0.05),
    ("accounts", "industry IS NULL", 0.06, 0.12),
    ("accounts", "employees IS NULL", 0.08, 0.14),
    ("accounts", "domain <> lower(trim(domain)) OR domain LIKE 'www.%'", 0.02, 0.10),
    ("accounts", "name <> trim(name) OR name = upper(name)", 0.01, 0.06),
    ("opportunities", "is_won = FALSE AND loss_reason IS NULL", 0.02, 0.12),
]


@pytest.mark.parametrize(("plural", "fault", "least", "most"), SHARES)
def test_faults_are_planted(
    db: duckdb.DuckDBPyConnection, plural: str, fault: str, least: float, most: float
) -> None:
    row = db.execute(f"SELECT avg(coalesce({fault}, FALSE)::INTEGER) FROM {plural}").fetchall()[0]
    assert least <= row[0] <= most


def test_three_percent_are_doubles_of_an_earlier_person(db: duckdb.DuckDBPyConnection) -> None:
    doubles = db.execute("""
        SELECT c.email, o.email, t.account_id = ot.account_id
        FROM truth AS t JOIN contacts AS c ON c.id = t.contact_id
        JOIN contacts AS o ON o.id = t.person_id JOIN truth AS ot ON ot.contact_id = o.id
        WHERE t.person_id <> t.contact_id""").fetchall()
    assert 0.02 <= len(doubles) / 10_000 <= 0.04
    assert all(same for _, _, same in doubles)
    pairs = [(a.strip().lower(), b.strip().lower()) for a, b, _ in doubles if a and b]
    assert 0.55 <= sum(a == b for a, b in pairs) / len(pairs) <= 0.85


def test_mail_addresses_are_unique_but_for_doubles(db: duckdb.DuckDBPyConnection) -> None:
    shared = db.execute("""
        SELECT count(DISTINCT t.person_id)
        FROM contacts AS c JOIN truth AS t ON t.contact_id = c.id
        WHERE c.email IS NOT NULL GROUP BY lower(trim(c.email))""").fetchall()
    assert {count for (count,) in shared} == {1}


def test_a_country_is_spelled_in_several_ways(db: duckdb.DuckDBPyConnection) -> None:
    spelled = {value for (value,) in db.execute("SELECT country FROM accounts").fetchall()}
    assert {"United States", "USA", "US", "U.S.", "usa", None} <= spelled


def test_job_seekers_see_careers_pages_only(db: duckdb.DuckDBPyConnection) -> None:
    paths = db.execute("""
        SELECT DISTINCT regexp_extract(path, '^/[a-z]*') FROM activities
        JOIN truth USING (contact_id)
        WHERE kind = 'job_seeker' AND type = 'page_view'""").fetchall()
    assert paths == [("/careers",)]


def test_mail_stops_after_unsubscribing(db: duckdb.DuckDBPyConnection) -> None:
    row = db.execute("""
        WITH left_at AS (SELECT contact_id, min(occurred_at) AS at_time FROM activities
            WHERE type = 'unsubscribe' GROUP BY contact_id)
        SELECT count(DISTINCT contact_id),
            count(*) FILTER (subject LIKE 'Newsletter%' AND occurred_at > at_time + INTERVAL 1 DAY)
        FROM left_at JOIN activities USING (contact_id)""").fetchall()[0]
    people, mails = row
    assert 0.03 <= people / 10_000 <= 0.06
    assert mails <= 0.1 * people


def test_some_things_are_noted_before_their_cause(db: duckdb.DuckDBPyConnection) -> None:
    row = db.execute("""
        SELECT count(*) FROM (
            SELECT string_split(id, '-')[2]::INTEGER AS slot, lag(slot) OVER w AS before
            FROM activities WHERE session_id IS NOT NULL
            WINDOW w AS (PARTITION BY session_id ORDER BY occurred_at, id))
        WHERE slot < before""").fetchall()[0]
    assert row[0] > 100
