"""What the demonstration found: funnel, scores, hottest leads, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from revops.leads.scoring import wording
from revops.records import RECORDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import duckdb

    from revops.definitions.scoring import Scoring

HOTTEST = 10
BAR = 10
"""Points that one bar of the score distribution covers."""
_STAGES = ("Lead", "MQL", "SQL", "Opportunity", "Customer")
_CHECKED = ("contacts", "accounts", "opportunities")

_FUNNEL = """
WITH held AS (
    SELECT id, lifecycle_stage AS stage FROM contacts
    UNION ALL
    SELECT record_id, new_value FROM contact_history WHERE field = 'lifecycle_stage'
), reached AS (
    SELECT id, max(list_position($stages, stage)) AS furthest FROM held GROUP BY id
)
SELECT s.stage, (SELECT count(*) FROM reached WHERE furthest >= s.place)
FROM (SELECT unnest($stages) AS stage, unnest(range(1, len($stages) + 1)) AS place) AS s
ORDER BY s.place
"""
_HOTTEST = """
WITH hot AS (
    SELECT * FROM scores WHERE qualified
    ORDER BY total DESC, last_activity_at DESC, contact_id LIMIT $hottest
)
SELECT hot.contact_id, concat_ws(' ', trim(c.first_name), trim(c.last_name)),
    coalesce(trim(a.name), ''), coalesce(trim(c.title), ''), hot.total, hot.band, (
        SELECT list({name: signal, points: points, last_at: last_at}
            ORDER BY dimension, points DESC, last_at DESC, signal)
        FROM (
            FROM lines WHERE contact_id = hot.contact_id AND points > 0
            QUALIFY row_number() OVER (
                PARTITION BY dimension ORDER BY points DESC, last_at DESC, signal
            ) <= CASE dimension WHEN 'engagement' THEN 2 WHEN 'fit' THEN 1 END
        )
    )
FROM hot JOIN contacts AS c ON c.id = hot.contact_id LEFT JOIN accounts AS a ON a.id = c.account_id
ORDER BY hot.total DESC, hot.last_activity_at DESC, hot.contact_id
"""
_ORPHANS = {
    "contacts without an account": (
        "SELECT count(*) FILTER (account_id IS NULL), count(*) FROM contacts"
    ),
    "contacts whose account is not known": (
        "SELECT count(*) FILTER (a.id IS NULL), count(*) FROM contacts AS c"
        " LEFT JOIN accounts AS a ON a.id = c.account_id WHERE c.account_id IS NOT NULL"
    ),
    "activities whose contact is not known": (
        "SELECT count(*) FILTER (c.id IS NULL), count(*) FROM activities AS a"
        " LEFT JOIN contacts AS c ON c.id = a.contact_id"
    ),
    "contacts that share an e-mail address": (
        "SELECT coalesce(sum(n) FILTER (n > 1), 0), coalesce(sum(n), 0) FROM (SELECT count(*) AS n"
        " FROM contacts WHERE email IS NOT NULL GROUP BY lower(trim(email)))"
    ),
    "lost opportunities without a reason": (
        "SELECT count(*) FILTER (loss_reason IS NULL), count(*) FROM opportunities WHERE NOT is_won"
    ),
}


@dataclass(frozen=True)
class FunnelStep:
    """How many contacts ever got at least this far."""

    stage: str
    contacts: int


@dataclass(frozen=True)
class Bar:
    """How many contacts have a total from `least` (included) to the next bar's (excluded)."""

    least: int
    contacts: int


@dataclass(frozen=True)
class BandCount:
    """How many contacts are in a band, and what is to be done with them."""

    band: str
    action: str
    contacts: int


@dataclass(frozen=True)
class HotLead:
    """One of the best qualified leads.

    Attributes:
        reasons: What it did that gave most points, twice, and what it is that gave most.
    """

    contact_id: str
    name: str
    company: str
    title: str
    score: float
    band: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Gap:
    """Something that is missing: in `count` of `of` records."""

    what: str
    count: int
    of: int

    @property
    def share(self) -> float:
        """The part of the records it is missing in, 0 to 1."""
        return self.count / self.of if self.of else 0.0


def funnel(con: duckdb.DuckDBPyConnection) -> tuple[FunnelStep, ...]:
    """How far the contacts got; who skipped a stage counts as having reached it."""
    counted = "SELECT count(*), count(email) FROM contacts"
    everyone, known = con.execute(counted).fetchall()[0]
    reached = con.execute(_FUNNEL, {"stages": [*_STAGES]}).fetchall()
    steps = [("Visitor", everyone), ("Known by e-mail", known), *reached]
    return tuple(FunnelStep(stage, contacts) for stage, contacts in steps)


def histogram(con: duckdb.DuckDBPyConnection) -> tuple[Bar, ...]:
    """The distribution of the totals, lowest first; the last bar includes 100."""
    rows = con.execute(
        "SELECT least(floor(total / $bar), 100 / $bar - 1)::INTEGER * $bar, count(*)"
        " FROM scores GROUP BY 1",
        {"bar": BAR},
    ).fetchall()
    counts = dict(rows)
    return tuple(Bar(least, counts.get(least, 0)) for least in range(0, 100, BAR))


def bands(con: duckdb.DuckDBPyConnection, scoring: Scoring) -> tuple[BandCount, ...]:
    """The contacts in each band, best band first."""
    rows = con.execute("SELECT band, count(*) FROM scores GROUP BY band").fetchall()
    counts = dict(rows)
    defined = {band.name: band for model in scoring.models for band in model.bands}
    order = sorted(defined.values(), key=lambda band: -band.from_)
    return tuple(BandCount(each.name, each.action, counts.get(each.name, 0)) for each in order)


def hottest(con: duckdb.DuckDBPyConnection, as_of: datetime) -> tuple[HotLead, ...]:
    """The best qualified leads, best first; of equal ones, those active last."""
    rows = con.execute(_HOTTEST, {"hottest": HOTTEST}).fetchall()
    return tuple(
        HotLead(contact_id, name, company, title, score, band or "", _reasons(lines, as_of))
        for contact_id, name, company, title, score, band, lines in rows
    )


def _reasons(lines: Sequence[dict[str, Any]] | None, as_of: datetime) -> tuple[str, ...]:
    return tuple(_reason(as_of, **line) for line in lines or ())


def _reason(as_of: datetime, name: str, points: float, last_at: datetime | None) -> str:
    ago = f", {wording.ago(last_at.replace(tzinfo=UTC), as_of)}" if last_at else ""
    return f"{name.replace('_', ' ')} +{wording.number(points)}{ago}"


def gaps(con: duckdb.DuckDBPyConnection) -> tuple[Gap, ...]:
    """What is missing: wanted fields first, then what hangs loose; only what there is."""
    found = [gap for plural in _CHECKED for gap in _empty_fields(con, plural)]
    for what, query in _ORPHANS.items():
        count, of = con.execute(query).fetchall()[0]
        found.append(Gap(what, count, of))
    return tuple(gap for gap in found if gap.count)


def _empty_fields(con: duckdb.DuckDBPyConnection, plural: str) -> list[Gap]:
    wanted = [
        f.name for f in RECORDS[plural].fields if f.wanted_from and "Closed" not in f.wanted_from
    ]
    counts = ", ".join(f'count(*) - count("{name}")' for name in wanted)
    *empty, of = con.execute(f"SELECT {counts}, count(*) FROM {plural}").fetchall()[0]
    return [
        Gap(f"{plural} without {name.replace('_', ' ')}", count, of)
        for name, count in zip(wanted, empty, strict=True)
    ]
