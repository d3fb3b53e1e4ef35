"""Explanations in words."""

import pytest

from revops.leads.scoring import wording


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (None, "empty"),
        (260399000.0, "260399000"),
        (0.25, "0.25"),
        (1e300 * 1e10, "inf"),
        (True, "true"),
        (2000, "2000"),
        ("SaaS", "SaaS"),
    ],
)
def test_values_are_told_as_a_person_writes_them(known: object, told: str) -> None:
    assert wording.value(known) == told
