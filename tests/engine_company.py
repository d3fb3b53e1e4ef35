"""A small company whose leads the engine works: definitions, and ways to let things happen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from revops.engine.passes import run_passes
from revops.services.run import world_of
from revops.services.workspace import Workspace, open_workspace
from revops.store.tables import CHANGES, META, RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from revops.engine.passes import Passed
    from revops.engine.world import World

MONDAY = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
"""Nine in New York, a working day."""
FILES = {
    "scoring": """
models:
  - name: everyone
    engagement:
      signals:
        - {name: demo, event: demo_request, points: 40, decay: {points: 10, every: 1 week}}
    thresholds:
      mql: engagement >= 30
""",
    "lifecycle": """
stages:
  - {name: Lead, entry: {when: email IS NOT NULL}}
  - name: MQL
    qualifies: true
    entry: {when: engagement >= 30}
    on_enter:
      - route
      - {task: {subject: "Call {{ contact.first_name }}", due: 1 hour, priority: high}}
      - webhook:
          destination: hook
          event: lead.qualified
          payload:
            {owner: "{{ owner.id }}", score: "{{ score.total }}", title: "{{ contact.title }}"}
    rejection_reasons: [FIT-01]
  - {name: SQL, by: person}
rejection_reasons:
  - {code: FIT-01, reason: Wrong size, action: recycle, after: 30 days}
recycling: {stage: Nurture}
""",
    "routing": """
pools:
  sdrs: {members: [dina, dirk], reset: never}
rules:
  - {name: Account owner, to: {account_owner: true}}
  - {name: Turns, to: {pool: sdrs}, sla: first_call}
""",
    "slas": """
slas:
  - name: first_call
    promise: A call within an hour
    starts: {stage: MQL}
    stops: [{activity: call}]
    within: 1 hour
    hours: business
    escalations:
      - {after: 30 minutes, who: the owner, actions: [{task: "Hurry"}]}
      - {at: breach, who: the manager, actions: [{task: {subject: "Late", owner: manager}}]}
""",
    "automations": """
destinations:
  hook: {webhook: {url: "http://127.0.0.1:9/", secret_env: HOOK_SECRET, allow_private: true}}
recipes:
  - name: thank
    trigger: {activity: demo_request}
    reenroll: always
    steps:
      - do: [{tag: asked}]
      - wait: 2 hours
      - do: [{set: {persona: buyer}}]
  - name: leave
    trigger: {activity: unsubscribe}
    steps:
      - do:
          - set:
              recycled_at: "{{ activity.occurred_at }}"
              opted_in: "false"
              budget_authority: "{{ contact.first_name }}"
  - name: monday
    trigger: {schedule: {every: week, on: mon, at: "08:00", time_zone: workspace}}
    when: lifecycle_stage = 'MQL'
    reenroll: always
    steps: [{do: [{tag: weekly}]}]
  - name: follow
    trigger: {changed: persona}
    steps: [{do: [{tag: followed}]}]
""",
    "people": """
teams: [{name: sdr, manager: sam, calendar: ny}]
users:
  - {id: sam, name: Sam, email: sam@example.com, team: sdr}
  - {id: dina, name: Dina, email: dina@example.com, team: sdr, manager: sam}
  - {id: dirk, name: Dirk, email: dirk@example.com, team: sdr, manager: sam}
""",
    "calendars": """
ny:
  time_zone: America/New_York
  hours: {mon: "09:00-17:00", tue: "09:00-17:00", wed: "09:00-17:00"}
""",
}


@dataclass
class Leads:
    """A workspace with ways to let things happen."""

    workspace: Workspace

    def arrive(self, *names: str, account: str | None = None) -> None:
        """New contacts."""
        self._add(
            "contacts",
            [
                {"id": name, "email": f"{name}@acme.com", "first_name": name, "account_id": account}
                for name in names
            ],
        )

    def add(self, plural: str, *rows: dict[str, Any]) -> None:
        """New records of any kind."""
        self._add(plural, list(rows))

    def do(self, kind: str, name: str, at: datetime, direction: str | None = None) -> None:
        """An activity."""
        self.do_all(kind, [name], at, direction)

    def do_all(
        self, kind: str, names: Sequence[str], at: datetime, direction: str | None = None
    ) -> None:
        """The same activity of several contacts."""
        given = {"type": kind, "occurred_at": at, "direction": direction}
        rows = [
            {"id": f"{kind}-{name}-{at.isoformat()}", "contact_id": name, **given} for name in names
        ]
        self._add("activities", rows)

    def set_stage(self, name: str, stage: str, at: datetime) -> None:
        """Somebody changes the stage elsewhere, and an import brings it."""
        old = self.rows(f"SELECT lifecycle_stage FROM contacts WHERE id = '{name}'")[0][0]
        change = {"object": "contacts", "record_id": name, "field": "lifecycle_stage"}
        values = {"old_value": old, "new_value": stage, "changed_at": at, "recorded_at": at}
        contacts = RECORD_TABLES["contacts"]
        rewritten = {"key": "contacts_rewritten", "value": f"{at.timestamp():.0f}"}
        with self.workspace.store.write() as connection:
            mine = sa.update(contacts).where(contacts.c.id == name)
            connection.execute(mine.values(lifecycle_stage=stage))
            connection.execute(sa.insert(CHANGES), [{**change, **values, "source": "crm"}])
            connection.execute(sa.delete(META).where(META.c.key == "contacts_rewritten"))
            connection.execute(sa.insert(META), [rewritten])

    def run(self, now: datetime, *, is_dry: bool = False) -> Passed:
        """One run of the engine, as a worker does it."""
        return run_passes(self._world, now, is_dry=is_dry)

    @cached_property
    def _world(self) -> World:
        return world_of(self.workspace)

    def reopen(self) -> None:
        """Start anew, with the definitions as they are written now."""
        self.workspace.close()
        self.workspace = open_workspace(self.workspace.folder)
        self.__dict__.pop("_world", None)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the store has."""
        with self.workspace.store.read() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query))]

    def _add(self, plural: str, rows: list[dict[str, Any]]) -> None:
        with self.workspace.store.write() as connection:
            values = [{**row, "origin": "test", "import_id": 0} for row in rows]
            connection.execute(sa.insert(RECORD_TABLES[plural]), values)


def make_workspace(folder: Path, store_url: str) -> Path:
    """Write the definitions."""
    (folder / "definitions").mkdir(parents=True)
    settings = {"company": "Acme", "time_zone": "America/New_York", "store": store_url}
    (folder / "revops.yaml").write_text(json.dumps(settings))
    for name, text in FILES.items():
        (folder / "definitions" / f"{name}.yaml").write_text(text)
    return folder


def open_leads(folder: Path) -> Leads:
    """Open a workspace that was made; close it after use."""
    return Leads(open_workspace(folder))


def later(**length: float) -> datetime:
    """Some time after Monday."""
    return MONDAY + timedelta(**length)
