"""What the facts say of records at a moment: fields, figures, conditions, and whose they are."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from revops.definitions.record_figures import record_scope
from revops.definitions.triggers import PLURAL
from revops.engine import record_sql as sql
from revops.kit.clock import plain_utc
from revops.kit.condition import bind, parse_condition
from revops.leads.scoring.expressions import column, holds
from revops.records import FieldType
from revops.store.forms import name as quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from revops.definitions.scope import Vocabulary
    from revops.store.facts import Facts


@dataclass(frozen=True)
class Asked:
    """A record, and the moment at which it is looked at.

    Attributes:
        id: Of the record.
        moment: When.
        seq: The change after which it is looked at; None for the record as it is.
    """

    id: str
    moment: datetime
    seq: int | None = None


@dataclass(frozen=True)
class Told:
    """A record as it was: its fields and figures, and of the conditions asked those that held."""

    fields: Mapping[str, Any]
    holds: frozenset[str]


class Change(NamedTuple):
    """A field that was changed."""

    changed_at: datetime
    field: str
    old_value: str | None
    new_value: str | None


@dataclass(frozen=True)
class Place:
    """With whom a record stands: a contact; and its owner, or else that of the contact."""

    contact_id: str
    owner: str | None


@dataclass(frozen=True)
class RecordFacts:
    """Asks the facts about records of one kind.

    Attributes:
        facts: The facts.
        vocabulary: What conditions may name.
        kind: Of the records, in the singular.
    """

    facts: Facts
    vocabulary: Vocabulary
    kind: str

    def told(self, asked: Sequence[Asked], conditions: Mapping[str, str]) -> list[Told | None]:
        """Each as it was at its moment; None for one that the facts do not know.

        Args:
            asked: Which, and when.
            conditions: By the place where they are defined.
        """
        with closing(self.facts.glance()) as con:
            self._ask(con, asked)
            names = {f"?{n}": place for n, place in enumerate(conditions)}
            bound = zip(names, map(self._bound, conditions.values()), strict=True)
            answers = "".join(f", {each} AS {quoted(name)}" for name, each in bound)
            rows = con.execute(f"SELECT *{answers} FROM ({sql.figured(self.kind)})").fetchall()
            columns = [each[0] for each in con.description or ()]
        found = dict(_told(dict(zip(columns, row, strict=True)), names) for row in rows)
        return [found.get(n) for n in range(len(asked))]

    def changes(self, seqs: Sequence[int]) -> dict[int, Change]:
        """These changes by their `seq`, as far as the facts know them."""
        if not seqs:
            return {}
        query = (
            "SELECT seq, changed_at, field, old_value, new_value FROM changes"
            " WHERE seq IN (SELECT unnest($1))"
        )
        with closing(self.facts.glance(("changes",))) as con:
            rows = con.execute(query, [list(seqs)]).fetchall()
        return {seq: Change(_aware(at), *row) for seq, at, *row in rows}

    def places(self, ids: Sequence[str], now: datetime) -> dict[str, Place]:
        """With whom these records stand; those that stand with nobody known are left out."""
        with closing(self.facts.glance()) as con:
            self._fill(con, [Asked(each, now) for each in ids])
            return self.placed(con)

    def where(self, condition: str | None, now: datetime) -> dict[str, Place]:
        """The records for which a condition holds now, with whom they stand."""
        with closing(self.facts.glance()) as con:
            self.ask_all(con, now)
            if condition is not None:
                con.execute(
                    f'DELETE FROM asked WHERE "#" NOT IN (SELECT "#" FROM'
                    f" ({sql.figured(self.kind)}) WHERE {self._bound(condition)})"
                )
            return self.placed(con)

    def ask_all(self, con: duckdb.DuckDBPyConnection, now: datetime) -> None:
        """Ask for all records that a schedule looks at: fill `asked` and `record`."""
        con.execute(sql.ASKED)
        *_, moment, _, today = self._row(0, Asked("", now))
        con.execute(sql.every(self.kind), {"moment": moment, "today": today})
        self._read(con, frozenset())

    def placed(self, con: duckdb.DuckDBPyConnection) -> dict[str, Place]:
        """With whom the records in `asked` stand."""
        rows = con.execute(sql.placing(self.kind)).fetchall()
        return {name: Place(contact_id, owner) for name, contact_id, owner in rows}

    def _ask(self, con: duckdb.DuckDBPyConnection, asked: Sequence[Asked]) -> None:
        self._fill(con, asked)
        histories = self.facts.statistics().histories
        is_past = any(each.seq is not None for each in asked)
        mine = {field for plural, field in histories if plural == PLURAL[self.kind]}
        self._read(con, frozenset(mine if is_past else ()))

    def _fill(self, con: duckdb.DuckDBPyConnection, asked: Sequence[Asked]) -> None:
        con.execute(sql.ASKED)
        rows = [self._row(n, each) for n, each in enumerate(asked)]
        columns = [list(each) for each in zip(*rows, strict=True)] or [[]] * 5
        con.execute(sql.FILL, columns)

    def _row(self, n: int, each: Asked) -> tuple[Any, ...]:
        utc = plain_utc(each.moment)
        return n, each.id, utc, each.seq, each.moment.astimezone(self.vocabulary.zone).date()

    def _read(self, con: duckdb.DuckDBPyConnection, changed: frozenset[str]) -> None:
        types = self.vocabulary.fields(PLURAL[self.kind])
        names = con.table(PLURAL[self.kind]).columns
        columns = {name: FieldType(types.get(name, "text")) for name in names}
        con.execute(f"CREATE TEMP TABLE record AS {sql.record(self.kind, columns, changed)}")

    def _bound(self, condition: str) -> str:
        scope = record_scope(self.vocabulary, self.kind)
        tree = bind(parse_condition(condition, scope), column)
        return holds(tree).sql(dialect="duckdb")


def _told(row: dict[str, Any], names: Mapping[str, str]) -> tuple[int, Told]:
    number = row.pop("#")
    held = frozenset(place for name, place in names.items() if row.pop(name))
    return number, Told({name: _aware(value) for name, value in row.items()}, held)


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
