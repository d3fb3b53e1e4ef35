"""Features as numbers: what a model is fitted to, learned from the rows it is trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from revops.leads.prediction.features import is_activity

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

FEWEST = 20
"""Rows that a value must have to be told apart from the others."""
MOST_VALUES = 30


@dataclass(frozen=True)
class Number:
    """A column of numbers: what a blank counts as, and the scale of the rest."""

    name: str
    middle: float
    mean: float
    spread: float
    has_blanks: bool


@dataclass(frozen=True)
class Category:
    """A column of texts: the values that are told apart, most frequent first."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Encoding:
    """How rows become matrices.

    Attributes:
        numbers: The columns of numbers.
        categories: The columns of texts.
        typical: What each column holds in a typical row: the middle number, the commonest text.
    """

    numbers: tuple[Number, ...]
    categories: tuple[Category, ...]
    typical: dict[str, Any]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are looked at."""
        numbers = [each.name for each in self.numbers]
        return (*numbers, *(each.name for each in self.categories))

    @property
    def categorical(self) -> list[bool]:
        """For each column of `for_trees`, whether it is a category."""
        return [False] * len(self.numbers) + [True] * len(self.categories)

    def complete(self, rows: pa.Table) -> pa.Table:
        """The columns that are looked at; of what nobody has now, blanks, and counts of 0."""
        import pyarrow as pa

        found = {}
        for name in self.columns:
            is_number = name in {each.name for each in self.numbers}
            kind = pa.float64() if is_number else pa.string()
            if name in rows.column_names and rows.schema.field(name).type == kind:
                found[name] = rows.column(name)
            else:
                is_count = is_activity(name) and not name.endswith(": days since")
                found[name] = pa.array([0.0 if is_count else None] * len(rows), kind)
        return pa.table(found)

    def for_trees(self, rows: pa.Table) -> Matrix:
        """A column for each feature; blanks are NaN, texts are their places."""
        import numpy as np

        columns = [numbers_of(rows, each.name) for each in self.numbers]
        columns += [_places(rows, each) for each in self.categories]
        return np.column_stack(columns) if columns else np.empty((len(rows), 0))

    def for_line(self, rows: pa.Table) -> Matrix:
        """Numbers on one scale, and a column of 0 and 1 for each text and each blank."""
        import numpy as np

        columns: list[Any] = []
        for number in self.numbers:
            values = numbers_of(rows, number.name)
            filled = np.where(np.isnan(values), number.middle, values)
            columns.append((_eased(filled) - number.mean) / number.spread)
            if number.has_blanks:
                columns.append(np.isnan(values).astype(np.float64))
        for category in self.categories:
            places = _places(rows, category)
            columns += [
                (places == place).astype(np.float64) for place in range(len(category.values) + 1)
            ]
        return np.column_stack(columns) if columns else np.empty((len(rows), 0))


def learn_encoding(rows: pa.Table) -> Encoding:
    """The encoding that rows call for; columns that tell nothing apart are left out."""
    numbers, categories = [], []
    typical: dict[str, Any] = {}
    for name in rows.column_names:
        if _is_text(rows, name):
            category = _category(rows, name)
            if category is not None:
                categories.append(category)
                typical[name] = _commonest(rows, name)
        else:
            number = _number(rows, name)
            if number is not None:
                numbers.append(number)
                typical[name] = None if _is_mostly_blank(rows, name) else number.middle
    return Encoding(tuple(numbers), tuple(categories), typical)


def numbers_of(rows: pa.Table, name: str) -> Matrix:
    """A column of numbers, NaN where it is blank."""
    import numpy as np

    return np.asarray(rows.column(name).to_numpy(), dtype=np.float64)


def _is_mostly_blank(rows: pa.Table, name: str) -> bool:
    import numpy as np

    return bool(np.isnan(numbers_of(rows, name)).mean() > 1 / 2)


def _is_text(rows: pa.Table, name: str) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(rows.schema.field(name).type))


def _number(rows: pa.Table, name: str) -> Number | None:
    import numpy as np

    values = numbers_of(rows, name)
    known = values[~np.isnan(values)]
    is_blank = len(known) < len(values)
    if len(known) < FEWEST or (known.min() == known.max() and not is_blank):
        return None
    middle = float(np.median(known))
    eased = _eased(np.where(np.isnan(values), middle, values))
    return Number(name, middle, float(eased.mean()), float(eased.std()) or 1.0, is_blank)


def _eased(values: Matrix) -> Matrix:
    """Numbers by their order of magnitude: the second visit tells more than the twentieth."""
    import numpy as np

    return np.sign(values) * np.log1p(np.abs(values))


def _category(rows: pa.Table, name: str) -> Category | None:
    counts = sorted(_counts(rows, name).items(), key=lambda each: (-each[1], each[0]))
    kept = tuple(value for value, count in counts if count >= FEWEST)[:MOST_VALUES]
    is_all = bool(kept) and sum(count for _, count in counts) == dict(counts)[kept[0]] == len(rows)
    return Category(name, kept) if kept and not is_all else None


def _counts(rows: pa.Table, name: str) -> dict[str, int]:
    found = rows.column(name).drop_null().value_counts()
    return {each["values"]: each["counts"] for each in found.to_pylist()}


def _commonest(rows: pa.Table, name: str) -> str | None:
    """The most frequent value, a blank included."""
    counts: dict[str | None, int] = {None: rows.column(name).null_count}
    counts.update(_counts(rows, name).items())
    return max(counts, key=lambda value: (counts[value], value is not None, value or ""))


def _places(rows: pa.Table, category: Category) -> Matrix:
    """The place of each text among those told apart; others share the next; blanks are NaN."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    column = rows.column(category.name).combine_chunks()
    places = pc.index_in(column, pa.array(category.values, pa.string()))
    found = np.asarray(pc.fill_null(places, len(category.values)), dtype=np.float64)
    return np.where(np.asarray(pc.is_null(column)), np.nan, found)
