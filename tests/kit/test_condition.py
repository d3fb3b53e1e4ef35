"""The condition language: what it reads, what it refuses and where it points."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot import exp

from revops.kit.condition import (
    ConditionError,
    Scope,
    bind,
    fields_of,
    happenings_of,
    parse_condition,
)

SCOPE = Scope(
    fields={
        "title": "text",
        "named": "boolean",
        "created_at": "time",
        "close_date": "date",
        "account.employees": "integer",
        "account.annual_revenue": "decimal",
        "properties.*": "any",
    },
    lists={"competitors": ("a.com", "o'b.com"), "nobody": ()},
    may_ask_happened=True,
)


def sql(text: str, scope: Scope = SCOPE) -> str:
    return parse_condition(text, scope).sql(dialect="duckdb").replace('"', "")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("title NOT LIKE 'a%'", "NOT title LIKE 'a%'"),
        ("title NOT ILIKE 'a%' OR named", "NOT title ILIKE 'a%' OR named"),
        ("title NOT IN ('a', 'b')", "NOT title IN ('a', 'b')"),
        ("title IS NOT NULL", "NOT title IS NULL"),
        ("in_list(title, 'competitors')", "title IN ('a.com', 'o''b.com')"),
        ("in_list(title, 'nobody')", "FALSE"),
        ("close_date >= '2026-03-01'", "close_date >= CAST('2026-03-01' AS DATE)"),
        ("account.employees > 1.5", "account.employees > 1.5e0"),
        ("properties.n > 3", "TRY_CAST(properties.n AS DOUBLE) > 3"),
        ("properties.plan = 'pro'", "properties.plan = 'pro'"),
        ("LOWER(title) = 'vp'", "LOWER(title) = 'vp'"),
        ("COALESCE(title, '') = ''", "COALESCE(title, '') = ''"),
    ],
)
def test_reads(text: str, meaning: str) -> None:
    assert sql(text) == meaning


def test_division_by_zero_is_unknown() -> None:
    condition = sql("account.employees / 0 > 1").replace("account.employees", "7")
    assert duckdb.sql(f"SELECT {condition}").fetchall() == [(None,)]


def test_a_time_without_a_zone_is_in_the_scope_s_zone() -> None:
    berlin = Scope(SCOPE.fields, zone=ZoneInfo("Europe/Berlin"))
    assert "'2026-06-30 22:00:00'" in sql("created_at >= '2026-07-01'", berlin)
    assert "'2026-07-01 00:00:00'" in sql("created_at >= '2026-07-01T00:00Z'", berlin)


@pytest.mark.parametrize(
    ("text", "message", "mend", "position"),
    [
        ("named AND titel = 'x'", "no field 'titel'", "'title'", 10),
        ("account.emploees > 5", "no field 'account.emploees'", "'account.employees'", 0),
        ('title = "VP"', "no field 'VP'", "single quotes: 'VP'", 8),
        ("title = 'a", "a quote is opened", "''", 8),
        ("title = 'O'Brien'", "not closed", "''", 16),
        ("account.employees > '5'", "a number is compared with text", "without quotes", 20),
        ("title > 5", "text is compared with a number", "in quotes", None),
        ("title IN (SELECT 1)", "a subquery is not allowed", "", 0),
        ("EXISTS (SELECT 1)", "a subquery is not allowed", "", None),
        ("named AND pg_sleep(9)", "the function pg_sleep is not allowed", "", 10),
        ("SUBSTR(title, 1) = 'a'", "function substring is not allowed", "", 0),
        ("read_csv('x') = 'a'", "the function read_csv is not allowed", "", None),
        ("COUNT(*) > 1", "the function count is not allowed", "", None),
        ("ROUND(1.5) = 2", "the function round is not allowed", "", None),
        ("CAST(title AS int) = 1", "a cast to int is not allowed", "", None),
        ("DATE '2026-01-01' < created_at", "a cast to date is not allowed", "", None),
        ("CASE WHEN named THEN named END", "is not allowed", "", None),
        ("named -- and more", "a comment is not allowed", "YAML", 6),
        ("/* x */ named", "a comment is not allowed", "YAML", 0),
        ("named; DROP TABLE contacts", "one expression", "semicolon", None),
        ("title = NULL", "nothing is equal to NULL", "IS NULL", None),
        ("title LIKE 'a' ESCAPE '!'", "is not allowed", "", None),
        ("account.employees BETWEEN SYMMETRIC 1 AND 2", "is not allowed", "", None),
        ("title LIKE 'a\\b'", "no backslash", "%", None),
        ("created_at > 'soon'", "'soon' is not a date", "2026-03-01", 13),
        ("in_list(title, 'competitor')", "no list 'competitor'", "'competitors'", 15),
        ("happened('demo_request', 'soon')", "not a duration", "", None),
        ("title", "is text, not something true or false", "", 0),
        ("account.employees > 1e999", "not a number that can be used", "", None),
        ("title IN (title)", "IN takes literals only", "", 10),
        ("title =", "not a condition", "comparison", None),
        ("   ", "empty", "write one", 0),
        ("(" * 200 + "named" + ")" * 200, "nested too deeply", "simplify", None),
        ("named OR " * 600 + "named", "longer than 4000", "shorten", None),
    ],
)
def test_refuses_and_points(text: str, message: str, mend: str, position: int | None) -> None:
    with pytest.raises(ConditionError) as refused:
        parse_condition(text, SCOPE)
    assert message in refused.value.message
    assert mend in refused.value.mend
    assert position is None or refused.value.position == position


def test_points_with_a_caret_below_the_character() -> None:
    text = "named\nAND titel = 'x'"
    with pytest.raises(ConditionError) as refused:
        parse_condition(text, SCOPE)
    assert refused.value.pointed(text) == "AND titel = 'x'\n    ^"


def test_happened_is_refused_where_it_makes_no_sense() -> None:
    with pytest.raises(ConditionError, match="cannot be asked here"):
        parse_condition("happened('login', '3 days')", Scope({}))


def test_tells_what_it_speaks_of() -> None:
    tree = parse_condition("named AND happened('login', '3 days') AND title = 'x'", SCOPE)
    assert fields_of(tree) == {"named", "title"}
    assert happenings_of(tree) == {("login", timedelta(days=3))}


def test_binding_puts_columns_in_place() -> None:
    tree = parse_condition("named AND happened('login', '3 days')", SCOPE)
    bound = bind(tree, lambda name: exp.column(name, "c"), lambda name, _length: exp.column(name))
    assert bound.sql() == "c.named AND login"


def reading(text: str) -> exp.Expr | ConditionError:
    try:
        return parse_condition(text, SCOPE)
    except ConditionError as error:
        return error


@example("->")
@given(st.text(max_size=60) | st.text("()'\" %_=<>!.,;-*/\\naeitmdORAND0159", max_size=60))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    found = reading(text)
    if isinstance(found, ConditionError):
        assert 0 <= found.position <= len(text)
        assert found.message
    else:
        assert all(name in SCOPE.fields or "." in name for name in fields_of(found))


_ATOMS = st.sampled_from(
    [
        "named",
        "title LIKE '%v_p%'",
        "title NOT ILIKE 'x%'",
        "title IN ('a', 'it''s')",
        "account.employees BETWEEN 5 AND 50",
        "account.employees * 2 + 1 >= account.annual_revenue / 3",
        "COALESCE(title, 'none') <> 'none'",
        "created_at < '2026-01-01'",
        "title IS NULL",
    ]
)
_CONDITIONS = st.recursive(
    _ATOMS,
    lambda inner: (
        st.builds("({} AND {})".format, inner, inner)
        | st.builds("({} OR {})".format, inner, inner)
        | st.builds("NOT ({})".format, inner)
    ),
    max_leaves=8,
)


@given(_CONDITIONS)
def test_means_what_the_text_means(text: str) -> None:
    """The regenerated condition gives what the database gives for the text itself."""
    rows = """(VALUES ('vip', true, TIMESTAMP '2025-05-05', 9, 30.5),
        (NULL, NULL, NULL, NULL, NULL),
        ('it''s', false, TIMESTAMP '2026-05-05', 50, 1e6), ('none', NULL, NULL, 4, 0))
        t(title, named, created_at, employees, annual_revenue)"""
    known = {name: name.removeprefix("account.") for name in SCOPE.fields}
    tree = bind(parse_condition(text, SCOPE), lambda name: exp.column(known[name]))
    written = text.replace("account.", "")
    query = f"SELECT {tree.sql(dialect='duckdb')}, {written} FROM {rows}"
    assert all(ours == theirs for ours, theirs in duckdb.sql(query).fetchall())
