"""Gathers the figures of a model that is in use, from the facts and the signatures."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from revops.kit.clock import plain_utc
from revops.leads.golive.sign_off import SignOff
from revops.leads.monitoring.checks import FEW
from revops.leads.monitoring.figures import BandShare, Drift, Figures, Month, stability_index
from revops.leads.monitoring.flow import find_mqls
from revops.leads.outcomes import find_outcomes
from revops.leads.scoring import Prepared, compile_scoring
from revops.leads.scoring.instants import ASKED_AT, score_at
from revops.store.engine_tables import SPELLS
from revops.store.sign_offs import read_sign_offs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb

    from revops.definitions.kinds import Definitions
    from revops.definitions.scope import Vocabulary
    from revops.leads.scoring import Past
    from revops.store.facts import Facts

MEMORY_LIMIT = "1400MiB"
LATELY = timedelta(days=90)
YEAR = timedelta(days=365)
MONTHS = 13
_MONTH_DAYS = 365.25 / 12


@dataclass(frozen=True)
class Running:
    """A model in use.

    Attributes:
        definitions: With the model.
        vocabulary: What its conditions may name.
        facts: Of whom.
        past: What history they have.
    """

    definitions: Definitions
    vocabulary: Vocabulary
    facts: Facts
    past: Past


def gather(running: Running, connection: sa.Connection, now: datetime) -> Figures:
    """The figures as of an instant.

    Args:
        running: The model and the facts.
        connection: To the store, for signatures and rejections.
        now: The instant, with its zone.
    """
    with _scored(running, now) as con:
        present = _present(con, running, now)
        after = _bins(con, now)
    with _scored(running, now - LATELY) as con:
        before = _bins(con, now - LATELY)
    with closing(running.facts.connect(memory_limit=MEMORY_LIMIT)) as con:
        past = _past(con, running, now)
    return Figures(
        **present,
        **past,
        **_rejections(connection, now),
        drifts=tuple(_drifts(after, before)),
        months_since_validation=_age(connection, now),
    )


@contextmanager
def _scored(running: Running, as_of: datetime) -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(running.facts.connect(memory_limit=MEMORY_LIMIT)) as con:
        scoring = running.definitions.scoring
        Prepared(con, compile_scoring(scoring, running.vocabulary, as_of, past=running.past))
        yield con


def _present(con: duckdb.DuckDBPyConnection, running: Running, now: datetime) -> dict[str, Any]:
    tops = {
        model.name: max(model.bands, key=lambda band: band.from_).name
        for model in running.definitions.scoring.models
        if model.bands
    }
    scored, above = _row(con, "SELECT count(*), count(*) FILTER (qualified) FROM scores")
    tens = dict(con.execute(_TENS).fetchall())
    con.execute("CREATE TEMP TABLE tops (model TEXT, band TEXT)")
    if tops:
        con.executemany("INSERT INTO tops VALUES (?, ?)", [list(each) for each in tops.items()])
    times = {"now": plain_utc(now), "since": plain_utc(now - LATELY)}
    (silent,) = _row(con, _SILENT_AND_HOT, times)
    return {
        "scored": scored,
        "above": above,
        "histogram": tuple(tens.get(ten, 0) for ten in range(10)),
        "silent_and_hot": silent,
    }


_TENS = "SELECT least(floor(total / 10), 9)::INTEGER, count(*) FROM scores GROUP BY 1"
_SILENT_AND_HOT = """
WITH active AS (
    SELECT DISTINCT contact_id FROM activities
    WHERE direction IS DISTINCT FROM 'outbound' AND occurred_at > $since AND occurred_at <= $now
)
SELECT count(*) FROM scores s
JOIN contacts c ON c.id = s.contact_id
LEFT JOIN tops t ON t.model = s.model
WHERE (s.qualified OR s.band = t.band) AND coalesce(c.created_at <= $since, true)
    AND s.contact_id NOT IN (SELECT contact_id FROM active)
