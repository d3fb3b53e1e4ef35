"""One canonical file, or folder of files, as rows of DuckDB: where it is and what it holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp, parse_one

from revops.kit.errors import RevopsError
from revops.records import FieldType
from revops.store.facts.shape import column, from_text, literal_path, sql_type

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence
    from pathlib import Path

_TEXT = "VARCHAR"
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
    rows: exp.Expr
    types: Mapping[str, str]
    kinds: Mapping[str, FieldType]
    position: exp.Expr

    def named(self, name: str) -> str | None:
        """The column that has this name, whatever its case."""
        wanted = name.casefold()
        return next((each for each in self.types if each.strip().casefold() == wanted), None)

    def beyond(self, known: Container[str]) -> dict[str, FieldType]:
        """The columns that are none of these."""
        return {
            name: kind for name, kind in self.kinds.items() if name.strip().casefold() not in known
        }

    def value(self, name: str, kind: FieldType) -> exp.Expr:
        """A column as a field; NULL where it is not one, or if there is no such column."""
        found = self.named(name)
        if found is None:
            return exp.cast(exp.null(), sql_type(kind))
        own, wanted = self.types[found], sql_type(kind)
        if own == wanted:
            return column(found)
        if own == _TEXT:
            return from_text(column(found), kind)
        if wanted != _TEXT:
            return exp.TryCast(this=column(found), to=exp.DataType.build(wanted, dialect="duckdb"))
        return _as_text(column(found), own, kind)

    def misfits(
        self, con: duckdb.DuckDBPyConnection, kinds: Mapping[str, FieldType]
    ) -> dict[str, str]:
        """An example from each column that has values which are not of its kind."""
        checked = [name for name, kind in kinds.items() if self._converts(name, kind)]
        if not checked:
            return {}
        examples = [self._misfit(name, kinds[name]) for name in checked]
        row = con.execute(exp.select(*examples).from_(self.rows).sql("duckdb")).fetchone() or ()
        found = zip(checked, row, strict=True)
        return {name: example for name, example in found if example is not None}

    def _converts(self, name: str, kind: FieldType) -> bool:
        found = self.named(name)
        return found is not None and sql_type(kind) not in {_TEXT, self.types[found]}

    def _misfit(self, name: str, kind: FieldType) -> exp.Expr:
        given = column(self.named(name) or name)
        missed = self.value(name, kind).is_(exp.null())
        return exp.Filter(
            this=_call("any_value", exp.cast(given, "varchar")),
            expression=exp.Where(this=exp.and_(given.is_(exp.null()).not_(), missed)),
        )


def find_source(con: duckdb.DuckDBPyConnection, folder: Path, name: str) -> Source | None:
    """The file or folder of this name, or None.

    Raises:
        RevopsError: It is not what its name says (`unreadable-file`).
    """
    single, many, text = folder / f"{name}.parquet", folder / name, folder / f"{name}.csv"
    try:
        if single.is_file():
            return _parquet(con, single.name, [single])
        if many.is_dir() and (files := sorted(many.glob("*.parquet"))):
            return _parquet(con, f"{name}/", files)
        return _csv(con, text) if text.is_file() else None
    except duckdb.Error as error:
        raise RevopsError(
            "unreadable-file",
            f"the file of {name} cannot be read: {str(error).splitlines()[0]}",
            "write it as Parquet, or as CSV in UTF-8 with a header",
            file=name,
        ) from error


def _parquet(con: duckdb.DuckDBPyConnection, file: str, paths: Sequence[Path]) -> Source:
    literals = [exp.Literal.string(literal_path(str(path))) for path in paths]
    rows = _call("read_parquet", exp.Array(expressions=literals))
    types = _types(con, rows)
    position = parse_one("file_index * 1099511627776 + file_row_number", dialect="duckdb")
    return Source(file, rows, types, {name: _kind(own) for name, own in types.items()}, position)


def _csv(con: duckdb.DuckDBPyConnection, path: Path) -> Source:
    """Read as text; a column's kind is what DuckDB sees in it, unless text would be lost."""
    literal = exp.Literal.string(literal_path(str(path)))
    header = _option("header", exp.true())
    seen = _types(con, _call("read_csv", literal, header, _option("sample_size", "-1")))
    rows = _call(
        "read_csv",
        literal,
        header,
        _option("all_varchar", exp.true()),
        _option("parallel", exp.false()),
    )
    types = _types(con, rows)
    kinds = dict(zip(types, map(_kind, seen.values()), strict=True))
    found = Source(path.name, rows, types, kinds, parse_one("row_number() OVER ()"))
    texts = [*found.misfits(con, kinds), *_zero_led(con, rows, kinds)]
    return replace(found, kinds=kinds | dict.fromkeys(texts, FieldType.TEXT))


def _zero_led(
    con: duckdb.DuckDBPyConnection, rows: exp.Expr, kinds: Mapping[str, FieldType]
) -> list[str]:
    """Columns of digits that are not numbers: `01234` is a postal code."""
    names = [name for name, kind in kinds.items() if kind.is_number]
    if not names:
        return []
    pattern = exp.Literal.string("0[0-9]*")
    found = [
        _call(
            "coalesce",
            _call("bool_or", exp.Glob(this=column(name), expression=pattern)),
            exp.false(),
        )
        for name in names
    ]
    row = con.execute(exp.select(*found).from_(rows).sql("duckdb")).fetchone() or ()
    return [name for name, is_led in zip(names, row, strict=True) if is_led]


def _call(function: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=function, expressions=list(arguments))


def _option(name: str, value: exp.Expr | str) -> exp.Expr:
    number = exp.Literal.number(value) if isinstance(value, str) else value
    return exp.PropertyEQ(this=exp.to_identifier(name), expression=number)


def _types(con: duckdb.DuckDBPyConnection, rows: exp.Expr) -> dict[str, str]:
    query = exp.select("*").from_(rows).sql("duckdb")
    return {name: kind for name, kind, *_ in con.execute(f"DESCRIBE {query}").fetchall()}


def _kind(own: str) -> FieldType:
    if own.startswith("TIMESTAMP"):
        return FieldType.TIME
    if own.startswith("DECIMAL"):
        return FieldType.DECIMAL
    if own.endswith("]") or own.startswith(("STRUCT", "MAP", "JSON")):
        return FieldType.JSON
    return _KINDS.get(own, FieldType.TEXT)


def _as_text(value: exp.Expr, own: str, kind: FieldType) -> exp.Expr:
    if own == "VARCHAR[]" and kind is FieldType.LIST:
        return _call("array_to_string", value, exp.Literal.string(";"))
    if _kind(own) is FieldType.JSON:
        value = _call("to_json", value)
    return exp.cast(value, "varchar")
