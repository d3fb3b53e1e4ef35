"""A company whose past is replayed, and the same past lived through by the real engine."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from revops.engine.passes import run_passes
from revops.engine.replay import Given, Replay, Replayed
from revops.engine.replay.answers import Answers
from revops.services.run import world_of
from revops.services.score import past_of, vocabulary
from revops.services.workspace import Workspace, open_workspace
from revops.store.engine_tables import CLOCKS, WAKES
from revops.store.tables import CHANGES, META, RECORD_TABLES

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
FILES = {
    "scoring": """
models:
  - name: everyone
    fit:
      attributes:
        - {name: chief, tiers: [{when: "title ILIKE 'chief%'", points: 15}]}
    engagement:
      inactivity: {percent: 50, every: 14 days}
      signals:
        - {name: demo, event: demo_request, points: 40, decay: {points: 10, every: 5 days}}
        - {name: views, event: page_view, points: 6, per: occurrence, max: 30,
           decay: {points: 2, every: 3 days}}
        - {name: keen, event: page_view, count: 3, within: 2 days, points: 10}
    negative:
      - {name: quiet, inactive_for: 10 days, points: -10, from: engagement}
    suppress:
      - {name: customers, when: lifecycle_stage = 'Customer'}
    thresholds:
      mql: total >= 35
      hot: happened('demo_request', '2 days')
""",
    "lifecycle": """
stages:
  - {name: Lead, entry: {when: email IS NOT NULL}}
  - name: MQL
    qualifies: true
    entry: {reaches: qualified}
    exit: {when: total < 12, to: Nurture}
    on_enter:
      - route: {keep_owner: true}
    rejection_reasons: [FIT-01]
  - {name: SQL, by: person, qualifies: true}
  - {name: Opportunity, qualifies: true, entry: {deal: open}, exit: {deal: lost, to: Nurture},
     required_fields: [opportunity.amount]}
  - {name: Customer, entry: {deal: won}}
rejection_reasons:
  - {code: FIT-01, reason: Wrong size, action: recycle, after: 10 days}
recycling: {stage: Nurture, archive_after: 20 days}
requalify: {cool_down: 4 days, unless: "happened('demo_request', '1 day')"}
archive: {until: "happened('demo_request', '1 day')"}
""",
    "routing": """
pools:
  sdrs: {members: [dina, {user: dirk, weight: 2}], reset: weekly, capacity_per_day: 2,
         working_hours: true, fallback: {pool: seniors}}
  seniors: {members: [sam, sue], reset: never, open_leads: 3}
rules:
  - {name: Account owner, to: {account_owner: present}}
  - {name: Hot ones, when: fit > 10 AND owner IS NULL, to: {pool: seniors}, sla: first_call}
  - {name: Turns, to: {pool: sdrs}, sla: first_call}
""",
    "slas": """
slas:
  - name: first_call
    promise: A call within four hours
    starts: {promised: true}
    stops: [{activity: call, direction: outbound}]
    within: 4 hours
    hours: business
    escalations:
      - {after: 2 hours, who: the owner, actions: [{task: "Hurry"}]}
      - {at: breach, who: another, actions: [{route: {rotate: seniors}}]}
  - name: acceptance
    promise: Accepted within two days
    starts: {stage: MQL}
    stops: [{stage: SQL}]
    pauses: [{from: {activity: call}, to: {activity: reply}}]
    applies_to: total >= 36
    within: 2 days
    hours: business_days
  - name: demo_answer
    promise: Demo requests are answered within a day
    starts: {activity: demo_request}
    stops: [{activity: call, direction: outbound}, {activity: reply, where: "subject = 'yes'"}]
    within: 1 day
    hours: calendar
    restarts: true
""",
    "people": """
teams: [{name: sdr, manager: sam, calendar: ny}]
users:
  - {id: sam, name: Sam, email: sam@example.com, team: sdr}
  - {id: sue, name: Sue, email: sue@example.com, team: sdr}
  - {id: dina, name: Dina, email: dina@example.com, team: sdr, manager: sam}
  - {id: dirk, name: Dirk, email: dirk@example.com, team: sdr, manager: sam}
""",
    "calendars": """
ny:
  time_zone: America/New_York
  hours: {mon: "09:00-17:00", tue: "09:00-17:00", wed: "09:00-17:00", thu: "09:00-12:00"}
