"""Imports files: each wholly or not at all, in an order in which records know each other."""

from __future__ import annotations

import getpass
import re
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from revops.connectors.files.convert import Converted, Setting, convert
from revops.connectors.files.finding import Found, NotFound, find_files
from revops.connectors.files.mapping_file import MappingFile, read_mapping
from revops.connectors.files.reading import SUFFIXES, Document, load_rows, look
from revops.connectors.files.rejects import write_rejects
from revops.connectors.mapping import FileKind, Vendor, plain
from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, Level
from revops.kit.number import how_many
from revops.records import FieldType
from revops.services.workspace import met_custom_fields
from revops.store.known import note_known_at_export
from revops.store.load import load_batches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from revops.services.workspace import Workspace
    from revops.store import Store
    from revops.store.batch import Loaded

FILES = "files"
"""The source of records that no vendor's file brought."""
_REJECTS_FOLDER = "rejects"


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file.

    Attributes:
        file: Its name, relative to the folder that was named.
        kind: What it was recognised as, such as `deals`; '' if it was not.
        vendor: Where it comes from; '' for canonical files.
        rows: The rows it has.
        inserted: Records and changes that are new.
        updated: Records of which something changed.
        unchanged: Rows that say what is known already.
        rejected: Rows that were refused.
        rejects_file: Where these are, with the reason of each; None if there are none.
        notes: What is worth telling.
        errors: Why the file was refused as a whole; nothing of it was imported then.
        skipped: Why it was passed over, or ''.
        known_at_export: Fields that were filled in after the fact.
    """

    file: str
    kind: str = ""
    vendor: str = ""
    rows: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejects_file: Path | None = None
    notes: tuple[Issue, ...] = ()
    errors: tuple[Issue, ...] = ()
    skipped: str = ""
    known_at_export: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the file was refused as a whole."""
        return bool(self.errors)


@dataclass(frozen=True)
class _Importing:
    """What all files of one call share."""

    workspace: Workspace
    mapping: MappingFile | None
    source: str | None
    who: str
    at: datetime
    scratch: Path


def import_paths(
    workspace: Workspace,
    paths: Sequence[Path],
    *,
    mapping: Path | None = None,
    source: str | None = None,
    who: str | None = None,
    at: datetime | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> list[FileOutcome]:
    """Import files and folders.

    A folder's files are imported as far as they are recognised; the others are passed over, and
    said to be. A file that fails leaves the store as it was before that file, and does not undo
    the others. Importing a file twice is importing it once.

    Args:
        workspace: Where to.
        paths: Files and folders.
        mapping: A mapping file for them.
        source: What to call the source; else the vendor, or what the mapping says.
        who: Who imports; else the person at the machine.
        at: The moment of the import; else now.
        on_progress: Called before each file with its name, its number and how many there are.

    Raises:
        RevopsError: The mapping cannot be used, or a path does not exist.
    """
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise RevopsError(
            "no-file", f"there is no {missing[0]}", "see the path", file=str(missing[0])
        )
    read = read_mapping(mapping) if mapping else None
    moment = at or datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="revops-import-") as scratch:
        work = _Importing(workspace, read, source, who or _person(), moment, Path(scratch))
        seen = find_files(paths, read)
        files = [each for each in seen if isinstance(each, Found)]
        outcomes = [_not_imported(each) for each in seen if isinstance(each, NotFound)]
        for number, file in enumerate(files, 1):
            if on_progress:
                on_progress(file.name, number, len(files))
            outcomes.append(_import(work, file))
    return outcomes


