"""From judged leads in a connection to the values that are measured.

The connection has the tables `outcomes`, `scores_at` and `lines_at`, and the facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from revops.leads.outcomes import DISQUALIFIED, LOST, OUTCOMES, WON
from revops.leads.scoring.instants import LINES_AT, SCORES_AT
from revops.leads.scoring.model import QUALIFYING
from revops.leads.validation.misses import (
    FALSE_NEGATIVE,
    FALSE_POSITIVE,
    TRUE_NEGATIVE,
    TRUE_POSITIVE,
    Miss,
)
from revops.leads.validation.weights import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    import duckdb

    from revops.definitions.scoring import Scoring, ScoringModel
    from revops.leads.validation.statistics import Numbers, Truths

JUDGED = "judged"
"""A table, one row a lead: `outcomes` with its score, its kind of hit or miss, and `explain`."""
_DECIMALS = 6  # what is beyond may differ with the order in which numbers are added
OUTCOME_NAMES = (WON, LOST, DISQUALIFIED)


@dataclass(frozen=True)
class LeftOut:
    """Leads with a known outcome that are not judged.

    Attributes:
        not_there: Those that were not there yet when they would have been judged.
        not_scored: Those that no model accepts.
        undated: Those without dates; they are judged, but by what is known of them now.
    """

    not_there: int
    not_scored: int
    undated: int


def gather(con: duckdb.DuckDBPyConnection, scoring: Scoring, now: datetime) -> None:
    """Make the table `judged`: contact_id and all that is to be told of a lead.

    Args:
        con: A connection with judged leads.
        scoring: The definition they were scored with.
        now: When leads without dates were judged (without a zone, in UTC).
    """
    by_rule = says_by_rule(scoring)
    says_yes = "qualified" if by_rule else "total >= quantile_cont(total, 0.75) OVER ()"
    con.execute(f"CREATE OR REPLACE TEMP TABLE {JUDGED} AS {_judged(says_yes)}", {"now": now})


def says_by_rule(scoring: Scoring) -> bool:
    """Whether the models say themselves who is good; otherwise the top quarter is taken for it."""
    return any(name in model.thresholds for model in scoring.models for name in QUALIFYING)


def totals(con: duckdb.DuckDBPyConnection) -> tuple[Numbers, dict[str, Truths]]:
    """The totals, and for each outcome which leads have it, in the order of the contacts' ids."""
    query = f"SELECT total, outcome FROM {JUDGED} ORDER BY contact_id"
    columns = con.execute(query).fetchnumpy()
    outcomes = columns["outcome"].astype(str)
    return columns["total"].astype(float), {name: outcomes == name for name in OUTCOME_NAMES}


def left_out(con: duckdb.DuckDBPyConnection) -> LeftOut:
    """How many leads are left out, and why."""
    query = (
        f"SELECT count_if(NOT existed),"
        f" count_if(existed AND contact_id NOT IN (SELECT contact_id FROM {JUDGED})),"
        f" count_if(judged_at IS NULL AND contact_id IN (SELECT contact_id FROM {JUDGED}))"
        f" FROM {OUTCOMES}"
    )
    return LeftOut(*con.execute(query).fetchall()[0])


