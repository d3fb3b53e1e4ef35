"""What the store says of its tables in a few cheap queries: enough to know which facts are old."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.kit.errors import RevopsError
from revops.records import FieldType
from revops.store.facts.manifest import Import, Stamp
from revops.store.tables import CUSTOM_FIELDS, IMPORTS, META, METADATA

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from revops.store.facts.manifest import Manifest
    from revops.store.store import Store

_BUSY = "store-busy"
_LOCK_MILLISECONDS = 5_000
_REWRITTEN = "_rewritten"


@dataclass(frozen=True)
class Marks:
    """What the store said before anything was read from it.

    Attributes:
        is_same_store: Whether it still holds the import that the facts knew as the newest.
        newest_import: Its newest import.
        custom_fields: Its registered custom fields, by plural and name.
        rewritten: How often rows of a table were changed after they had arrived, by table.
    """

    is_same_store: bool
    newest_import: Import | None
    custom_fields: Mapping[str, Mapping[str, FieldType]]
    rewritten: Mapping[str, str]


def read_marks(store: Store, manifest: Manifest) -> Marks:
    """Ask for what concerns all tables."""
    known = manifest.newest_import
    newest = sa.select(sa.func.max(IMPORTS.c.id)).scalar_subquery()
    counters = sa.select(META).where(META.c.key.endswith(_REWRITTEN, autoescape=True))
    with store.read() as connection:
        custom: dict[str, dict[str, FieldType]] = {}
        for row in connection.execute(sa.select(CUSTOM_FIELDS)):
            custom.setdefault(row.object, {})[row.name] = FieldType(row.type)
        return Marks(
            known is None or _import(connection, sa.literal(known.id)) == known,
            _import(connection, newest),
            custom,
            {row.key.removesuffix(_REWRITTEN): row.value for row in connection.execute(counters)},
        )


def _import(connection: sa.Connection, key: sa.ColumnElement[int]) -> Import | None:
    columns = sa.select(IMPORTS.c.id, IMPORTS.c.imported_at)
    row = connection.execute(columns.where(IMPORTS.c.id == key)).first()
    return row and Import(id=row.id, imported_at=row.imported_at.isoformat())


def log_stamp(store: Store, name: str, rewritten: str, known: Stamp | None) -> Stamp:
    """How far a log goes.

    On PostgreSQL a transaction can finish after a later one: the moment's lock waits until no
    writer is at work, so that no smaller `seq` can still appear. If one works for long, the log
    stays as it is known (if it is) and is read further the next time.
    """
    table = METADATA.tables[name]
    try:
        with store.read() as connection:
            if store.dialect == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
                connection.exec_driver_sql(f'LOCK TABLE "{name}" IN SHARE MODE')
            last = connection.execute(sa.select(sa.func.max(table.c.seq))).scalar()
            return Stamp(last_seq=last or 0, rewritten=rewritten)
    except RevopsError as error:
        if error.code != _BUSY or known is None:
            raise
        return known


def record_stamps(
    store: Store, names: Iterable[str], rewritten: Mapping[str, str]
) -> dict[str, Stamp]:
    """How each table of records stands."""
    sizes = sa.union_all(*(_size(name) for name in names))
    with store.read() as connection:
        return {
            name: Stamp(last_seq=last or 0, count=count, rewritten=rewritten.get(name, ""))
            for name, last, count in connection.execute(sizes).all()
        }


def _size(name: str) -> sa.Select[str, int | None, int]:
    table = METADATA.tables[name]
    return sa.select(sa.literal(name), sa.func.max(table.c.seq), sa.func.count(table.c.seq))
