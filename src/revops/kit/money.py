"""Amounts of money: exact, never mixed, split without losing a cent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from babel.numbers import format_currency, get_currency_precision, list_currencies

if TYPE_CHECKING:
    from collections.abc import Sequence


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


@cache
def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 of USD, 1 of JPY, 0.001 of KWD."""
    return Decimal(1).scaleb(-get_currency_precision(currency))


@dataclass(frozen=True)
class Money:
    """An exact amount in one currency (ISO 4217); unrounded until `rounded`.

    Arithmetic and comparison of two currencies raise ValueError.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in _currencies():
            raise ValueError(f"'{self.currency}' is not a currency; write one as 'USD' or 'EUR'")
        if not isinstance(self.amount, Decimal) or not self.amount.is_finite():
            raise ValueError(f"{self.amount!r} is not an exact amount of money")

    @classmethod
    def parse(cls, amount: str, currency: str) -> Money:
        """Read an amount such as `1250.50`.

        Raises:
            ValueError: It is not a decimal number, or the currency is unknown.
        """
        try:
            return cls(Decimal(amount), currency)
        except InvalidOperation:
            raise ValueError(f"'{amount}' is not an amount; write one as '1250.50'") from None

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        return Money(self.amount * factor, self.currency)

    __rmul__ = __mul__

    def __truediv__(self, other: Money) -> Decimal:
        return self.amount / self._same(other)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix; convert one first")
        return other.amount

    def rounded(self) -> Money:
        """To the currency's minor unit, half away from zero."""
        amount = self.amount.quantize(minor_unit(self.currency), rounding=ROUND_HALF_UP)
        return Money(amount, self.currency)

    def allocate(self, weights: Sequence[Decimal | int]) -> list[Money]:
        """Split in proportion to the weights, in whole minor units, by largest remainder.

        The parts sum to the rounded amount exactly; of equal remainders the earlier gets the unit.

        Raises:
            ValueError: There is no weight, one is negative, or all are zero.
        """
        shares = [Fraction(weight) for weight in weights]
        whole = sum(shares)
        if not whole or any(share < 0 for share in shares):
            raise ValueError("an amount is split by weights of which none is negative, not all 0")
        unit = minor_unit(self.currency)
        units = int(self.rounded().amount / unit)
        exact = [abs(units) * share / whole for share in shares]
        parts = [int(part) for part in exact]
        by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])
        for index in by_remainder[: abs(units) - sum(parts)]:
            parts[index] += 1
        sign = -1 if units < 0 else 1
        return [Money(sign * part * unit, self.currency) for part in parts]

    def format(self, locale: str = "en_US") -> str:
        """As a reader of the locale writes it, rounded: `$1,250.50`, `1.250,50 €`."""
        return str(format_currency(self.rounded().amount, self.currency, locale=locale))