def kinds(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many leads are hits and misses of each kind."""
    query = f"SELECT kind, count(*) FROM {JUDGED} GROUP BY kind"
    return {kind: count for kind, count in con.execute(query).fetchall()}  # noqa: C416 - pairs


def misses(con: duckdb.DuckDBPyConnection, kind: str, most: int) -> tuple[Miss, ...]:
    """The worst misses of a kind: false positives from the top, false negatives from below."""
    way = "DESC" if kind == FALSE_POSITIVE else "ASC"
    columns = ", ".join(Miss.__dataclass_fields__)
    query = f"SELECT {columns} FROM {JUDGED} WHERE kind = $kind ORDER BY total {way}, contact_id"
    rows = con.execute(f"{query} LIMIT {most:d}", {"kind": kind}).fetchall()
    return tuple(Miss(*row) for row in rows)


def tallies(con: duckdb.DuckDBPyConnection, scoring: Scoring) -> list[Tally]:
    """How often each attribute, signal and negative occurred, those that never did too."""
    found: dict[tuple[str, str, str], list[tuple[Any, ...]]] = {}
    for model, dimension, signal, *rest in con.execute(_TALLIES).fetchall():
        found.setdefault((model, dimension, signal), []).append(tuple(rest))
    sizes = {model: (leads, won) for model, leads, won in con.execute(_SIZES).fetchall()}
    return [
        tally
        for model in scoring.models
        for tally in _of_model(model, found, *sizes.get(model.name, (0, 0)))
        if model.name in sizes
    ]


def _of_model(
    model: ScoringModel,
    found: dict[tuple[str, str, str], list[tuple[Any, ...]]],
    leads: int,
    won: int,
) -> Iterator[Tally]:
    weights = {"fit": model.fit.weight, "engagement": model.engagement.weight, "total": 1.0}
    named = [
        *(("fit", each.name, each.tiers[0].points) for each in model.fit.attributes),
        *(("engagement", each.name, each.points) for each in model.engagement.signals),
        *((each.from_, each.name, each.points) for each in model.negative),
    ]
    for dimension, name, points in named:
        rows = found.get((model.name, dimension, name)) or [(points, points, 0, 0)]
        groups = [_Group(given, n, w) for _, given, n, w in rows]
        without = leads - sum(each.leads for each in groups), won - sum(e.won for e in groups)
        every = [*groups, _Group(0.0, *without)]
        for (tier, *_), mine in zip(rows, groups, strict=True):
            label = f"{name}: {tier:g}" if len(rows) > 1 else name
            often = mine.leads / leads if leads else 0.0
            yield Tally(
                model.name,
                dimension,
                label,
                mine.points,
                weights[dimension],
                mine.leads,
                mine.won,
                often,
                *_held_against(mine, every),
            )


@dataclass(frozen=True)
class _Group:
    """Leads that got the same from a line."""

    points: float
    leads: int
    won: int


def _held_against(mine: _Group, every: Sequence[_Group]) -> tuple[int, int, float]:
    """How many others, their wins, their points: those who got less, or else all the others."""
    others = [each for each in every if each is not mine and each.leads]
    less = [each for each in others if each.points * _sign(mine) < mine.points * _sign(mine)]
    compared = less or others
    leads = sum(each.leads for each in compared)
    points = sum(each.points * each.leads for each in compared) / leads if leads else 0.0
    return leads, sum(each.won for each in compared), points


def _sign(group: _Group) -> int:
    return 1 if group.points >= 0 else -1


def scored_besides(con: duckdb.DuckDBPyConnection) -> list[tuple[str, float]]:
    """The totals of contacts scored besides those judged, such as competitors', highest first."""
    query = (
        f"SELECT contact_id, round(total, {_DECIMALS}) AS total"
        f" FROM {SCORES_AT} ANTI JOIN {JUDGED} USING (contact_id, as_of)"
        " ORDER BY total DESC, contact_id"
    )
    return con.execute(query).fetchall()


def _judged(says_yes: str) -> str:
    return f"""
WITH lead AS (
    SELECT o.*, s.as_of, s.model, round(s.fit, {_DECIMALS}) AS fit,
        round(s.engagement, {_DECIMALS}) AS engagement,
        round(s.total, {_DECIMALS}) AS total, s.band, s.qualified,
        trim(concat_ws(' ', c.first_name, c.last_name)) AS name, coalesce(a.name, '') AS account
    FROM {OUTCOMES} AS o
    JOIN {SCORES_AT} AS s
        ON s.contact_id = o.contact_id AND s.as_of = coalesce(o.judged_at, $now)
    JOIN contacts AS c ON c.id = o.contact_id
    LEFT JOIN accounts AS a ON a.id = c.account_id
    WHERE o.existed
)
SELECT *,
    CASE WHEN {says_yes} THEN if(outcome = '{WON}', '{TRUE_POSITIVE}', '{FALSE_POSITIVE}')
        ELSE if(outcome = '{WON}', '{FALSE_NEGATIVE}', '{TRUE_NEGATIVE}') END AS kind,
    'revops explain '
        || if(regexp_full_match(contact_id, '[\\w.@-]+'), contact_id,
            '''' || replace(contact_id, '''', '''"''"''') || '''')
        || coalesce(' --as-of ' || strftime(judged_at, '%Y-%m-%dT%H:%M:%S')
            || if(epoch_us(judged_at) % 1000000 = 0, '', strftime(judged_at, '.%f')) || 'Z', '')
        AS explain
FROM lead
"""


# Tiers of an attribute are told apart by their points; what signals give fades, and is averaged.
_TALLIES = f"""
SELECT j.model, l.dimension, l.signal, if(l.dimension = 'fit', l.raw_points, NULL) AS tier,
    round(avg(l.points), {_DECIMALS}), count(*), count_if(j.outcome = '{WON}')
FROM {LINES_AT} AS l JOIN {JUDGED} AS j USING (contact_id, as_of)
WHERE l.points <> 0
GROUP BY ALL
ORDER BY j.model, l.dimension, l.signal, tier DESC
"""
_SIZES = f"SELECT model, count(*), count_if(outcome = '{WON}') FROM {JUDGED} GROUP BY model"