"""

Bins = dict[str, Counter[str]]


def _bins(con: duckdb.DuckDBPyConnection, as_of: datetime) -> Bins:
    """How many leads fall where: by total in tens, by the points of each input of the model."""
    at = {"at": plain_utc(as_of)}
    found: Bins = defaultdict(Counter)
    (leads,) = _row(con, _LEADS, at)
    for name, bin_, count in con.execute(_BINS, at).fetchall():
        found[name][bin_] = count
    for counts in found.values():
        counts["none"] += leads - counts.total()
    return found


_LEADS = """
SELECT count(*) FROM scores s JOIN contacts c ON c.id = s.contact_id
WHERE coalesce(c.created_at <= $at, true)
"""
# An input's points say where its value fell; those of a signal fade, so only whether it gave any.
_BINS = """
WITH lead AS (
    SELECT s.contact_id, s.model, s.total FROM scores s JOIN contacts c ON c.id = s.contact_id
    WHERE coalesce(c.created_at <= $at, true)
)
SELECT '', CAST(least(floor(total / 10), 9) AS VARCHAR), count(*) FROM lead GROUP BY 2
UNION ALL
SELECT l.signal, CASE WHEN l.dimension = 'fit' THEN CAST(l.points AS VARCHAR) ELSE 'some' END,
    count(*)
FROM lines l JOIN lead USING (contact_id) WHERE l.dimension IN ('fit', 'engagement')
GROUP BY 1, 2
"""


def _drifts(after: Bins, before: Bins) -> Iterator[Drift]:
    if "" not in before or not before[""].total():
        return
    for name in sorted({*after, *before}):
        yield Drift(name or "total", stability_index(after.get(name, {}), before.get(name, {})))


def _past(con: duckdb.DuckDBPyConnection, running: Running, now: datetime) -> dict[str, Any]:
    definitions = running.definitions
    find_mqls(con, definitions.lifecycle, now)
    find_outcomes(con, definitions.lifecycle, known_by=now)
    zone = ZoneInfo(definitions.settings.time_zone)
    con.execute("CREATE TEMP TABLE months (label TEXT, starts_at TIMESTAMP, ends_at TIMESTAMP)")
    con.executemany("INSERT INTO months VALUES (?, ?, ?)", list(_months(now.astimezone(zone))))
    currency = definitions.settings.base_currency
    months = [Month(*row) for row in con.execute(_BY_MONTH, {"base": currency}).fetchall()]
    times = {
        "now": plain_utc(now),
        "since": plain_utc(now - LATELY),
        "before": plain_utc(now - LATELY - YEAR),
        "few": FEW,
    }
    cycles = _row(con, _CYCLES, times)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {ASKED_AT} AS {_ASKED}", times)
    score_at(con, definitions.scoring, running.vocabulary, running.past)
    fits = _row(con, _FITS, times)
    first = next((i for i, each in enumerate(months) if each.mqls), len(months))
    return {
        "months": tuple(months[first:]),
        "currency": currency,
        "bands": tuple(_bands(con, running, times)),
        "fit_of_wins": fits[0],
        "fit_of_wins_before": fits[1],
        "cycle_days": cycles[0],
        "cycle_days_before": cycles[1],
    }


def _bands(
    con: duckdb.DuckDBPyConnection, running: Running, times: Mapping[str, Any]
) -> Iterator[BandShare]:
    lowest: dict[str, float] = {}
    for model in running.definitions.scoring.models:
        for band in model.bands:
            lowest[band.name] = max(band.from_, lowest.get(band.name, 0))
    found = con.execute(_BY_BAND, {"since": times["since"], "now": times["now"]}).fetchall()
    counts = {name: (decided, accepted) for name, decided, accepted in found}
    for name in sorted(lowest, key=lambda each: -lowest[each]):
        yield BandShare(name, *counts.get(name, (0, 0)))


_BY_MONTH = """
SELECT m.label,
    (SELECT count(*) FROM mqls q WHERE q.became_at >= m.starts_at AND q.became_at < m.ends_at),
    (SELECT count(q.is_accepted) FROM mqls q
        WHERE q.became_at >= m.starts_at AND q.became_at < m.ends_at),
    (SELECT count(*) FILTER (q.is_accepted) FROM mqls q
        WHERE q.became_at >= m.starts_at AND q.became_at < m.ends_at),
    (SELECT CAST(coalesce(sum(o.amount), 0) AS DOUBLE) FROM opportunities o
        WHERE o.is_won AND o.closed_at >= m.starts_at AND o.closed_at < m.ends_at
            AND coalesce(o.currency, $base) = $base)
