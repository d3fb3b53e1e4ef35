from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.kit.money import Money, minor_unit

AMOUNTS = st.decimals(-(10**12), 10**12, places=4)
CURRENCIES = st.sampled_from(["USD", "JPY", "KWD"])
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any)


@given(AMOUNTS, CURRENCIES, WEIGHTS)
def test_parts_sum_to_the_rounded_amount_and_are_off_by_less_than_a_unit(
    amount: Decimal, currency: str, weights: list[int]
) -> None:
    money = Money(amount, currency)
    parts = money.allocate(weights)
    whole = money.rounded().amount
    assert sum(part.amount for part in parts) == whole
    for part, weight in zip(parts, weights, strict=True):
        exact = Fraction(whole) * weight / sum(weights)
        assert abs(Fraction(part.amount) - exact) < Fraction(minor_unit(currency))
        assert part == part.rounded()


def test_the_largest_remainder_gets_the_cent() -> None:
    parts = Money.parse("100", "USD").allocate([1, 1, 1])
    assert [str(part.amount) for part in parts] == ["33.34", "33.33", "33.33"]
    parts = Money.parse("-0.05", "USD").allocate([3, 7])
    assert [str(part.amount) for part in parts] == ["-0.02", "-0.03"]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_weights_that_split_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Money.parse("1", "USD").allocate(weights)


def test_currencies_do_not_mix() -> None:
    dollar, euro = Money.parse("1", "USD"), Money.parse("1", "EUR")
    for mix in (
        lambda: dollar + euro,
        lambda: dollar - euro,
        lambda: dollar / euro,
        lambda: dollar < euro,
        lambda: dollar <= euro,
    ):
        with pytest.raises(ValueError, match="USD and EUR do not mix"):
            mix()
    assert dollar != euro


def test_arithmetic_is_exact() -> None:
    tenth = Money.parse("0.1", "USD")
    assert tenth + tenth + tenth == Money.parse("0.3", "USD") == 3 * tenth
    assert tenth - tenth == -(tenth - tenth)
    assert tenth * Decimal("2.5") / tenth == Decimal("2.5")
    assert tenth < 2 * tenth <= 2 * tenth


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [("1.005", "USD", "1.01"), ("-1.005", "USD", "-1.01"), ("0.5", "JPY", "1"),
     ("1.0005", "KWD", "1.001")],
)  # fmt: skip
def test_rounding_is_to_the_minor_unit(amount: str, currency: str, rounded: str) -> None:
    assert Money.parse(amount, currency).rounded().amount == Decimal(rounded)


@pytest.mark.parametrize(("locale", "shown"), [("en_US", "€1,250.51"), ("de_DE", "1.250,51\xa0€")])
def test_it_is_shown_as_the_locale_writes_it(locale: str, shown: str) -> None:
    assert Money.parse("1250.505", "EUR").format(locale) == shown


@pytest.mark.parametrize(
    ("amount", "currency"), [("a", "USD"), ("NaN", "USD"), ("Infinity", "USD"), ("1", "usd"),
                             ("1", "ZZZ"), ("", "USD")]
)  # fmt: skip
def test_what_is_no_money_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"amount|currency"):
        Money.parse(amount, currency)
