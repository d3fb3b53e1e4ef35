"""Every change of a slot: whose, when, and by how much; from the moments of its completions.

Nothing before the beginning is told apart: who had something by then begins with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp, parse_one

from revops.leads.scoring.course.slots import Count, Level, Sum, Value
from revops.leads.scoring.steps import Role, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from revops.leads.scoring.course.slots import Ageing, Slots, Source


@dataclass(frozen=True)
class Span:
    """Between which moments changes are told: SQL, in microseconds, the end not among them."""

    begins: str
    ends: str


def query(text: str) -> exp.Select:
    """A query from its text, which is made of names and whole numbers of our own."""
    tree = parse_one(text, dialect="duckdb")
    assert isinstance(tree, exp.Select)  # noqa: S101 - that is what texts here say
    return tree


def piece_steps(slots: Slots, sources: Mapping[Source, str], span: Span) -> list[Step]:
    """Steps that end in `change`: lead, at, and by how much each column of `columns` changes.

    The moments in the step `moment` (lead, at) are among them, changed or not.

    Args:
        slots: What is asked for.
        sources: For each source the step with its completions: lead, t.
        span: Between which moments.
    """
    steps = [
        Step(f"{name}_pair", query(_paired(name, span)))
        for source, name in sources.items()
        if any(each.source == source and each.ageing for each in slots.of(Level))
    ]
    steps += [
        Step(f"v{number}", query(_values(slot, sources[slot.source], span)), Role.KEPT)
        for slot, number in slots.of(Value).items()
    ]
    return [*steps, Step("change", query(_summed(slots, sources, span)))]


def columns(slots: Slots) -> list[str]:
    """The columns of whole numbers in which levels, counts and sums stand."""
    words = sorted({word for word, _ in slots.places().values()})
    numbers = [*slots.of(Count).values(), *slots.of(Sum).values()]
    return [*(f"w{word}" for word in words), *(f"l{number}" for number in numbers)]


def _summed(slots: Slots, sources: Mapping[Source, str], span: Span) -> str:
    """All changes, those of one moment in one row."""
    names = columns(slots)
    parts = [(None, "SELECT lead, at, 0 AS d FROM moment"), *_all(slots, sources, span)]
    rows = " UNION ALL ".join(
        f"SELECT lead, at{''.join(f', {_mine(each, name)} AS {each}' for each in names)}"
        f" FROM ({text})"
        for name, text in parts
    )
    sums = "".join(f", CAST(SUM({each}) AS BIGINT) AS {each}" for each in names)
    return f"SELECT lead, at{sums} FROM ({rows}) GROUP BY lead, at"


def _mine(column: str, name: str | None) -> str:
    return "d" if column == name else "CAST(0 AS BIGINT)"


def _all(
    slots: Slots, sources: Mapping[Source, str], span: Span
) -> Iterator[tuple[str | None, str]]:
    places = slots.places()
    for slot, number in slots.numbers.items():
        name = sources[slot.source]
        match slot:
            case Level():
                word, shift = places[slot]
                texts = _of_level(slot, name, span)
                for text in texts:
                    unit = f"SELECT lead, at, CAST(d AS BIGINT) * {1 << shift} AS d FROM ({text})"
                    yield f"w{word}", unit
            case Count():
                yield (
                    f"l{number}",
                    (
                        f"SELECT lead, GREATEST(t, {span.begins}) AS at, CAST(1 AS BIGINT) AS d"
                        f" FROM {name}"
                    ),
                )
            case Sum():
                for text in _of_sum(slot, name, span):
                    yield f"l{number}", text
            case Value():
                yield None, f"SELECT lead, at, 0 AS d FROM v{number}"


def _paired(name: str, span: Span) -> str:
    """Each completion that still matters, with the moments of those before and after it."""
    return (
        f"SELECT lead, t, prev, next, begins, ends FROM (SELECT lead, t, begins, ends,"
        f" LAG(t) OVER (PARTITION BY lead ORDER BY t) AS prev,"
        f" LEAD(t) OVER (PARTITION BY lead ORDER BY t) AS next"
        f" FROM (SELECT DISTINCT lead, t, {span.begins} AS begins, {span.ends} AS ends FROM {name})"
        f") WHERE next IS NULL OR next > begins"
    )


def _of_level(level: Level, name: str, span: Span) -> Iterator[str]:
    if level.ageing is None:
        # Grouped by the lead alone, whose beginning is one.
        yield (
            f"SELECT lead, GREATEST(MIN(t), MIN({span.begins})) AS at, 1 AS d"
            f" FROM {name} GROUP BY lead"
        )
        return
    rows = f"{name}_pair"
    now = steps_at("GREATEST(t, begins) - t", level.ageing)
    before = steps_at("t - 1 - prev", level.ageing)
    gone = f"CASE WHEN t > begins AND prev IS NOT NULL THEN 1 + {before} ELSE 0 END"
    yield (
        f"SELECT lead, at, d FROM (SELECT lead, GREATEST(t, begins) AS at, 1 + {now} - {gone} AS d"
        f" FROM {rows}) WHERE d <> 0"
    )
    ahead = _ahead(level.ageing, rows, "LEAST(COALESCE(next, ends), ends)")
    yield f"SELECT lead, at, 1 AS d FROM ({ahead})"


def _ahead(ageing: Ageing, rows: str, until: str) -> str:
    """The steps still to come of each completion: lead, k (which step) and at."""
    first = f"{steps_at('GREATEST(t, begins) - t', ageing)} + 1"
    last = steps_at(f"{until} - 1 - t", ageing)
    return (
        f"SELECT lead, k, t + {ageing.after} + k * {ageing.every} AS at FROM (SELECT lead, t,"
        f" UNNEST(GENERATE_SERIES({first}, {last})) AS k FROM {rows})"
    )


def _spanned(name: str, span: Span) -> str:
    return f"(SELECT lead, t, {span.begins} AS begins, {span.ends} AS ends FROM {name})"


def _of_sum(slot: Sum, name: str, span: Span) -> Iterator[str]:
    units = f"[{', '.join(map(str, slot.units))}]"
    now = steps_at("GREATEST(t, begins) - t", slot.ageing)
    rows = _spanned(name, span)
    yield (
        f"SELECT lead, at, d FROM (SELECT lead, GREATEST(t, begins) AS at,"
        f" CAST({units}[1 + {now}] AS BIGINT) AS d FROM {rows}) WHERE d <> 0"
    )
    ahead = _ahead(slot.ageing, rows, "ends")
    yield f"SELECT lead, at, CAST({units}[k + 1] - {units}[k] AS BIGINT) AS d FROM ({ahead})"


def _values(slot: Value, name: str, span: Span) -> str:
    """The sum at each moment at which it changes, added up in the order of completions."""
    rows = _spanned(name, span)
    moments = (
        f"SELECT lead, GREATEST(t, begins) AS at FROM {rows} UNION"
        f" SELECT lead, at FROM ({_ahead(slot.ageing, rows, 'ends')})"
    )
    return (
        f"SELECT m.lead, m.at, LIST(m.at - o.t ORDER BY o.t) AS ages FROM ({moments}) AS m"
        f" JOIN {name} AS o ON o.lead = m.lead AND o.t <= m.at GROUP BY m.lead, m.at"
    )


def steps_at(age: str, ageing: Ageing) -> str:
    """How many steps have passed at an age that is not negative."""
    late = f"GREATEST({age} - {ageing.after}, 0)" if ageing.after else f"({age})"
    steps = f"({late} // {ageing.every})"
    return steps if ageing.most is None else f"LEAST({steps}, {ageing.most})"
