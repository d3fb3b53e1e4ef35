"""Which files there are to import, what each is, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from revops.connectors.files.reading import SUFFIXES, Document, look
from revops.connectors.files.recognise import Recognised, recognise
from revops.connectors.files.text import refuse
from revops.connectors.mapping import Shape
from revops.kit.errors import RevopsError
from revops.records import RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from revops.connectors.files.mapping_file import MappingFile
    from revops.kit.issue import Issue

_FIRST = ("teams", "users", "accounts", "campaigns", "contacts", "opportunities")
_LAST = "activities"
_OTHER = f"it is none of {', '.join(SUFFIXES)}"
_NOT_OURS = {"wrong-header", "ambiguous-file", "not-mapped"}


@dataclass(frozen=True)
class Found:
    """A file to import: looked at and recognised.

    Attributes:
        name: What it is called, relative to the folder that was named.
        is_named: Whether it was named itself.
        document: The file.
        recognised: What it is.
    """

    name: str
    is_named: bool
    document: Document
    recognised: Recognised

    @property
    def order(self) -> tuple[int, int, int]:
        """Records before their history, and those that others refer to before them."""
        vendor, kind = self.recognised.vendor, self.recognised.kind
        table = kind.tables[0]
        ranks = [*_FIRST, *(plural for plural in RECORDS if plural not in _FIRST)]
        phase = 2 if table.plural == _LAST else int(table.shape is not Shape.RECORD)
        return phase, ranks.index(table.plural), vendor.kinds.index(kind)


@dataclass(frozen=True)
class NotFound:
    """A file that is not imported.

    Attributes:
        name: What it is called.
        kind: What it is, if that is known.
        vendor: Where it comes from, if that is known.
        passed_over: Why it is left alone; '' if it cannot be used.
        errors: Why it cannot be used.
    """

    name: str
    kind: str = ""
    vendor: str = ""
    passed_over: str = ""
    errors: tuple[Issue, ...] = ()


def find_files(paths: Sequence[Path], mapping: MappingFile | None) -> list[Found | NotFound]:
    """Look at files and at those in folders: first what is not imported, then the rest in order.

    In a folder, what is not recognised is passed over; a file that was named must be.
    """
    with duckdb.connect() as con:
        seen = [
            _seen(con, path, name, mapping, is_named=is_named)
            for path, name, is_named in _files(paths, mapping)
        ]
    found = sorted((each for each in seen if isinstance(each, Found)), key=lambda each: each.order)
    return [*(each for each in seen if isinstance(each, NotFound)), *found]


def _files(paths: Sequence[Path], mapping: MappingFile | None) -> Iterator[tuple[Path, str, bool]]:
    """Each file once: where it is, what it is called, whether it was named itself."""
    met = {mapping.path.resolve()} if mapping else set()
    for path in paths:
        inside = path.is_dir()
        for file in sorted(path.rglob("*")) if inside else [path]:
            is_hidden = inside and file.name.startswith((".", "~$"))
            if file.is_file() and not is_hidden and file.resolve() not in met:
                met.add(file.resolve())
                yield file, str(file.relative_to(path)) if inside else file.name, not inside


def _seen(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    mapping: MappingFile | None,
    *,
    is_named: bool,
) -> Found | NotFound:
    if not is_named and path.suffix.lower() not in SUFFIXES:
        return NotFound(name, passed_over=_OTHER)
    try:
        document, found = _recognised(con, path, mapping)
    except RevopsError as error:
        if error.code in _NOT_OURS and not is_named:
            return NotFound(name, passed_over=error.issues[0].message)
        return NotFound(name, errors=tuple(error.issues))
    if not found.kind.tables:
        return NotFound(name, found.kind.name, found.vendor.name, found.kind.passed_over)
    return Found(name, is_named, document, found)


def _recognised(
    con: duckdb.DuckDBPyConnection, path: Path, mapping: MappingFile | None
) -> tuple[Document, Recognised]:
    if mapping is None:
        document = look(con, path)
        return document, recognise(path, document.header)
    kind = mapping.kind_of(path)
    if kind is None:
        known = ", ".join(mapping.kinds)
        raise refuse(path, "not-mapped", "is not in the mapping", f"the mapping has {known}")
    document = look(con, path, kind.sheet or None)
    if kind.tables:
        mapping.check(path, document.header)
    return document, Recognised(mapping.vendor, kind)