""",
}
Record = dict[str, Any]


@dataclass
class Past:
    """What happened, in the order in which it became known."""

    contacts: list[Record] = field(default_factory=list)
    activities: list[Record] = field(default_factory=list)
    changes: list[Record] = field(default_factory=list)
    deals: list[Record] = field(default_factory=list)
    end: datetime = START

    def moments(self) -> set[datetime]:
        """When anything happened."""
        found = {each["created_at"] for each in (*self.contacts, *self.deals)}
        found |= {each["occurred_at"] for each in self.activities}
        found |= {each["changed_at"] for each in self.changes}
        found |= {each["closed_at"] for each in self.deals if each["closed_at"]}
        return {each for each in found if START < each <= self.end}


def random_past(seed: int, *, contacts: int = 6, days: int = 35) -> Past:
    """A past in which much happens; no two things happen at one moment."""
    chance = Random(seed)
    used: set[datetime] = set()

    def moment(first: float = 0) -> datetime:
        while True:
            at = START + timedelta(seconds=chance.uniform(first * 86_400, days * 86_400))
            if at not in used:
                used.add(at)
                return at

    past = Past(end=START + timedelta(days=days))
    for n in range(contacts):
        name, is_new = f"c{n}", chance.random() < 0.4
        stage = None if is_new else chance.choice((None, "Lead", "MQL", "Nurture"))
        owner = None if is_new else chance.choice((None, "dina", "sam"))
        created = moment() if is_new else START - timedelta(days=50, microseconds=n)
        past.contacts.append({
            "id": name, "email": chance.choice((f"{name}@acme.com", None, f"{name}@x.io")),
            "title": chance.choice(("Chief of all", "Clerk")), "created_at": created,
            "account_id": chance.choice((None, "a1", "a2")), "lifecycle_stage": stage,
            "owner": owner,
        })  # fmt: skip
        kinds = ("page_view", "page_view", "page_view", "demo_request", "call", "reply")
        heat = chance.uniform(0, days - 8)
        for i in range(chance.randrange(4, 16)):
            near = START + timedelta(days=heat + chance.expovariate(0.5))
            at = min(moment() if chance.random() < 0.4 else near, past.end)
            at = at.replace(microsecond=(i * 997 + n * 31) % 1_000_000)
            kind = chance.choice(kinds)
            past.activities.append({
                "id": f"{name}-{i}", "contact_id": name, "type": kind, "occurred_at": at,
                "direction": "outbound" if kind == "call" else chance.choice((None, "inbound")),
                "subject": chance.choice(("yes", "no")),
            })  # fmt: skip
        for _ in range(chance.choice((0, 0, 1, 2))):
            _change(past, name, "lifecycle_stage", chance.choice(("SQL", "Nurture")), moment())
        if chance.random() < 0.5:
            _change(past, name, "title", chance.choice(("Chief", "Clerk")), moment())
        if chance.random() < 0.4:
            opened = moment(5)
            closed = opened + timedelta(days=chance.uniform(1, 20), microseconds=n)
            over = chance.random() < 0.7 and closed < past.end
            past.deals.append({
                "id": f"d{n}", "name": f"d{n}", "contact_ids": name, "created_at": opened,
                "closed_at": closed if over else None,
                "is_won": chance.random() < 0.5 if over else None,
                "amount": chance.choice((None, 1000.0)), "stage": "Proposal",
            })  # fmt: skip
    past.changes.sort(key=lambda each: each["changed_at"])
    return past


def _change(past: Past, name: str, field_: str, value: str, at: datetime) -> None:
    past.changes.append({"record_id": name, "field": field_, "new_value": value, "changed_at": at})


@dataclass
class Lived:
    """A workspace into which a past comes as it happens."""

    workspace: Workspace
    past: Past
    _known: datetime = START - timedelta(days=10_000)

    def know(self, now: datetime) -> None:
        """All that happened by now."""
        since, self._known = self._known, now
        with self.workspace.store.write() as connection:
            for plural, rows, moment in (
                ("contacts", self.past.contacts, "created_at"),
                ("activities", self.past.activities, "occurred_at"),
                ("opportunities", self.past.deals, "created_at"),
            ):
                mine = [dict(row) for row in rows if since < row[moment] <= now]
                for row in mine:
                    row |= {"origin": "test", "import_id": 0}
                    if plural == "opportunities" and (row["closed_at"] or now) > now:
                        row |= {"closed_at": None, "is_won": None}
                if mine:
                    connection.execute(sa.insert(RECORD_TABLES[plural]), mine)
            for each in self.past.changes:
                if since < each["changed_at"] <= now:
                    self._set(connection, "contacts", each)
            for deal in self.past.deals:
                if deal["closed_at"] and since < deal["closed_at"] <= now:
                    self._close(connection, deal)

    def _set(self, connection: sa.Connection, plural: str, each: Record) -> None:
        table = RECORD_TABLES[plural]
        column, mine = table.c[each["field"]], table.c.id == each["record_id"]
        found = connection.execute(sa.select(column).where(mine)).first()
        if found is None:
            return  # it was not there yet
        connection.execute(sa.update(table).where(mine).values({column: each["new_value"]}))
        row = {**each, "object": plural, "old_value": found[0], "recorded_at": each["changed_at"]}
        connection.execute(sa.insert(CHANGES), [{**row, "source": "crm"}])
        self._rewritten(connection, plural, each["changed_at"])

    def _close(self, connection: sa.Connection, deal: Record) -> None:
        table = RECORD_TABLES["opportunities"]
        values = {"closed_at": deal["closed_at"], "is_won": deal["is_won"]}
        connection.execute(sa.update(table).where(table.c.id == deal["id"]).values(values))
        self._rewritten(connection, "opportunities", deal["closed_at"])

    def _rewritten(self, connection: sa.Connection, plural: str, at: datetime) -> None:
        key = f"{plural}_rewritten"
        connection.execute(sa.delete(META).where(META.c.key == key))
        connection.execute(sa.insert(META), [{"key": key, "value": f"{at.timestamp() * 1e6:.0f}"}])

    def live(self) -> None:
        """The engine looks whenever anything happens, or it asked to look itself."""
        moments = sorted(self.past.moments() | {self.past.end})
        self.know(START)
        world = world_of(self.workspace)
        run_passes(world, START)
        now = START
        while now < self.past.end:
            own = self._own_next()
            following = next((each for each in moments if each > now), self.past.end)
            now = min(following, max(own, now + timedelta(microseconds=1)) if own else following)
            self.know(now)
            self._look_at_deals(now)
            run_passes(world, now)

    def _look_at_deals(self, now: datetime) -> None:
        """A deal that is new or closed is a reason to look at its contact."""
        from revops.engine.agenda import look_again

        ids = [
            each["contact_ids"] for each in self.past.deals
            if now in {each["created_at"], each["closed_at"]}
        ]  # fmt: skip
        known = {row[0] for row in self.rows(sa.select(RECORD_TABLES["contacts"].c.id))}
        if mine := [each for each in ids if each in known]:
            with self.workspace.store.write() as connection:
                look_again(connection, mine, now)

    def _own_next(self) -> datetime | None:
        found = [
            self.rows(sa.select(sa.func.min(each))) for each in (WAKES.c.due_at, CLOCKS.c.next_at)
        ]
        return min((row[0] for (row,) in found if row[0] is not None), default=None)

    def rows(self, query: sa.Select[Any]) -> list[tuple[Any, ...]]:
        """What the store has."""
        with self.workspace.store.read() as connection:
            return [tuple(row) for row in connection.execute(query)]


def make(folder: Path, files: dict[str, str] | None = None) -> Workspace:
    """A workspace with these definitions."""
    (folder / "definitions").mkdir(parents=True)
    settings = {"company": "Acme", "time_zone": "America/New_York"}
    (folder / "revops.yaml").write_text(json.dumps(settings))
    for name, text in {**FILES, **(files or {})}.items():
        (folder / "definitions" / f"{name}.yaml").write_text(text)
    return open_workspace(folder)


def replayed(
    workspace: Workspace, end: datetime, *, size: int = 1_000, everybody: bool = True
) -> Replayed:
    """What a replay of a workspace's facts decides."""
    facts, catalog = workspace.facts(), workspace.catalog
    answers = Answers(catalog, vocabulary(catalog, facts), past_of(catalog, facts))
    with facts.connect() as con:
        return Replay(catalog, Given(con, START, end), answers, everybody=everybody).run(size)
