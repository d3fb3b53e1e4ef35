"""From a recognised file to batches for the store, and the rows that were refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from revops.connectors.canonical import CANONICAL
from revops.connectors.files.activities import unknown_types, with_properties
from revops.connectors.files.columns import Bound, Cells, Column, bind, known_fields
from revops.connectors.files.conventions import decide, given_convention
from revops.connectors.files.custom import infer_types
from revops.connectors.files.history import (
    finish_changes,
    finish_versions,
    stage_dates,
    stage_of,
)
from revops.connectors.files.lookups import with_lookups
from revops.connectors.files.quoting import literals, quoted
from revops.connectors.files.reading import Document, Rows, is_regular, load_rows, quick_rows
from revops.connectors.files.staging import count_ids, keep_last, set_aside, stage, texts_sql
from revops.connectors.files.text import refuse
from revops.connectors.files.values import Convention, truth
from revops.connectors.mapping import FileKind, Shape, Table, Vendor, columns_of
from revops.kit.issue import Issue, Level, did_you_mean
from revops.kit.number import how_many
from revops.store.batch import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from revops.kit.errors import RevopsError
    from revops.records import FieldType

_ACTIVITIES = "activities"


@dataclass(frozen=True)
class Setting:
    """What the workspace says about files.

    Attributes:
        zone: The zone of times that are written without one.
        prefix: What the vendor's ids begin with in the store, or ''.
        declared: Kind of record -> custom field -> the type its values must have.
        met: Kind of record -> custom field -> the type it had so far.
        scratch: A folder for rewritten copies.
    """

    zone: str
    prefix: str
    declared: Mapping[str, Mapping[str, FieldType]]
    met: Mapping[str, Mapping[str, FieldType]]
    scratch: Path


@dataclass
class Converted:
    """What a file holds, ready for the store.

    Attributes:
        batches: Its records and changes.
        rejects: The DuckDB table of refused rows: `_line`, `_reason`.
        rows: The file's rows, as `load_rows` gives them; None if they were not kept.
        count: How many rows the file has.
        notes: What is worth telling.
    """

    rejects: str
    batches: list[Batch] = field(default_factory=list)
    rows: Rows | None = None
    count: int = 0
    notes: list[Issue] = field(default_factory=list)


def convert(
    con: duckdb.DuckDBPyConnection,
    document: Document,
    kind: FileKind,
    vendor: Vendor,
    setting: Setting,
    sibling: Callable[[tuple[str, ...]], Document | None],
) -> Converted:
    """Read, map and check a file.

    Args:
        con: A DuckDB connection for this file alone.
        document: The file.
        kind: What it was recognised as.
        vendor: Where it comes from.
        setting: What the workspace says.
        sibling: Finds another file of its folder.

    Raises:
        RevopsError: The file cannot be used as a whole.
    """
    con.execute("CREATE TABLE rejects (_line BIGINT, _reason VARCHAR)")
    work = _Work(con, document, kind, vendor, setting, Converted("rejects"))
    if not work.convert_quickly():
        work.convert(sibling)
    return work.result


@dataclass
class _Work:
    """One file on its way."""

    con: duckdb.DuckDBPyConnection
    document: Document
    kind: FileKind
    vendor: Vendor
    setting: Setting
    result: Converted

    def convert(self, sibling: Callable[[tuple[str, ...]], Document | None]) -> None:
        """Read the file into DuckDB, then make batches of each of its tables."""
        rows = load_rows(self.con, self.document, "raw", self.setting.scratch)
        self._drop_footer(rows)
        self.result.rows = rows
        self.result.count = self._number(f"SELECT count(*) FROM {rows.relation}")
        rows = with_lookups(
            self.con,
            rows,
            self.document,
            self.kind,
            self.vendor,
            sibling,
            self.setting.scratch,
        )
        cells = Cells(rows, self.kind)
        for number, table in enumerate(self.kind.tables):
            self._convert_table(cells, table, f"part{number}")

    def convert_quickly(self) -> bool:
        """Convert a file that is plain and without fault as it is read; False if it is not one."""
        rows = quick_rows(self.document)
        if rows is None or not self._is_plain():
            return False
        (table,) = self.kind.tables
        cells = Cells(rows, self.kind)
        bound = self._bind(cells, table)
        if bound.rest:
            return False
        texts = f"({texts_sql(cells.relation, bound.columns, '')})"
        try:
            staged = stage(self.con, texts, bound.columns, {}, self._convention, "part0")
        except duckdb.Error:
            return False
        if (
            staged.faulty
            or (table.shape is Shape.RECORD and len(set(count_ids(self.con, "part0"))) > 1)
            or not is_regular(self.document, staged.rows)
        ):
            self.con.execute("DROP TABLE part0")
            return False
        first = self.document.first_line
        self.con.execute(
            f"CREATE VIEW batch0 AS SELECT (rowid + {first})::BIGINT AS _line,"
            " * EXCLUDE (_line, _reason) FROM part0"
        )
        self.result.count = staged.rows
        self._finish(table, bound.columns, "batch0")
        return True

    def _is_plain(self) -> bool:
        kind = self.kind
        return (
            not kind.lookups
            and not kind.deleted
            and len(kind.tables) == 1
            and not any(table.only or table.stage_dates for table in kind.tables)
        )

    def _convert_table(self, cells: Cells, table: Table, name: str) -> None:
        bound = self._bind(cells, table)
        columns = self._with_rest(cells, bound, table)
        where = self._where(cells, table)
        self.con.execute(f"CREATE VIEW {name}_texts AS {texts_sql(cells.relation, columns, where)}")
        file = self.document.path.name
        conventions = decide(self.con, f"{name}_texts", columns, self._convention, file)
        staged = stage(self.con, f"{name}_texts", columns, conventions, self._convention, name)
        set_aside(self.con, staged, self.result.rejects)
        if table.shape is Shape.RECORD:
            self._keep_last(name, columns)
        if table.stage_dates:
            self._read_stage_dates(cells, table, columns, name)
        self._finish(table, columns, name)

    @property
    def _convention(self) -> Convention:
        return given_convention(self.kind.time_zone or self.setting.zone, self.kind.time_format)

    def _bind(self, cells: Cells, table: Table) -> Bound:
        """Bind the header; a required field that no column fills is a wrong header."""
        bound = bind(cells, self.kind, table, self.vendor, self.setting.prefix)
        filled = {column.name for column in bound.columns}
        missing = [
            each.name
            for each in known_fields(table).values()
            if each.required and each.name not in filled
        ]
        if missing:
            raise self._missing(table, missing)
        return bound

    def _missing(self, table: Table, missing: list[str]) -> RevopsError:
        asked = []
        for name in missing:
            columns = list(columns_of(table.fields[name])) if name in table.fields else [name]
            asked.append(" or ".join(f"'{column}'" for column in dict.fromkeys(columns)))
        near = did_you_mean(missing[0], self.document.header)
        return refuse(
            self.document.path,
            "missing-column",
            f"has no column {', '.join(asked)}, which {table.plural} need",
            near or f"its columns are {', '.join(self.document.header[:20])}",
            1,
        )

    def _with_rest(self, cells: Cells, bound: Bound, table: Table) -> tuple[Column, ...]:
        """The bound columns and those that nothing named, each with the type of its values.

        Columns that are blank throughout and were so before say nothing.
        """
        declared = self.setting.declared.get(table.plural, {})
        filled = self._filled(cells, tuple(bound.rest.values()))
        types = infer_types(
            self.con,
            cells.relation,
            {n: text for n, text in bound.rest.items() if n not in declared and text in filled},
        )
        if table.plural == _ACTIVITIES and table.shape is Shape.RECORD:
            return with_properties(bound, types)
        types = {**self.setting.met.get(table.plural, {}), **types, **declared}
        return bound.columns + tuple(
            Column(name, types[name], text, bound.headers[name], is_custom=True)
            for name, text in bound.rest.items()
            if name in types
        )

    def _filled(self, cells: Cells, names: tuple[str, ...]) -> set[str]:
        """Which of these cells are not NULL throughout: a quick look before a thorough one."""
        if not names:
            return set()
        counts = self.con.execute(
            f"SELECT {', '.join(f'count({name})' for name in names)} FROM {cells.raw}"
        ).fetchall()[0]
        return {name for name, count in zip(names, counts, strict=True) if count}

    def _where(self, cells: Cells, table: Table) -> str:
        """The rows that count: not deleted in the source, and of the values wanted."""
        flags = [text for name in self.kind.deleted if (text := cells.source(name))]
        kept = [f"{truth(text)} IS NOT TRUE" for text in flags]
        if kept and table is self.kind.tables[0]:
            gone = self._number(
                f"SELECT count(DISTINCT _line) FROM {cells.relation}"
                f" WHERE NOT ({' AND '.join(kept)})"
            )
            if gone:
                rows = how_many(gone, "row")
                self._note("deleted-rows", f"has {rows} deleted there, left out here")
        for name, values in table.only.items():
            if text := cells.source(name):
                kept.append(f"lower({text}) IN ({literals(values)})")
        return " AND ".join(kept)

    def _keep_last(self, name: str, columns: tuple[Column, ...]) -> None:
        repeats = keep_last(self.con, name, columns, self.result.rejects)
        again = f"has {how_many(repeats.rejected, 'row')} whose id comes again with other values"
        # Our own format says each record once; another's export may not.
        if repeats.rejected and self.vendor is CANONICAL:
            raise refuse(
                self.document.path,
                "duplicate-ids",
                f"{again}: {repeats.reason}",
                "give each record one row",
                repeats.line,
            )
        if repeats.dropped:
            dropped = how_many(repeats.dropped, "row")
            self._note("repeated-rows", f"has {dropped} equal to another")
        if repeats.rejected:
            self._note("duplicate-ids", f"{again}; the last was kept", "see the rejects")

    def _finish(self, table: Table, columns: tuple[Column, ...], name: str) -> None:
        """Make a batch of typed rows."""
        if table.plural == _ACTIVITIES and table.shape is Shape.RECORD:
            for message, mend in unknown_types(self.con, name):
                self._note("unknown-type", message, mend)
        zone = self.kind.time_zone or self.setting.zone
        if table.shape is Shape.CHANGE:
            name = finish_changes(self.con, name, table, zone)
        elif table.shape is Shape.VERSION:
            name = finish_versions(self.con, name, columns)
        if table.shape is not Shape.RECORD:
            self.result.batches.append(changes_batch(self.con, table.plural, name))
            return
        own = tuple(c.name for c in columns if not c.is_custom and not c.name.startswith("_"))
        custom = {c.name: c.kind for c in columns if c.is_custom}
        self.result.batches.append(Batch(table.plural, name, own, custom))

    def _read_stage_dates(
        self, cells: Cells, table: Table, columns: tuple[Column, ...], name: str
    ) -> None:
        dates = {
            stage_name: cells.by_name[cell]
            for cell, header in cells.headers.items()
            if (stage_name := stage_of(header))
        }
        id_text = next(column.text for column in columns if column.name == "id")
        if dates:
            zone = self.kind.time_zone or self.setting.zone
            made = stage_dates(self.con, cells.relation, id_text, dates, zone, f"{name}_stages")
            self.result.batches.append(changes_batch(self.con, table.plural, made))

    def _drop_footer(self, rows: Rows) -> None:
        """Drop the lines that end a Salesforce report."""
        if not self.vendor.long_ids or not rows.relation.isidentifier():
            return
        alone = " AND ".join(["_fault <> ''", *(f"ifnull({c}, '') = ''" for c in rows.columns[1:])])
        gone = self._number(
            f"SELECT count(*) FROM {rows.relation} WHERE {alone} AND"
            f" (SELECT bool_or(contains(c0, 'Confidential Information')) FROM {rows.relation})"
        )
        if gone:
            self.con.execute(f"DELETE FROM {rows.relation} WHERE {alone}")

    def _number(self, query: str) -> int:
        ((number,),) = self.con.execute(query).fetchall()
        return int(number or 0)

    def _note(self, code: str, message: str, mend: str = "") -> None:
        name = self.document.path.name
        self.result.notes.append(Issue(name, 0, "", code, Level.NOTE, f"the file {message}", mend))


def changes_batch(con: duckdb.DuckDBPyConnection, plural: str, name: str) -> Batch:
    """A batch of changes; its columns are those that its table has."""
    described = con.execute(f"DESCRIBE {quoted(name)}").fetchall()
    columns = tuple(row[0] for row in described if row[0] != "_line")
    return Batch(plural, name, columns, is_history=True)
