"""One canonical file, or folder of files, as rows of DuckDB: where it is and what it holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb

from revops.kit.errors import RevopsError
from revops.records import FieldType
from revops.store.facts.shape import from_text, literal_path, sql_type
from revops.store.forms import ZONED, in_utc, text
from revops.store.forms import name as quoted

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence
    from pathlib import Path

_TEXT = "VARCHAR"
_ROWS_IN_FILE = 1 << 40
_KINDS = {
    "BOOLEAN": FieldType.BOOLEAN,
    "DATE": FieldType.DATE,
    "DOUBLE": FieldType.DECIMAL,
    "FLOAT": FieldType.DECIMAL,
    "BIGINT": FieldType.INTEGER,
    "HUGEINT": FieldType.INTEGER,
    "INTEGER": FieldType.INTEGER,
    "SMALLINT": FieldType.INTEGER,
    "TINYINT": FieldType.INTEGER,
    "UBIGINT": FieldType.INTEGER,
    "UINTEGER": FieldType.INTEGER,
    "USMALLINT": FieldType.INTEGER,
    "UTINYINT": FieldType.INTEGER,
}


@dataclass(frozen=True)
class Source:
    """A canonical file.

    Attributes:
        file: Its name, for messages.
        rows: A table function that reads it.
        types: Its columns by name, with the DuckDB types in which they are read.
        kinds: What they seem to hold.
        position: A number that grows along the file.
    """

    file: str
    rows: str
    types: Mapping[str, str]
    kinds: Mapping[str, FieldType]
    position: str

    def named(self, name: str) -> str | None:
        """The column that has this name, whatever its case."""
        wanted = name.casefold()
        return next((each for each in self.types if each.strip().casefold() == wanted), None)

    def beyond(self, known: Container[str]) -> dict[str, FieldType]:
        """The columns that are none of these."""
        return {
            name: kind for name, kind in self.kinds.items() if name.strip().casefold() not in known
        }

    def value(self, name: str, kind: FieldType) -> str:
        """A column as a field, as SQL; NULL where it is not one, or if there is no such column."""
        found, wanted = self.named(name), sql_type(kind)
        if found is None:
            return f"CAST(NULL AS {wanted})"
        value, own = quoted(found), self.types[found]
        if own == wanted:
            return value
        if own == _TEXT:
            return from_text(value, kind)
        if own == ZONED and kind is FieldType.TIME:
            return in_utc(value)
        return _as_text(value, own, kind) if wanted == _TEXT else f"TRY_CAST({value} AS {wanted})"

    def misfits(
        self, con: duckdb.DuckDBPyConnection, kinds: Mapping[str, FieldType]
    ) -> dict[str, str]:
        """An example from each column that has values which are not of its kind."""
        checked = [name for name, kind in kinds.items() if self._converts(name, kind)]
        if not checked:
            return {}
        examples = ", ".join(self._misfit(name, kinds[name]) for name in checked)
        row = con.execute(f"SELECT {examples} FROM {self.rows}").fetchone() or ()
        found = zip(checked, row, strict=True)
        return {name: example for name, example in found if example is not None}

    def _converts(self, name: str, kind: FieldType) -> bool:
        """Whether values of a column may be of another kind: a zoned time always is a time."""
        found = self.named(name)
        if found is None or (kind is FieldType.TIME and self.types[found] == ZONED):
            return False
        return sql_type(kind) not in {_TEXT, self.types[found]}

    def _misfit(self, name: str, kind: FieldType) -> str:
        given = quoted(self.named(name) or name)
        missed = f"{given} IS NOT NULL AND {self.value(name, kind)} IS NULL"
        return f"any_value(CAST({given} AS VARCHAR)) FILTER ({missed})"


def find_source(con: duckdb.DuckDBPyConnection, folder: Path, name: str) -> Source | None:
    """The file or folder of this name, or None.

    Raises:
        RevopsError: It is not what its name says (`unreadable-file`).
    """
    single, many, lines = folder / f"{name}.parquet", folder / name, folder / f"{name}.csv"
    try:
        if single.is_file():
            return _parquet(con, single.name, [single])
        if many.is_dir() and (files := sorted(many.glob("*.parquet"))):
            return _parquet(con, f"{name}/", files)
        return _csv(con, lines) if lines.is_file() else None
    except duckdb.Error as error:
        raise RevopsError(
            "unreadable-file",
            f"the file of {name} cannot be read: {str(error).splitlines()[0]}",
            "write it as Parquet, or as CSV in UTF-8 with a header",
            file=name,
        ) from error


def _parquet(con: duckdb.DuckDBPyConnection, file: str, paths: Sequence[Path]) -> Source:
    literals = ", ".join(text(literal_path(str(path))) for path in paths)
    rows = f"read_parquet([{literals}])"
    types = _types(con, rows)
    kinds = {name: _kind(own) for name, own in types.items()}
    position = f"CAST(file_index * {_ROWS_IN_FILE} + file_row_number AS BIGINT)"
    return Source(file, rows, types, kinds, position)


def _csv(con: duckdb.DuckDBPyConnection, path: Path) -> Source:
    """Read as text; a column's kind is what DuckDB sees in it, unless text would be lost."""
    file = text(literal_path(str(path)))
    seen = _types(con, f"read_csv({file}, header = true, sample_size = -1)")
    rows = f"read_csv({file}, header = true, all_varchar = true, parallel = false)"
    types = _types(con, rows)
    kinds = dict(zip(types, map(_kind, seen.values()), strict=True))
    found = Source(path.name, rows, types, kinds, "row_number() OVER ()")
    texts = [*found.misfits(con, kinds), *_zero_led(con, rows, kinds)]
    return replace(found, kinds=kinds | dict.fromkeys(texts, FieldType.TEXT))


def _zero_led(
    con: duckdb.DuckDBPyConnection, rows: str, kinds: Mapping[str, FieldType]
) -> list[str]:
    """Columns of digits that are not numbers: `01234` is a postal code."""
    names = [name for name, kind in kinds.items() if kind.is_number]
    if not names:
        return []
    found = ", ".join(f"coalesce(bool_or({quoted(name)} GLOB '0[0-9]*'), false)" for name in names)
    row = con.execute(f"SELECT {found} FROM {rows}").fetchone() or ()
    return [name for name, is_led in zip(names, row, strict=True) if is_led]


def _types(con: duckdb.DuckDBPyConnection, rows: str) -> dict[str, str]:
    return {name: own for name, own, *_ in con.execute(f"DESCRIBE FROM {rows}").fetchall()}


def _kind(own: str) -> FieldType:
    if own.startswith("TIMESTAMP"):
        return FieldType.TIME
    if own.startswith("DECIMAL("):
        return FieldType.DECIMAL
    if own.endswith("]") or own.startswith(("STRUCT", "MAP", "JSON")):
        return FieldType.JSON
    return _KINDS.get(own, FieldType.TEXT)


def _as_text(value: str, own: str, kind: FieldType) -> str:
    if own == "VARCHAR[]" and kind is FieldType.LIST:
        return f"array_to_string({value}, ';')"
    return f"CAST({f'to_json({value})' if _kind(own) is FieldType.JSON else value} AS VARCHAR)"
