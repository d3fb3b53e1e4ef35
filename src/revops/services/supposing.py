"""The facts as they would be if one contact were another, or were there at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb

from revops.kit.errors import RevopsError
from revops.kit.issue import did_you_mean
from revops.leads.matching import match_emails
from revops.records import DERIVED, RECORDS, FieldType
from revops.store.facts.shape import shapes
from revops.store.forms import batch_form, text
from revops.store.forms import name as quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from revops.definitions.catalog import Catalog
    from revops.kit.issue import Issue
    from revops.store.facts import Facts
    from revops.store.facts.shape import Shape

SUPPOSED = "hypothetical"
"""The id of a contact that is not there, and of its account."""
ACCOUNT = "account."
_SCORES = ("fit", "engagement", "total")
_TYPES = {FieldType.DECIMAL: "DOUBLE"}


def suppose(
    facts: Facts, catalog: Catalog, values: Mapping[str, str], contact_id: str | None = None
) -> Facts:
    """Facts in which a contact has other values; all else is as it is.

    A new contact belongs to the account that its e-mail address tells, if there is one.

    Args:
        facts: The facts as they are.
        catalog: The definitions, for the fields that they declare.
        values: The fields by their names in conditions, such as `title` and `account.employees`;
            an empty value is none.
        contact_id: Who is supposed to be other; None for a new contact.

    Raises:
        RevopsError: All that is wrong with the values: `unknown-field`, `derived-field` or
            `bad-value`.
    """
    declared = {
        plural: {name: FieldType(kind) for name, kind in fields.items()}
        for plural, fields in catalog.custom_fields.items()
    }
    custom = {
        plural: {**declared.get(plural, {}), **facts.custom_fields.get(plural, {})}
        for plural in {*declared, *facts.custom_fields}
    }
    given = _read(values, shapes(custom))
    contact, account = given["contacts"], given["accounts"]
    account_id = _account(facts, catalog, values, contact_id) or (SUPPOSED if account else None)
    who = contact_id or SUPPOSED
    contact = {"id": text(who), **contact}
    if account_id is not None:
        contact.setdefault("account_id", text(account_id))
        account = {"id": text(account_id), **account}
    views = {
        **facts.views,
        "contacts": _with(facts, custom, "contacts", who, contact),
        **_unchanged(facts, "contacts", who, contact),
    }
    if account_id is not None:
        views["accounts"] = _with(facts, custom, "accounts", account_id, account)
        views |= _unchanged(facts, "accounts", account_id, account)
    return replace(facts, views=views, custom_fields=custom)


def _account(
    facts: Facts, catalog: Catalog, values: Mapping[str, str], contact_id: str | None
) -> str | None:
    """The account that the contact belongs to."""
    if "account_id" in values:
        return values["account_id"] or None
    with facts.glance(("contacts", "accounts")) as con:
        if contact_id is not None:
            query = "SELECT account_id FROM contacts WHERE id = ?"
            row = con.execute(query, [contact_id]).fetchone()
            if row is not None and row[0] is not None:
                return str(row[0])
        if not values.get("email"):
            return None
        (found,) = match_emails(con, catalog.lists, [values["email"]]).to_pylist()
        matched: str | None = found["account_id"]
        return matched


def _with(
    facts: Facts,
    custom: Mapping[str, Mapping[str, FieldType]],
    plural: str,
    record_id: str,
    values: Mapping[str, str],
) -> str:
    """The view with one record replaced, or added."""
    columns = shapes(custom)[plural].columns
    met = shapes(facts.custom_fields)[plural].columns
    view, here = facts.views[plural], f"id = {text(record_id)}"
    known = [quoted(each) if each in met else _none(columns[each]) for each in columns]
    altered = [values.get(each, known[place]) for place, each in enumerate(columns)]
    names = [quoted(each) for each in columns]
    others = ", ".join(f"{value} AS {name}" for value, name in zip(known, names, strict=True))
    this = ", ".join(f"{value} AS {name}" for value, name in zip(altered, names, strict=True))
    # Joined from the left, so that there is a row also where there is no record.
    row = f"(SELECT 1) LEFT JOIN (SELECT * FROM ({view}) WHERE {here}) ON true"
    return f"SELECT {others} FROM ({view}) WHERE NOT ({here}) UNION ALL SELECT {this} FROM {row}"


def _unchanged(
    facts: Facts, plural: str, record_id: str, values: Mapping[str, str]
) -> dict[str, str]:
    """The record's history without what its supposed values never were."""
    history = RECORDS[plural].history_name
    fields = ", ".join(text(each) for each in values)
    query = (
        f"SELECT * FROM ({facts.views[history]}) "
        f"WHERE NOT (record_id = {text(record_id)} AND field IN ({fields}))"
    )
    return {history: query}


def _none(kind: FieldType) -> str:
    return _form("NULL", kind)


def _form(value: str, kind: FieldType) -> str:
    form = batch_form(value, kind)
    return f"CAST({form} AS {_TYPES[kind]})" if kind in _TYPES else form


def _read(values: Mapping[str, str], known: Mapping[str, Shape]) -> dict[str, dict[str, str]]:
    """The values as SQL, by plural and field."""
    found: dict[str, dict[str, str]] = {"contacts": {}, "accounts": {}}
    issues: list[Issue] = []
    for name, value in values.items():
        try:
            plural = "accounts" if name.startswith(ACCOUNT) else "contacts"
            field = name.removeprefix(ACCOUNT)
            kind = _kind(name, field, plural, known)
            found[plural][field] = _value(name, value, kind)
        except RevopsError as error:
            issues += error.issues
    if issues:
        raise RevopsError.of(issues)
    return found


def _kind(name: str, field: str, plural: str, known: Mapping[str, Shape]) -> FieldType:
    columns = known[plural].columns
    if field in columns and field != "id":
        return columns[field]
    derived = {each.name for each in DERIVED.get(plural, ())}
    if field in {"id", *derived} or name in _SCORES:
        mend = "set email" if name == "email_domain" else "set the fields that it follows from"
        raise RevopsError("derived-field", f"{name} is worked out and cannot be set", mend)
    names = [*_names(known)]
    mend = did_you_mean(name, names) or "name a field as conditions do, such as account.employees"
    raise RevopsError("unknown-field", f"there is no field '{name}'", mend)


def _names(known: Mapping[str, Shape]) -> Iterator[str]:
    for plural, prefix in (("contacts", ""), ("accounts", ACCOUNT)):
        yield from (f"{prefix}{each}" for each in known[plural].columns)


def _value(name: str, value: str, kind: FieldType) -> str:
    form = _form(text(value) if value else "NULL", kind)
    try:
        with duckdb.connect() as connection:
            connection.execute(f"SELECT {form}")
    except duckdb.Error:
        raise RevopsError("bad-value", f"{name}: '{value}' is not a value of type {kind}") from None
    return form
