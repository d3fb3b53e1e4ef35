"""Why a model gives a lead its chance: the parts add up to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from revops.leads.prediction.features import about

if TYPE_CHECKING:
    import pyarrow as pa

    from revops.leads.prediction.fitting import Model


@dataclass(frozen=True)
class Reason:
    """What one field, or one type of activity, adds to the chance.

    Attributes:
        about: The field, or the type of activity.
        value: What the lead has, in words.
        typical: What a typical lead has.
        change: By how much the chance changes, from 0 to 1.
    """

    about: str
    value: str
    typical: str
    change: float


@dataclass(frozen=True)
class Explained:
    """A chance and its parts: `typical` and all changes add up to `chance`."""

    chance: float
    typical: float
    reasons: tuple[Reason, ...]


def explain_chance(model: Model, row: pa.Table) -> Explained:
    """Why the one row has its chance, the strongest reason first.

    A typical lead is turned into this one, field by field, in the order of their names and in the
    reverse; what each changes is the mean of the two. So the parts add up exactly, whatever the
    model, and the same lead has the same reasons.
    """
    import pyarrow as pa

    columns = model.encoding.columns
    (actual,) = row.select(columns).to_pylist()
    typical = model.encoding.typical
    groups = sorted({about(column) for column in columns})
    ways = [*_turned(groups, columns, typical, actual),
            *_turned(groups[::-1], columns, typical, actual)]  # fmt: skip
    schema = row.select(columns).schema
    chances = model.probabilities(pa.Table.from_pylist(ways, schema=schema))
    there, back = chances[: len(groups) + 1], chances[len(groups) + 1 :]
    steps = (there[1:] - there[:-1] + (back[1:] - back[:-1])[::-1]) / 2
    reasons = [
        Reason(group, _said(group, columns, actual), _said(group, columns, typical), float(step))
        for group, step in zip(groups, steps, strict=True)
    ]
    reasons.sort(key=lambda each: (-abs(each.change), each.about))
    return Explained(float(there[-1]), float(there[0]), tuple(reasons))


def _turned(
    groups: list[str], columns: tuple[str, ...], typical: dict[str, Any], actual: dict[str, Any]
) -> list[dict[str, Any]]:
    """The typical row, then each with one more group as it is."""
    row = {column: typical[column] for column in columns}
    found = [dict(row)]
    for group in groups:
        row |= {column: actual[column] for column in columns if about(column) == group}
        found.append(dict(row))
    return found


def _said(group: str, columns: tuple[str, ...], row: dict[str, Any]) -> str:
    """A group's values in words."""
    said = []
    for column in columns:
        if about(column) == group:
            what = column.partition(": ")[2]
            value = _text(row[column])
            said.append(f"{what} {value}" if what else value)
    return ", ".join(said)


def _text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN alone differs from itself
        return "blank"
    return f"{value:,.0f}" if isinstance(value, float) else str(value)
