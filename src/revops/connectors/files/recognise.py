"""What a file is, from its header and its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.connectors.canonical import CANONICAL
from revops.connectors.files.text import refuse
from revops.connectors.hubspot.mapping import HUBSPOT
from revops.connectors.mapping import FileKind, Vendor, columns_of, plain
from revops.connectors.pipedrive.mapping import PIPEDRIVE
from revops.connectors.salesforce.mapping import SALESFORCE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SYNCED = "_fivetran_synced"
"""What raw tables have, whose names are API names in another spelling."""
_NOT_WORD = re.compile(r"[\W\d_]+")
VENDORS = (CANONICAL, HUBSPOT, SALESFORCE, PIPEDRIVE)


@dataclass(frozen=True)
class Recognised:
    """What a file is.

    Attributes:
        vendor: Where it comes from.
        kind: Which of the vendor's files it is.
    """

    vendor: Vendor
    kind: FileKind


@dataclass(frozen=True)
class _Candidate:
    vendor: Vendor
    kind: FileKind
    missing: tuple[str, ...]
    known: int
    is_named: bool

    width: int

    @property
    def fits(self) -> bool:
        """All marks are there, and its name or what else it has bears them out."""
        if self.missing:
            return False
        if self.vendor.name:
            return self.is_named or not self.kind.needs_name
        return self.is_named or (self.known > 1 and self.known * 2 >= self.width)


def recognise(path: Path, header: tuple[str, ...]) -> Recognised:
    """Find the vendor and the kind of a file.

    Raises:
        RevopsError: None fits, with those that come nearest (`wrong-header`); or several do and
            the name does not say which (`ambiguous-file`).
    """
    candidates = [
        _candidate(path, header, vendor, kind) for vendor in VENDORS for kind in vendor.kinds
    ]
    fitting = [each for each in candidates if each.fits]
    if not fitting:
        raise _unknown(path, candidates)
    best = max(fitting, key=_rank)
    rivals = [
        each
        for each in fitting
        if each.kind is not best.kind and _rank(each) == _rank(best) and not best.is_named
    ]
    if rivals:
        names = [best, *rivals]
        called = [each for each in names if _words(path) & {*each.kind.stems}]
        if len(called) == 1:
            return Recognised(called[0].vendor, called[0].kind)
        raise refuse(
            path,
            "ambiguous-file",
            f"could be {_listed(_called(each) for each in names[:5])}",
            f"name it after what it holds, such as {best.kind.name}.csv, or use a mapping",
            1,
        )
    return Recognised(best.vendor, best.kind)


def _rank(candidate: _Candidate) -> tuple[bool, int, int]:
    return candidate.is_named, candidate.known, len(candidate.kind.marks)


def _candidate(path: Path, header: tuple[str, ...], vendor: Vendor, kind: FileKind) -> _Candidate:
    prefix = kind.prefix.lower()
    own = {plain(n[len(prefix) :] if n.lower().startswith(prefix) else n) for n in header}
    missing = tuple(
        mark
        for mark in kind.marks
        if not any(_has(header, each, vendor) for each in mark.split("|"))
    )
    sources = {
        column
        for table in kind.tables
        for source in table.fields.values()
        for column in columns_of(source)
    }
    known = len(own & sources) if vendor.name else len(set(header) & _canonical_names(kind))
    if not vendor.name and _SYNCED in header:
        missing = (*missing, "a header without " + _SYNCED)
    is_named = bool(_stems(path, vendor) & set(kind.stems))
    return _Candidate(vendor, kind, missing, known, is_named, len(header))


def _stems(path: Path, vendor: Vendor) -> set[str]:
    """What a file may be said to be called: also without date, vendor and the word export."""
    names = [path.stem] + ([path.parent.name] if path.suffix == ".parquet" else [])
    found = set()
    for name in names:
        stem = plain(name)
        bare = "".join(sign for sign in stem if not sign.isdigit())
        for word in (vendor.name, "export", "exports", "extract", "data"):
            bare = bare.removeprefix(word).removesuffix(word) if word else bare
        found |= {stem, bare}
    return found - {""}


def _words(path: Path) -> set[str]:
    """The words of a file's name: `contacts` and `emea` of `contacts_emea.csv`."""
    return {plain(word) for word in _NOT_WORD.split(path.stem)}


def _canonical_names(kind: FileKind) -> set[str]:
    (table,) = kind.tables
    return {kind.marks[0] if name == "record_id" else name for name in table.fields}


def _has(header: tuple[str, ...], mark: str, vendor: Vendor) -> bool:
    """Whether a column is there: by its exact name, a label without case, or in a raw table."""
    if not vendor.name:
        return mark in header
    if any(name.lower() == mark.lower() for name in header):
        return True
    return _SYNCED in header and any(plain(name) == plain(mark) for name in header)


def _called(candidate: _Candidate) -> str:
    vendor = candidate.vendor.name.capitalize()
    return f"{vendor} {candidate.kind.name}" if vendor else candidate.kind.name


def _unknown(path: Path, candidates: list[_Candidate]) -> Exception:
    near = sorted(
        (each for each in candidates if each.kind.tables),
        key=lambda each: (-each.is_named, -each.known + len(each.missing), len(each.missing)),
    )[:3]
    told = [
        f"{_called(each)} without {_listed(_quoted(mark) for mark in each.missing)}"
        for each in near
    ]
    return refuse(
        path,
        "wrong-header",
        f"has a header that is not recognised; the nearest kinds are {'; '.join(told)}",
        "add the missing columns, or say with --mapping which column is what",
        1,
    )


def _quoted(mark: str) -> str:
    return " or ".join(f"'{each}'" for each in mark.split("|"))


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts)
