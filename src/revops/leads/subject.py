"""What is won or lost, apart from what is learned of it: the command line asks for it at once."""

from __future__ import annotations

from enum import StrEnum


class Subject(StrEnum):
    """What is won or lost; the kind of record, in the plural."""

    CONTACTS = "contacts"
    OPPORTUNITIES = "opportunities"
