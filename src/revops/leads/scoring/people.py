"""Contacts and their accounts with the fields that were in force at an instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.leads.scoring.expressions import case, column, micros_at, whole
from revops.leads.scoring.steps import Step, only_wanted
from revops.records import RECORDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from revops.definitions.scope import Vocabulary

_SQL_TYPE = {
    "integer": "bigint",
    "decimal": "double",
    "boolean": "boolean",
    "time": "timestamp",
    "date": "date",
}
ACCOUNT = "account."


@dataclass(frozen=True)
class Past:
    """What the facts say of the past that the statement has to reckon with.

    Attributes:
        history: For each kind of record (plural), the fields that have a history.
        has_recycles: Whether any contact was ever recycled.
        absent: For each kind of record (plural), the fields that no record has.
    """

    history: Mapping[str, Collection[str]] = field(default_factory=dict)
    has_recycles: bool = True
    absent: Mapping[str, Collection[str]] = field(default_factory=dict)


def people_steps(
    fields: Iterable[str],
    vocabulary: Vocabulary,
    past: Past,
    as_of: datetime,
    *,
    only_some: bool,
) -> list[Step]:
    """Steps that end in `person`: one row a contact with the fields that conditions use.

    Columns: contact_id, account_id, and each asked field as `contact.<name>` or
    `account.<name>`.

    Args:
        fields: The fields asked for, as conditions name them.
        vocabulary: The types of the fields.
        past: What history there is.
        as_of: The instant.
        only_some: Whether only the contacts in `wanted` are asked for.
    """
    asked = set(fields)
    contact = {*(name for name in asked if not name.startswith(ACCOUNT)), "account_id"}
    account = {name.removeprefix(ACCOUNT) for name in asked if name.startswith(ACCOUNT)}
    contact = {"email" if name == "email_domain" else name for name in contact}
    account -= {"engaged_contacts"}
    steps = [
        *_in_force("contacts", contact, vocabulary, past, as_of, only_some=only_some),
        *_in_force("accounts", account, vocabulary, past, as_of, only_some=False),
    ]
    values: dict[str, exp.Expr] = {}
    for name in sorted(asked - {"account.engaged_contacts"}):
        if name.startswith(ACCOUNT):
            values[name] = column(name.removeprefix(ACCOUNT), "a")
        elif name == "email_domain":
            values[name] = email_domain(column("email", "c"))
        else:
            values[name] = column(name, "c")
    person = exp.select(
        exp.alias_(column("id", "c"), "contact_id"),
        column("account_id", "c"),
        *(exp.alias_(each, field_column(name), quoted=True) for name, each in values.items()),
    ).from_(exp.alias_(exp.to_table("contact_in_force"), "c"))
    if account:
        person = person.join(
            exp.alias_(exp.to_table("account_in_force"), "a"),
            on=column("id", "a").eq(column("account_id", "c")),
            join_type="left",
        )
    return [*steps, Step("person", person)]


def field_column(name: str) -> str:
    """The column of a field, from its name in conditions."""
    return name if name.startswith(ACCOUNT) else f"contact.{name}"


def email_domain(email: exp.Expr) -> exp.Expr:
    """What follows the last @, lower case; unknown where there is no @."""
    last = exp.SplitPart(
        this=email, delimiter=exp.Literal.string("@"), part_index=exp.Literal.number(-1)
    )
    has_at = exp.Like(this=email.copy(), expression=exp.Literal.string("%@%"))
    return case([(has_at, exp.Lower(this=last))], None)


def _in_force(
    plural: str,
    fields: Collection[str],
    vocabulary: Vocabulary,
    past: Past,
    as_of: datetime,
    *,
    only_some: bool,
) -> list[Step]:
    """Steps that end in `<name>_in_force`: id and the fields as they were at the instant."""
    name = RECORDS[plural].name
    changed = sorted(set(fields) & set(past.history.get(plural, ())))
    query = exp.select(column("id", "r")).from_(exp.alias_(exp.to_table(plural), "r"))
    types = vocabulary.fields(plural)
    for each in sorted(set(fields) - {"id"}):
        value: exp.Expr = column(each, "r")
        if each in past.absent.get(plural, ()):
            value = exp.cast(exp.null(), _SQL_TYPE.get(types[each], "text"))
        if each in changed:
            then = _typed(column(each, "h"), types[each])
            known = exp.Not(this=exp.Is(this=column(f"{each}?", "h"), expression=exp.null()))
            value = case([(known, then)], value)
        query = query.select(exp.alias_(value, each, quoted=True))
    if only_some:
        query = query.where(only_wanted(column("id", "r")))
    if not changed:
        return [Step(f"{name}_in_force", query)]
    query = query.join(
        exp.alias_(exp.to_table(f"{name}_then"), "h"),
        on=column("record_id", "h").eq(column("id", "r")),
        join_type="left",
    )
    return [
        Step(f"{name}_change", _changes(name, changed, as_of, only_some=only_some)),
        Step(f"{name}_then", _then(name, changed)),
        Step(f"{name}_in_force", query),
    ]


def _changes(name: str, fields: Sequence[str], as_of: datetime, *, only_some: bool) -> exp.Select:
    """Each record's and field's deciding change: the last one made, else the first to come."""
    at = exp.UnixMicros(this=column("changed_at"))
    past = at <= whole(micros_at(as_of))
    order = exp.Order(
        expressions=[
            exp.Ordered(this=case([(past.copy(), whole(0))], whole(1))),
            exp.Ordered(this=case([(past.copy(), exp.Neg(this=at.copy()))], at.copy())),
            exp.Ordered(this=case([(past.copy(), exp.Neg(this=column("seq")))], column("seq"))),
        ]
    )
    place = exp.Window(
        this=exp.RowNumber(), partition_by=[column("record_id"), column("field")], order=order
    )
    query = exp.select(
        column("record_id"),
        column("field"),
        exp.alias_(case([(past, column("new_value"))], column("old_value")), "value"),
        exp.alias_(place, "place"),
    ).from_(exp.to_table(f"{name}_history"))
    query = query.where(exp.In(this=column("field"), expressions=_strings(fields)))
    if only_some:
        query = query.where(only_wanted(column("record_id")))
    return query


def _then(name: str, fields: Sequence[str]) -> exp.Select:
    """One row a record: each field's value at the instant, and whether it has a history."""
    query = exp.select(column("record_id")).from_(exp.to_table(f"{name}_change"))
    for each in fields:
        here = column("field").eq(exp.Literal.string(each))
        value = exp.Max(this=case([(here, column("value"))], None))
        known = exp.Max(this=case([(here.copy(), whole(1))], None))
        query = query.select(
            exp.alias_(value, each, quoted=True), exp.alias_(known, f"{each}?", quoted=True)
        )
    return query.where(column("place").eq(whole(1))).group_by(column("record_id"))


def _typed(text: exp.Expr, kind: str) -> exp.Expr:
    sql_type = _SQL_TYPE.get(kind)
    if sql_type is None:
        return text
    return exp.TryCast(this=text, to=exp.DataType.build(sql_type, dialect="duckdb"))


def _strings(values: Iterable[str]) -> list[exp.Expr]:
    return [exp.Literal.string(value) for value in values]
