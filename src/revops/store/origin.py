"""Where rows come from: the import that carries them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.records import FieldType
from revops.store.column_types import epoch_microseconds
from revops.store.forms import name, store_form, text

if TYPE_CHECKING:
    from datetime import datetime

    from revops.store.store import Dialect


@dataclass(frozen=True)
class Origin:
    """One import.

    Attributes:
        import_id: Its row in `imports`.
        source: Where the rows come from, such as `hubspot`.
        who: Who imports them.
        at: The moment of the import, with a zone.
        wins: Whether the source is the system of record.
    """

    import_id: int
    source: str
    who: str
    at: datetime
    wins: bool

    def may_write(self, existing: str) -> str:
        """The DuckDB condition under which a record of the store may be written by this import."""
        return "TRUE" if self.wins else f"{name('origin', existing)} = {text(self.source)}"

    def refusal(self, existing: str) -> str:
        """The DuckDB expression that tells why a record may not be written."""
        owner, record = name("origin", existing), name("id", existing)
        mend = f"to let {self.source} win, set system_of_record: {self.source} in revops.yaml"
        return f"'id ' || {record} || ' belongs to ' || {owner} || {text(f'; {mend}')}"

    def stamp(self, dialect: Dialect) -> dict[str, str]:
        """What a change says of where it comes from, as DuckDB expressions by column."""
        return {
            "source": text(self.source),
            "import_id": f"{self.import_id}::BIGINT",
            "recorded_at": store_form(self.moment, FieldType.TIME, dialect),
        }

    @property
    def moment(self) -> str:
        """`at` as a DuckDB TIMESTAMP in UTC."""
        return f"make_timestamp({epoch_microseconds(self.at)})"