FROM months m ORDER BY m.starts_at
"""
_CYCLES = """
WITH won AS (
    SELECT closed_at > $since AS is_late, date_diff('second', created_at, closed_at) / 86400 AS days
    FROM opportunities
    WHERE is_won AND created_at < closed_at AND closed_at <= $now AND closed_at > $before
        AND coalesce(lower(type), 'new') NOT IN ('expansion', 'renewal')
)
SELECT CASE WHEN count(*) FILTER (is_late) >= $few THEN median(days) FILTER (is_late) END,
    CASE WHEN count(*) FILTER (NOT is_late) >= $few THEN median(days) FILTER (NOT is_late) END
FROM won
"""
_ASKED = """
SELECT contact_id, became_at AS as_of FROM mqls
WHERE became_at > $since AND became_at <= $now AND is_accepted IS NOT NULL AND $few > 0
UNION
SELECT contact_id, judged_at FROM outcomes
WHERE outcome = 'won' AND existed AND decided_at > $before AND judged_at IS NOT NULL
"""
_BY_BAND = """
SELECT s.band, count(*), count(*) FILTER (m.is_accepted)
FROM mqls m JOIN scores_at s ON s.contact_id = m.contact_id AND s.as_of = m.became_at
WHERE m.is_accepted IS NOT NULL AND m.became_at > $since AND m.became_at <= $now
GROUP BY s.band
"""
_FITS = """
WITH won AS (
    SELECT s.fit, o.decided_at > $since AS is_late
    FROM outcomes o JOIN scores_at s ON s.contact_id = o.contact_id AND s.as_of = o.judged_at
    WHERE o.outcome = 'won' AND o.decided_at > $before AND o.decided_at <= $now
)
SELECT CASE WHEN count(*) FILTER (is_late) >= $few THEN avg(fit) FILTER (is_late) END,
    CASE WHEN count(*) FILTER (NOT is_late) >= $few THEN avg(fit) FILTER (NOT is_late) END
FROM won
"""


def _months(local: datetime) -> Iterator[list[Any]]:
    """The last whole months of the zone: label, beginning and end in UTC."""
    end = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(MONTHS):
        start = (end - timedelta(days=1)).replace(day=1, hour=0)
        yield [f"{start:%Y-%m}", plain_utc(start), plain_utc(end)]
        end = start


def _rejections(connection: sa.Connection, now: datetime) -> dict[str, Any]:
    query = (
        sa.select(SPELLS.c.rejection_code, sa.func.count())
        .where(SPELLS.c.left_at > now - LATELY, SPELLS.c.left_at <= now)
        .where(SPELLS.c.rejection_code.is_not(None))
        .group_by(SPELLS.c.rejection_code)
        .order_by(sa.func.count().desc(), SPELLS.c.rejection_code)
    )
    rows = [tuple(row) for row in connection.execute(query)]
    return {"rejected": sum(count for _, count in rows), "main_reason": rows[0] if rows else None}


def _age(connection: sa.Connection, now: datetime) -> float | None:
    signed = [SignOff(*tuple(each)) for each in read_sign_offs(connection)]
    made = [each.made_at for each in signed if each.kind == "validation" and each.stands_at(now)]
    return (now - made[-1]) / timedelta(days=_MONTH_DAYS) if made else None


def _row(con: duckdb.DuckDBPyConnection, query: str, values: object = None) -> tuple[Any, ...]:
    return con.execute(query, values).fetchall()[0]
