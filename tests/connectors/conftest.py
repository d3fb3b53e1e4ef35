"""Reads small files the way an import does, without a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from revops.connectors.files.convert import Converted, Setting, convert
from revops.connectors.files.reading import Document, look
from revops.connectors.files.recognise import recognise
from revops.connectors.mapping import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass
class Read:
    """What was read from a file."""

    con: duckdb.DuckDBPyConnection
    vendor: str
    kind: str
    converted: Converted

    def rows(self, plural: str, *, history: bool = False) -> list[dict[str, Any]]:
        found = []
        for batch in self.converted.batches:
            if batch.plural == plural and batch.is_history is history:
                cursor = self.con.execute(f'SELECT * FROM "{batch.table}" ORDER BY _line')
                names = [column[0] for column in cursor.description]
                found += [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return found

    @property
    def rejects(self) -> list[tuple[int, str]]:
        return self.con.execute("SELECT _line, _reason FROM rejects ORDER BY ALL").fetchall()

    @property
    def codes(self) -> list[str]:
        return [note.code for note in self.converted.notes]

    def custom(self, plural: str) -> dict[str, str]:
        return {
            name: kind.value
            for batch in self.converted.batches
            if batch.plural == plural
            for name, kind in batch.custom.items()
        }


@pytest.fixture
def read_file(tmp_path: Path) -> Iterator[Callable[..., Read]]:
    """Write files into a folder and read the first of them."""
    opened = []

    def read(
        files: dict[str, str | bytes],
        *,
        zone: str = "UTC",
        prefix: str = "",
        declared: dict[str, dict[str, Any]] | None = None,
    ) -> Read:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (tmp_path / name).write_bytes(data)
        con = duckdb.connect()
        con.execute("SET TimeZone = 'UTC'")
        opened.append(con)
        document = look(con, tmp_path / next(iter(files)))
        found = recognise(document.path, document.header)

        def sibling(stems: tuple[str, ...]) -> Document | None:
            paths = [path for path in tmp_path.iterdir() if plain(path.stem) in stems]
            return look(con, paths[0]) if paths else None

        scratch = tmp_path / "scratch"
        scratch.mkdir(exist_ok=True)
        setting = Setting(zone, prefix, declared or {}, {}, scratch)
        converted = convert(con, document, found.kind, found.vendor, setting, sibling)
        return Read(con, found.vendor.name, found.kind.name, converted)

    yield read
    for con in opened:
        con.close()
