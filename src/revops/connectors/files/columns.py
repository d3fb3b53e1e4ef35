"""Which column of a file fills which field, as SQL that gives the field's text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from revops.connectors.files.custom import field_name
from revops.connectors.files.quoting import literal, literals, quoted
from revops.connectors.files.shaping import Shaper
from revops.connectors.files.values import DUCKDB_TYPES, truth
from revops.connectors.mapping import Given, Joined, Shape, Source, Starting, columns_of, plain
from revops.records import RECORDS, Field, FieldType
from revops.store.forms import ZONED, in_utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from revops.connectors.files.reading import Rows
    from revops.connectors.mapping import FileKind, Table, Vendor

CHANGE_FIELDS = (
    Field("record_id", required=True),
    Field("changed_at", FieldType.TIME, required=True),
    Field("field", required=True),
    Field("old_value"),
    Field("new_value"),
    Field("changed_by"),
    Field("reason"),
)
"""What a change says."""
_CHANGED_AT = Field("_changed_at", FieldType.TIME)
_WITH_ZONE = "WITH TIME ZONE"


@dataclass(frozen=True)
class Column:
    """One field of the outcome.

    Attributes:
        name: The field.
        kind: What it holds.
        text: SQL for its text, NULL where it is blank.
        header: The column it comes from, for messages.
        is_custom: Whether it is not canonical.
        required: Whether a row without it is refused.
        native: SQL for its value, where the file has it with its type.
        is_local: Whether `native` is a time without a zone.
    """

    name: str
    kind: FieldType
    text: str
    header: str = ""
    is_custom: bool = False
    required: bool = False
    native: str = ""
    is_local: bool = False

    @property
    def text_name(self) -> str:
        """SQL of what its text is called in a relation of texts; no field is called so."""
        return quoted(f"text of {self.name}")


@dataclass(frozen=True)
class Bound:
    """A file's header, bound to a table of its kind.

    Attributes:
        columns: The fields it fills.
        rest: Custom name -> SQL of the text of each column that nothing names.
        headers: Custom name -> the column's own name.
    """

    columns: tuple[Column, ...]
    rest: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class Cells:
    """The cells of a file by the plain form of their column's name.

    Attributes:
        raw: The rows as they stand.
        relation: The rows with their cells as text, blanks around it taken away, NULL where there
            is none; and, as `n0`, `n1`, ..., as the file has them.
        by_name: Plain name -> the cell in `relation`.
        headers: Plain name -> the column's own name.
        native: Plain name -> the cell and its type, where the file has it typed.
    """

    def __init__(self, rows: Rows, kind: FileKind) -> None:
        prefix = kind.prefix.lower()
        self.by_name: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.native: dict[str, tuple[str, str]] = {}
        self._texts: dict[str, str] = {}
        natives = []
        for at, (cell, header, native) in enumerate(
            zip(rows.columns, rows.header, rows.types, strict=True)
        ):
            own = header[len(prefix) :] if header.lower().startswith(prefix) else header
            name = plain(own) if header else f"column{at + 1}"
            name = f"{name}_{cell}" if name in self.by_name else name
            self.by_name[name] = cell
            self.headers[name] = own or f"column {at + 1}"
            self._texts[cell] = _text_of(cell, native, kind.blank, is_text=rows.is_text)
            if native != "VARCHAR":
                self.native[name] = (f"n{at}", native)
                natives.append(f"{cell} AS n{at}")
        listed = ", ".join([*(f"{text} AS {cell}" for cell, text in self._texts.items()), *natives])
        self.raw = rows.relation
        self.relation = f"(SELECT _line, _fault, {listed} FROM {rows.relation})"

    def text(self, name: str) -> str:
        """SQL of a column's text over the rows themselves; '' if there is no such column."""
        return self._texts.get(self.by_name.get(name, ""), "")

    def source(self, source: Source) -> str:
        """SQL of a source's text; '' where the file has none of its columns."""
        if isinstance(source, str):
            return self.by_name.get(source, "")
        if isinstance(source, Joined):
            parts = [self.by_name[each] for each in source.sources if each in self.by_name]
            if len(parts) < 2:  # noqa: PLR2004 - one is not joined
                return "".join(parts)
            return f"nullif(concat_ws({literal(source.by)}, {', '.join(parts)}), '')"
        if isinstance(source, Starting):
            text = self.by_name.get(source.source, "")
            begins = f"starts_with({text}, {literal(source.beginning)})"
            return f"CASE WHEN {begins} THEN {text} END" if text else ""
        if isinstance(source, Given):
            value, flag = self.source(source.source), self.by_name.get(source.flag, "")
            return f"CASE WHEN {truth(flag)} THEN {value} END" if value and flag else ""
        parts = [text for each in source if (text := self.source(each))]
        return f"coalesce({', '.join(parts)})" if len(parts) > 1 else "".join(parts)


def _text_of(cell: str, native: str, blank: tuple[str, ...], *, is_text: bool) -> str:
    """SQL of a cell's text without blanks around it."""
    if native == "VARCHAR":
        # What an export guarded against spreadsheets is taken back as it was. Most texts begin
        # with a sign after the apostrophe, and are looked at no further.
        bare = _unguarded(cell) if is_text else cell
        text = (
            f"CASE WHEN {cell} < '(' OR ends_with({cell}, ' ')"
            f" THEN nullif(trim({bare}), '') ELSE {cell} END"
        )
    elif native.endswith("[]"):
        text = f"nullif(array_to_string({cell}, ';'), '')"
    elif native.startswith("TIMESTAMP"):
        known = "TIMESTAMPTZ" if native.endswith(_WITH_ZONE) else "TIMESTAMP"
        text = f"CAST({cell}::{known} AS VARCHAR)"
    elif native.startswith(("STRUCT", "MAP")):
        text = f"CAST(to_json({cell}) AS VARCHAR)"
    else:
        text = f"CAST({cell} AS VARCHAR)"
    if blank:
        listed = literals(tuple(each.lower() for each in blank))
        return f"CASE WHEN lower({text}) NOT IN ({listed}) THEN {text} END"
    return text


