"""A person's mapping file: which columns of any CSV are which fields of which records."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from revops.connectors.files.custom import field_name
from revops.connectors.files.mapping_definition import (
    LookupDefinition,
    MappingDefinition,
    MappingsDefinition,
    RecordsDefinition,
)
from revops.connectors.mapping import FileKind, Joined, Lookup, Source, Table, Vendor, plain
from revops.definitions.source import Source as YamlSource
from revops.definitions.source import read_source
from revops.definitions.validation import mark_of, validate
from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, Level, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class MappingFile:
    """A mapping that was read.

    Attributes:
        path: Where it is.
        source: What it calls the source, or ''.
        kinds: Pattern of a file's name -> what such a file is.
        headers: Pattern -> each column it names, with the path of the key that does.
        marks: Where keys stand.
    """

    path: Path
    source: str
    kinds: dict[str, FileKind]
    headers: dict[str, tuple[tuple[str, str], ...]]
    marks: YamlSource

    @property
    def vendor(self) -> Vendor:
        """The mapping as a vendor."""
        return Vendor("", tuple(self.kinds.values()))

    def kind_of(self, path: Path) -> FileKind | None:
        """What a file is, by its name."""
        for pattern, kind in self.kinds.items():
            if fnmatch(path.name.lower(), pattern.lower()):
                return kind
        return None

    def check(self, path: Path, header: tuple[str, ...]) -> None:
        """Check that the file has the columns that the mapping names.

        Raises:
            RevopsError: It has not; each is told with the line of the mapping.
        """
        there = {plain(name) for name in header}
        pattern = next(each for each in self.kinds if fnmatch(path.name.lower(), each.lower()))
        issues = [
            Issue(
                str(self.path),
                mark_of(self.marks, key, str(self.path)).line,
                key,
                "unknown-column",
                Level.ERROR,
                f"{path.name} has no column '{name}'",
                did_you_mean(name, header) or f"its columns are {', '.join(header[:20])}",
            )
            for name, key in self.headers.get(pattern, ())
            if plain(name) not in there
        ]
        if issues:
            raise RevopsError.of(issues)


def read_mapping(path: Path) -> MappingFile:
    """Read a mapping file.

    Raises:
        RevopsError: It cannot be read, or says something it cannot say.
    """
    source, issues = read_source(path, str(path))
    if source is None:
        raise RevopsError.of(issues)
    name, files, wrong = _definitions(source, str(path))
    if issues or wrong:
        raise RevopsError.of([*issues, *wrong])
    many = "files" in source.value
    headers = {
        pattern: tuple(
            found
            for at, each in enumerate(tables)
            for found in _headers(each, _key(pattern, at, tables, many=many))
        )
        for pattern, tables in files.items()
    }
    kinds = {pattern: _kind(tables) for pattern, tables in files.items()} | _looked_up(files)
    return MappingFile(path, name, kinds, headers, source)


_Files = dict[str, tuple[RecordsDefinition, ...]]


def _definitions(source: YamlSource, file: str) -> tuple[str, _Files, list[Issue]]:
    """The source's name, what each file holds, and all that is wrong."""
    if "files" not in source.value:
        one, wrong = validate(MappingDefinition, source, file)
        return (one.source, {"*": (one,)}, wrong) if one else ("", {}, wrong)
    several, wrong = validate(MappingsDefinition, source, file)
    if several is None:
        return "", {}, wrong
    files = {
        name: each if isinstance(each, tuple) else (each,) for name, each in several.files.items()
    }
    return several.source, files, wrong


def _key(name: str, at: int, tables: tuple[RecordsDefinition, ...], *, many: bool) -> str:
    if not many:
        return ""
    return f"files.{name}" + (f"[{at}]" if len(tables) > 1 else "")


def _headers(table: RecordsDefinition, key: str) -> Iterator[tuple[str, str]]:
    """Each column of the file that a mapping names, and where."""
    start = f"{key}." if key else ""
    for name in _several(table.id):
        yield name, f"{start}id"
    for target, source in table.fields.items():
        for name in _several(source):
            yield name, f"{start}fields.{target}"
    for name in table.only:
        yield name, f"{start}only.{name}"
    for name in table.known.at_export:
        yield name, f"{start}known.at_export"
    for at, lookup in enumerate(table.lookup):
        yield lookup.column, f"{start}lookup[{at}].column"


def _several(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


def _kind(tables: tuple[RecordsDefinition, ...]) -> FileKind:
    first = tables[0]
    return FileKind(
        ", ".join(dict.fromkeys(each.records for each in tables)),
        tuple(_table(each) for each in tables),
        ignored=tuple(dict.fromkeys(column for each in tables for column in each.ignore)),
        blank=tuple(dict.fromkeys(value for each in tables for value in each.blank)),
        lookups=tuple(_lookup(each, table) for table in tables for each in table.lookup),
        time_zone=first.time_zone or "",
        time_format=first.time_format,
        sheet=first.sheet,
    )


def _table(definition: RecordsDefinition) -> Table:
    identity = tuple(plain(name) for name in _several(definition.id))
    fields: dict[str, Source] = {"id": identity[0] if len(identity) == 1 else Joined(identity, "-")}
    for target, names in definition.fields.items():
        columns = tuple(plain(name) for name in _several(names))
        fields[target] = columns[0] if len(columns) == 1 else columns
    for lookup in definition.lookup:
        fields |= {target: _taken(target) for target in lookup.fields}
    return Table(
        definition.records,
        fields,
        constants=definition.constants,
        values={
            target: {old: new or None for old, new in values.items()}
            for target, values in definition.replace.items()
        },
        only={
            plain(name): tuple(value.lower() for value in values)
            for name, values in definition.only.items()
        },
        keeps_rest="*" not in definition.ignore,
        known_at_export=tuple(
            field for column in definition.known.at_export for field in _filled(definition, column)
        ),
    )


def _filled(definition: RecordsDefinition, column: str) -> list[str]:
    """The fields that a column fills: those that name it, else the one it is called after."""
    named = [field for field, names in definition.fields.items() if column in _several(names)]
    return named or [field_name(column)]


def _lookup(definition: LookupDefinition, table: RecordsDefinition) -> Lookup:
    replaced = [table.replace.get(t, {}) for t, s in table.fields.items() if s == definition.column]
    return Lookup(
        (plain(definition.file.rpartition(".")[0] or definition.file),),
        plain(definition.column),
        plain(definition.key or definition.column),
        {plain(column): _taken(target) for target, column in definition.fields.items()},
        ignores_case=True,
        values={old: new or None for values in replaced for old, new in values.items()},
    )


def _taken(target: str) -> str:
    """The name here of a column from another file."""
    return f"lookup{plain(target)}"


def _looked_up(files: _Files) -> dict[str, FileKind]:
    """Files that are only read together with others."""
    return {
        lookup.file: FileKind(lookup.file, passed_over=f"it is read together with {name}")
        for name, tables in files.items()
        for table in tables
        for lookup in table.lookup
        if lookup.file not in files
    }
