"""The words a mapping is written in: which column of a file is which field of which record.

A vendor's `mapping.py` and a person's mapping file say the same things with them. Headers are
compared in their plain form (`plain`), so that `First Name`, `first_name` and `FirstName` are one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NOT_PLAIN = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=10_000)
def plain(header: str) -> str:
    """A header without case, blanks and signs; `Größe` and other scripts keep their letters."""
    text = header.strip().lower()
    return _NOT_PLAIN.sub("", text) or text


@dataclass(frozen=True)
class Joined:
    """The values of several columns, joined; empty ones are left out."""

    sources: tuple[str, ...]
    by: str = " "


@dataclass(frozen=True)
class Given:
    """The value of a source in the rows whose flag is true, and empty in the others."""

    flag: str
    source: Source


@dataclass(frozen=True)
class Starting:
    """The value of a column where it begins so, as ids that say what they identify do."""

    source: str
    beginning: str


Source = str | Joined | Given | Starting | tuple["Source", ...]
"""Where a field comes from: a column, several of which the first filled one counts, or a rule."""


def columns_of(source: Source) -> Iterator[str]:
    """The columns a source reads, in plain form."""
    if isinstance(source, str):
        yield source
    elif isinstance(source, Joined):
        yield from source.sources
    elif isinstance(source, Starting):
        yield source.source
    elif isinstance(source, Given):
        yield source.flag
        yield from columns_of(source.source)
    else:
        for each in source:
            yield from columns_of(each)


class Shape(StrEnum):
    """What one row is."""

    RECORD = "record"
    CHANGE = "change"
    VERSION = "version"


class Many(StrEnum):
    """What a lookup does with several rows for one key."""

    FIRST = "first"
    GATHER = "gather"
    SPREAD = "spread"


@dataclass(frozen=True)
class Lookup:
    """Columns taken over from another file of the same folder.

    Attributes:
        stems: What that file may be called, in plain form and without suffix.
        on: The column here.
        key: The column there.
        take: Column there -> the name it has here; both plain.
        many: With several rows for a key: take the first, gather the values with `;`, or give
            each its own row.
        needed: Why the file cannot be read without it; empty if it can.
        ignores_case: Whether keys are compared without case, as e-mail addresses are.
        values: What a value of `on` (compared without case) becomes before it is looked up.
    """

    stems: tuple[str, ...]
    on: str
    key: str
    take: Mapping[str, str]
    many: Many = Many.FIRST
    needed: str = ""
    ignores_case: bool = False
    values: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """One kind of record that a file holds.

    Attributes:
        plural: The kind.
        fields: Canonical or custom field -> where it comes from. For a change: `record_id`,
            `field`, `changed_at`, `old_value`, `new_value`, `changed_by`, `reason`.
        constants: Field -> its value in rows in which nothing else fills it.
        values: Field -> what a value of the file (compared without case) becomes; None is blank.
        only: Column -> the values (lower case) of the rows that count.
        shape: What a row is.
        renamed: For changes: a property as the file calls it, plain -> field.
        keeps_rest: Whether columns that nothing names become custom fields.
        stage_dates: Whether columns `Date entered "Stage (Pipeline)"` are history of the stage.
        names_owners: Whether `owner` holds names of people rather than ids.
        known_at_export: Fields that were filled in after the fact.
    """

    plural: str
    fields: Mapping[str, Source]
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shape: Shape = Shape.RECORD
    renamed: Mapping[str, str] = field(default_factory=dict)
    keeps_rest: bool = True
    stage_dates: bool = False
    names_owners: bool = False
    known_at_export: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileKind:
    """A file as a vendor, or a person's mapping, describes it.

    Attributes:
        name: What messages call it, such as `deals`.
        tables: The kinds of record in it; none if it is only read together with another.
        stems: Names of such files, plain and without suffix.
        marks: Columns all of which such a file has; `a|b` is one of the two.
        prefix: What the file's own columns begin with, such as `Deal - `.
        ignored: Columns, or beginnings with `*`, that say nothing of use.
        blank: Values that say nothing, in any column, such as `Select`.
        deleted: Columns that are true in rows to leave out.
        lookups: What other files add.
        time_zone: Zone of times without one; empty is the company's.
        time_format: `day first`, `month first`, or a format such as `%d.%m.%Y %H:%M`.
        passed_over: For a file without tables: why, such as `it is read together with deal`.
        needs_name: Whether its header alone does not tell it.
        sheet: The sheet of a workbook; empty is the first.
    """

    name: str
    tables: tuple[Table, ...] = ()
    stems: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    prefix: str = ""
    ignored: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    time_zone: str = ""
    time_format: str = ""
    passed_over: str = ""
    needs_name: bool = False
    sheet: str = ""


@dataclass(frozen=True)
class Vendor:
    """Where files come from.

    Attributes:
        name: Lower case; empty for canonical files.
        kinds: The files it is known to deliver.
        long_ids: Whether its ids of 15 characters have a form of 18 (Salesforce).
    """

    name: str
    kinds: tuple[FileKind, ...]
    long_ids: bool = False


def properties(fields: Mapping[str, Source]) -> dict[str, str]:
    """For changes: each column that alone fills a field, plain -> the field."""
    return {
        column: target
        for target, source in fields.items()
        if target != "id" and not isinstance(source, (Joined, Given, Starting))
        for column in columns_of(source)
    }
