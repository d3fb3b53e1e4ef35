"""Contacts and their accounts with the fields that were in force at an instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.leads.scoring.expressions import case, column, instant, whole
from revops.leads.scoring.steps import Step, the_wanted
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
    among = the_wanted() if only_some else None
    theirs = exp.select("account_id").from_(exp.to_table("contact")) if only_some else None
    steps = [
        *_in_force("contacts", contact, vocabulary, past, as_of, among, "contact"),
        *_in_force("accounts", account, vocabulary, past, as_of, theirs, "account"),
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
    ).from_(exp.alias_(exp.to_table("contact"), "c"))
    if account:
        person = person.join(
            exp.alias_(exp.to_table("account"), "a"),
            on=column("id", "a").eq(column("account_id", "c")),
            join_type="left",
        )
    return [*steps, Step("person", person)]


def employer_steps(
    vocabulary: Vocabulary, past: Past, as_of: datetime, *, only_some: bool
) -> list[Step]:
    """Steps that end in `employer`: contact id and account_id, as they were at the instant.

    A part of `person`, which would have to be kept if more than one step read it.
    """
    fields, among = {"account_id"}, the_wanted() if only_some else None
    return _in_force("contacts", fields, vocabulary, past, as_of, among, "employer")


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
    among: exp.Select | None,
    step: str,
) -> list[Step]:
    """Steps that end in `step`: id and the fields as they were at the instant.

    Where `among` is given, only of the records whose id it has.
    """
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
    if among is not None:
        query = query.where(exp.In(this=column("id", "r"), query=among.subquery()))
    if not changed:
        return [Step(step, query)]
    query = query.join(
        exp.alias_(exp.to_table(f"{step}_then"), "h"),
        on=column("record_id", "h").eq(column("id", "r")),
        join_type="left",
    )
    return [
        Step(
            f"{step}_change",
            _changes(RECORDS[plural].history_name, changed, as_of, among),
        ),
        Step(f"{step}_then", _then(f"{step}_change", changed)),
        Step(step, query),
    ]


def _changes(
    history: str, fields: Sequence[str], as_of: datetime, among: exp.Select | None
) -> exp.Select:
    """For each record and field the last change made, and the first one still to come.

    Each as a struct that sorts by time, then place: the greatest and the least are looked for.
    """
    is_past = column("changed_at") <= instant(as_of)
    is_future = column("changed_at") > instant(as_of)
    past = exp.Filter(this=exp.Max(this=_change("new_value")), expression=exp.Where(this=is_past))
    future = exp.Filter(
        this=exp.Min(this=_change("old_value")), expression=exp.Where(this=is_future)
    )
    query = exp.select(
        column("record_id"),
        column("field"),
        exp.alias_(past, "past"),
        exp.alias_(future, "future"),
    ).from_(exp.to_table(history))
    query = query.where(exp.In(this=column("field"), expressions=_strings(fields)))
    if among is not None:
        query = query.where(exp.In(this=column("record_id"), query=among.subquery()))
    return query.group_by(column("record_id"), column("field"))


def _change(value: str) -> exp.Expr:
    parts = {"changed_at": "changed_at", "seq": "seq", "value": value}
    return exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.to_identifier(name), expression=column(source))
            for name, source in parts.items()
        ]
    )


def _then(changes: str, fields: Sequence[str]) -> exp.Select:
    """One row a record: each field's value at the instant, and whether it has a history."""
    was_changed = exp.Not(this=exp.Is(this=column("past"), expression=exp.null()))
    value = case(
        [(was_changed, exp.Dot.build([column("past"), exp.to_identifier("value")]))],
        exp.Dot.build([column("future"), exp.to_identifier("value")]),
    )
    query = exp.select(column("record_id")).from_(exp.to_table(changes))
    for each in fields:
        here = column("field").eq(exp.Literal.string(each))
        then = exp.Max(this=case([(here, value.copy())], None))
        known = exp.Max(this=case([(here.copy(), whole(1))], None))
        query = query.select(
            exp.alias_(then, each, quoted=True), exp.alias_(known, f"{each}?", quoted=True)
        )
    return query.group_by(column("record_id"))


def sql_type_of(kind: str) -> str:
    """The type in SQL of a kind of field."""
    return _SQL_TYPE.get(kind, "text")


def _typed(text: exp.Expr, kind: str) -> exp.Expr:
    sql_type = _SQL_TYPE.get(kind)
    if sql_type is None:
        return text
    return exp.TryCast(this=text, to=exp.DataType.build(sql_type, dialect="duckdb"))


def _strings(values: Iterable[str]) -> list[exp.Expr]:
    return [exp.Literal.string(value) for value in values]
