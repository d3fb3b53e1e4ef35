"""How rows of the store become rows of the facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from revops.store.facts.shape import column, from_text, sql_type

if TYPE_CHECKING:
    from revops.store.facts.shape import Shape

ARRIVING = "arriving"
SEQ = "seq"
_CUSTOM = "custom"
_PROPERTIES = "properties"


def store_columns(shape: Shape) -> list[str]:
    """The columns of the store's table that the facts are made from."""
    own = [name for name in shape.columns if name not in shape.custom and name != SEQ]
    return [*own, SEQ, *([] if "object" in own else [_CUSTOM])]


def arriving_rows(shape: Shape) -> exp.Select:
    """The facts' columns of the rows in `arriving`, read from the store."""
    return exp.select(
        *(exp.alias_(_value(shape, name), name, quoted=True) for name in shape.columns)
    ).from_(ARRIVING)


def _value(shape: Shape, name: str) -> exp.Expr:
    if name in shape.custom:
        return from_text(_custom(name), shape.columns[name])
    if shape.is_log and name == _PROPERTIES:
        return merged(column(_CUSTOM), column(_PROPERTIES))
    return exp.cast(column(name), sql_type(shape.columns[name]))


def _custom(name: str) -> exp.Expr:
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    return exp.Anonymous(
        this="json_extract_string", expressions=[column(_CUSTOM), exp.Literal.string(pointer)]
    )


def merged(lower: exp.Expr, upper: exp.Expr) -> exp.Expr:
    """Two JSON objects as one, as text; where both have a key, the upper one's value counts."""
    both = exp.Anonymous(this="json_merge_patch", expressions=[lower, upper])
    return (
        exp.case()
        .when(lower.is_(exp.null()), upper)
        .when(upper.is_(exp.null()), lower)
        .else_(exp.cast(both, "varchar"))
    )
