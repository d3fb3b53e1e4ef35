"""Which contacts deals name: they are kept in one text, parted by semicolons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from revops.store.tables import RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEALS = RECORD_TABLES["opportunities"]


def parts_of(connection: sa.Connection, text: sa.ColumnElement[str]) -> sa.TableValuedAlias:
    """The parts of a text as rows with the column `value`, to be joined to what has the text."""
    if connection.dialect.name == "postgresql":
        parts = sa.func.unnest(sa.func.string_to_array(text, ";"))
        return parts.table_valued("value").render_derived()
    quoted = sa.func.replace(sa.func.json_quote(text), ";", '","', type_=sa.Text)
    return sa.func.json_each(sa.literal("[").concat(quoted).concat("]")).table_valued("value")


def named_in(connection: sa.Connection, table: sa.Table, text: Any) -> sa.Select[tuple[str]]:
    """The ids of contacts that a text of a table names; narrow it by conditions on the table."""
    part = parts_of(connection, text)
    return sa.select(sa.func.trim(part.c.value)).select_from(sa.join(table, part, sa.true()))


def deals_of(connection: sa.Connection, contact_ids: Sequence[str]) -> list[sa.RowMapping]:
    """Every deal with each of these contacts that it names, as `contact` beside its columns."""
    part = parts_of(connection, _DEALS.c.contact_ids)
    contact = sa.func.trim(part.c.value).label("contact")
    asked = parts_of(connection, sa.literal(";".join(contact_ids), sa.Text)).alias("asked")
    query = sa.select(_DEALS, contact).select_from(sa.join(_DEALS, part, sa.true()))
    query = query.where(_DEALS.c.created_at.is_not(None), contact.in_(sa.select(asked.c.value)))
    return list(connection.execute(query.order_by(_DEALS.c.seq)).mappings())
