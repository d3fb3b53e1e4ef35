"""A person's mapping file: which columns of any CSV are which fields of which records."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from revops.connectors.files.custom import field_name
from revops.connectors.mapping import FileKind, Joined, Lookup, Source, Table, Vendor, plain
from revops.definitions.calendars import TimeZone
from revops.definitions.model import Definition
from revops.definitions.source import Source as YamlSource
from revops.definitions.source import read_source
from revops.definitions.validation import mark_of, validate
from revops.definitions.workspace import FieldName, Plural
from revops.kit.errors import RevopsError
from revops.kit.issue import Issue, Level, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


Header = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(max_length=500),
]


class LookupDefinition(Definition):
    """Fields taken over from another file of the same folder."""

    file: Annotated[str, Field(min_length=1, description="Its name, such as products.csv")]
    column: Annotated[Header, Field(description="The column here that names a row there")]
    key: Annotated[Header | None, Field(description="The column there; the same name if empty")] = (
        None
    )
    fields: Annotated[
        dict[FieldName, Header], Field(min_length=1, description="Field -> the column there")
    ]


class Known(Definition):
    """Columns that say what was not known when the record came to be."""

    at_export: Annotated[
        tuple[Header, ...], Field(description="Filled in during or after the sale")
    ] = ()


class RecordsDefinition(Definition):
    """One kind of record that a file holds."""

    records: Annotated[Plural, Field(description="The kind of record", examples=["contacts"])]
    id: Annotated[
        Header | tuple[Header, ...],
        Field(description="The column that identifies a row; several are joined with '-'"),
    ]
    fields: Annotated[
        dict[FieldName, Header | tuple[Header, ...]],
        Field(description="Field -> its column, or columns of which the first filled one counts"),
    ] = {}
    constants: Annotated[
        dict[FieldName, Text], Field(description="Field -> its value where nothing else fills it")
    ] = {}
    replace: Annotated[
        dict[FieldName, dict[str, Text]],
        Field(description="Field -> value in the file -> value wanted; an empty one is a blank"),
    ] = {}
    blank: Annotated[
        tuple[str, ...], Field(description="Values that say nothing, in every column")
    ] = ()
    only: Annotated[
        dict[Header, tuple[Text, ...]], Field(description="Column -> values of rows to import")
    ] = {}
    ignore: Annotated[
        tuple[Header, ...], Field(description="Columns to leave out; * leaves out all others")
    ] = ()
    known: Annotated[Known, Field(description="Columns not known at the time of decision")] = (
        Known()
    )
    lookup: Annotated[
        tuple[LookupDefinition, ...], Field(description="Fields from other files of the folder")
    ] = ()
    time_format: Annotated[
        str,
        Field(
            max_length=50,
            description="How times are written",
            examples=["day first", "month first", "%d.%m.%Y %H:%M"],
        ),
    ] = ""
    time_zone: Annotated[
        TimeZone | None, Field(description="Zone of times without one; else the company's")
    ] = None


class MappingDefinition(RecordsDefinition):
    """A mapping of one file."""

    source: Annotated[str, Field(max_length=60, description="What the source is called")] = ""


class MappingsDefinition(Definition):
    """A mapping of several files, by their names."""

    source: Annotated[str, Field(max_length=60, description="What the source is called")] = ""
    files: Annotated[
        dict[str, RecordsDefinition | tuple[RecordsDefinition, ...]],
        Field(min_length=1, description="Name of a file, * allowed -> what it holds"),
    ]


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
            for name, key in self.headers[pattern]
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
    many = "files" in source.value
    definition, wrong = validate(
        MappingsDefinition if many else MappingDefinition, source, str(path)
    )
    if issues or wrong or definition is None:
        raise RevopsError.of([*issues, *wrong])
    files: dict[str, tuple[RecordsDefinition, ...]] = (
        {"*": (definition,)}
        if isinstance(definition, MappingDefinition)
        else {
            name: each if isinstance(each, tuple) else (each,)
            for name, each in definition.files.items()
        }
    )
    headers = {
        name: tuple(
            found
            for at, each in enumerate(tables)
            for found in _headers(each, _key(name, at, tables, many=many))
        )
        for name, tables in files.items()
    }
    kinds = {name: _kind(name, tables) for name, tables in files.items()}
    kinds |= _looked_up(files)
    headers |= {name: () for name in kinds if name not in headers}
    return MappingFile(path, definition.source, kinds, headers, source)


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


def _kind(name: str, tables: tuple[RecordsDefinition, ...]) -> FileKind:
    first = tables[0]
    return FileKind(
        name,
        tuple(_table(each) for each in tables),
        ignored=tuple(dict.fromkeys(column for each in tables for column in each.ignore)),
        blank=tuple(dict.fromkeys(value for each in tables for value in each.blank)),
        lookups=tuple(_lookup(each, table) for table in tables for each in table.lookup),
        time_zone=first.time_zone or "",
        time_format=first.time_format,
        known_at_export=tuple(
            field_name(column) for table in tables for column in table.known.at_export
        ),
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
    )


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


def _looked_up(files: dict[str, tuple[RecordsDefinition, ...]]) -> dict[str, FileKind]:
    """Files that are only read together with others."""
    return {
        lookup.file: FileKind(lookup.file, passed_over=f"it is read together with {name}")
        for name, tables in files.items()
        for table in tables
        for lookup in table.lookup
        if lookup.file not in files
    }