def _person() -> str:
    """Who is at the machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


def _not_imported(file: NotFound) -> FileOutcome:
    return FileOutcome(
        file.name, file.kind, file.vendor, errors=file.errors, skipped=file.passed_over
    )


def _import(work: _Importing, file: Found) -> FileOutcome:
    start = FileOutcome(file.name, file.recognised.kind.name, file.recognised.vendor.name)
    try:
        with duckdb.connect(config={"temp_directory": str(work.scratch)}) as con:
            con.execute("SET TimeZone = 'UTC'")
            return _load(work, con, file, start)
    except RevopsError as error:
        if error.code == "needs-file" and not file.is_named:
            return replace(start, skipped=error.issues[0].message)
        return replace(start, errors=tuple(error.issues))


def _load(
    work: _Importing, con: duckdb.DuckDBPyConnection, file: Found, start: FileOutcome
) -> FileOutcome:
    settings, vendor, document = work.workspace.settings, file.recognised.vendor, file.document
    converted = convert(
        con,
        document,
        file.recognised.kind,
        vendor,
        Setting(
            settings.time_zone,
            _prefix(vendor, settings.system_of_record),
            settings.custom_fields,
            _met(work.workspace.store),
            work.scratch,
        ),
        lambda stems: _sibling(con, document.path, stems),
    )
    if _count(con, converted.rejects) and not any(
        _count(con, batch.table) for batch in converted.batches
    ):
        raise _all_refused(con, document, converted)
    loaded = load_batches(
        work.workspace.store,
        con,
        converted.batches,
        source=_source(work, vendor),
        file=file.name,
        who=work.who,
        at=work.at,
        system_of_record=settings.system_of_record,
    )
    rejected, rejects_file = _write_rejects(work, con, file, converted, loaded)
    notes = converted.notes
    if not converted.count:
        notes = [*notes, _note(document, "no-rows", "has a header and no rows")]
    return replace(
        start,
        rows=converted.count,
        inserted=sum(each.inserted for each in loaded),
        updated=sum(each.updated for each in loaded),
        unchanged=sum(each.unchanged for each in loaded),
        rejected=rejected,
        rejects_file=rejects_file,
        notes=tuple(notes),
        known_at_export=_note_known(work, file.recognised.kind, converted),
    )


def _note_known(work: _Importing, kind: FileKind, converted: Converted) -> tuple[str, ...]:
    """Keep which fields a mapping says were filled in after the fact; a new mapping corrects it."""
    if work.mapping is None:
        return ()
    brought: dict[str, set[str]] = {}
    for batch in converted.batches:
        brought.setdefault(batch.plural, set()).update(batch.columns, batch.custom)
    declared: dict[str, set[str]] = {}
    for table in kind.tables:
        declared.setdefault(table.plural, set()).update(table.known_at_export)
    with work.workspace.store.write() as connection:
        for plural, fields in brought.items():
            note_known_at_export(connection, plural, declared.get(plural, set()), fields)
    return tuple(dict.fromkeys(field for each in kind.tables for field in each.known_at_export))


def _met(store: Store) -> dict[str, dict[str, FieldType]]:
    """The custom fields the store has, with their types."""
    return {
        plural: {name: FieldType(kind) for name, kind in fields.items()}
        for plural, fields in met_custom_fields(store).items()
    }


def _prefix(vendor: Vendor, system_of_record: str | None) -> str:
    """What a vendor's ids begin with, where another system's are the main ones."""
    if not vendor.name or not system_of_record or vendor.name == system_of_record:
        return ""
    return f"{vendor.name}:"


def _source(work: _Importing, vendor: Vendor) -> str:
    stated = work.source or (work.mapping.source if work.mapping else "")
    return stated or vendor.name or FILES


def _sibling(con: duckdb.DuckDBPyConnection, path: Path, stems: tuple[str, ...]) -> Document | None:
    """Another file of the same folder, by its name without case, signs and suffix."""
    for file in sorted(path.parent.iterdir()):
        if file.suffix.lower() in SUFFIXES and plain(file.stem) in stems and file != path:
            return look(con, file)
    return None


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    ((rows,),) = con.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(rows)


def _all_refused(
    con: duckdb.DuckDBPyConnection, document: Document, converted: Converted
) -> RevopsError:
    """The error for a file none of whose rows can be used; the first reasons say why."""
    found = con.execute(
        f"SELECT _line, _reason FROM {converted.rejects} ORDER BY _line LIMIT 5"
    ).fetchall()
    issues = [
        Issue(str(document.path), line, "", "bad-row", Level.ERROR, reason)
        for line, reason in found
    ]
    message = f"the file has {how_many(converted.count, 'row')}, none of which can be used"
    first = Issue(
        str(document.path), 0, "", "no-good-row", Level.ERROR, message, "see the reasons below"
    )
    return RevopsError.of([first, *issues])


def _write_rejects(
    work: _Importing,
    con: duckdb.DuckDBPyConnection,
    file: Found,
    converted: Converted,
    loaded: Sequence[Loaded],
) -> tuple[int, Path | None]:
    """Write what was refused here and by the store; return how many rows, and the file."""
    refused = [converted.rejects, *(each.rejects for each in loaded if each.rejected)]
    union = " UNION ALL ".join(f"SELECT _line, _reason FROM {each}" for each in refused)
    con.execute(f"CREATE TABLE all_rejects AS {union}")
    ((rows,),) = con.execute("SELECT count(DISTINCT _line) FROM all_rejects").fetchall()
    if not rows:
        return 0, None
    lines = converted.rows or load_rows(con, file.document, "raw", work.scratch)
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(file.name).with_suffix("").as_posix())
    moment = f"{work.at:%Y%m%dT%H%M%S}"
    folder = work.workspace.folder / _REJECTS_FOLDER
    path = folder / f"{stem}-{moment}.csv"
    if path.exists():
        path = folder / f"{stem}-{moment}-{len(list(folder.iterdir()))}.csv"
    write_rejects(con, lines, "all_rejects", path)
    return int(rows), path


def _note(document: Document, code: str, message: str) -> Issue:
    name = document.path.name
    return Issue(name, 0, "", code, Level.NOTE, f"the file {message}")
