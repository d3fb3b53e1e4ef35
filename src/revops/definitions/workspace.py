"""A workspace: a folder with `revops.yaml`, its settings, and `definitions/`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from revops.definitions.calendars import TimeZone
from revops.definitions.model import Definition
from revops.definitions.source import Source, read_source
from revops.definitions.validation import validate
from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, did_you_mean
from revops.kit.texts import check_text
from revops.records import RECORDS, FieldType

SETTINGS_STEM = "revops"
SETTINGS_FILE = f"{SETTINGS_STEM}.yaml"
DEFINITIONS_FOLDER = "definitions"
_FIELD_NAME = re.compile(r"[a-z_][a-z0-9_]{0,59}")


def _store_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"sqlite", "postgresql"}:
        raise ValueError(
            f"'{url.partition(':')[0]}' is not a kind of store; "
            "write sqlite:///revops.db or postgresql://host/database"
        )
    if parts.password is not None:
        raise ValueError("the store's URL holds a password; set PGPASSWORD or use ~/.pgpass")
    return url


def _plural(name: str) -> str:
    if name not in RECORDS:
        near = did_you_mean(name, RECORDS)
        raise ValueError(f"there is no kind of record '{name}'" + (f"; {near}" if near else ""))
    return name


def _field_name(name: str) -> str:
    if not _FIELD_NAME.fullmatch(name):
        raise ValueError(f"'{name}' is not the name of a field; write it like 'lead_grade'")
    return name


def _link(text: str | None) -> str | None:
    if text is None:
        return None
    if urlsplit(text).scheme not in {"https", "http"}:
        raise ValueError("it is no address of the web; begin it with https://")
    for error in check_text(text, ("contact.id", "contact.email")):
        raise ValueError(f"{error.message}; known are contact.id and contact.email")
    return text


Plural = Annotated[str, AfterValidator(_plural)]
FieldName = Annotated[str, AfterValidator(_field_name)]


def _not_canonical(fields: dict[str, dict[str, FieldType]]) -> dict[str, dict[str, FieldType]]:
    for plural, names in fields.items():
        taken = [name for name in names if name in RECORDS[plural].field_by_name]
        if taken:
            raise ValueError(f"{plural} have a field '{taken[0]}' already; remove it here")
    return fields


class Settings(Definition):
    """The whole of `revops.yaml`."""

    company: Annotated[str, Field(min_length=1, description="The company's name")]
    base_currency: Annotated[
        str,
        Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code", examples=["USD", "EUR"]),
    ] = "USD"
    time_zone: Annotated[
        TimeZone, Field(description="Zone of times that are written without one")
    ] = "UTC"
    fiscal_year_start: Annotated[
        int, Field(ge=1, le=12, description="Month in which the fiscal year begins")
    ] = 1
    store: Annotated[
        str,
        AfterValidator(_store_url),
        Field(
            description="Where records are kept; never with a password",
            examples=["sqlite:///revops.db", "postgresql://localhost/revops"],
        ),
    ] = "sqlite:///revops.db"
    system_of_record: Annotated[
        str | None,
        Field(description="The system that wins a conflict", examples=["hubspot", "salesforce"]),
    ] = None
    lead_link: Annotated[
        str | None,
        AfterValidator(_link),
        Field(
            max_length=1000,
            description="The address at which a lead is seen, which `{{ link }}` of a text gives; "
            "without it that is the lead's id",
            examples=["https://crm.example.com/contacts/{{ contact.id | url }}"],
        ),
    ] = None
    custom_fields: Annotated[
        dict[Plural, dict[FieldName, FieldType]], AfterValidator(_not_canonical)
    ] = Field(
        default_factory=dict,
        description="Type of each further field, by kind of record and name",
    )


def find_workspace(start: Path | None = None) -> Path:
    """The nearest folder, from `start` (or here) upwards, that holds a `revops.yaml`.

    Raises:
        RevopsError: `no-workspace`, there is none.
    """
    first = (start or Path()).resolve()
    for folder in (first, *first.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise RevopsError(
        "no-workspace",
        f"there is no {SETTINGS_FILE} in {first} or above it",
        "make a workspace with `revops init DIR`, or name one with --workspace",
    )


def read_settings(folder: Path) -> tuple[Settings, list[Issue]]:
    """The settings of a workspace, and all that is wrong with them.

    Settings that cannot be used are the default ones of a company without a name.
    """
    source, issues = read_source(folder / SETTINGS_FILE, SETTINGS_FILE)
    settings, wrong = validate(Settings, source or Source({}, {}), SETTINGS_FILE)
    found = issues if source is None else [*issues, *wrong]
    return settings or Settings.model_construct(company="", custom_fields={}), found
