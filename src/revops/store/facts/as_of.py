"""Tables as they were at an instant."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.records import RECORDS
from revops.store.facts.shape import column, from_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from revops.records import FieldType
    from revops.store.facts.shape import Shape

_CREATED = "created_at"
_RECORD, _THEN = "record", "at_that_time"


def until(moment: str, as_of: datetime) -> exp.Expr:
    """The condition that a time column is not later than an instant (which has a zone)."""
    return column(moment) <= _instant(as_of)


def records_as_of(shape: Shape, changed: Collection[str], as_of: datetime) -> exp.Select:
    """The records as they were at an instant, by id.

    Each field is as it was in force: the latest change up to then gives the new value, else the
    first later one gives the old value; a field without history is as it is now. A record that
    was created later is not there.

    Args:
        shape: The table, one that is not a log.
        changed: Those of its columns that have a history.
        as_of: The instant, with a zone.
    """
    fields = sorted(set(changed) & set(shape.columns))
    values = (_value(name, kind, name in fields) for name, kind in shape.columns.items())
    query = exp.select(*values).from_(
        exp.alias_(exp.table_(shape.name, quoted=True), _RECORD, table=True)
    )
    if _CREATED in shape.columns:
        created = column(_CREATED, _RECORD)
        query = query.where(exp.or_(created.is_(exp.null()), created <= _instant(as_of)))
    if fields:
        on = column("record_id", _THEN).eq(column("id", _RECORD))
        then = _then(RECORDS[shape.name].history_name, fields, as_of)
        query = query.join(_THEN, on=on, join_type="left").with_(_THEN, as_=then)
    return query.order_by(column("id", _RECORD))


def _instant(as_of: datetime) -> exp.Expr:
    text = as_of.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return exp.cast(exp.Literal.string(text), "timestamp")


def _value(name: str, kind: FieldType, is_changed: bool) -> exp.Expr:
    now = column(name, _RECORD)
    if not is_changed:
        return now
    then = column(name, _THEN)
    text = exp.Dot(this=then, expression=exp.to_identifier("text"))
    known = then.is_(exp.null()).not_()
    return exp.alias_(exp.case().when(known, from_text(text, kind)).else_(now), name, quoted=True)


def _then(history: str, fields: Collection[str], as_of: datetime) -> exp.Select:
    """For each record and field its value then, as {text}; NULL where there is no history."""
    place = exp.Tuple(expressions=[column("changed_at"), column("seq")])
    past = until("changed_at", as_of)
    names = [exp.Literal.string(each) for each in fields]
    query = exp.select(column("record_id")).from_(exp.table_(history, quoted=True))
    for each, literal in zip(fields, names, strict=True):
        this = column("field").eq(literal)
        last = _filtered(exp.ArgMax, "new_value", place, exp.and_(this, past))
        first = _filtered(exp.ArgMin, "old_value", place, this)
        query = query.select(exp.alias_(exp.func("coalesce", last, first), each, quoted=True))
    return query.where(column("field").isin(*names)).group_by(column("record_id"))


def _filtered(
    choose: type[exp.ArgMax | exp.ArgMin], value: str, place: exp.Expr, condition: exp.Expr
) -> exp.Filter:
    """The value at the last or first place; in a struct, for these functions leave out NULL."""
    held = exp.Struct(
        expressions=[exp.PropertyEQ(this=exp.to_identifier("text"), expression=column(value))]
    )
    return exp.Filter(
        this=choose(this=held, expression=place), expression=exp.Where(this=condition)
    )
