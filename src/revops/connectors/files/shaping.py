"""Gives texts the form the store keeps: values renamed, addresses tidy, ids in one form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.connectors.files.quoting import literal
from revops.records import Field, FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from revops.connectors.mapping import Table, Vendor


class Shaper:
    """Knows what a table and its vendor ask of a text."""

    def __init__(self, table: Table, vendor: Vendor, prefix: str) -> None:
        self.table = table
        self.vendor = vendor
        self.prefix = prefix

    def shaped(self, name: str, text: str, own: Field | None) -> str:
        """SQL of a field's text in its form.

        Args:
            name: The field.
            text: SQL of its text.
            own: What it is, if it is canonical.
        """
        text = renamed(text, self.table.values.get(name, {}))
        if name == "email":
            return f"lower({text})"
        if name == "domain":
            return domain(text)
        if name == "path" and self.vendor.name:
            return path(text)
        is_reference = own is not None and bool(own.refers_to)
        is_long = self.vendor.long_ids and name.endswith("_id")
        if is_reference or is_long or name in {"id", "record_id"}:
            return self._identity(
                name, text, is_list=own is not None and own.type is FieldType.LIST
            )
        return text

    def _identity(self, name: str, text: str, *, is_list: bool) -> str:
        if name == "owner" and self.table.names_owners:
            return text
        if self.vendor.name and not is_list and name != "id":
            text = f"trim(split_part({text}, ';', 1))"
        each = "e" if is_list else text
        shaped = long_id(each) if self.vendor.long_ids else each
        shaped = f"{literal(self.prefix)} || {shaped}" if self.prefix else shaped
        if shaped == each:
            return text
        if not is_list:
            return shaped
        parts = f"list_transform(string_split({text}, ';'), lambda x: trim(x))"
        return f"array_to_string(list_transform({parts}, lambda e: {shaped}), ';')"


def renamed(text: str, values: Mapping[str, str | None]) -> str:
    """SQL of a text with some values, whatever their case, replaced; by None, blanked."""
    if not values:
        return text
    cases = " ".join(
        f"WHEN {literal(old.lower())} THEN {literal(new) if new else 'NULL'}"
        for old, new in values.items()
    )
    return f"CASE lower({text}) {cases} ELSE {text} END"


def domain(text: str) -> str:
    """SQL of the bare domain in a domain or web address."""
    bare = f"regexp_replace(lower({text}), '^([a-z]+://)?(www[.])?', '')"
    return f"nullif(regexp_replace({bare}, '([/?#:].*|[.])$', ''), '')"


def path(text: str) -> str:
    """SQL of the path in a web address; other text stays."""
    return (
        f"CASE WHEN regexp_matches({text}, '^https?://')"
        f" THEN coalesce(nullif(regexp_extract({text}, '^https?://[^/?#]*(/[^?#]*)', 1), ''), '/')"
        f" ELSE {text} END"
    )


_ID_LENGTH, _CHUNK = 15, 5


def long_id(text: str) -> str:
    """SQL of an id of 15 characters in its form of 18, which does not depend on case.

    Each of the three added characters says which of five are capitals, as a number to base 2,
    least first, written with A-Z and 0-5.
    """
    checks = []
    for start in range(1, _ID_LENGTH + 1, _CHUNK):
        bits = " + ".join(
            f"CASE WHEN {text}[{start + bit}] BETWEEN 'A' AND 'Z' THEN {2**bit} ELSE 0 END"
            for bit in range(_CHUNK)
        )
        checks.append(f"'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'[1 + {bits}]")
    return (
        f"CASE WHEN length({text}) = {_ID_LENGTH} AND regexp_full_match({text}, '[0-9A-Za-z]+')"
        f" THEN concat({text}, {', '.join(checks)}) ELSE {text} END"
    )
