"""Conditions that nothing can meet, as lints see them."""

from __future__ import annotations

import pytest
from sqlglot import parse_one

from revops.definitions.lints.conditions import is_never


@pytest.mark.parametrize(
    ("condition", "never"),
    [
        ("country = 'US' AND country = 'DE'", True),
        ("'US' = country AND country = 'DE'", True),
        ("country IN ('US', 'CA') AND country = 'DE'", True),
        ("country IN ('US', 'CA') AND country = 'CA'", False),
        ("country IN ('US', 'CA') AND country IN ('CA', 'DE') AND country IN ('DE')", True),
        ("country = 'US' AND state = 'CA'", False),
        ("country = 'US' AND LOWER(country) = 'us'", False),
        ("country = state AND country = 'DE'", False),
        ("NOT country = 'US' AND country = 'DE'", False),
        ("(country = 'US' AND country = 'DE') OR title = 'x'", False),
        ("(country = 'US' AND country = 'DE') OR (title = 'x' AND title = 'y')", True),
        ("title = 'a' AND ((country = 'US' AND country = 'DE') OR state = 'b')", False),
        ("title = 'a' AND ((country = 'US' AND country = 'DE') OR title = 'b')", True),
        ("in_list(country, 'a') AND in_list(country, 'b')", False),
        ("employees > 100 AND employees < 50", True),
    ],
)
def test_what_cannot_hold_is_seen(condition: str, never: bool) -> None:
    assert is_never([parse_one(condition, dialect="duckdb")]) is never
