"""Column types: one meaning in Python, the best form each database has for it.

| field | Python | SQLite | PostgreSQL |
|---|---|---|---|
| TIME | aware `datetime` in UTC | INTEGER, microseconds since 1970 | TIMESTAMPTZ |
| DATE | `date` | TEXT, ISO 8601 | DATE |
| DECIMAL | `Decimal` | TEXT, exact, no trailing zeros | NUMERIC |
| BOOLEAN | `bool` | INTEGER 0 or 1 | BOOLEAN |
| INTEGER | `int` | INTEGER | BIGINT |
| TEXT, LIST, JSON | `str` | TEXT | TEXT |
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from revops.records import FieldType

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def epoch_microseconds(moment: datetime) -> int:
    """An aware time as microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def canonical_decimal(number: Decimal) -> str:
    """A decimal without exponent and trailing zeros: `1E+2` is `100`, `0.50` is `0.5`."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


class Time(sa.types.TypeDecorator[datetime]):
    """An instant."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type the database has for it."""
        native = dialect.name == "postgresql"
        return dialect.type_descriptor(sa.DateTime(timezone=True) if native else sa.Integer())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To the database."""
        if value is None or dialect.name == "postgresql":
            return value
        return epoch_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None or dialect.name != "sqlite":
            return value if value is None else value.astimezone(UTC)
        return _EPOCH + timedelta(microseconds=value)


class Date(sa.types.TypeDecorator[date]):
    """A day."""

    impl = sa.Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type the database has for it."""
        native = dialect.name == "postgresql"
        return dialect.type_descriptor(sa.Date() if native else sa.Text())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        """To the database."""
        return value if value is None or dialect.name == "postgresql" else value.isoformat()

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        """From the database."""
        return date.fromisoformat(value) if value and dialect.name == "sqlite" else value


class Exact(sa.types.TypeDecorator[Decimal]):
    """A decimal number, exact to its last digit."""

    impl = sa.Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type the database has for it."""
        native = dialect.name == "postgresql"
        return dialect.type_descriptor(sa.Numeric() if native else sa.Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """To the database."""
        if value is None or dialect.name == "postgresql":
            return value
        return canonical_decimal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """From the database."""
        return Decimal(value) if value is not None and dialect.name == "sqlite" else value


WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMN_TYPES: dict[FieldType, TypeEngine[Any]] = {
    FieldType.TEXT: sa.Text(),
    FieldType.INTEGER: WHOLE,
    FieldType.DECIMAL: Exact(),
    FieldType.BOOLEAN: sa.Boolean(),
    FieldType.TIME: Time(),
    FieldType.DATE: Date(),
    FieldType.JSON: sa.Text(),
    FieldType.LIST: sa.Text(),
}
