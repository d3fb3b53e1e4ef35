"""The manifest: the one file that says which files are the facts.

Whoever reads it once has a consistent set of facts: files are complete before it names them, and
stay for a while after it no longer does.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from revops.records import FieldType
from revops.store.facts.statistics import Statistics

if TYPE_CHECKING:
    from pathlib import Path

FILE = "manifest.json"
_MOST_BYTES = 64 * 1024 * 1024


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Segment(_Part):
    """One Parquet file: its name in the folder, and what it must measure to be whole."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z_]+-[0-9a-f]{32}\.parquet$")]
    rows: int
    bytes: int


class Stamp(_Part):
    """What the store said of a table when it was read.

    Attributes:
        last_seq: The greatest `seq`: a log's watermark.
        count: Its rows; 0 for a log, where counting would be slow.
        rewritten: The store's count of how often rows were changed after they had arrived.
    """

    last_seq: int = 0
    count: int = 0
    rewritten: str = ""


class Table(_Part):
    """The state of one table.

    Attributes:
        columns: What its files hold.
        stamp: The state of the store that they show.
        runs: Its files, oldest first. Within a run they are in order and do not overlap.
    """

    columns: dict[str, FieldType]
    stamp: Stamp = Stamp()
    runs: tuple[tuple[Segment, ...], ...] = ()

    @property
    def segments(self) -> list[Segment]:
        """All its files."""
        return [segment for run in self.runs for segment in run]


class Import(_Part):
    """The newest import the facts know of: a store without it is another store."""

    id: int
    imported_at: str


class Manifest(_Part):
    """All there is in the folder.

    Attributes:
        newest_import: The newest import at the time, or None if there was none.
        custom_fields: Registered custom fields, by plural and name.
        tables: State of each table.
        statistics: What the facts hold at all; None as long as they have not been taken.
    """

    newest_import: Import | None = None
    custom_fields: dict[str, dict[str, FieldType]] = {}
    tables: dict[str, Table] = {}
    statistics: Statistics | None = None

    @property
    def segments(self) -> frozenset[Segment]:
        """All the files there are."""
        return frozenset(each for table in self.tables.values() for each in table.segments)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest as it is now, or None if there is none.

    Raises:
        ValueError: It is not a manifest.
    """
    try:
        with (folder / FILE).open("rb") as file:
            text = file.read(_MOST_BYTES)
    except FileNotFoundError:
        return None
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(f"{FILE} is not a manifest of facts") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put a new manifest in the place of the old one, in one step."""
    new = folder / f".{FILE}.part"
    with new.open("w", encoding="utf-8") as file:
        file.write(manifest.model_dump_json(indent=1))
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / FILE)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
