"""Contacts and their accounts with the fields that were in force at an instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from revops.leads.scoring.expressions import case, column, instant
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


def employer_steps(vocabulary: Vocabulary, past: Past, as_of: datetime) -> list[Step]:
    """Steps that end in `employer`: contact id and account_id, as they were at the instant.

    A part of `person`, which would have to be kept if more than one step read it.
    """
    return _in_force("contacts", {"account_id"}, vocabulary, past, as_of, None, "employer")


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
    columns: list[exp.Expr] = [column("id", "r")]
    types = vocabulary.fields(plural)
    for each in sorted(set(fields) - {"id"}):
        value: exp.Expr = column(each, "r")
        if each in past.absent.get(plural, ()):
            value = exp.cast(exp.null(), _SQL_TYPE.get(types[each], "text"))
        if each in changed:
            change = column(each, "h")
            known = exp.Not(this=exp.Is(this=change, expression=exp.null()))
            then = exp.Dot.build([change.copy(), exp.to_identifier("value")])
            value = case([(known, _typed(then, types[each]))], value)
        columns.append(exp.alias_(value, each, quoted=True))
    query = exp.select(*columns).from_(exp.alias_(exp.to_table(plural), "r"), copy=False)
    if among is not None:
        query.where(exp.In(this=column("id", "r"), query=among.subquery()), copy=False)
    if not changed:
        return [Step(step, query)]
    query.join(
        exp.alias_(exp.to_table(f"{step}_change"), "h"),
        on=column("record_id", "h").eq(column("id", "r")),
        join_type="left",
        copy=False,
    )
    changes = _changes(RECORDS[plural].history_name, changed, as_of, among)
    return [Step(f"{step}_change", changes), Step(step, query)]


def _changes(
    history: str, fields: Sequence[str], as_of: datetime, among: exp.Select | None
) -> exp.Select:
    """One row a record: for each field the change that tells its value at the instant.

    That is the last one made or, if there is none, the first one still to come. Each is a struct
    that sorts so that the greatest of a field is the one looked for.
    """
    columns: list[exp.Expr] = [column("record_id")]
    for each in fields:
        here = exp.Where(this=column("field").eq(exp.Literal.string(each)))
        telling = exp.Filter(this=exp.Max(this=_change(as_of)), expression=here)
        columns.append(exp.alias_(telling, each, quoted=True))
    query = exp.select(*columns).from_(exp.to_table(history), copy=False)
    query.where(exp.In(this=column("field"), expressions=_strings(fields)), copy=False)
    if among is not None:
        query.where(exp.In(this=column("record_id"), query=among.subquery()), copy=False)
    return query.group_by(column("record_id"), copy=False)


def _change(as_of: datetime) -> exp.Expr:
    is_past = column("changed_at") <= instant(as_of)
    at, place = exp.UnixMicros(this=column("changed_at")), column("seq")
    parts = {
        "is_past": is_past,
        "at": case([(is_past.copy(), at)], exp.Neg(this=at.copy())),
        "seq": case([(is_past.copy(), place)], exp.Neg(this=place.copy())),
        "value": case([(is_past.copy(), column("new_value"))], column("old_value")),
    }
    return exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.to_identifier(name), expression=part)
            for name, part in parts.items()
        ]
    )


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
