"""A company with customers, deals and tickets, whose recipes are set off by records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine_company import FILES, Leads, make_workspace, open_leads
from revops.store.history import canonical_text
from revops.store.tables import CHANGES, META, RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

PEOPLE = """
teams:
  - {name: sdr, manager: sam, calendar: ny}
  - {name: cs, manager: cleo}
users:
  - {id: sam, name: Sam, email: sam@example.com, team: sdr}
  - {id: dina, name: Dina, email: dina@example.com, team: sdr, manager: sam}
  - {id: dirk, name: Dirk, email: dirk@example.com, team: sdr, manager: sam}
  - {id: cleo, name: Cleo, email: cleo@example.com, team: cs, time_zone: Asia/Tokyo}
  - {id: carl, name: Carl, email: carl@example.com, team: cs, time_zone: Asia/Tokyo}
"""
DESTINATIONS = """
destinations:
  mail: {email: {from: revops@example.com, host: localhost, tls: none}}
  chat: {slack: {bot_token_env: SLACK_TOKEN}}
  hook: {webhook: {url: "http://127.0.0.1:9/", secret_env: HOOK_SECRET, allow_private: true}}
"""


class Company(Leads):
    """A workspace with ways to let things happen to any record."""

    def add(self, plural: str, *rows: dict[str, Any], origin: str = "crm") -> None:
        """New records."""
        with self.workspace.store.write() as connection:
            for row in rows:
                values = {**row, "origin": origin, "import_id": 0}
                connection.execute(sa.insert(RECORD_TABLES[plural]), [values])

    def change(
        self, plural: str, name: str, field: str, value: Any, at: datetime, source: str = "crm"
    ) -> None:
        """Somebody changes a field."""
        table = RECORD_TABLES[plural]
        mine = table.c.id == name
        with self.workspace.store.write() as connection:
            old = connection.execute(sa.select(table.c[field]).where(mine)).scalar_one()
            connection.execute(sa.update(table).where(mine).values({field: value}))
            texts = {"old_value": canonical_text(old), "new_value": canonical_text(value)}
            row = {"object": plural, "record_id": name, "field": field, "source": source}
            times = {"changed_at": at, "recorded_at": at}
            connection.execute(sa.insert(CHANGES), [{**row, **texts, **times}])
            mark = {"key": f"{plural}_rewritten", "value": f"{at.timestamp()}-{name}-{field}"}
            connection.execute(sa.delete(META).where(META.c.key == mark["key"]))
            connection.execute(sa.insert(META), [mark])

    def texts(self, query: str) -> Sequence[Any]:
        """The first column of what the store has."""
        return [row[0] for row in self.rows(query)]


def make_company(folder: Path, store_url: str, automations: str) -> Company:
    """Make a workspace with these recipes and digests, and open it."""
    make_workspace(folder, store_url)
    definitions = folder / "definitions"
    (definitions / "people.yaml").write_text(PEOPLE)
    (definitions / "automations.yaml").write_text(DESTINATIONS + automations)
    assert FILES.keys() >= {"people", "automations"}
    return Company(open_leads(folder).workspace)
