"""What digests tell: worked out once for all readers, then asked for by whose it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from revops.engine import digest_sql as sql
from revops.engine.record_facts import RecordFacts
from revops.engine.wording import link_to
from revops.kit.clock import plain_utc
from revops.leads.lifecycle.stage_kind import stage_kind
from revops.leads.monitoring.checks import run_checks
from revops.leads.monitoring.gathering import Running, gather
from revops.store.engine_tables import SPELLS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import tzinfo

    import duckdb

    from revops.definitions.automations import Digest
    from revops.engine.questions import Moment
    from revops.engine.world import World
    from revops.leads.lead import Lead
    from revops.leads.monitoring.checks import Check

_AT_ONCE = 5_000


@dataclass(frozen=True)
class Period:
    """What a digest is about: from `since` until before `until`; the next comes at `next_at`."""

    since: datetime
    until: datetime
    next_at: datetime
    zone: tzinfo

    def parameters(self) -> dict[str, Any]:
        """As statements name them."""
        return {
            "since": plain_utc(self.since),
            "until": plain_utc(self.until),
            "today": self.until.astimezone(self.zone).date(),
            "ahead": self.next_at.astimezone(self.zone).date(),
        }


@dataclass(frozen=True)
class Figures:
    """The figures of one digest in one period.

    Attributes:
        con: A connection with the facts, for this digest alone.
        world: Whose.
        moment: Asks for leads.
        digest: Which.
        when: The place of its condition.
        period: What it is about.
    """

    con: duckdb.DuckDBPyConnection
    world: World
    moment: Moment
    digest: Digest
    when: str
    period: Period

    def prepare(self) -> None:
        """Work out the sheet."""
        self.con.execute(sql.NAMES)
        users = self.world.definitions.people.users
        self._fill("person", [(user.id, user.name) for user in users])
        getattr(self, f"_prepare_{self.digest.what}")()

    def of(self, owners: Collection[str] | None) -> dict[str, Any] | None:
        """What is filled in for a reader; None if there is nothing to tell.

        Args:
            owners: Whose leads and deals; None for all.
        """
        told: dict[str, Any] | None = getattr(self, f"_{self.digest.what}")(owners)
        return told

    # Activity of leads

    def _prepare_lead_activity(self) -> None:
        times = ("since", "until")
        self.con.execute(sql.ACTIVE, _only(self.period.parameters(), times))
        ids = [row[0] for row in self.con.execute("SELECT contact_id FROM active").fetchall()]
        self._add_leads(ids)
        self.con.execute(sql.LEAD_ACTIVITY)

    def _lead_activity(self, owners: Collection[str] | None) -> dict[str, Any] | None:
        rows = self._rows(sql.ACTIVE_LEADS, owners, most=sql.MOST_ITEMS)
        if not rows:
            return None
        pattern = self.world.definitions.settings.lead_link
        for row in rows:
            contact = {"id": row.pop("contact_id"), "email": row.pop("email")}
            row["link"] = link_to(contact, pattern)
        return {"count": rows[0]["count"], "leads": rows}

    # Deals

    def _prepare_pipeline(self) -> None:
        deals = RecordFacts(self.moment.facts, self.world.vocabulary, "opportunity")
        deals.ask_all(self.con, self.period.until)
        if self.digest.when is not None:
            places = deals.placed(self.con)
            leads = self._leads([each.contact_id for each in places.values()])
            kept = [name for name, place in places.items() if place.contact_id in leads]
            self.con.execute("DELETE FROM record WHERE id NOT IN (SELECT unnest($1))", [kept])
        base = self.world.definitions.settings.base_currency
        self.con.execute(sql.PIPELINE, {**self.period.parameters(), "base": base})

    def _pipeline(self, owners: Collection[str] | None) -> dict[str, Any] | None:
        (totals,) = self._rows(sql.PIPELINE_TOTALS, owners)
        if not any(totals[name] for name in _ABOUT_DEALS):
            return None
        closing = self._rows(sql.CLOSING, owners, most=sql.MOST_ITEMS)
        currency = self.world.definitions.settings.base_currency
        return {**totals, "currency": currency, "closing": closing}

    # MQLs

    def _prepare_mqls(self) -> None:
        lifecycle = self.world.definitions.lifecycle
        asked = {name for name in lifecycle.places if stage_kind(lifecycle, name) == "mql"}
        reasons = {code: f"{code} {each.reason}" for code, (_, each) in lifecycle.reasons.items()}
        stays = [
            (
                row.contact_id, row.seq, plain_utc(row.entered_at), row.stage in asked, row.owner,
                row.outcome, reasons.get(row.rejection_code, row.rejection_code),
            )
            for row in self._stays(asked)
        ]  # fmt: skip
        self.con.execute(sql.SPELLS)
        self._fill("spell", stays)
        self._add_leads([contact_id for contact_id, *_ in stays])
        self.con.execute(sql.MQLS, _only(self.period.parameters(), ("since", "until")))

    def _stays(self, asked: Collection[str]) -> Sequence[Any]:
        """Every stay in any stage of those who entered one of these in the period."""
        stays = SPELLS.c
        entered = sa.select(stays.contact_id).where(
            stays.stage.in_(asked),
            stays.entered_at >= self.period.since,
            stays.entered_at < self.period.until,
        )
        with self.world.store.read() as connection:
            every = sa.select(SPELLS).where(stays.contact_id.in_(entered))
            return connection.execute(every).all()

    def _mqls(self, owners: Collection[str] | None) -> dict[str, Any] | None:
        (totals,) = self._rows(sql.MQL_TOTALS, owners)
        return {**totals, "rows": self._rows(sql.MQL_ROWS, owners)} if totals["count"] else None

    # The scoring itself

    def _prepare_scoring_health(self) -> None:
        """Nothing: it is about the model and not about anybody's leads."""

    def _scoring_health(self, _owners: Collection[str] | None) -> dict[str, Any] | None:
        """The checks that are not green; nothing where all is well."""
        trouble = [check for check in self._checks if check.light in {"red", "amber"}]
        if not trouble:
            return None
        lights = [check.light for check in trouble]
        counts = {"count": len(lights), "red": lights.count("red"), "amber": lights.count("amber")}
        return {**counts, "checks": [asdict(check) for check in trouble]}

    @cached_property
    def _checks(self) -> tuple[Check, ...]:
        world, facts = self.world, self.moment.facts
        running = Running(world.definitions, world.vocabulary, facts, world.past(facts))
        with world.store.read() as connection:
            return run_checks(gather(running, connection, self.period.until))

    # Asking

    def _leads(self, ids: Sequence[str]) -> dict[str, Lead]:
        """Those of these leads for which the digest's condition holds."""
        every = sorted({*ids})
        found = [
            known.lead
            for start in range(0, len(every), _AT_ONCE)
            for known in self.moment.read(every[start : start + _AT_ONCE]).leads.values()
        ]
        is_any = self.digest.when is None
        return {lead.contact_id: lead for lead in found if is_any or self.when in lead.holds}

    def _add_leads(self, ids: Sequence[str]) -> None:
        self.con.execute(sql.LEADS)
        leads = self._leads(ids).values()
        self._fill("lead", [(each.contact_id, each.total, each.band) for each in leads])

    def _fill(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            columns = [list(each) for each in zip(*rows, strict=True)]
            values = ", ".join(f"unnest(${n + 1})" for n in range(len(columns)))
            self.con.execute(f"INSERT INTO {table} SELECT {values}", columns)

    def _rows(
        self, query: str, owners: Collection[str] | None, *, most: int | None = None
    ) -> list[dict[str, Any]]:
        scope = "true" if owners is None else "owner IN (SELECT unnest($owners))"
        given = {} if owners is None else {"owners": sorted(owners)}
        limit = f" LIMIT {most}" if most else ""
        result = self.con.execute(query.format(scope=scope) + limit, given)
        names = [each[0] for each in result.description or ()]
        rows = (dict(zip(names, row, strict=True)) for row in result.fetchall())
        return [{name: _told(value) for name, value in row.items()} for row in rows]


_ABOUT_DEALS = ("open_deals", "new_deals", "won_deals", "lost_deals")


def _told(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _only(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: values[name] for name in names}