def _unguarded(cell: str) -> str:
    """SQL of a text without the apostrophe that keeps a spreadsheet from seeing a formula."""
    bare = f"regexp_replace({cell}, '^''(''*[=+@\\-\\t\\r])', '\\1')"
    return f"CASE WHEN starts_with({cell}, '''') THEN {bare} ELSE {cell} END"


def bind(cells: Cells, kind: FileKind, table: Table, vendor: Vendor, prefix: str) -> Bound:
    """Bind a file's columns to the fields of one of its tables.

    A column that nothing names fills the canonical field it is called after, if there is one (of
    a vendor's columns only into text, which cannot be wrong); else it is a custom field.

    Args:
        cells: The file's cells.
        kind: The file's kind.
        table: The kind of record wanted.
        vendor: Where the file comes from.
        prefix: What its ids begin with in the store, or ''.
    """
    known = known_fields(table)
    rest = [name for name in cells.by_name if not _is_named(name, cells.headers[name], kind)]
    sources = dict(table.fields)
    if table.keeps_rest:
        for name in rest:
            own = known.get(field_name(cells.headers[name]))
            if own and (not vendor.name or own.type is FieldType.TEXT):
                sources.setdefault(own.name, name)
    taken = {column for source in sources.values() for column in columns_of(source)}
    shaper = Shaper(table, vendor, prefix)
    columns = [
        Column(
            target,
            known.get(target, Field(target)).type,
            _or_constant(shaper.shaped(target, text, known.get(target)), table, target),
            _header(cells, source),
            target not in known,
            known.get(target, Field(target)).required,
            "" if target in table.values else _native(cells, source, known.get(target)),
            _is_local(cells, source),
        )
        for target, source in sources.items()
        if (text := cells.source(source))
    ]
    filled = {column.name for column in columns}
    columns += [
        Column(name, known.get(name, Field(name)).type, literal(value), "", name not in known)
        for name, value in table.constants.items()
        if name not in filled
    ]
    if not table.keeps_rest:
        return Bound(tuple(columns))
    named = _named(
        [name for name in rest if name not in taken], cells, {*known, *sources}, vendor.name
    )
    return Bound(
        tuple(columns),
        {name: cells.by_name[cell] for name, cell in named.items()},
        {name: cells.headers[cell] for name, cell in named.items()},
    )


def _or_constant(text: str, table: Table, name: str) -> str:
    if name not in table.constants:
        return text
    return f"coalesce({text}, {literal(table.constants[name])})"


def known_fields(table: Table) -> dict[str, Field]:
    """The fields a table's rows have, apart from custom ones."""
    changes = {each.name: each for each in CHANGE_FIELDS}
    match table.shape:
        case Shape.CHANGE:
            return changes
        case Shape.VERSION:
            own = RECORDS[table.plural].field_by_name
            return {
                **own,
                "id": Field("id"),
                **{n: changes[n] for n in ("record_id", "changed_at")},
            }
    return {**RECORDS[table.plural].field_by_name, _CHANGED_AT.name: _CHANGED_AT}


def _is_named(name: str, header: str, kind: FileKind) -> bool:
    """Whether some table of the file, or the file's kind, says what a column is."""
    for ignored in kind.ignored:
        if ignored.endswith("*") and header.lower().startswith(ignored[:-1].lower()):
            return True
        if name == plain(ignored):
            return True
    return name in kind.deleted or any(
        name in columns_of(source) for table in kind.tables for source in table.fields.values()
    )


def _named(rest: Iterable[str], cells: Cells, taken: Iterable[str], vendor: str) -> dict[str, str]:
    """A custom field's name for each column that is left, none of them taken."""
    used = set(taken)
    named = {}
    for cell in rest:
        base = name = field_name(cells.headers[cell]) or "column"
        if name in used and vendor:
            base = name = f"{vendor}_{name}"
        number = 1
        while name in used:
            number += 1
            name = f"{base}_{number}"
        used.add(name)
        named[name] = cell
    return named


def _header(cells: Cells, source: Source) -> str:
    return next((cells.headers[each] for each in columns_of(source) if each in cells.headers), "")


_NATIVE = {
    FieldType.TIME: ("TIMESTAMP", "DATE"),
    FieldType.DATE: ("DATE",),
    FieldType.BOOLEAN: ("BOOLEAN",),
    FieldType.INTEGER: ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UINTEGER", "USMALLINT"),
    FieldType.DECIMAL: ("DECIMAL", "DOUBLE", "FLOAT", "BIGINT", "INTEGER", "SMALLINT"),
}


def _native(cells: Cells, source: Source, own: Field | None) -> str:
    """SQL of the value, if the file has it with the type of the field."""
    if own is None or not isinstance(source, str) or source not in cells.native:
        return ""
    cell, native = cells.native[source]
    if not native.startswith(_NATIVE.get(own.type, ())):
        return ""
    if own.type is FieldType.TIME and native == ZONED:
        return in_utc(cell)
    return f"TRY_CAST({cell} AS {DUCKDB_TYPES[own.type]})"


def _is_local(cells: Cells, source: Source) -> bool:
    if not isinstance(source, str) or source not in cells.native:
        return False
    _cell, native = cells.native[source]
    return native.startswith(_NATIVE[FieldType.TIME]) and not native.endswith(_WITH_ZONE)
