"""Historical validation: all that the outcomes of the past say of a scoring model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.leads.outcomes import WON
from revops.leads.validation import gate
from revops.leads.validation.bands import conversion_by_band, spread
from revops.leads.validation.gathering import (
    kinds,
    left_out,
    misses,
    says_by_rule,
    scored_besides,
    tallies,
    totals,
)
from revops.leads.validation.misses import (
    FALSE_NEGATIVE,
    FALSE_POSITIVE,
    TRUE_NEGATIVE,
    TRUE_POSITIVE,
    Confusion,
)
from revops.leads.validation.ranking import deciles, top_quarter
from revops.leads.validation.statistics import auc, average_precision, share
from revops.leads.validation.weights import weigh

if TYPE_CHECKING:
    import duckdb

    from revops.definitions.scoring import Scoring
    from revops.leads.validation.bands import Band, Spread
    from revops.leads.validation.gate import Check
    from revops.leads.validation.gathering import LeftOut
    from revops.leads.validation.misses import Miss
    from revops.leads.validation.ranking import Decile, TopQuarter
    from revops.leads.validation.statistics import Estimate
    from revops.leads.validation.weights import Weighed

MOST_MISSES = 50


@dataclass(frozen=True)
class Validation:
    """What the leads with a known outcome say of a model.

    Attributes:
        leads: How many were judged.
        left_out: How many were not, and why.
        base_rate: The share of those judged that was won.
        spread: How the totals of each outcome lie.
        bands: Conversion of each range of totals against what is to be expected.
        top_quarter: Whether those won are among the highest totals.
        auc: How likely a lead that was won scores higher than one that was not.
        average_precision: How pure the top is; without any order it is the base rate.
        deciles: Conversion and lift of each tenth, highest totals first.
        signals: What each attribute, signal and negative is worth.
        confusion: How often the model's word and the outcome agree.
        precision: The share of those the model says yes to that were won.
        recall: The share of those won that the model says yes to.
        false_positives: The highest of those it says yes to in vain, 50 at most.
        false_negatives: The lowest of those it misses, 50 at most.
        checks: What is to hold before the model goes live.
        verdict: Pass, mend, or cannot tell.
    """

    leads: int
    left_out: LeftOut
    base_rate: Estimate | None
    spread: tuple[Spread, ...]
    bands: tuple[Band, ...]
    top_quarter: TopQuarter | None
    auc: Estimate | None
    average_precision: Estimate | None
    deciles: tuple[Decile, ...]
    signals: tuple[Weighed, ...]
    confusion: Confusion
    precision: Estimate | None
    recall: Estimate | None
    false_positives: tuple[Miss, ...]
    false_negatives: tuple[Miss, ...]
    checks: tuple[Check, ...]
    verdict: str


def measure(con: duckdb.DuckDBPyConnection, scoring: Scoring, seed: int = 0) -> Validation:
    """Measure judged leads; see `gather` for what the connection must have.

    Args:
        con: A connection with the table `judged` and what it comes from.
        scoring: The definition they were scored with.
        seed: Decides the resamples of average precision.
    """
    scores, outcomes = totals(con)
    won = outcomes[WON]
    bands = conversion_by_band(scores, won)
    quarter = top_quarter(scores, won)
    estimate = auc(scores, won)
    signals = weigh(tallies(con, scoring))
    confusion = _confusion(con, scoring)
    checks = (
        gate.sample({name: int(mine.sum()) for name, mine in outcomes.items()}),
        gate.order(estimate),
        gate.conversion(bands),
        gate.top(quarter),
        gate.direction(signals),
        *filter(None, [gate.competitors(scored_besides(con))]),
    )
    return Validation(
        leads=len(scores),
        left_out=left_out(con),
        base_rate=share(int(won.sum()), len(scores)),
        spread=tuple(spread(name, scores[mine]) for name, mine in outcomes.items()),
        bands=bands,
        top_quarter=quarter,
        auc=estimate,
        average_precision=average_precision(scores, won, seed),
        deciles=deciles(scores, won),
        signals=signals,
        confusion=confusion,
        precision=confusion.precision,
        recall=confusion.recall,
        false_positives=misses(con, FALSE_POSITIVE, MOST_MISSES),
        false_negatives=misses(con, FALSE_NEGATIVE, MOST_MISSES),
        checks=checks,
        verdict=gate.verdict(checks[0], checks[1:]),
    )


def _confusion(con: duckdb.DuckDBPyConnection, scoring: Scoring) -> Confusion:
    rule = "qualified" if says_by_rule(scoring) else "in the top quarter"
    counts = kinds(con)
    names = (TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE, TRUE_NEGATIVE)
    return Confusion(rule, *(counts.get(name, 0) for name in names))
